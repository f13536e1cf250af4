import { createServer, type Server } from 'node:http'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, describe, expect, it } from 'vitest'
import { completeConfig } from '../../src/config/complete-config.ts'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { createHandler, type Handler } from '../../src/surface/http/handler.ts'
import { DEMO_TOOLS } from '../support/gateway.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const ALL = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }
const token = 'a-token-of-the-tests'
const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
})

function gateway(config: PartialConfig = {}): Optimizer {
  const upstreams = [createMemoryUpstream('demo', DEMO_TOOLS)]
  const optimizer = createOptimizer(completeConfig({ cacheDir: temporaryFolder(), ...config }), { upstreams })
  opened.push(optimizer)
  return optimizer
}

function handlerOf(...args: Parameters<typeof createHandler>): Handler {
  const handler = createHandler(...args)
  opened.push(handler)
  return handler
}

const optimizer = gateway()
const handler = handlerOf(optimizer, { token })
const post = async (
  body: unknown,
  {
    url = 'http://127.0.0.1/api/mcp',
    headers = {},
    to = handler,
    signal,
  }: {
    url?: string
    headers?: Record<string, string>
    to?: Handler
    signal?: AbortSignal
  } = {},
): Promise<Response> => {
  const sent = { ...ALL, authorization: `Bearer ${token}`, ...headers }
  return await to(
    new Request(url, { method: 'POST', headers: sent, body: JSON.stringify(body), signal: signal ?? null }),
  )
}
const call = (name: string, args: object, more: object = {}): object => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'execute_intent', arguments: { intent: `demo.${name}`, params: args }, ...more },
})

