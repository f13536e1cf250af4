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
    options?: { onprogress?: (progress: { progress: number }) => void; signal?: AbortSignal },
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
      const seen: number[] = []
      await client.call(
        'execute_intent',
        { intent: 'demo.progress' },
        { onprogress: ({ progress }) => seen.push(progress) },
      )
      expect(seen.length).toBeGreaterThanOrEqual(2)
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

  it('names the configured servers, with the tools they are known to have', () => {
    const options = { servers: ['web', 'github', 'new'], compact: false, programs: true, version: '1' }
    const toolCounts = new Map([
      ['github', 26],
      ['web', 3],
      ['gone', 9],
    ])
    const finder = (more = {}): string | undefined =>
      createSurface({ ...options, ...more }).tools.find(({ name }) => name === 'search')?.description
    expect(finder({ toolCounts })).toMatch(/ Servers: github \(26\), new, web \(3\)$/)
    expect(finder()).toMatch(/ Servers: github, new, web$/)
    expect(finder({ servers: [] })).not.toContain('Servers')
    for (const [mode, tool] of [
      ['lazy_loading', 'list_tools'],
      ['server_side', 'find_tools'],
    ] as const) {
      const { tools } = createSurface({ ...options, mode })
      expect(tools.filter(({ description }) => description.includes('web')).map(({ name }) => name)).toEqual([tool])
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
