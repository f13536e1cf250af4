import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Exchange, Mode } from '../mode.ts'

/** The answer's stream; modes of this file are tried over HTTP alone. */
function responseOf({ http }: Exchange): ServerResponse {
  if (http === undefined) throw new TypeError('this mode needs HTTP')
  return http.response
}

function status(code: number, headers: Record<string, string> = {}, body = '') {
  return (exchange: Exchange): void => void responseOf(exchange).writeHead(code, headers).end(body)
}

/** Bytes on the socket itself, which is then closed, or left open. */
function socket(write: (usual: string) => string | Uint8Array, end: 'end' | 'reset' | 'open' = 'end') {
  return async (exchange: Exchange): Promise<void> => {
    const { socket: raw } = responseOf(exchange)
    const bytes = write(JSON.stringify(await exchange.usual()))
    raw?.write(bytes, () => {
      if (end === 'end') raw.end()
      if (end === 'reset') raw.resetAndDestroy()
    })
  }
}

/** The usual answer with other headers. */
function headed(headers: Record<string, string | string[]>) {
  return async (exchange: Exchange): Promise<void> => {
    const response = responseOf(exchange)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.end(JSON.stringify(await exchange.usual()))
  }
}

/** An event stream of these parts, then the usual answer unless it is left out. */
function stream(parts: (exchange: Exchange) => Iterable<string | Uint8Array>, { isAnswered = true, ends = true } = {}) {
  return async (exchange: Exchange): Promise<void> => {
    const response = responseOf(exchange).writeHead(200, { 'content-type': 'text/event-stream' })
    for (const part of parts(exchange)) await exchange.bytes(part)
    if (isAnswered) response.write(`event: message\ndata: ${JSON.stringify(await exchange.usual())}\n\n`)
    if (ends) response.end()
  }
}

/** Goes on and on until the client leaves. */
function endless(response: ServerResponse, write: () => void, everyMs = 100): void {
  const timer = setInterval(write, everyMs)
  response.on('close', () => clearInterval(timer))
}

const JSON_TYPE = { 'content-type': 'application/json' }
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'

