// Integers beyond 2^53 on every road (real-life 27), as ADR 0013 has it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { ExecutionMode } from '../../src/config/features.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { toJson } from '../../src/internal/json.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { serveStdio } from '../../src/surface/stdio.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const file = fileURLToPath(new URL('../support/exact-server.mjs', import.meta.url))
const SERVERS = ['pipe', 'web', 'stream', 'own'] as const
const exportDir = temporaryFolder()
const children: ChildProcess[] = []

async function overHttp(...more: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [file, '--http', ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return url
}

/** A server in this process: its values are BigInts where a number would not do. */
const own = createMemoryUpstream('own', [
  {
    name: 'give',
    run: ({ digits }) => ({
      id: BigInt(String(digits)),
      ids: [[BigInt(String(digits))]],
      note: `${String(digits)}, [${String(digits)}]`,
    }),
  },
  {
    name: 'give_text',
    run: ({ digits }) =>
      `{"id": ${String(digits)},"ids":[[${String(digits)}]],"note":"${String(digits)}, [${String(digits)}]"}`,
  },
  {
    name: 'take',
    inputSchema: { type: 'object', properties: { id: { type: 'integer' } } },
    run: ({ id }) => `got ${toJson(id)}`,
  },
  { name: 'take_any', run: ({ id }) => `got ${toJson(id)}` },
  {
    name: 'take_text',
    inputSchema: { type: 'object', properties: { id: { type: 'string' } } },
    run: ({ id }) => `got ${toJson(id)}`,
  },
])

async function gatewayIn(executionMode: ExecutionMode): Promise<Optimizer> {
  const gateway = createOptimizer(
    defineConfig({
      cacheDir: temporaryFolder(),
      features: { executionMode },
      results: { exportDir },
      servers: {
        pipe: { type: 'stdio', command: process.execPath, args: [file] },
        web: { type: 'http', url: await overHttp() },
        stream: { type: 'http', url: await overHttp('--stream') },
      },
    }),
    { upstreams: [own] },
  )
  await gateway.ready()
  return gateway
}

let gateway: Optimizer
let service: HttpService
let whole: Optimizer
let wholeService: HttpService
beforeAll(async () => {
  gateway = await gatewayIn('code_execution')
  service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
  whole = await gatewayIn('traditional')
  wholeService = await serveHttp(whole, await openSurface(whole), { port: 0 })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await wholeService[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await whole[Symbol.asyncDispose]()
  for (const child of children) child.kill()
})

async function post(url: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  return await (await fetch(url, { method: 'POST', headers, body })).text()
}

async function overStdio(line: string): Promise<string> {
  const input = new PassThrough()
  const output = new PassThrough()
  const done = serveStdio(gateway, await openSurface(gateway), { input, output })
  input.write(`${line}\n`)
  const [answer] = (await once(createInterface({ input: output }), 'line')) as [string]
  input.end()
  await done
  return answer
}

function data(answer: Answer): unknown {
  if (answer.status !== 'ok') throw new Error(JSON.stringify(answer))
  return answer.data
}

const rpc = (method: string, params: string, id = '1'): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`
const call = (name: string, input: string): string => rpc('tools/call', `{"name":"${name}","arguments":${input}}`)
const run = (intent: string, params: string): string => `{"intent":"${intent}","params":${params}}`

const integers = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }))
  .map(([isNegative, integer]) => String(isNegative ? -integer : integer))
const RUNS = { numRuns: 8 }

describe.each(SERVERS)('an integer beyond 2^53 of the server %s', (server) => {
  it('is its text in a program, and the digits again where the server wants an integer', async () => {
    const code = `const given = await tools.${server}[params.give]({ digits: params.digits })
return [given, await tools.${server}.take({ id: given.id }), await tools.${server}.take({ id: BigInt(given.id) }),
  await tools.${server}.take_any({ id: BigInt(given.id) }), await tools.${server}.take_any({ id: given.id }),
  await tools.${server}.take_text({ id: given.id }), await tools.${server}.take_text({ id: BigInt(given.id) })]`
    await fc.assert(
      fc.asyncProperty(integers, fc.constantFrom('give', 'give_text'), async (digits, give) => {
        const answer = await gateway.execute({ code, params: { digits, give } })
        expect(data(answer)).toEqual([
          { id: digits, ids: [[digits]], note: `${digits}, [${digits}]` },
          ...[digits, digits, digits, `"${digits}"`, `"${digits}"`, `"${digits}"`].map((got) => `got ${got}`),
        ])
        expect(answer.metadata.output_problems).toBeUndefined()
      }),
      RUNS,
    )
  })

  it('comes from the client as digits, as text and as a bigint, alone and in a batch', async () => {
    await fc.assert(
      fc.asyncProperty(integers, async (digits) => {
        const got = `got ${digits}`
        for (const id of [digits, BigInt(digits)]) {
          expect(data(await gateway.executeIntent({ intent: `${server}.take`, params: { id } }))).toBe(got)
          const batch = await gateway.executeBatch({ requests: [{ intent: `${server}.take`, params: { id } }] })
          expect(data(batch)).toEqual([{ status: 'ok', data: got }])
        }
        for (const name of ['take', 'take_any']) {
          const given = run(`${server}.${name}`, `{"id":${digits}}`)
          expect(await post(`${service.url}/rpc`, rpc('execute_intent', given))).toContain(`"${got}"`)
          expect(await post(`${service.url}/rpc`, rpc('execute_batch', `{"requests":[${given}]}`))).toContain(
            `"${got}"`,
          )
          expect(await post(`${service.url}/mcp`, call('execute_intent', given))).toContain(got)
          expect(await overStdio(call('execute_intent', given))).toContain(got)
        }
      }),
      { numRuns: 3 },
    )
  })

  it('is found again by what reads its handle', async () => {
    const digits = '1541815603606036481'
    const code = `const one = await tools.${server}.give({ digits: params.digits })
return Array.from({ length: 3_000 }, (_, n) => ({ ...one, n }))`
    const { handle } = data(await gateway.execute({ code, params: { digits } })) as { handle: string }
    const read = async (intent: string, more: object): Promise<unknown> =>
      data(await gateway.executeIntent({ intent: `results.${intent}`, params: { handle, ...more } }))
    expect(await read('read', { path: '[7].id' })).toMatchObject({ text: digits })
    expect(JSON.stringify(await read('search', { query: digits, limit: 1 }))).toContain(digits)
    expect(JSON.stringify(await read('read', { path: `$[?@.id == ${digits}].n`, limit: 3 }))).toContain('[0,1,2]')
    expect(JSON.stringify(await read('read', { path: `$[?@.id != ${digits}].n` }))).toContain('[]')
    await read('export', { name: `${server}.json`, replace: true })
    expect(readFileSync(join(exportDir, `${server}.json`), 'utf8')).toContain(`{"id":"${digits}"`)
  })

  it('passes through whole', async () => {
    await fc.assert(
      fc.asyncProperty(integers, async (digits) => {
        const answer = await post(`${wholeService.url}/mcp`, call(`${server}__give`, `{"digits":"${digits}"}`))
        expect(answer).toContain(
          `"structuredContent":{"id":${digits},"ids":[[${digits}]],"note":"${digits}, [${digits}]"}`,
        )
        const text = await post(`${wholeService.url}/mcp`, call(`${server}__give_text`, `{"digits":"${digits}"}`))
        expect(text).toContain(`{\\"id\\": ${digits},`)
        expect(await post(`${wholeService.url}/mcp`, call(`${server}__take`, `{"id":${digits}}`))).toContain(
          `got ${digits}`,
        )
      }),
      RUNS,
    )
  })
})

describe('beside values', () => {
  it('a request with an id beyond 2^53 is answered under it', async () => {
    const id = '1541815603606036481'
    expect(await post(`${service.url}/mcp`, rpc('ping', '{}', id))).toContain(`"id":${id},`)
    expect(await post(`${service.url}/rpc`, rpc('discover', '{}', id))).toContain(`"id":${id},`)
    expect(await overStdio(rpc('ping', '{}', id))).toContain(`"id":${id},`)
  })

  it('bounds of integers do not keep a tool from being shown', async () => {
    const { tools } = JSON.parse(await post(`${wholeService.url}/mcp`, rpc('tools/list', '{}'))).result as {
      tools: { name: string; inputSchema: { properties: { id: unknown } } }[]
    }
    for (const server of ['pipe', 'web', 'stream'])
      expect(tools.find(({ name }) => name === `${server}__take`)?.inputSchema.properties.id).toMatchObject({
        type: 'integer',
      })
  })

  it.each(['pipe', 'web', 'stream'])('the data of an error of %s is told', async (server) => {
    const answer = await gateway.executeIntent({
      intent: `${server}.refuse`,
      params: { digits: '1541815603606036481' },
    })
    expect(answer.status).toBe('error')
    expect(toJson(answer)).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:/)
  })

  it('an idempotent answer is the same again', async () => {
    const request = { tool: 'pipe.give', arguments: { digits: '1541815603606036481' } }
    const context = { idempotencyKey: 'exact-1' }
    const first = data(await whole.callTool(request, context))
    expect(first).toMatchObject({ structuredContent: { id: 1541815603606036481n } })
    expect(data(await whole.callTool(request, context))).toEqual(first)
  })
})
