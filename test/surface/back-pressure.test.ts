import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { createOutlet } from '../../src/surface/outlet.ts'
import { serveStdio } from '../../src/surface/stdio.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const surface = createSurface({ servers: ['s'], compact: false, programs: true, version: '0.0.0' })
const REPORTS = 20_000
const WORDS = 'x'.repeat(150)

/** A gateway before a server whose tools report much, or wait until they are let go. */
function gatewayOf(): { readonly gateway: Optimizer; readonly release: () => void; readonly started: Promise<void> } {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let begin = (): void => undefined
  const started = new Promise<void>((resolve) => (begin = resolve))
  const upstream = createMemoryUpstream('s', [
    {
      name: 'reports',
      run(_input, { onProgress }) {
        for (let progress = 1; progress <= REPORTS; progress++)
          onProgress?.({ progress, total: REPORTS, message: `${WORDS} ${progress}` })
        return 'done'
      },
    },
    {
      name: 'wait',
      async run(_input, { signal }) {
        begin()
        await Promise.race([
          released,
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
        ])
        return 'released'
      },
    },
  ])
  const gateway = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), { upstreams: [upstream] })
  return { gateway, release, started }
}

const call = (intent: string, more: object = {}): object => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'execute_intent', arguments: { intent }, ...more },
})
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}
const listen = {
  jsonrpc: '2.0',
  id: 7,
  method: 'subscriptions/listen',
  params: { notifications: { toolsListChanged: true }, _meta: MODERN },
}
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

async function post(
  service: HttpService,
  body: object,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return await fetch(`${service.url}/mcp`, {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
}

const hold = async (service: HttpService, signal: AbortSignal): Promise<Response> =>
  await post(service, listen, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': listen.method }, signal)

const ready = async (service: HttpService): Promise<number> => (await fetch(`${service.url}/readyz`)).status

describe('notifications to a client that reads slowly', () => {
  it('are held, the latest of each kind, and come once it reads', () => {
    let read = (): void => undefined
    const output = new Writable({ highWaterMark: 100, write: (_chunk, _encoding, done) => void (read = done) })
    const written: unknown[] = []
    const outlet = createOutlet<{ method: string; n: number }>(output, (message) => {
      written.push(message.n)
      output.write(JSON.stringify(message).padEnd(60))
    })
    const [one, two] = [outlet.channel(), outlet.channel()]
    for (let n = 1; n <= 10; n++) one.notify({ method: 'progress', n })
    two.notify({ method: 'progress', n: 11 })
    two.notify({ method: 'changed', n: 12 })
    expect(written).toEqual([1, 2])
    one.end()
    expect(written).toEqual([1, 2, 10])
    return vi.waitFor(() => {
      read()
      expect(written).toEqual([1, 2, 10, 11, 12])
    })
  })

  it('take no memory over stdio, and the answer follows the last of them', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    const [input, output] = [new PassThrough(), new PassThrough()]
    const served = serveStdio(gateway, surface, { input, output })
    input.end(`${JSON.stringify(call('s.reports', { _meta: { progressToken: 'p' } }))}\n`)
    await vi.waitFor(() => expect(output.readableLength).toBeGreaterThan(10_000), { timeout: 10_000 })
    await served
    output.end()
    const messages = []
    for await (const line of createInterface({ input: output })) messages.push(JSON.parse(line))
    expect(messages.length).toBeLessThan(500)
    expect(messages.at(-2)).toMatchObject({ method: 'notifications/progress', params: { progress: REPORTS } })
    expect(messages.at(-1)).toMatchObject({ id: 1, result: {} })
  })

  it('take no memory over HTTP, and the answer follows the last of them', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    await using service = await serveHttp(gateway, surface, { port: 0 })
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request(`${service.url}/mcp`, { method: 'POST', headers: HEADERS }, (response) => {
        let all = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (all += chunk))
        response.on('end', () => resolve(all))
      })
      sent.on('error', reject)
      sent.end(JSON.stringify(call('s.reports', { _meta: { progressToken: 'p' } })))
    })
    expect(text.length).toBeLessThan((REPORTS * WORDS.length) / 4)
    expect(text).toContain(`"progress":${REPORTS}`)
    expect(text.lastIndexOf('"result"')).toBeGreaterThan(text.lastIndexOf(`"progress":${REPORTS}`))
  })
})

