import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Optimizer } from '../../src/optimizer.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { demoGateway } from '../support/gateway.ts'

const TOKEN = 'correct-horse-battery'
const surface = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0.0.0' })
let gateway: Optimizer
let open: HttpService
let closed: HttpService
beforeAll(async () => {
  gateway = demoGateway()
  open = await serveHttp(gateway, surface, { port: 0, maxBodyBytes: 10_000 })
  closed = await serveHttp(gateway, surface, { port: 0, token: TOKEN })
})
afterAll(async () => {
  await open[Symbol.asyncDispose]()
  await closed[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

interface Sent {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

async function send(
  service: HttpService,
  path: string,
  body: string | Buffer,
  headers: Record<string, string | string[]> = {},
  method = 'POST',
): Promise<Sent> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      `${service.url}${path}`,
      {
        method,
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

const rpc = (method: string, params: unknown = {}): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
const list = rpc('tools/list')
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** Writes bytes as they are; the answer's first line. */
async function raw(service: HttpService, text: string): Promise<string> {
  const { hostname, port } = new URL(service.url)
  return await new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''))
    socket.on('error', () => undefined)
  })
}

describe('who may talk', () => {
  it.each([
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['a null Origin', { origin: 'null' }],
    ['an Origin that begins like ours', { origin: 'http://localhost.evil.example' }],
    ['a rebound Host', { host: 'evil.example' }],
    ['a Host with our name in front', { host: 'localhost.evil.example' }],
  ])('refuses %s', async (_what, headers) => {
    expect((await send(open, '/mcp', list, headers)).status).toBe(403)
    expect((await send(open, '/rpc', rpc('discover'), headers)).status).toBe(403)
  })

  it('answers our own Origin, and none', async () => {
    expect((await send(open, '/mcp', list, { origin: open.url })).status).toBe(200)
    expect((await send(open, '/mcp', list)).status).toBe(200)
  })

  it.each([
    ['two Host headers', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n'],
    [
      'an absolute target',
      'POST http://evil.example/mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    ],
    ['no Host', 'POST /mcp HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    [
      'two lengths',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabcde',
    ],
    [
      'length and chunks',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
    ],
    [
      'huge headers',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(40_000)}\r\nConnection: close\r\n\r\n`,
    ],
    ['no HTTP at all', 'hello\r\n\r\n'],
  ])('refuses %s', async (_what, text) => {
    expect(await raw(open, text)).toMatch(/^HTTP\/1\.1 4\d\d /)
  })
})

describe('tokens', () => {
  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['one with more behind it', { authorization: `Bearer ${TOKEN} x` }],
    ['the beginning of it', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['an empty one', { authorization: 'Bearer ' }],
  ])('refuses %s with 401 and without a hint', async (_what, headers) => {
    const { status, headers: answered, text } = await send(closed, '/mcp', list, headers)
    expect(status).toBe(401)
    expect(answered['www-authenticate']).toBe('Bearer')
    expect(text).not.toContain(TOKEN)
  })

  it('refuses a token in the address', async () => {
    expect((await send(closed, `/mcp?access_token=${TOKEN}`, list)).status).toBe(401)
  })

  it('takes the right one', async () => {
    expect((await send(closed, '/mcp', list, { authorization: `Bearer ${TOKEN}` })).status).toBe(200)
  })

  it('does not serve other machines without a token', async () => {
    await expect(serveHttp(gateway, surface, { host: '0.0.0.0', port: 0 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})

describe('bodies', () => {
  it.each([
    ['what is not JSON', '{"a":', 400, {}],
    ['an empty body', '', 400, {}],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, {}],
    ['100,000 levels', '['.repeat(4_900) + ']'.repeat(4_900), 400, {}],
    ['a large body', `"${'x'.repeat(20_000)}"`, 413, {}],
    ['a body that is still written when it is refused', `"${'x'.repeat(30_000_000)}"`, 413, {}],
    ['a compressed body', gzipSync('x'.repeat(1_000_000)), 415, { 'content-encoding': 'gzip' }],
    ['another type', list, 415, { 'content-type': 'text/plain' }],
    ['a form', 'a=b', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('refuses %s', async (_what, body, status, headers) => {
    expect((await send(open, '/mcp', body, headers)).status).toBe(status)
  })

  it('says why it refuses a body of no known length that is still written', async () => {
    const chunked = { 'transfer-encoding': 'chunked' }
    expect((await send(open, '/mcp', `"${'x'.repeat(30_000_000)}"`, chunked)).status).toBe(413)
  })

  it('pollutes no prototype', async () => {
    await send(
      open,
      '/rpc',
      '{"jsonrpc":"2.0","id":1,"method":"execute_intent","params":{"intent":"demo.add","params":{"a":1,"b":2,"__proto__":{"polluted":1}},"__proto__":{"polluted":1}}}',
    )
    expect({}).not.toHaveProperty('polluted')
  })

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS'])('refuses %s', async (method) => {
    expect((await send(open, '/mcp', '', {}, method)).status).toBe(405)
  })

  it('refuses what does not accept the answer', async () => {
    expect((await send(open, '/mcp', list, { accept: 'text/html' })).status).toBe(406)
    expect((await send(open, '/mcp', list, { accept: '' })).status).toBe(406)
  })

  it('knows no other paths', async () => {
    for (const path of ['/', '/mcp/', '/%6dcp', '//mcp', '/rpc;x'])
      expect((await send(open, path, list)).status).toBe(404)
  })
})

describe('protocol', () => {
  const modern = (method: string, params: object = {}): string => rpc(method, { ...params, _meta: MODERN })
  const headers = (method: string, more: object = {}): Record<string, string> => ({
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...more,
  })

  it.each([
    ['method', modern('tools/list'), headers('tools/call')],
    ['version', modern('tools/list'), { 'mcp-method': 'tools/list' }],
    [
      'name',
      modern('tools/call', { name: 'search', arguments: {} }),
      headers('tools/call', { 'mcp-name': 'execute_code' }),
    ],
    ['missing name', modern('tools/call', { name: 'search', arguments: {} }), headers('tools/call')],
  ])('2026-07-28: refuses a header/body mismatch: %s', async (_what, body, given) => {
    const { status, text } = await send(open, '/mcp', body, given)
    expect(status).toBe(400)
    expect(JSON.parse(text).error.code).toBe(-32020)
  })

  it('2026-07-28: names the versions it speaks', async () => {
    const body = rpc('tools/list', { _meta: { ...MODERN, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } })
    const { status, text } = await send(open, '/mcp', body, {
      'mcp-protocol-version': '2099-01-01',
      'mcp-method': 'tools/list',
    })
    expect([status, JSON.parse(text).error]).toEqual([
      400,
      expect.objectContaining({
        code: -32022,
        data: { supported: expect.arrayContaining(['2026-07-28', '2025-11-25']), requested: '2099-01-01' },
      }),
    ])
  })

  it.each([
    ['envelope', undefined],
    ['version', { 'io.modelcontextprotocol/clientCapabilities': {} }],
    ['capabilities', { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }],
  ])('2026-07-28: refuses a request without its %s', async (_what, _meta) => {
    const { status, text } = await send(open, '/mcp', rpc('tools/list', { _meta }), headers('tools/list'))
    expect([status, JSON.parse(text).error.code]).toEqual([400, -32602])
  })

  it('2026-07-28: lists say how long they hold', async () => {
    expect(
      JSON.parse((await send(open, '/mcp', modern('tools/list'), headers('tools/list'))).text).result,
    ).toMatchObject({ resultType: 'complete', ttlMs: expect.any(Number), cacheScope: 'public' })
  })

  it.each([
    ['a batch of none', '[]', -32600],
    [
      'a batch of 1,000',
      JSON.stringify(Array.from({ length: 100 }, () => ({ jsonrpc: '2.0', id: 1, method: 'ping' }))),
      -32600,
    ],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600],
    ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":5}', -32600],
    ['params that are a list', '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}', -32602],
    ['a method of Object', rpc('constructor'), -32601],
    ['a tool of Object', rpc('tools/call', { name: '__proto__' }), -32602],
  ])('refuses %s', async (_what, body, code) => {
    expect(JSON.parse((await send(open, '/mcp', body)).text).error.code).toBe(code)
  })

  it('JSON-RPC: discover and the four operations, whole answers, malformed requests as errors', async () => {
    const ask = async (method: string, params?: unknown): Promise<Record<string, unknown>> =>
      JSON.parse((await send(open, '/rpc', rpc(method, params))).text) as Record<string, unknown>
    expect((await ask('discover'))['result']).toMatchObject({
      name: 'mcp-optimizer',
      capabilities: { code_execution: { max_timeout: 300 } },
    })
    expect((await ask('execute_intent', { intent: 'demo.add', params: { a: 1, b: 2 } }))['result']).toMatchObject({
      status: 'ok',
      data: { sum: 3 },
      metadata: { tokens_used: expect.any(Number), stages: expect.any(Object) },
    })
    expect((await ask('execute_batch', { requests: [{ intent: 'nope' }] }))['result']).toMatchObject({
      status: 'ok',
      data: [{ status: 'error' }],
    })
    expect((await ask('execute_code', { code: 'return 1' }))['result']).toMatchObject({ data: 1 })
    expect((await ask('search', { query: 'add' }))['result']).toMatchObject({
      data: expect.stringContaining('demo.add'),
    })
    expect((await ask('execute_intent', { intent: 'nope' }))['result']).toMatchObject({
      status: 'error',
      error: { code: 'UNKNOWN_INTENT' },
    })
    expect((await ask('nope'))['error']).toMatchObject({
      code: -32601,
      data: { methods: expect.arrayContaining(['discover', 'execute_code']) },
    })
    expect((await ask('execute_intent', [1]))['error']).toMatchObject({ code: -32602 })
    expect((await send(open, '/rpc', '{"jsonrpc":"2.0","method":"discover"}')).status).toBe(204)
  })

  it('cancels the call of a client that leaves', async () => {
    const aborted = vi.fn<() => void>()
    await using local = demoGateway({}, [
      {
        name: 'wait',
        run: (_input, { signal }) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => (aborted(), reject(new Error('left')))),
          ),
      },
    ])
    await using service = await serveHttp(local, surface, { port: 0 })
    const { hostname, port } = new URL(service.url)
    const body = rpc('execute_intent', { intent: 'demo.wait' })
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    )
    await vi.waitFor(() => expect(local.metrics?.count('x')).toBe(0), { timeout: 10_000 })
    setImmediate(() => setImmediate(() => socket.destroy()))
    await vi.waitFor(() => expect(aborted).toHaveBeenCalled(), { timeout: 3_000 })
  })

  it('refuses more requests than it can serve, and says when to come again', async () => {
    await using local = demoGateway()
    await using service = await serveHttp(local, surface, { port: 0, maxRequests: 1, graceMs: 100 })
    const waiting = send(service, '/rpc', rpc('execute_intent', { intent: 'demo.wait' })).catch(() => undefined)
    await vi.waitFor(async () => expect((await send(service, '/rpc', rpc('discover'))).status).toBe(503), {
      timeout: 10_000,
    })
    expect((await send(service, '/rpc', rpc('discover'))).headers['retry-after']).toBe('1')
    expect((await send(service, '/healthz', '', {}, 'GET')).status).toBe(200)
    void waiting
  })

  it('drains: no new requests, those in flight end', async () => {
    await using local = demoGateway()
    const service = await serveHttp(local, surface, { port: 0, graceMs: 200 })
    const waiting = send(service, '/rpc', rpc('execute_intent', { intent: 'demo.wait' }))
    await vi.waitFor(() => expect(local.catalog().tools.size).toBeGreaterThan(0), { timeout: 10_000 })
    await send(service, '/rpc', rpc('discover'))
    await service[Symbol.asyncDispose]()
    expect(JSON.parse((await waiting).text).result.error.code).toBe('CANCELLED')
  })
})
