import type { Exchange, Mode } from '../mode.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Writes a text again and again until there are so many characters of it. */
export async function pour(exchange: Exchange, text: string, characters: number): Promise<void> {
  const piece = text.repeat(Math.ceil(1_048_576 / text.length))
  for (let written = 0; written < characters; written += piece.length) await exchange.bytes(piece)
}

/** The beginning of an answer, as JSON. */
export function head(exchange: Exchange, rest: string): string {
  const type = exchange.modern ? '"resultType":"complete",' : ''
  return `{"jsonrpc":"2.0","id":${JSON.stringify(exchange.asked.id)},"result":{${type}${rest}`
}

export const STREAM: readonly Mode[] = [
  {
    name: 'broken-json',
    about: 'answers calls with what is nearly JSON',
    expected: 'error',
    call: (exchange) => exchange.bytes(`${head(exchange, '"content":[}')}\n`),
  },
  {
    name: 'byte-by-byte',
    about: 'writes one byte at a time',
    expected: 'right',
    over: 'stdio',
    line: (text) => [...bytesOf(`${text}\n`)].map((byte) => Uint8Array.of(byte)),
  },
  {
    name: 'no-line-end',
    about: 'ends no line',
    expected: 'error',
    late: true,
    over: 'stdio',
    line: (text) => text,
  },
  {
    name: 'crlf',
    about: 'ends lines as Windows does',
    expected: 'right',
    over: 'stdio',
    line: (text) => `${text}\r\n`,
  },
  {
    name: 'pretty-printed',
    about: 'spreads its JSON over lines',
    expected: 'either',
    over: 'stdio',
    line: (text) => `${JSON.stringify(JSON.parse(text), null, 2)}\n`,
  },
  {
    name: 'byte-order-mark',
    about: 'begins each line with a byte order mark',
    expected: 'right',
    over: 'stdio',
    line: (text) => `\ufeff${text}\n`,
  },
  {
    name: 'nul-bytes',
    about: 'writes NUL between its messages',
    expected: 'right',
    over: 'stdio',
    line: (text) => `\0\0${text}\n\0`,
  },
  {
    name: 'two-on-a-line',
    about: 'writes each message twice on one line',
    expected: 'right',
    over: 'stdio',
    line: (text) => `${text}${text}\n`,
  },
  {
    name: 'noise-between',
    about: 'mixes log lines and random bytes with its messages',
    expected: 'right',
    over: 'stdio',
    line: (text) => [
      bytesOf('[INFO] working…\n'),
      Uint8Array.from([0x80, 0xfe, 0x01, 0x1b, 0x0a]),
      bytesOf(`${text}\n`),
    ],
  },
  {
    name: 'coloured',
    about: 'colours its lines for a terminal',
    expected: 'either',
    late: true,
    over: 'stdio',
    line: (text) => `\u001B[32m${text}\u001B[0m\n`,
  },
  {
    name: 'framed-by-length',
    about: 'frames its messages as language servers do',
    expected: 'either',
    late: true,
    over: 'stdio',
    line: (text) => `Content-Length: ${bytesOf(text).length}\r\n\r\n${text}`,
  },
  {
    name: 'utf-16',
    about: 'writes UTF-16',
    expected: 'error',
    late: true,
    over: 'stdio',
    line: (text) => Buffer.from(`${text}\n`, 'utf16le'),
  },
  {
    name: 'bytes-that-are-no-text',
    about: 'has bytes in its texts that are no UTF-8',
    expected: 'own',
    call: (exchange) =>
      exchange.bytes(
        Buffer.concat([
          bytesOf(head(exchange, '"content":[{"type":"text","text":"')),
          Uint8Array.from([0xc0, 0xaf, 0xff, 0xed, 0xbf, 0xbf]),
          bytesOf('"}]}}\n'),
        ]),
      ),
  },
  {
    name: 'half-characters',
    about: 'has halves of surrogate pairs in its texts',
    expected: 'own',
    call: (exchange) =>
      exchange.bytes(`${head(exchange, String.raw`"content":[{"type":"text","text":"\ud83d \ude00"}]}}`)}\n`),
  },
  {
    name: 'keys-twice',
    about: 'has every key twice',
    expected: 'own',
    call: (exchange) =>
      exchange.bytes(`${head(exchange, '"content":[],"content":[{"type":"text","text":"b","text":"c"}]}}')}\n`),
  },
  {
    name: 'numbers-beyond-all',
    heavy: true,
    about: 'has numbers that no machine holds',
    expected: 'own',
    call: (exchange) =>
      exchange.bytes(
        `${head(exchange, `"content":[],"structuredContent":{"a":1e999,"b":-1e999,"c":${'9'.repeat(100_000)}}}}`)}\n`,
      ),
  },
  {
    name: 'endless-line',
    heavy: true,
    about: 'answers with one line that does not end',
    expected: 'error',
    over: 'stdio',
    call: (exchange) => pour(exchange, 'a', exchange.settings.bytes),
  },
  {
    name: 'blanks-first',
    heavy: true,
    about: 'writes many blanks before its answer',
    expected: 'either',
    async call(exchange) {
      await pour(exchange, ' ', Math.min(exchange.settings.bytes, 30_000_000))
      const usual = await exchange.usual()
      await exchange.bytes(`${JSON.stringify(usual)}\n`)
    },
  },
  {
    name: 'deep-answer',
    heavy: true,
    about: 'nests its answer very deep',
    expected: 'error',
    call: (exchange) =>
      exchange.bytes(
        `${head(exchange, `"content":[],"structuredContent":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}}`)}\n`,
      ),
  },
  {
    name: 'deep-lists',
    heavy: true,
    about: 'nests lists in a text that is JSON',
    expected: 'own',
    call: (exchange) =>
      exchange.send(exchange.answer({ content: [{ type: 'text', text: '['.repeat(200_000) + ']'.repeat(200_000) }] })),
  },
  {
    name: 'stops-reading',
    about: 'reads nothing after the handshake',
    expected: 'error',
    late: true,
    over: 'stdio',
    hides: true,
    ready: (wire) => wire.pause(),
  },
  {
    name: 'floods-with-notices',
    heavy: true,
    about: 'sends many log messages with each answer',
    expected: 'either',
    async call(exchange) {
      for (let index = 0; index < exchange.settings.many; index++)
        exchange.send({
          jsonrpc: '2.0',
          method: 'notifications/message',
          params: { level: 'info', data: `line ${index}` },
        })
      exchange.send(await exchange.usual())
    },
  },
]