export const HTTP: readonly Mode[] = (
  [
    {
      name: 'unauthorized-everywhere',
      about: '401 that leads to an inner address',
      expected: 'error',
      hides: true,
      handshake: (exchange) =>
        status(401, { 'www-authenticate': `Bearer resource_metadata="${exchange.settings.canary}metadata"` })(exchange),
    },
    {
      name: 'unauthorized-in-calls',
      about: '401 for calls alone',
      expected: 'error',
      call: (exchange) =>
        status(401, { 'www-authenticate': `Bearer resource_metadata="${exchange.settings.canary}metadata"` })(exchange),
    },
    { name: 'forbidden', about: '403', expected: 'error', hides: true, handshake: status(403) },
    { name: 'not-found-in-calls', about: '404 for calls', expected: 'error', call: status(404) },
    {
      name: 'session-lost-once',
      about: '404 for one call, as when a session is gone',
      expected: 'either',
      call: async (exchange) =>
        exchange.count === 1
          ? status(
              404,
              JSON_TYPE,
              '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}',
            )(exchange)
          : exchange.send(await exchange.usual()),
    },
    { name: 'too-many', about: '429 with seconds', expected: 'error', call: status(429, { 'retry-after': '30' }) },
    {
      name: 'too-many-until-then',
      about: '429 with a date far away',
      expected: 'error',
      call: status(429, { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' }),
    },
    {
      name: 'too-many-somehow',
      about: '429 with nonsense',
      expected: 'error',
      call: status(429, { 'retry-after': '-1e309 later' }),
    },
    {
      name: 'page-of-failure',
      about: '500 with a page for people',
      expected: 'error',
      call: status(500, { 'content-type': 'text/html' }, '<html><h1>Oops</h1><pre>at /srv/app.js:7</pre></html>'),
    },
    {
      name: 'page-of-megabytes',
      heavy: true,
      about: '502 with a page of ten megabytes',
      expected: 'error',
      call: (exchange) => status(502, { 'content-type': 'text/html' }, '<p>'.repeat(3_500_000))(exchange),
    },
    {
      name: 'each-second-fails',
      about: '503 for each second call',
      expected: 'either',
      call: async (exchange) =>
        exchange.count % 2 === 1
          ? status(503, { 'retry-after': '0' })(exchange)
          : exchange.send(await exchange.usual()),
    },
    { name: 'no-content', about: '204 for calls', expected: 'error', call: status(204) },
    {
      name: 'accepted-alone',
      about: '202 for calls, and never an answer',
      expected: 'error',
      late: true,
      call: status(202),
    },
    { name: 'empty-answer', about: '200 without a body', expected: 'error', call: status(200, JSON_TYPE) },
    { name: 'not-modified', about: '304 for calls', expected: 'error', call: status(304) },
    {
      name: 'status-of-nobody',
      about: 'a status that is none',
      expected: 'error',
      call: socket(() => 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'),
    },
    { name: 'no-http', about: 'answers what is no HTTP', expected: 'error', call: socket(() => 'hello, client\r\n') },
    {
      name: 'redirect-inside',
      about: '307 to an inner address',
      expected: 'error',
      call: (exchange) => status(307, { location: exchange.settings.canary })(exchange),
    },
    {
      name: 'redirect-to-itself',
      about: '307 to itself',
      expected: 'error',
      call: (exchange) => status(307, { location: exchange.http?.request.url ?? '' })(exchange),
    },
    {
      name: 'redirect-to-a-file',
      about: '307 to a file',
      expected: 'error',
      call: status(307, { location: 'file:///etc/hostname' }),
    },
    { name: 'redirect-nowhere', about: '307 without an address', expected: 'error', call: status(307) },
    {
      name: 'slow-headers',
      about: 'a byte of its headers a second',
      expected: 'error',
      late: true,
      call: (exchange) => {
        const { socket: raw } = responseOf(exchange)
        raw?.write('HTTP/1.1 200 OK\r\nX-Slow: ')
        endless(responseOf(exchange), () => void raw?.write('a'), 1_000)
      },
    },
    {
      name: 'slow-body',
      about: 'a byte of its body a second',
      expected: 'error',
      late: true,
      call: async (exchange) => {
        const response = responseOf(exchange).writeHead(200, JSON_TYPE)
        const usual = JSON.stringify(await exchange.usual())
        let at = 0
        endless(response, () => void response.write(usual[at++] ?? ' '), 1_000)
      },
    },
    {
      name: 'ends-in-its-body',
      about: 'closes the connection in its body',
      expected: 'error',
      call: socket((usual) => `${OK}Content-Length: ${usual.length}\r\n\r\n${usual.slice(0, 9)}`),
    },
    {
      name: 'resets-in-its-body',
      about: 'resets the connection in its body',
      expected: 'error',
      call: socket((usual) => `${OK}Content-Length: ${usual.length}\r\n\r\n${usual.slice(0, 9)}`, 'reset'),
    },
    {
      name: 'resets-at-once',
      about: 'resets the connection without an answer',
      expected: 'error',
      call: socket(() => '', 'reset'),
    },
    {
      name: 'length-too-large',
      about: 'says more bytes than it sends, and closes',
      expected: 'either',
      call: socket((usual) => `${OK}Content-Length: ${usual.length + 500}\r\n\r\n${usual}`),
    },
    {
      name: 'length-too-large-and-waits',
      about: 'says more bytes than it sends, and waits',
      expected: 'either',
      late: true,
      call: socket((usual) => `${OK}Content-Length: ${usual.length + 500}\r\n\r\n${usual}`, 'open'),
    },
    {
      name: 'length-too-small',
      about: 'says fewer bytes than it sends',
      expected: 'error',
      call: socket((usual) => `${OK}Content-Length: 20\r\n\r\n${usual}`),
    },
    {
      name: 'length-is-no-number',
      about: 'says a length that is none',
      expected: 'error',
      call: socket((usual) => `${OK}Content-Length: many\r\n\r\n${usual}`),
    },
    {
      name: 'broken-chunks',
      about: 'has chunks whose sizes are none',
      expected: 'error',
      call: socket((usual) => `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n${usual}\r\n0\r\n\r\n`),
    },
    {
      name: 'bytes-behind-it',
      about: 'sends a second answer that nobody asked',
      expected: 'either',
      call: socket((usual) => `${OK}Content-Length: ${usual.length}\r\n\r\n${usual}${OK}Content-Length: 2\r\n\r\n{}`),
    },
    {
      name: 'many-continues',
      about: 'says a thousand times that the client may go on',
      expected: 'either',
      call: socket(
        (usual) =>
          `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000)}${OK}Connection: close\r\nContent-Length: ${usual.length}\r\n\r\n${usual}`,
      ),
    },
    {
      name: 'grows-when-unpacked',
      heavy: true,
      about: 'sends a few bytes that unpack to many',
      expected: 'own',
      call: (exchange) =>
        void responseOf(exchange)
          .writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' })
          .end(
            gzipSync(
              `{"jsonrpc":"2.0","id":${JSON.stringify(exchange.asked.id)},"result":{"resultType":"complete","content":[{"type":"text","text":"${'x'.repeat(Math.min(exchange.settings.bytes, 300_000_000))}"}]}}`,
              { level: 1 },
            ),
          ),
    },
    {
      name: 'packed-in-part',
      about: 'sends the first half of packed bytes',
      expected: 'error',
      call: async (exchange) => {
        const packed = gzipSync(JSON.stringify(await exchange.usual()))
        responseOf(exchange)
          .writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' })
          .end(packed.subarray(0, packed.length / 2))
      },
    },
    {
      name: 'not-packed-at-all',
      about: 'says that it is packed, and is not',
      expected: 'error',
      call: headed({ ...JSON_TYPE, 'content-encoding': 'gzip' }),
    },
    {
      name: 'unknown-packing',
      about: 'names a way of packing that nobody knows',
      expected: 'either',
      call: headed({ ...JSON_TYPE, 'content-encoding': 'smaller' }),
    },
    {
      name: 'type-of-pages',
      about: 'says that its JSON is a page',
      expected: 'either',
      call: headed({ 'content-type': 'text/html' }),
    },
    { name: 'no-type', about: 'names no type', expected: 'either', call: headed({}) },
    {
      name: 'type-of-nobody',
      about: 'names a type that is none',
      expected: 'either',
      call: headed({ 'content-type': ';;;' }),
    },
    {
      name: 'utf-16-body',
      about: 'answers in UTF-16',
      expected: 'error',
      call: async (exchange) =>
        void responseOf(exchange)
          .writeHead(200, { 'content-type': 'application/json; charset=utf-16le' })
          .end(Buffer.from(JSON.stringify(await exchange.usual()), 'utf16le')),
    },
    {
      name: 'many-headers',
      about: 'has 64 kilobytes of headers',
      expected: 'either',
      call: headed({ ...JSON_TYPE, 'x-pad': Array.from({ length: 64 }, () => 'p'.repeat(1_000)) }),
    },
    {
      name: 'cookies',
      about: 'sets cookies',
      expected: 'right',
      call: headed({ ...JSON_TYPE, 'set-cookie': ['a=1; Path=/', 'b=2; Domain=example'] }),
    },
    {
      name: 'closes-each-time',
      about: 'closes the connection after each answer',
      expected: 'right',
      call: headed({ ...JSON_TYPE, connection: 'close' }),
    },
    {
      name: 'blanks-for-ever',
      about: 'answers blanks that do not end',
      expected: 'error',
      late: true,
      call: (exchange) => {
        const response = responseOf(exchange).writeHead(200, JSON_TYPE)
        endless(response, () => void response.write(' '.repeat(10_000)))
      },
    },
    {
      name: 'stream-of-comments',
      about: 'a stream with comments for ever',
      expected: 'error',
      late: true,
      call: (exchange) => {
        const response = responseOf(exchange).writeHead(200, { 'content-type': 'text/event-stream' })
        endless(response, () => void response.write(': still here\n\n'))
      },
    },
    {
      name: 'stream-without-end-of-event',
      about: 'a stream whose event does not end',
      expected: 'error',
      late: true,
      call: (exchange) => {
        const response = responseOf(exchange).writeHead(200, { 'content-type': 'text/event-stream' })
        endless(response, () => void response.write('data: more\n'))
      },
    },
    {
      name: 'stream-ends-early',
      about: 'a stream that ends before the answer',
      expected: 'error',
      call: stream(() => [': soon\n\n'], { isAnswered: false }),
    },
    {
      name: 'stream-breaks-in-event',
      about: 'a stream that ends in an event',
      expected: 'error',
      call: stream(() => ['event: message\ndata: {"jsonrpc":'], { isAnswered: false }),
    },
    {
      name: 'stream-of-one-event',
      heavy: true,
      about: 'a stream with one event of many megabytes',
      expected: 'error',
      call: stream(
        function* ({ settings }: Exchange) {
          for (let left = settings.bytes; left > 0; left -= 1_048_576) yield `data: ${'x'.repeat(1_048_576)}\n`
        },
        { isAnswered: false },
      ),
    },
    {
      name: 'stream-of-many-events',
      heavy: true,
      about: 'a stream with many events before the answer',
      expected: 'either',
      call: stream(function* ({ settings }: Exchange) {
        for (let index = 0; index < settings.many; index++)
          yield `id: ${index}\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${index}}}\n\n`
      }),
    },
    {
      name: 'stream-with-odd-fields',
      about: 'a stream with odd fields and a retry of nothing',
      expected: 'either',
      call: stream(() => [
        'retry: 0\nid: \u0000\nevent: \nfoo: bar\n: \n\n',
        'event: other\ndata: {"x":1}\n\n',
        'data\n\n',
      ]),
    },
    {
      name: 'stream-of-no-text',
      about: 'a stream with bytes that are no UTF-8',
      expected: 'either',
      call: stream(() => [Uint8Array.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0xc0, 0x0a, 0x0a])]),
    },
    {
      name: 'stream-of-strangers',
      about: 'a stream with answers of others',
      expected: 'either',
      call: stream(function* () {
        for (let id = 1_000; id < 1_100; id++)
          yield `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: `forged ${id}` }] } })}\n\n`
      }),
    },
    {
      name: 'same-session-for-all',
      about: 'gives everybody the same session',
      expected: 'right',
      era: 'legacy',
      handshake: async (exchange) => {
        responseOf(exchange).setHeader('mcp-session-id', 'shared')
        exchange.send(await exchange.usual())
      },
    },
    {
      name: 'large-session',
      about: 'gives a session id of 10 kilobytes',
      expected: 'either',
      era: 'legacy',
      handshake: async (exchange) => {
        responseOf(exchange).setHeader('mcp-session-id', 's'.repeat(10_000))
        exchange.send(await exchange.usual())
      },
    },
    {
      name: 'odd-session',
      about: 'gives a session id of odd characters',
      expected: 'either',
      era: 'legacy',
      handshake: async (exchange) => {
        responseOf(exchange).setHeader('mcp-session-id', 'a b"; Path=/é')
        exchange.send(await exchange.usual())
      },
    },
  ] satisfies readonly Mode[]
).map((mode): Mode => ({ ...mode, over: 'http' }))
