// What servers write on stdout around the answer to a call, and in place of it (20, 33, 39).
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createUpstream } from '../../src/upstream/create.ts'
import { temporaryFolder } from '../support/servers.ts'

/** Runs in the server: `json` is the usual answer, `write` puts text or bytes on stdout. */
type Answer = (
  json: string,
  write: (text: string | Uint8Array) => Promise<void>,
  id: number,
  asked: (method: string) => Promise<unknown>,
) => unknown

const WORDS = 'done: é; 日本語 and 😀 {"braces"} [too]'

const GOOD: readonly (readonly [what: string, answer: Answer])[] = [
  ['a line', (json, write) => write(`${json}\n`)],
  ['CRLF', (json, write) => write(`${json}\r\n`)],
  ['a byte order mark', (json, write) => write(`\ufeff${json}\n`)],
  ['blank lines and blanks', (json, write) => write(`\n \t\n\r\n  ${json}  \n\n`)],
  ['a zero byte', (json, write) => write(`\0${json}\0\n`)],
  [
    'byte by byte',
    async (json, write) => {
      for (const byte of Buffer.from(`${json}\n`)) await write(Buffer.from([byte]))
    },
  ],
  [
    'two pieces cut in a character',
    async (json, write) => {
      const bytes = Buffer.from(`${json}\n`)
      const cut = bytes.indexOf(0xf0) + 2
      await write(bytes.subarray(0, cut))
      await write(bytes.subarray(cut))
    },
  ],
  ['a list of one', (json, write) => write(`[${json}]\n`)],
  [
    'a list with a notification',
    (json, write) => write(`[{"jsonrpc":"2.0","method":"notifications/message","params":{}},${json}]\n`),
  ],
  ['two messages on a line', (json, write) => write(`{"jsonrpc":"2.0","method":"x"}${json}\n`)],
  ['JSON over many lines', (json, write) => write(`${JSON.stringify(JSON.parse(json), null, 2)}\n`)],
  [
    'JSON over many lines, tabs and CRLF',
    (json, write) => write(`${JSON.stringify(JSON.parse(json), null, '\t').replaceAll('\n', '\r\n')}\r\n`),
  ],
  ['an open bracket alone before', (json, write) => write(`{\n  starting\n[\n${json}\n`)],
  ['a report over lines before', (json, write) => write(`{\n  "level": "info",\n  "id": 1\n}\n${json}\n`)],
  ['an id that became a text', (json, write) => write(`${json.replace(/"id":(\d+)/, '"id":"$1"')}\n`)],
  ['an id with a fraction', (json, write) => write(`${json.replace(/"id":(\d+)/, '"id":$1.0')}\n`)],
  ['version 1 of the protocol', (json, write) => write(`${json.replace('"2.0"', '"1.0"')}\n`)],
  ['no version', (json, write) => write(`${json.replace('"jsonrpc":"2.0",', '')}\n`)],
  ['fields that nobody knows', (json, write) => write(`${json.replace('{', '{"trace":{"id":5},"took":3,')}\n`)],
  [
    'fields in another order',
    (json, write) => write(`${json.replace(/^\{(.*?),"result":(.*)\}$/, '{"result":$2,$1}')}\n`),
  ],
  [
    'escapes for all that is not ASCII',
    (json, write) =>
      write(`${json.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`),
  ],
  ['a greeting before', (json, write) => write(`Acme MCP Server v1.4.2 running on stdio\n${json}\n`)],
  [
    'a log in JSON before',
    (json, write) => write(`{"level":"info","ts":1764500000,"msg":"tools/call act"}\n${json}\n`),
  ],
  [
    'a log in JSON with the id',
    (json, write, id) => write(`{"time":"12:00","id":${id},"result":"ok","msg":"done"}\n${json}\n`),
  ],
  ['values of JSON before', (json, write) => write(`"ready"\n42\nnull\ntrue\n[]\n{}\n[1,{"id":2}]\n${json}\n`)],
  ['undefined before', (json, write) => write(`undefined\n[object Object]\nNaN\n${json}\n`)],
  [
    'a warning of Python before',
    (json, write) => write(`/app/x.py:3: DeprecationWarning: old\n  warnings.warn("old", {"id": 1})\n${json}\n`),
  ],
  [
    'a warning of Node.js before',
    (json, write) =>
      write(`(node:7) [DEP0040] DeprecationWarning: punycode\n(Use \`node --trace-deprecation\`)\n${json}\n`),
  ],
  ['a banner of npm before', (json, write) => write(`\n> acme@1.0.0 start\n> node dist/index.js\n\n${json}\n`)],
  [
    'a banner of dotenv before',
    (json, write) => write(`[dotenv@17.2.0] injecting env (3) from .env – tip: { quiet: true }\n${json}\n`),
  ],
  ['a bar of progress on the line', (json, write) => write(`\r 10% [#   ]\r100% [####]\r${json}\n`)],
  ['a prompt on the line', (json, write) => write(`>>> ${json}\n`)],
  ['a time stamp on the line', (json, write) => write(`2026-11-30T12:00:00.000Z [out] ${json}\n`)],
  ['colours around', (json, write) => write(`\u001b[2K\u001b[1G\u001b[32m${json}\u001b[39m\n`)],
  ['a title of the terminal', (json, write) => write(`\u001b]0;acme\u0007${json}\n`)],
  ['an open brace on the line', (json, write) => write(`{starting… ${json}\n`)],
  ['a page before', (json, write) => write(`<!doctype html>\n<html><body>{"jsonrpc":"2.0"}</body></html>\n${json}\n`)],
  [
    'bytes that are no UTF-8 before',
    async (json, write) => {
      await write(Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65, 0x0a, 0xff, 0xfe, 0x0a]))
      await write(`${json}\n`)
    },
  ],
  ['a line of a megabyte before', (json, write) => write(`${'x{"id":'.repeat(150_000)}\n${json}\n`)],
  ['five thousand lines before', (json, write) => write(`${'INFO {"a": 1}\n'.repeat(5_000)}${json}\n`)],
  [
    'the answer to something else before',
    (json, write, id) => write(`${json.replace(`${id}`, `${id + 1}`)}\n${json}\n`),
  ],
  ['the answer twice', (json, write) => write(`${json}\n${json}\n`)],
  [
    'an error after the answer',
    (json, write, id) => write(`${json}\n{"jsonrpc":"2.0","id":${id},"error":{"code":1,"message":"late"}}\n`),
  ],
  [
    'notifications without sense before',
    (json, write) =>
      write(
        `{"jsonrpc":"2.0","method":"notifications/progress","params":null}\n{"jsonrpc":"2.0","method":""}\n{"method":"log","params":[1]}\n${json}\n`,
      ),
  ],
  [
    'a flood of progress before',
    (json, write, id) =>
      write(
        `${Array.from({ length: 2_000 }, (_, n) => `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${id},"progress":${n}}}\n`).join('')}${json}\n`,
      ),
  ],
  [
    'a ping that it waits for',
    async (json, write, _id, asked) => {
      await asked('ping')
      await write(`${json}\n`)
    },
  ],
  [
    'questions that nobody here answers',
    async (json, write, _id, asked) => {
      for (const method of ['roots/list', 'sampling/createMessage', 'elicitation/create', 'acme/own'])
        await asked(method)
      await write(`${json}\n`)
    },
  ],
  [
    'our request as an echo before',
    (json, write, id) => write(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"act"}}\n${json}\n`),
  ],
  [
    'the last words of a server, without a line end',
    async (json, write) => {
      await write(json)
      process.exit(0)
    },
  ],
  [
    'an answer and the end of the server',
    async (json, write) => {
      await write(`${json}\n`)
      process.exit(1)
    },
  ],
]

const BAD: readonly (readonly [what: string, answer: Answer, code: string, words: string])[] = [
  ['JSON cut in the middle', (json, write) => write(`${json.slice(0, -9)}\n`), 'UPSTREAM_PROTOCOL', 'not JSON'],
  [
    'numbers that are none',
    (json, write) => write(`${json.replace('"content"', '"n":NaN,"content"')}\n`),
    'UPSTREAM_PROTOCOL',
    'not JSON',
  ],
  ['a comma too many', (json, write) => write(`${json.replace(/\}$/, ',}')}\n`), 'UPSTREAM_PROTOCOL', 'not JSON'],
  [
    'a record of Python',
    (json, write) => write(`${json.replaceAll("'", '').replaceAll('"', "'")}\n`),
    'UPSTREAM_PROTOCOL',
    'not JSON',
  ],
  [
    'an answer without result',
    (_json, write, id) => write(`{"jsonrpc":"2.0","id":${id}}\n`),
    'UPSTREAM_PROTOCOL',
    'without a result',
  ],
  [
    'null as result',
    (_json, write, id) => write(`{"jsonrpc":"2.0","id":${id},"result":null}\n`),
    'UPSTREAM_PROTOCOL',
    'without a result',
  ],
  [
    'a list as result',
    (_json, write, id) => write(`{"jsonrpc":"2.0","id":${id},"result":[1]}\n`),
    'UPSTREAM_PROTOCOL',
    'without a result',
  ],
  ['an empty error', (_json, write, id) => write(`{"jsonrpc":"2.0","id":${id},"error":{}}\n`), 'TOOL_ERROR', 'refused'],
  [
    'an error without code',
    (_json, write, id) => write(`{"jsonrpc":"2.0","id":${id},"error":{"message":"disk full"}}\n`),
    'TOOL_ERROR',
    'disk full',
  ],
  [
    'an error whose words are a record',
    (_json, write, id) => write(`{"jsonrpc":"2.0","id":${id},"error":{"code":1,"message":{"why":"disk full"}}}\n`),
    'TOOL_ERROR',
    'disk full',
  ],
  [
    'an error with errors in data',
    (_json, write, id) =>
      write(
        `{"jsonrpc":"2.0","id":${id},"error":{"code":-32602,"message":"Invalid params","data":[{"path":["to"],"message":"Required"}]}}\n`,
      ),
    'TOOL_ERROR',
    'Invalid params',
  ],
  ['the end of the server', () => process.exit(3), 'OUTCOME_UNKNOWN', 'went away'],
  [
    'a report over lines and the end of the server',
    async (_json, write) => {
      await write('{\n  "error": "licence of 2024 ran out"\n}\n')
      process.exit(2)
    },
    'OUTCOME_UNKNOWN',
    'licence of 2024 ran out',
  ],
  [
    'words and the end of the server',
    async (_json, write) => {
      await write('Segmentation fault (core dumped)\n')
      process.exit(139)
    },
    'OUTCOME_UNKNOWN',
    'Segmentation fault',
  ],
]

const rows = [...GOOD, ...BAD].map(([what, answer]) => `[${JSON.stringify(what)}, ${answer.toString()}]`)
const script = `const rows = new Map([${rows.join(',\n')}])
const write = (text) => new Promise((done) => process.stdout.write(text, () => setImmediate(done)))
const waiting = new Map()
let questions = 0
const asked = (method) => new Promise((done) => {
  waiting.set('q' + ++questions, done)
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id: 'q' + questions, method, params: {} }) + '\\n')
})
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (method === undefined) return waiting.get(id)?.(line)
  if (id === undefined) return
  const result =
    method === 'initialize' ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'odd', version: '1' } }
    : method === 'tools/list' ? { tools: [{ name: 'act' }] }
    : { content: [{ type: 'text', text: ${JSON.stringify(WORDS)} }] }
  const json = JSON.stringify({ jsonrpc: '2.0', id, result })
  const answer = method === 'tools/call' ? rows.get(params.name) : (text, write) => write(text + '\\n')
  answer(json, write, id, asked)
})`
const file = join(temporaryFolder(), 'odd.cjs')
writeFileSync(file, script)
const upstream = createUpstream('odd', { type: 'stdio', command: process.execPath, args: [file], timeoutMs: 8_000 })
afterAll(async () => await upstream[Symbol.asyncDispose]())

const call = async (what: string, at = upstream): Promise<unknown> =>
  await at.callTool(what, {}, { signal: new AbortController().signal }).catch((thrown: unknown) => {
    if (OptimizerError.is(thrown)) return thrown
    throw thrown
  })
/** What ends its server has one of its own: the others would have to wait. */
async function alone(what: string): Promise<unknown> {
  await using own = createUpstream('odd', { type: 'stdio', command: process.execPath, args: [file], timeoutMs: 8_000 })
  return await call(what, own)
}
const ends = (answer: Answer): boolean => answer.toString().includes('process.exit')

describe('an answer on stdout is read as', () => {
  it.each(GOOD)('%s', async (what, answer) => {
    expect(await (ends(answer) ? alone(what) : call(what))).toEqual({ content: [{ type: 'text', text: WORDS }] })
  })
})

describe('what is no answer fails its call at once:', () => {
  it.each(BAD)('%s', async (what, answer, code, words) => {
    const thrown = (await (ends(answer) ? alone(what) : call(what))) as OptimizerError
    expect(`${thrown.code}: ${thrown.message}`).toContain(`${code}: `)
    expect(thrown.message).toContain(words)
  })
})
