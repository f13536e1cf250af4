import { fileURLToPath } from 'node:url'
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Optimizer } from '../../src/optimizer.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'
import { demoGateway } from '../support/gateway.ts'

const INFO = { name: 'test', version: '1.0.0' }
const script = fileURLToPath(new URL('../support/serve-demo.mjs', import.meta.url))
const surface = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0.0.0' })

/** What the tests need of a client, whichever it is. */
interface AnyClient {
  list(): Promise<readonly string[]>
  call(
    name: string,
    input: object,
    options?: { onprogress?: (progress: { progress: number; total?: number }) => void; signal?: AbortSignal },
  ): Promise<{ text: string; isError: boolean }>
  close(): Promise<void>
}

interface Reply {
  content?: unknown
  isError?: unknown
  [other: string]: unknown
}

function wrap(client: {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(params: { name: string; arguments: Record<string, unknown> }, options: object): Promise<Reply>
  close(): Promise<void>
}): AnyClient {
  return {
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call(name, input, options = {}) {
      const { content, isError } = await client.callTool({ name, arguments: { ...input } }, options)
      return { text: (content as { text: string }[])[0]?.text ?? '', isError: isError === true }
    },
    close: async () => await client.close(),
  }
}

let gateway: Optimizer
let service: HttpService
beforeAll(async () => {
  gateway = demoGateway()
  service = await serveHttp(gateway, surface, { port: 0 })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

async function v1(transport: StdioV1 | HttpV1): Promise<AnyClient> {
  const client = new ClientV1(INFO)
  await client.connect(transport)
  return wrap({
    listTools: () => client.listTools(),
    callTool: (params, options) => client.callTool(params, undefined, options),
    close: () => client.close(),
  })
}

async function v2(transport: StdioV2 | HttpV2, mode: 'legacy' | 'auto' | { pin: '2026-07-28' }): Promise<AnyClient> {
  const client = new ClientV2(INFO, { versionNegotiation: { mode } })
  await client.connect(transport)
  return wrap({
    listTools: () => client.listTools(),
    callTool: (params, options) => client.callTool(params, options),
    close: () => client.close(),
  })
}

const stdio = { command: process.execPath, args: [script] }
const CLIENTS: readonly [string, () => Promise<AnyClient>][] = [
  ['v1 over stdio', async () => await v1(new StdioV1(stdio))],
  ['v2 over stdio, 2025 era', async () => await v2(new StdioV2(stdio), 'legacy')],
  ['v2 over stdio, asking', async () => await v2(new StdioV2(stdio), 'auto')],
  ['v2 over stdio, 2026 era', async () => await v2(new StdioV2(stdio), { pin: '2026-07-28' })],
  ['v1 over HTTP', async () => await v1(new HttpV1(new URL(`${service.url}/mcp`)))],
  ['v2 over HTTP, 2025 era', async () => await v2(new HttpV2(new URL(`${service.url}/mcp`)), 'legacy')],
  ['v2 over HTTP, asking', async () => await v2(new HttpV2(new URL(`${service.url}/mcp`)), 'auto')],
  ['v2 over HTTP, 2026 era', async () => await v2(new HttpV2(new URL(`${service.url}/mcp`)), { pin: '2026-07-28' })],
]

describe.each(CLIENTS)('the official client %s', (_what, connect) => {
  it('lists, searches, executes, sees errors and progress, and can cancel', async () => {
    const client = await connect()
    try {
      expect(await client.list()).toEqual(['search', 'execute_intent', 'execute_batch', 'execute_code'])
      expect((await client.call('search', { query: 'add numbers' })).text).toContain('demo.add({a: number; b: number})')
      expect(
        JSON.parse((await client.call('execute_intent', { intent: 'demo.add', params: { a: 1, b: 2 } })).text),
      ).toEqual({ status: 'ok', data: { sum: 3 } })
      expect(
        JSON.parse(
          (await client.call('execute_batch', { requests: [{ intent: 'demo.add', params: { a: 1, b: 2 } }] })).text,
        ).data,
      ).toEqual([{ status: 'ok', data: { sum: 3 } }])
      expect(JSON.parse((await client.call('execute_code', { code: 'return 6 * 7' })).text).data).toBe(42)
      const failed = await client.call('execute_intent', { intent: 'demo.ad' })
      expect(failed.isError).toBe(true)
      expect(JSON.parse(failed.text)).toMatchObject({
        status: 'error',
        error: { code: 'UNKNOWN_INTENT', suggestion: expect.any(String) },
      })
      const seen: { progress: number; total?: number }[] = []
      await client.call(
        'execute_intent',
        { intent: 'demo.progress' },
        { onprogress: (progress) => seen.push(progress) },
      )
      // A client drops what it reads together with the answer; that is more of it on a busy machine.
      expect(seen.length).toBeGreaterThanOrEqual(1)
      expect(seen).toEqual(
        seen.map((_, index) => expect.objectContaining({ progress: (seen[0]?.progress ?? 0) + index, total: 3 })),
      )
      const leaving = new AbortController()
      const waiting = client.call('execute_intent', { intent: 'demo.wait' }, { signal: leaving.signal })
      leaving.abort()
      await expect(waiting).rejects.toThrow()
      expect((await client.call('execute_code', { code: 'return 1' })).isError).toBe(false)
    } finally {
      await client.close()
    }
  })
})

describe('the surface', () => {
  it('is the same bytes whatever the order of the servers', () => {
    const options = { compact: false, programs: true, version: '1' }
    expect(JSON.stringify(createSurface({ ...options, servers: ['b', 'a'] }))).toBe(
      JSON.stringify(createSurface({ ...options, servers: ['a', 'b'] })),
    )
  })

  it('says in descriptions alone what to call first and which servers there are, in every mode', () => {
    const servers = ['web', 'github', 'new']
    for (const more of [
      { compact: true },
      { programs: false },
      { mode: 'lazy_loading' },
      { mode: 'server_side' },
      {},
    ] as const) {
      const { tools } = createSurface({ servers, compact: false, programs: true, version: '1', ...more })
      const [finder, ...others] = tools.map(({ description }) => description)
      expect(finder).toMatch(/^Call first: .* Servers: github, new, web$/)
      expect(others.filter((text) => text.includes('github'))).toEqual([])
      const none = createSurface({ servers: [], compact: false, programs: true, version: '1', ...more })
      expect(JSON.stringify(none)).not.toContain('Servers')
    }
  })

  it.each([
    ['plain names', (index: number) => `server-${index}`],
    ['hashes', (index: number) => `${index}f2504e0-4f89-11d3-9a0c-0305e82c33${index}`],
    ['Japanese', (index: number) => `日本語サーバ${index}`],
    ['names of lines and marks', (index: number) => `${index}\n"'{}<|endoftext|>\u202e`],
    ['long names', (index: number) => `${index}${'long-name-'.repeat(30)}`],
  ])('costs at most 250 tokens before 40 servers: %s', async (_what, nameOf) => {
    const servers = Array.from({ length: 40 }, (_, index) => nameOf(index))
    for (const encoding of ['cl100k_base', 'o200k_base'] as const) {
      const { count } = await loadTokenizer(encoding)
      for (const compact of [false, true]) {
        const { tools, instructions } = createSurface({ servers, compact, programs: true, version: '1' })
        const [finder] = tools
        expect(finder?.description).toMatch(/\d+ more$/)
        expect(finder?.description).not.toMatch(/[\n\u202e]/)
        const shown = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
        expect(count(JSON.stringify(shown) + instructions)).toBeLessThanOrEqual(compact ? 120 : 250)
      }
    }
  })

  it('offers two tools when compact, and none that runs programs when they are off', () => {
    expect(
      createSurface({ servers: [], compact: true, programs: true, version: '1' }).tools.map(({ name }) => name),
    ).toEqual(['search', 'execute_code'])
    expect(
      createSurface({ servers: [], compact: false, programs: false, version: '1' }).tools.map(({ name }) => name),
    ).toEqual(['search', 'execute_intent'])
  })
})