describe('a client over stdio', () => {
  const ping = (id: number): string => `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list' })}\n`

  it('that reads no answers is read no further, and gets them all once it reads', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    const [input, output] = [new PassThrough(), new PassThrough()]
    const served = serveStdio(gateway, surface, { input, output, maxUnreadBytes: 50_000, graceMs: 60_000 })
    const sent = 12_000
    const filler = ' '.repeat(1_000)
    for (let id = 1; id <= sent; id++) input.write(filler + ping(id))
    input.end()
    // Until nothing moves.
    let before = -1
    await vi.waitFor(() => {
      const [last, now] = [before, output.writableLength + output.readableLength + input.writableLength]
      before = now
      expect(now).toBe(last)
    }, 20_000)
    expect(output.writableLength + output.readableLength).toBeLessThan(5_000_000)
    expect(input.writableLength + input.readableLength).toBeGreaterThan(1_000_000)
    const ids = new Set<unknown>()
    const read = (async () => {
      for await (const line of createInterface({ input: output }))
        ids.add((JSON.parse(line) as { readonly id: unknown }).id)
    })()
    await served
    output.end()
    await read
    expect(ids.size).toBe(sent)
  })

  it('is told of lines that are too much, and served on', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    const [input, output] = [new PassThrough(), new PassThrough()]
    const served = serveStdio(gateway, surface, { input, output })
    input.write(`{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(33 * 1024 * 1024)}"}\n`)
    input.write(`[${'[],'.repeat(1_000_001)}[]]\n`)
    input.write(`["${'x'.repeat(1_000_000)}"\n`)
    input.end(ping(2))
    await served
    output.end()
    const answers = String(output.read()).trim().split('\n')
    expect(answers.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { id: null, error: { code: -32_600, message: 'the line has more than 33554432 bytes' } },
      { id: null, error: { code: -32_600, message: 'the line holds more than 1000000 values' } },
      { id: null, error: { code: -32_700 } },
      { id: 2, result: {} },
    ])
  })

  it('may send a large request', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    const [input, output] = [new PassThrough(), new PassThrough()]
    const served = serveStdio(gateway, surface, { input, output })
    const note = 'x'.repeat(1_000_000)
    const value = call('s.reports', {
      arguments: { intent: 's.reports', params: { note, list: Array(50_000).fill(1) } },
    })
    input.end(`${JSON.stringify(value)}\n`)
    await served
    expect(String(output.read())).toContain('done')
  })
})

describe('requests that are held open', () => {
  it('take the place of no call', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    await using service = await serveHttp(gateway, surface, { port: 0, maxRequests: 2 })
    const leave = new AbortController()
    for (let index = 0; index < 5; index++) expect((await hold(service, leave.signal)).status).toBe(200)
    expect(await ready(service)).toBe(200)
    expect((await post(service, { jsonrpc: '2.0', id: 1, method: 'tools/list' })).status).toBe(200)
    leave.abort()
  })

  it('are bounded, and say by what', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    await using service = await serveHttp(gateway, surface, { port: 0 })
    const leave = new AbortController()
    await Promise.all(Array.from({ length: 500 }, async () => await hold(service, leave.signal)))
    const refused = await hold(service, leave.signal)
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ error: { code: -32_000, message: expect.stringContaining('500') } })
    leave.abort()
    await vi.waitFor(
      async () => {
        const again = await hold(service, new AbortController().signal)
        await again.body?.cancel()
        expect(again.status).toBe(200)
      },
      { timeout: 5_000 },
    )
  })

  it('do not delay the end', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    const service = await serveHttp(gateway, surface, { port: 0, graceMs: 60_000 })
    const held = await hold(service, new AbortController().signal)
    await service[Symbol.asyncDispose]()
    expect(await held.text()).toContain('"id":7')
    const [input, output] = [new PassThrough(), new PassThrough()]
    const served = serveStdio(gateway, surface, { input, output, graceMs: 60_000 })
    input.end(`${JSON.stringify(listen)}\n`)
    await served
  })
})

it('/readyz says no while calls would be refused', async () => {
  const { gateway, release, started } = gatewayOf()
  await using _gateway = gateway
  await using service = await serveHttp(gateway, surface, { port: 0, maxRequests: 1 })
  expect(await ready(service)).toBe(200)
  const waiting = post(service, call('s.wait'))
  await started
  expect(await ready(service)).toBe(503)
  release()
  expect((await waiting).status).toBe(200)
  expect(await ready(service)).toBe(200)
})

it('a call over stdio is answered after the end of the input', async () => {
  const { gateway, release, started } = gatewayOf()
  await using _gateway = gateway
  const [input, output] = [new PassThrough(), new PassThrough()]
  const served = serveStdio(gateway, surface, { input, output })
  input.end(`${JSON.stringify(call('s.wait'))}\n`)
  await started
  // Longer than a client needs to see that its request is gone.
  const late = setTimeout(release, 1_000)
  await served
  clearTimeout(late)
  expect(String(output.read())).toContain('released')
})

describe('a session over HTTP that is not known', () => {
  it('is a 404, with which clients begin a new one', async () => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    await using service = await serveHttp(gateway, surface, { port: 0 })
    const session = { 'mcp-session-id': 's_0123456789abcdef0123456789abcdef' }
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    const refused = await post(service, list, session)
    expect(refused.status).toBe(404)
    expect(await refused.json()).toMatchObject({ id: 1, error: { code: -32_001 } })
    expect((await post(service, list, { 'mcp-session-id': 'odd' })).status).toBe(404)
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } }
    const begun = await post(service, { jsonrpc: '2.0', id: 1, method: 'initialize', params }, session)
    const known = begun.headers.get('mcp-session-id') ?? ''
    expect((await post(service, list, { 'mcp-session-id': known })).status).toBe(200)
  })
})

describe('what is no text where a text stands', () => {
  const odd = { toString: 1 }

  it.each([
    ['the name of a tool', { method: 'tools/call', params: { name: odd } }, -32_602],
    [
      'a version',
      { method: 'tools/list', params: { _meta: { 'io.modelcontextprotocol/protocolVersion': odd } } },
      -32_022,
    ],
  ])('%s is a coded error', async (_what, message, code) => {
    const { gateway } = gatewayOf()
    await using _gateway = gateway
    const [input, output] = [new PassThrough(), new PassThrough()]
    const served = serveStdio(gateway, surface, { input, output })
    input.end(`${JSON.stringify({ jsonrpc: '2.0', id: 1, ...message })}\n`)
    await served
    expect(JSON.parse(String(output.read()))).toMatchObject({ id: 1, error: { code } })
  })
})
