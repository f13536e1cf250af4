import { gzipSync } from 'node:zlib'
import type { Door } from '../runner/door.ts'
import type { Probe } from './probe.ts'
import { refused, status } from './probe.ts'

const kind = 'bodies'
const MAX_BODY = 4_194_304

function body(
  name: string,
  make: (door: Door) => string | Uint8Array,
  wanted: readonly number[],
  headers: Record<string, string> = {},
): Probe {
  return { name, kind, attempt: async (door) => status(await door.post(make(door), headers), ...wanted) }
}

/** Bytes behind the head of a good request; they must be refused. */
function bytes(name: string, make: (good: string) => string): Probe {
  return {
    name,
    kind: 'smuggling',
    attempt: async (door) => refused(await door.raw(`${door.head(door.good)}${make(door.good)}`)),
  }
}

/** A second request is hidden in the first; nobody may answer it as if it had our host and token. */
function smuggled(name: string, make: (hidden: string) => string): Probe {
  return {
    name,
    kind: 'smuggling',
    async attempt(door) {
      const hidden = `POST ${door.path} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n`
      const { statuses, text } = await door.raw(`${door.head(door.good)}${make(hidden)}`, 1_500)
      const isServed = statuses.slice(1).some((each) => each < 400)
      return isServed ? `the hidden request was served: ${text.slice(0, 200)}` : undefined
    },
  }
}

/** A large body that is JSON; the answer may be any but a failure inside. */
function large(name: string, make: (door: Door, chars: number) => string): Probe {
  return {
    name,
    kind,
    async attempt(door) {
      const text = make(door, door.short ? 400_000 : MAX_BODY - 1_000)
      const sent = await door.post(text)
      return sent.status >= 500 || sent.text.includes('-32603') || sent.text.includes('INTERNAL')
        ? `answered ${sent.status} ${sent.text.slice(0, 120)}`
        : undefined
    },
  }
}

const inside = (door: Door, value: string): string => door.call('good.echo', { text: '@' }).replace('"@"', value)

export const BODIES: readonly Probe[] = [
  body('what is no JSON', () => '{"a":', [400]),
  body('an empty body', () => '', [400]),
  body('a body of blanks', () => ' '.repeat(1_000), [400]),
  body('bytes that are no UTF-8', () => Uint8Array.from([0x22, 0xff, 0xfe, 0x22]), [400]),
  body('a byte order mark', (door) => `\ufeff${door.good}`, [200, 400]),
  body('UTF-16', (door) => Buffer.from(door.good, 'utf16le'), [400]),
  body('lists that nest too deep', () => '['.repeat(100_000) + ']'.repeat(100_000), [400]),
  body('objects that nest too deep', () => '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000), [400]),
  body('more bytes than are taken', () => `"${'x'.repeat(MAX_BODY)}"`, [413]),
  body('packed bytes', (door) => gzipSync(door.good), [415], { 'content-encoding': 'gzip' }),
  body('packed bytes that grow', () => gzipSync('x'.repeat(20_000_000)), [415], { 'content-encoding': 'br, gzip' }),
  body('another type', (door) => door.good, [415], { 'content-type': 'text/plain' }),
  body('a form', () => 'a=b', [415], { 'content-type': 'application/x-www-form-urlencoded' }),
  body('no type', (door) => door.good, [415], { 'content-type': '' }),
  body('a number', () => '5', [200, 400]),
  body('null', () => 'null', [200, 400]),
  large('many empty lists', (door, chars) => inside(door, `[${'[],'.repeat(chars / 3)}0]`)),
  large('many empty objects', (door, chars) => inside(door, `[${'{},'.repeat(chars / 3)}0]`)),
  large('many keys', (door, chars) =>
    inside(door, `{${Array.from({ length: chars / 14 }, (_, index) => `"k${index}":0`).join(',')}}`),
  ),
  large('the same key again and again', (door, chars) => inside(door, `{${'"a":1,'.repeat(chars / 6)}"a":2}`)),
  large('keys of prototypes', (door, chars) => inside(door, `[${'{"__proto__":{"a":1}},'.repeat(chars / 22)}0]`)),
  large('a number of megabytes', (door, chars) => inside(door, '9'.repeat(chars))),
  large('a text of escapes', (door, chars) => inside(door, `"${String.raw`\u0000`.repeat(chars / 6)}"`)),
  large('code of megabytes', (door, chars) => door.run(`return ${'(1+'.repeat(chars / 6)}1${')'.repeat(chars / 6)}`)),
  large('many messages in one', (door) => `[${Array.from({ length: 5_000 }, () => door.good).join(',')}]`),
  bytes('two lengths', (good) => `Content-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\n${good}`),
  bytes(
    'a length and chunks',
    () => 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
  ),
  bytes('a negative length', (good) => `Content-Length: -1\r\nConnection: close\r\n\r\n${good}`),
  bytes('a length in hex', (good) => `Content-Length: 0x10\r\nConnection: close\r\n\r\n${good}`),
  bytes('a length with a plus', (good) => `Content-Length: +5\r\nConnection: close\r\n\r\n${good}`),
  bytes('chunks of no size', () => 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nabc\r\n0\r\n\r\n'),
  bytes(
    'a chunk of all sizes',
    () => 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nfffffffffffffffff\r\nabc\r\n',
  ),
  bytes('an unknown way of sending', (good) => `Transfer-Encoding: xchunked\r\nConnection: close\r\n\r\n${good}`),
  bytes('chunked twice', () => 'Transfer-Encoding: chunked, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n'),
  bytes(
    'a header with NUL',
    (good) => `X-A: a\0b\r\nContent-Length: ${good.length}\r\nConnection: close\r\n\r\n${good}`,
  ),
  bytes(
    'a header without a name',
    (good) => `: x\r\nContent-Length: ${good.length}\r\nConnection: close\r\n\r\n${good}`,
  ),
  bytes(
    'a folded header',
    () => 'X-A: a\r\n b\r\n  Host: evil.example\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde',
  ),
  bytes(
    'a bare carriage return',
    () => 'X-A: a\rTransfer-Encoding: chunked\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc',
  ),
  smuggled('a request behind the body', (hidden) => `Content-Length: 2\r\n\r\n{}${hidden}`),
  smuggled('a request in chunks', (hidden) => `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`),
  smuggled(
    'a request behind a blank before the colon',
    (hidden) => `Transfer-Encoding : chunked\r\nContent-Length: ${hidden.length}\r\n\r\n0\r\n\r\n${hidden}`,
  ),
  smuggled(
    'a request in a chunk extension',
    (hidden) => `Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n${hidden}`,
  ),
  smuggled(
    'a request behind trailers',
    (hidden) =>
      `Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nHost: evil.example\r\nContent-Length: 50\r\n\r\n${hidden}`,
  ),
]