describe('a handler of the Fetch API', () => {
  it('answers a call of the older era as JSON', async () => {
    const response = await post(call('add', { a: 1, b: 2 }))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(JSON.stringify(await response.json())).toContain('sum')
  })

  it('answers a call of 2026-07-28, and refuses one whose headers say something else', async () => {
    const version = '2026-07-28'
    const meta = {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': version,
        'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    }
    const headers = { 'mcp-protocol-version': version, 'mcp-method': 'tools/call', 'mcp-name': 'execute_intent' }
    const right = await post(call('add', { a: 1, b: 2 }, meta), { headers })
    expect([right.status, JSON.stringify(await right.json())]).toEqual([200, expect.stringContaining('sum')])
    const wrong = await post(call('add', { a: 1, b: 2 }, meta), { headers: { ...headers, 'mcp-name': 'search' } })
    expect(wrong.status).toBe(400)
  })

  it('streams progress while the call is under way', async () => {
    const response = await post(call('progress', {}, { _meta: { progressToken: 'p' } }))
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const text = await response.text()
    expect(text.match(/notifications\/progress/g)?.length).toBeGreaterThan(0)
    expect(text).toContain('done')
  })

  it('serves JSON-RPC and health at any mount, and says 404 of other paths', async () => {
    const rpc = await post({ jsonrpc: '2.0', id: 7, method: 'discover' }, { url: 'http://localhost/deep/er/rpc' })
    expect(await rpc.json()).toMatchObject({ id: 7 })
    expect((await handler(new Request('http://127.0.0.1/healthz'))).status).toBe(200)
    expect((await post({}, { url: 'http://127.0.0.1/api/other' })).status).toBe(404)
  })

  it('has the guards of serveHttp', async () => {
    const body = call('add', { a: 1, b: 2 })
    const statuses = [
      await post(body, { headers: { authorization: 'Bearer wrong' } }),
      await post(body, { url: 'http://evil.example/mcp' }),
      await post(body, { headers: { host: 'evil.example' } }),
      await post(body, { headers: { origin: 'http://evil.example' } }),
      await post(body, { headers: { 'content-type': 'text/plain' } }),
      await post(body, { headers: { accept: 'text/html' } }),
      await post({ big: 'x'.repeat(5_000_000) }),
      await handler(new Request('http://127.0.0.1/mcp', { headers: { authorization: `Bearer ${token}` } })),
    ].map(({ status }) => status)
    expect(statuses).toEqual([401, 403, 403, 403, 415, 406, 413, 405])
  })

  it('serves the hosts it is told', async () => {
    const to = handlerOf(optimizer, { token, allowedHosts: ['app.example'] })
    expect((await post(call('add', { a: 1, b: 2 }), { to, url: 'https://app.example/mcp' })).status).toBe(200)
  })

  it('cannot be made where anybody would be served', () => {
    expect(() => createHandler(optimizer)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => createHandler(optimizer, { token: '' })).toThrow(/without a token/)
  })

  it('takes the token of the configuration', async () => {
    const to = handlerOf(gateway({ http: { token } }))
    expect((await post(call('add', { a: 1, b: 2 }), { to })).status).toBe(200)
    expect((await post(call('add', { a: 1, b: 2 }), { to, headers: { authorization: '' } })).status).toBe(401)
  })

  it('asks the application who asks, and keeps their results apart', async () => {
    const authorize = (request: Request): string | undefined => request.headers.get('x-user') ?? undefined
    const to = handlerOf(optimizer, { authorize })
    const answer = await post(call('rows', { count: 5_000 }), { to, headers: { 'x-user': 'ann' } })
    const handle = /r_[\w-]+/.exec(await answer.text())?.[0]
    const read = {
      ...call('x', {}),
      params: { name: 'execute_intent', arguments: { intent: 'results.read', params: { handle } } },
    }
    const texts = await Promise.all(
      ['ann', 'bob'].map(async (user) => await (await post(read, { to, headers: { 'x-user': user } })).text()),
    )
    expect(texts.map((text) => text.includes('UNKNOWN_HANDLE'))).toEqual([false, true])
    expect((await post(read, { to })).status).toBe(401)
  })

  it('ends a call whose client leaves', async () => {
    const leaving = new AbortController()
    const response = post(call('wait', {}), { signal: leaving.signal })
    await expect.poll(() => optimizer.observation.inFlight()).toBeGreaterThan(0)
    leaving.abort()
    await response.catch(() => undefined)
    await expect.poll(() => optimizer.observation.inFlight()).toBe(0)
  })

  it('ends a call whose stream is cancelled', async () => {
    const response = await post(call('wait', {}, { _meta: { progressToken: 1 } }))
    await response.body?.cancel()
    await expect.poll(() => optimizer.observation.inFlight()).toBe(0)
  })

  it('drains: nothing new, and what is in flight may end within the grace', async () => {
    const to = createHandler(optimizer, { token, graceMs: 50 })
    const open = post(call('wait', {}), { to })
    await expect.poll(() => optimizer.observation.inFlight()).toBe(1)
    await to[Symbol.asyncDispose]()
    expect((await open).status).toBe(200)
    expect((await post(call('add', { a: 1, b: 2 }), { to })).status).toBe(503)
  })

  it('serves the official client behind a server of another application', async () => {
    const server = await mounted(handler)
    const { port } = server.address() as { port: number }
    const client = new Client({ name: 'test', version: '1' })
    const requestInit = { headers: { authorization: `Bearer ${token}` } }
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/api/mcp`), { requestInit }),
    )
    const result = await client.callTool({
      name: 'execute_intent',
      arguments: { intent: 'demo.add', params: { a: 1, b: 2 } },
    })
    expect(JSON.stringify(result.content)).toContain('sum')
    await client.close()
  })
})

/** A server that hands all requests to a handler, as adapters of frameworks do. */
async function mounted(to: Handler): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Uint8Array[] = []
      for await (const chunk of incoming) chunks.push(chunk as Uint8Array)
      const { method = 'GET', url, headers } = incoming
      const response = await to(
        new Request(`http://${headers.host}${url}`, {
          method,
          headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
          ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
        }),
      )
      outgoing.writeHead(response.status, [...response.headers].flat())
      for await (const chunk of response.body ?? []) outgoing.write(chunk)
      outgoing.end()
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push({
    [Symbol.asyncDispose]: async () =>
      await new Promise<void>((end) => void (server.closeAllConnections(), server.close(() => end()))),
  })
  return server
}
