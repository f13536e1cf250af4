// How HTTP servers write the answer to a call, and what comes of it (16-20 over the wire).
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createUpstream } from '../../src/upstream/create.ts'
import type { ToolResult } from '../../src/upstream/upstream.ts'

const WORDS = 'done: é; 日本語 and 😀'

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly id: number
  /** The usual answer as JSON text. */
  readonly json: string
}
type Answer = (call: Call) => void | Promise<void>

/** A body as it is, in pieces. */
const sent =
  (
    type: string | undefined,
    make: (json: string) => readonly (string | Buffer)[],
    headers: object = {},
    status = 200,
  ): Answer =>
  async ({ response, json }) => {
    response.writeHead(status, { ...(type === undefined ? {} : { 'content-type': type }), ...headers })
    for (const piece of make(json)) {
      if (!response.write(piece)) await once(response, 'drain')
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  }
const whole = (
  type: string | undefined,
  change: (json: string) => string = (json) => json,
  headers: object = {},
): Answer => sent(type, (json) => [change(json)], headers)
const events = (make: (json: string) => string, type = 'text/event-stream'): Answer =>
  sent(type, (json) => [make(json)])
const bytes = (given: string): Buffer[] => [...Buffer.from(given)].map((byte) => Buffer.from([byte]))
const note = (data: object): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } })
const lines = (json: string): string => json.replaceAll(/([[{,])/g, '$1\n  ')

const GOOD: readonly (readonly [what: string, answer: Answer])[] = [
  ['JSON', whole('application/json')],
  ['JSON with its character set', whole('application/json; charset=utf-8')],
  ['a content type in capitals', whole('Application/JSON')],
  ['JSON without content type', whole(undefined)],
  ['JSON called text', whole('text/plain')],
  ['JSON called a page', whole('text/html; charset=utf-8')],
  ['JSON called bytes', whole('application/octet-stream')],
  ['JSON under a name of its own', whole('application/vnd.acme.mcp+json')],
  ['JSON behind a byte order mark', whole('application/json', (json) => `\ufeff${json}`)],
  ['JSON between blank lines', whole('application/json', (json) => `\r\n\r\n  ${lines(json)}\n\n`)],
  ['JSON in gzip', sent('application/json', (json) => [gzipSync(json)], { 'content-encoding': 'gzip' })],
  ['JSON in Brotli', sent('application/json', (json) => [brotliCompressSync(json)], { 'content-encoding': 'br' })],
  ['JSON in deflate', sent('application/json', (json) => [deflateSync(json)], { 'content-encoding': 'deflate' })],
  ['JSON byte by byte', sent('application/json', bytes)],
  ['a list of one', whole('application/json', (json) => `[${json}]`)],
  ['a list with a notification', whole('application/json', (json) => `[${note({})},${json}]`)],
  ['an id that became a text', whole('application/json', (json) => json.replace(/"id":(\d+)/, '"id":"$1"'))],
  ['status 201', sent('application/json', (json) => [json], {}, 201)],
  ['status 203', sent('application/json', (json) => [json], {}, 203)],
  ['lines of JSON', whole('application/x-ndjson', (json) => `${note({})}\n${json}\n`)],
  ['an event', events((json) => `event: message\ndata: ${json}\n\n`)],
  ['an event with its character set', events((json) => `data: ${json}\n\n`, 'text/event-stream;charset=UTF-8')],
  ['an event stream in capitals', events((json) => `data: ${json}\n\n`, 'Text/Event-Stream')],
  ['an event called JSON', events((json) => `event: message\ndata: ${json}\n\n`, 'application/json')],
  ['an event without content type', sent(undefined, (json) => [`data: ${json}\n\n`])],
  ['an event called text', events((json) => `: hello\n\nid: 4\ndata: ${json}\n\n`, 'text/plain')],
  ['CRLF', events((json) => `event: message\r\ndata: ${json}\r\n\r\n`)],
  ['CR', events((json) => `data: ${json}\r\r`)],
  ['no blank behind the colon', events((json) => `data:${json}\n\n`)],
  ['a byte order mark', events((json) => `\ufeffdata: ${json}\n\n`)],
  ['comments that keep it alive', events((json) => `: ping\n\n:\n\n: ping - 2026\n\ndata: ${json}\n\n`)],
  ['fields that nobody knows', events((json) => `trace: x\nid: a-1\nretry: 5000\nevent: message\ndata: ${json}\n\n`)],
  [
    'data over lines',
    events(
      (json) =>
        `${lines(json)
          .split('\n')
          .map((line) => `data: ${line}\n`)
          .join('')}\n`,
    ),
  ],
  ['two events in one chunk', events((json) => `data: ${note({ n: 1 })}\n\ndata: ${json}\n\n`)],
  [
    'an event of another kind before',
    events((json) => `event: ping\ndata: {"t":1}\n\nevent: message\ndata: ${json}\n\n`),
  ],
  ['an event that begins a stream', events((json) => `id: 0\ndata: \n\nid: 1\ndata: ${json}\n\n`)],
  ['an event byte by byte', sent('text/event-stream', (json) => bytes(`: é\r\nid: 日\r\ndata: ${json}\r\n\r\n`))],
  ['a last event without its empty line', events((json) => `data: ${json}`)],
  ['a list in an event', events((json) => `data: [${note({})},${json}]\n\n`)],
  [
    'an event stream in gzip',
    sent('text/event-stream', (json) => [gzipSync(`data: ${json}\n\n`)], { 'content-encoding': 'gzip' }),
  ],
  ['words behind the answer', events((json) => `data: ${json}\n\ndata: [DONE]\n\n`)],
  ['the answer twice', events((json) => `data: ${json}\n\ndata: ${json}\n\n`)],
  ['noise before it', events((json) => `data: starting\n\ndata: {"status":"working"}\n\ndata: ${json}\n\n`)],
  [
    'a hundred notifications before',
    events((json) => `${Array.from({ length: 100 }, (_, n) => `data: ${note({ n })}\n\n`).join('')}data: ${json}\n\n`),
  ],
  [
    'a stream that stays open',
    ({ response, json }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${json}\n\n`)
    },
  ],
  [
    'a redirect to another place',
    ({ request, response }) => void response.writeHead(307, { location: `${request.url ?? ''}&moved=1` }).end(),
  ],
  [
    'a lasting redirect',
    ({ request, response }) => void response.writeHead(308, { location: `${request.url ?? ''}&moved=1` }).end(),
  ],
]

const BAD: readonly (readonly [what: string, answer: Answer, code: string, words: string])[] = [
  ['nothing', sent('application/json', () => []), 'UPSTREAM_PROTOCOL', 'an empty answer'],
  ['status 204', ({ response }) => void response.writeHead(204).end(), 'UPSTREAM_PROTOCOL', 'an empty answer'],
  [
    'numbers that are none',
    whole('application/json', (json) => json.replace('"content"', '"n":NaN,"content"')),
    'UPSTREAM_PROTOCOL',
    'NaN',
  ],
  [
    'the answer to something else',
    whole('application/json', (json) => json.replace(/"id":\d+/, '"id":7')),
    'UPSTREAM_PROTOCOL',
    'no answer',
  ],
  ['an answer cut off', whole('application/json', (json) => json.slice(0, -20)), 'UPSTREAM_PROTOCOL', 'no JSON'],
  [
    'a connection cut off',
    ({ response, json }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '9999' })
      response.write(json.slice(0, 40), () => response.destroy())
    },
    'OUTCOME_UNKNOWN',
    'before the result',
  ],
  ['a stream that ends before', events(() => `data: ${note({})}\n\n`), 'OUTCOME_UNKNOWN', 'before the result'],
  ['an empty stream', events(() => ''), 'OUTCOME_UNKNOWN', 'before the result'],
  ['comments alone', events(() => ': bye\n\n'), 'OUTCOME_UNKNOWN', 'before the result'],
  [
    'an error as an event of its own kind',
    events(() => 'event: error\ndata: {"message":"quota exhausted"}\n\n'),
    'OUTCOME_UNKNOWN',
    'quota exhausted',
  ],
  [
    'a page of a proxy',
    sent('text/html', () => ['<html><head><title>504 Gateway Time-out</title></head></html>'], {}, 504),
    'OUTCOME_UNKNOWN',
    '504 Gateway Time-out',
  ],
  ['status 405', sent('text/plain', () => ['Method Not Allowed'], {}, 405), 'UPSTREAM', 'Method Not Allowed'],
  [
    'status 413',
    sent('application/json', () => ['{"error":"body over 1 MB"}'], {}, 413),
    'TOOL_ERROR',
    'body over 1 MB',
  ],
  [
    'status 415',
    sent('application/json', () => ['{"detail":"Unsupported media type"}'], {}, 415),
    'TOOL_ERROR',
    'Unsupported media type',
  ],
  [
    'a problem document',
    sent('application/problem+json', () => ['{"title":"Out of credit","detail":"Your balance is 3"}'], {}, 402),
    'TOOL_ERROR',
    'Your balance is 3',
  ],
  [
    'a list of errors',
    sent('application/json', () => ['{"errors":[{"message":"unknown field \\"x\\""}]}'], {}, 400),
    'TOOL_ERROR',
    'unknown field',
  ],
]

const rows = new Map<string, Answer>([
  ...GOOD.map(([what, answer]) => [what, answer] as const),
  ...BAD.map(([what, answer]) => [what, answer] as const),
])
const server = createServer((request, response) => {
  void (async () => {
    const address = new URL(request.url ?? '', 'http://x')
    if (request.method !== 'POST') return response.writeHead(405).end()
    const { id, method, params } = JSON.parse(await text(request)) as { id?: number; method: string; params?: object }
    if (id === undefined) return response.writeHead(202).end()
    const isExact = params !== undefined && 'name' in params && params.name === 'exact'
    const result =
      method === 'initialize'
        ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'o', version: '1' } }
        : { content: [{ type: 'text', text: WORDS }], ...(isExact ? { structuredContent: { id: 'DIGITS' } } : {}) }
    const json = JSON.stringify({ jsonrpc: '2.0', id, result }).replace('"DIGITS"', '1541815603606036481')
    const answer = rows.get(address.searchParams.get('row') ?? '')
    if (method !== 'tools/call' || answer === undefined || address.searchParams.has('moved'))
      return response.writeHead(200, { 'content-type': 'application/json' }).end(json)
    await answer({ request, response, id, json })
  })()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function call(row: string, tool = 'act'): Promise<ToolResult | OptimizerError> {
  const url = `http://127.0.0.1:${port}/mcp?row=${encodeURIComponent(row)}`
  await using upstream = createUpstream('web', { type: 'http', url, timeoutMs: 20_000 })
  return await upstream.callTool(tool, {}, { signal: new AbortController().signal }).catch((thrown: unknown) => {
    if (OptimizerError.is(thrown)) return thrown
    throw thrown
  })
}

describe('an answer over HTTP is read as', () => {
  it.each(GOOD)('%s', async (what) => {
    expect(await call(what)).toEqual({ content: [{ type: 'text', text: WORDS }] })
  })
})

describe('an integer beyond 2^53 over HTTP', () => {
  it.each([
    'JSON without content type',
    'JSON called a page',
    'JSON in gzip',
    'JSON behind a byte order mark',
    'lines of JSON',
    'an event stream in capitals',
    'an event called JSON',
    'data over lines',
    'a byte order mark',
    'a list in an event',
  ])('%s', async (what) => {
    expect(await call(what, 'exact')).toMatchObject({ structuredContent: { id: 1541815603606036481n } })
  })
})

describe('an answer over HTTP that is none:', () => {
  it.each(BAD)('%s', async (what, _answer, code, words) => {
    const thrown = (await call(what)) as OptimizerError
    expect(thrown).toBeInstanceOf(Error)
    expect(`${thrown.code} ${thrown.message}`).toContain(words)
    expect(thrown.code).toContain(code)
  })
})

describe('an answer that comes on another stream', () => {
  /** A server whose calls are answered elsewhere; `onCall` gets the usual answer and the standing stream. */
  async function standing(
    onCall: (call: Call, stream: Promise<ServerResponse>) => void,
    onGet: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
  ): Promise<AsyncDisposable & { readonly url: string; readonly posts: unknown[] }> {
    let opened: (response: ServerResponse) => void = () => {}
    const stream = new Promise<ServerResponse>((resolve) => (opened = resolve))
    const posts: unknown[] = []
    const other = createServer((request, response) => {
      void (async () => {
        if (request.method === 'GET') {
          if (onGet(request, response)) return
          response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
          return opened(response)
        }
        if (request.method !== 'POST') return response.writeHead(405).end()
        const body = JSON.parse(await text(request)) as { id?: number; method?: string }
        posts.push(body)
        const { id, method } = body
        if (id === undefined || method === undefined) return response.writeHead(202).end()
        const result =
          method === 'initialize'
            ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'o', version: '1' } }
            : { content: [{ type: 'text', text: WORDS }] }
        const json = JSON.stringify({ jsonrpc: '2.0', id, result })
        if (method === 'tools/call') return onCall({ request, response, id, json }, stream)
        response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' }).end(json)
      })()
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    return {
      url: `http://127.0.0.1:${(other.address() as AddressInfo).port}/mcp`,
      posts,
      async [Symbol.asyncDispose]() {
        other.closeAllConnections()
        await new Promise((resolve) => other.close(resolve))
      },
    }
  }
  const callAt = async (url: string): Promise<unknown> => {
    await using upstream = createUpstream('web', { type: 'http', url, timeoutMs: 20_000 })
    return await upstream.callTool('act', {}, { signal: new AbortController().signal })
  }
  const right = { content: [{ type: 'text', text: WORDS }] }

  it('202, then the answer on the standing stream', async () => {
    await using other = await standing(({ response, json }, stream) => {
      response.writeHead(202).end()
      void stream.then((to) => to.write(`data: ${json}\n\n`))
    })
    expect(await callAt(other.url)).toEqual(right)
  })

  it('a stream that ends and is taken up again where it was', async () => {
    let json = ''
    await using other = await standing(
      (call) => {
        json = call.json
        call.response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: e-1\nretry: 5\ndata: \n\n')
      },
      (request, response) => {
        if (request.headers['last-event-id'] !== 'e-1') return false
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`id: e-2\ndata: ${json}\n\n`)
        return true
      },
    )
    expect(await callAt(other.url)).toEqual(right)
  })

  it('a question of the server comes first, and is answered', async () => {
    await using other = await standing(({ response, json }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"jsonrpc":"2.0","id":"p-1","method":"ping"}\n\n')
      setImmediate(() => response.end(`data: ${json}\n\n`))
    })
    expect(await callAt(other.url)).toEqual(right)
  })
})
