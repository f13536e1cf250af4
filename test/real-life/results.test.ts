// What servers answer, and what of it an agent, a program, the reader of a stored result and a stock client get (20, 27, 29, 30, 32, 40).
import { readFileSync } from 'node:fs'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { Answer } from '../../src/engine/engine.ts'
import type { ErrorBody } from '../../src/errors.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { toCallResult } from '../../src/surface/answers.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { temporaryFolder } from '../support/servers.ts'
import { tableHttpServer, tableServer } from '../support/table-server.ts'

const said = (...texts: readonly unknown[]): object => ({ content: texts.map((text) => ({ type: 'text', text })) })
const built = (structuredContent: unknown, ...texts: readonly string[]): object => ({
  ...said(...texts),
  structuredContent,
})

interface Row {
  readonly what: string
  /** The result as an object, or its JSON text. */
  readonly result: object | string
  /** What the tool's answer is for agents and programs. */
  readonly value: unknown
  /** What a stock client gets of it in traditional mode; by default the result as it was. */
  readonly whole?: object
}
const row = (what: string, result: object | string, value: unknown, whole?: object): Row => ({
  what,
  result,
  value,
  ...(whole === undefined ? {} : { whole }),
})
/** A text that stays one. */
const words = (what: string, text: string): Row => row(what, said(text), text)
/** A text that holds JSON. */
const data = (what: string, text: string, value: unknown): Row => row(what, said(text), value)

const CSV = 'id,name,"full ""name"""\r\n1,Ann,"Ann, B."\r\n2,,\r\n'
const TSV = 'pid\tuser\t%cpu\n812\troot\t0.3\n9021\twww-data\t12.9'
const MARKDOWN =
  '## Open pull requests\n\n| # | Title | State |\n|--:|:------|:-----:|\n| 7 | Fix `a|b` | open |\n| 12 | – | merged |'
const YAML = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-0\n  labels: {app: web}\n---\nkind: Service\n'
const XML = '<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><entry id="1">A &amp; B</entry></feed>'
const DIFF = '--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@\n-int a;\n+long a;\n \n'
const JSONL = '{"level":"info","n":1}\n{"level":"warn","n":2}\n'
const LONG = 'The quick brown fox jumps over 13 lazy dogs. '.repeat(6_000)
const EMOJI = '👩🏽‍🚀🇮🇹𝒳é'.repeat(4_000)
const ROWS = Array.from({ length: 4_000 }, (_, n) => ({ n, sku: `A-${n}`, tags: ['x', null], price: n / 8 }))
const NESTED = Array.from({ length: 60 }).reduce<unknown>((inner, _, n) => ({ [`level${n}`]: [inner] }), 'core')
const WIDE = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`key ${n}`, n % 7 === 0 ? null : `v${n}`]))

const ROWS_OF_TEXT: readonly Row[] = [
  words('one word', 'OK'),
  words('a sentence of several lines', 'Created.\n\nSee also:\n\t- a\n\t- b\n'),
  words('nothing', ''),
  words('blanks', ' \n\t '),
  words('a number', '42'),
  words('a large number', '9007199254740993'),
  words('true', 'true'),
  words('null', 'null'),
  words('NaN', 'NaN'),
  words('minus infinity', '-Infinity'),
  words('undefined', 'undefined'),
  words('a version', '1.10'),
  words('digits with zeros before', '007'),
  words('a date', '2026-02-30T25:61:00Z'),
  words('an e-mail of several kinds of line end', 'From: a\r\nTo: b\rSubject: c\n'),
  words('CSV', CSV),
  words('TSV', TSV),
  words('a Markdown table', MARKDOWN),
  words('YAML', YAML),
  words('XML', XML),
  words('a diff', DIFF),
  words('a JSON text in quotes', '"quoted"'),
  words('a log that begins as a list', '[12:00:01] INFO started\n[12:00:02] WARN slow {"ms": 12}'),
  words('broken JSON', '{"items": [1, 2, {"a": '),
  words('JSON with a comment', '{"a": 1} // one'),
  words('JSON with a comma too many', '[1, 2,]'),
  words('JSON lines', JSONL),
  words('Python’s way to write a record', "{'a': None, 'b': True}"),
  words('a template', '{{ user.name }} owes {% total %}'),
  words('prose around JSON', 'Found 2:\n```json\n{"a": 1}\n```\nDone.'),
  words('controls of a terminal', '\u001b[31mfailed\u001b[0m\u0007 at 3 %\r100 %'),
  words('a zero character', 'a\u0000b'),
  row('half a character', said('cut \ud83d here'), 'cut \ud83d here', said('cut \ufffd here')),
  words('text of right to left, joiners and marks', 'שלום ‮abc‬ نِعم e\u0301 \u200b\ufeff|'),
  words('separators that end lines in JavaScript', 'a\u2028b\u2029c\u0085d'),
  words('what looks like a placeholder', '…(+500 chars) [redacted] {"handle":"r_00000000000000"'),
  words('a path of Windows', 'C:\\Users\\ann\\new.txt\nC:\\temp'),
  words('base64', 'iVBORw0KGgoAAAANSUhEUg' + 'A'.repeat(300) + '=='),
  words('a text that fills many answers', LONG),
  words('characters of two units and more, many answers long', EMOJI),
]

const ROWS_OF_JSON: readonly Row[] = [
  data('a record', '{"a":{"b":[null,false,0,""]}}', { a: { b: [null, false, 0, ''] } }),
  data('a list of records, in lines', JSON.stringify([{ id: 'x' }, { id: 'y', parent: null }], null, 4), [
    { id: 'x' },
    { id: 'y', parent: null },
  ]),
  data('an empty record', '{}', {}),
  data('an empty list', ' [ ]\n', []),
  data('integers beyond 2^53', '{"id":1541815603606036480,"ids":[-9223372036854775808,9007199254740991]}', {
    id: '1541815603606036480',
    ids: ['-9223372036854775808', 9007199254740991],
  }),
  data('numbers of many forms', '[1E3,1e-7,0.1,12345678.25,1e400]', [1000, 1e-7, 0.1, 12345678.25, '1e400']),
  data('keys that mean something in JavaScript', '{"constructor":1,"toString":2,"then":3,"length":4,"":5," ":6}', {
    constructor: 1,
    toString: 2,
    then: 3,
    length: 4,
    '': 5,
    ' ': 6,
  }),
  data('a key that sets prototypes', '{"a":{"__proto__":{"admin":true},"b":1}}', { a: { b: 1 } }),
  data('a key twice', '{"a":1,"a":2}', { a: 2 }),
  data('numbers as keys, not in order', '{"10":"a","9":"b","x":"c"}', { 9: 'b', 10: 'a', x: 'c' }),
  data('JSON in JSON', JSON.stringify({ body: '{"inner":[1]}' }), { body: '{"inner":[1]}' }),
  data('escapes', String.raw`{"s":"\u00e9\ud83d\ude00\/\t\\n","\u006b":1}`, { s: 'é😀/\t\\n', k: 1 }),
  data('a byte order mark before it', '\ufeff{"a":1}', { a: 1 }),
  data('sixty levels', JSON.stringify(NESTED), NESTED),
  data('three thousand keys', JSON.stringify(WIDE), WIDE),
  data('four thousand rows', JSON.stringify({ total: ROWS.length, rows: ROWS }), { total: ROWS.length, rows: ROWS }),
  data('GeoJSON', '{"type":"Point","coordinates":[12.4964,41.9028]}', {
    type: 'Point',
    coordinates: [12.4964, 41.9028],
  }),
  data('a record that looks like a block', '{"type":"text","text":"x"}', { type: 'text', text: 'x' }),
  data('a record that looks like an answer of ours', '{"status":"error","data":null,"metadata":{}}', {
    status: 'error',
    data: null,
    metadata: {},
  }),
  data('a record that looks like an error', '{"error":{"code":"E1","message":"no"}}', {
    error: { code: 'E1', message: 'no' },
  }),
]

const image = { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' }
const kept = (bytes: number): object => ({ bytes, handle: expect.stringMatching(/^r_\w+$/) })
const link = { type: 'resource_link', uri: 'file:///srv/report.pdf', name: 'report.pdf', mimeType: 'application/pdf' }
const note = { type: 'resource', resource: { uri: 'memo://7', mimeType: 'text/markdown', text: '# Seven' } }

const ROWS_OF_BLOCKS: readonly Row[] = [
  row('no block', { content: [] }, ''),
  row('two texts', said('one', 'two'), 'one\ntwo'),
  row('a summary and its JSON', said('2 rows', '{"rows":[1,2]}'), '2 rows\n{"rows":[1,2]}'),
  row('a JSON record a block', said('{"a":1}', '{"a":2}'), '{"a":1}\n{"a":2}'),
  row('an empty text and JSON', said('', '{"a":1}'), { a: 1 }),
  row('a text with annotations', { content: [{ type: 'text', text: 'x', annotations: { priority: 1 } }] }, 'x'),
  row(
    'an image alone',
    { content: [image] },
    { text: '', content: [{ type: 'image', mimeType: 'image/png', ...kept(8) }] },
  ),
  row(
    'a text and audio',
    { content: [...textBlocks('heard'), { type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' }] },
    {
      text: 'heard',
      content: [{ type: 'audio', mimeType: 'audio/wav', ...kept(4) }],
    },
  ),
  row(
    'an image as a data address',
    { content: [{ type: 'image', data: 'data:image/png;base64,iVBORw0KGgo=' }] },
    { text: '', content: [{ type: 'image', mimeType: 'image/png', ...kept(8) }] },
    { content: [image] },
  ),
  row(
    'an image as one API of models has it',
    { content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }] },
    { text: '', content: [{ type: 'image', mimeType: 'image/png', ...kept(8) }] },
    { content: [image] },
  ),
  row(
    'an image as another API has it',
    { content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }] },
    { text: '', content: [{ type: 'image', mimeType: 'image/png', ...kept(8) }] },
    { content: [image] },
  ),
  row(
    'a file as a data address',
    {
      content: [
        { type: 'resource', resource: { uri: 'a:b', blob: 'data:application/pdf;name=x.pdf;base64,AAECAw==' } },
      ],
    },
    { text: '', content: [{ type: 'resource', resource: { uri: 'a:b', ...kept(4) } }] },
    { content: [{ type: 'resource', resource: { uri: 'a:b', blob: 'AAECAw==' } }] },
  ),
  row('a link', { content: [link] }, { text: '', content: [link] }),
  row('an embedded text', { content: [note] }, { text: '', content: [note] }),
  row(
    'an embedded file',
    { content: [{ type: 'resource', resource: { uri: 'file:///a.bin', blob: 'AAECAw==' } }] },
    { text: '', content: [{ type: 'resource', resource: { uri: 'file:///a.bin', ...kept(4) } }] },
  ),
  row(
    'a block of an unknown kind',
    { content: [{ type: 'table', rows: [[1, 2]] }] },
    { text: '', content: [{ type: 'table', rows: [[1, 2]] }] },
    { content: textBlocks('{"type":"table","rows":[[1,2]]}') },
  ),
]

const ROWS_OF_STRUCTURE: readonly Row[] = [
  row('a record with its JSON as text', built({ a: 1 }, '{"a":1}'), { a: 1 }),
  row(
    'a record without text',
    built({ a: 1 }),
    { a: 1 },
    { content: textBlocks('{"a":1}'), structuredContent: { a: 1 } },
  ),
  row('a record that says otherwise than its text', built({ ok: true }, 'but 2 were skipped'), {
    ok: true,
    text: 'but 2 were skipped',
  }),
  row('a list', built([1, [2]], '[1,[2]]'), [1, [2]], { content: textBlocks('[1,[2]]') }),
  row('an empty record', built({}, ''), {}),
  row('false', built(false), false, { content: textBlocks('false') }),
  row('zero', built(0), 0, { content: textBlocks('0') }),
  row('an empty text', built(''), '', { content: textBlocks('') }),
  row('null beside a text', built(null, 'words'), 'words', said('words')),
  row(
    'a record with nulls',
    built({ a: null, b: [null] }),
    { a: null, b: [null] },
    { structuredContent: { a: null, b: [null] } },
  ),
  row(
    'integers beyond 2^53',
    '{"content":[],"structuredContent":{"id":9007199254740993,"n":[18446744073709551615]}}',
    { id: '9007199254740993', n: ['18446744073709551615'] },
    {},
  ),
  row('a key that sets prototypes', '{"content":[],"structuredContent":{"__proto__":{"x":1},"y":2}}', { y: 2 }, {}),
  row('FastMCP’s wrapping of a list', built({ result: ['a', 'b'] }, 'a', 'b'), { result: ['a', 'b'] }),
  row('FastMCP’s wrapping of a number', built({ result: 7 }, '7'), { result: 7 }),
  row('fields of its own beside content', { ...said('x'), took: 12 }, 'x', said('x')),
  row('isError false', { ...said('x'), isError: false }, 'x', said('x')),
]

function textBlocks(text: string): object[] {
  return [{ type: 'text', text }]
}

const CASES = [ROWS_OF_TEXT, ROWS_OF_JSON, ROWS_OF_BLOCKS, ROWS_OF_STRUCTURE]
  .flat()
  .map((one, at) => ({ ...one, tool: `t${at}` }))
const FAILURES: readonly (readonly [what: string, result: object, message: string, details?: object])[] = [
  ['words', { isError: true, ...said('No such issue: 99') }, 'No such issue: 99'],
  [
    'several texts',
    { isError: true, ...said('step 1 failed', 'step 2 was not tried') },
    'step 1 failed\nstep 2 was not tried',
  ],
  ['nothing', { isError: true, content: [] }, 'the tool gave no reason'],
  ['content left out', { isError: true }, 'the tool gave no reason'],
  ['JSON as text', { isError: true, ...said('{"code":"E7","message":"locked"}') }, '{"code":"E7","message":"locked"}'],
  [
    'structure alone',
    { isError: true, content: [], structuredContent: { code: 'E7' } },
    '{"code":"E7"}',
    { data: { code: 'E7' } },
  ],
  ['an embedded text', { isError: true, content: [note] }, '# Seven'],
  [
    'an address',
    { isError: true, ...said('GET https://api.example/v2/users/5 returned 404') },
    'GET https://api.example/v2/users/5 returned 404',
  ],
  [
    'a traceback',
    { isError: true, ...said(`Traceback:\n${'  in f\n'.repeat(900)}KeyError: 'zone'`) },
    "KeyError: 'zone'",
  ],
  ['the word true for it', { isError: 'true', ...said('no') }, 'no'],
  ['a text alone', { isError: true, content: 'quota used up' }, 'quota used up'],
]

const exportDir = temporaryFolder()
const table = [
  ...CASES.map(({ tool, result }) => [tool, result] as const),
  ...FAILURES.map(([, result], at) => [`f${at}`, result] as const),
]
const server = tableServer(table)
const web = await tableHttpServer(table)
const open = (traditional: boolean): Optimizer =>
  createOptimizer(
    defineConfig({
      cacheDir: temporaryFolder(),
      servers: { odd: server, web: { type: 'http', url: web.url } },
      results: { exportDir },
      cache: { cacheable: ['web.*'] },
      ...(traditional ? { features: { executionMode: 'traditional' } } : {}),
    }),
  )
const gateway = open(false)
const traditional = open(true)
const service = await serveHttp(traditional, await openSurface(traditional), { port: 0 })
const client = new Client({ name: 'test', version: '1' })
await Promise.all([gateway.ready(), traditional.ready()])
await client.connect(new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`)))
afterAll(async () => {
  await client.close()
  await service[Symbol.asyncDispose]()
  await traditional[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await web[Symbol.asyncDispose]()
})

function dataOf(answer: Answer): never {
  if (answer.status !== 'ok') throw new Error(JSON.stringify(answer))
  return answer.data as never
}
function errorOf(answer: Answer): ErrorBody {
  if (answer.status === 'ok') throw new Error(JSON.stringify(answer))
  return answer.error
}
const intent = async (name: string, params: object = {}): Promise<never> =>
  dataOf(await gateway.executeIntent({ intent: name, params: { ...params } }))

/** A word of the first text in a value. */
function probeIn(value: unknown): string | undefined {
  if (typeof value === 'string') return /[\p{L}\d]{2,20}/u.exec(value)?.[0]
  if (typeof value !== 'object' || value === null) return undefined
  for (const inner of Object.values(value)) {
    const found = typeof inner === 'number' ? undefined : probeIn(inner)
    if (found !== undefined) return found
  }
  return undefined
}

interface Part {
  readonly items?: readonly unknown[]
  readonly text?: string
  readonly next?: number
}

/** A list or a text as its pages give it, one after the other. */
async function pages(handle: string, path: string): Promise<unknown> {
  const found: unknown[] = []
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const page: Part = await intent('results.read', { handle, path, ...(offset === 0 ? {} : { offset }) })
    found.push(...(page.items ?? [page.text]))
    offset = page.next
  }
  return found
}

describe.each([
  ['text', 0, ROWS_OF_TEXT.length],
  ['JSON in a text', ROWS_OF_TEXT.length, ROWS_OF_JSON.length],
  ['blocks', ROWS_OF_TEXT.length + ROWS_OF_JSON.length, ROWS_OF_BLOCKS.length],
  ['structured content', ROWS_OF_TEXT.length + ROWS_OF_JSON.length + ROWS_OF_BLOCKS.length, ROWS_OF_STRUCTURE.length],
])('%s on all roads', (_kind, from, count) => {
  it.each(CASES.slice(from, from + count))('$what', async ({ tool, value, result, whole = result as object }) => {
    const direct = await intent(`odd.${tool}`)
    const hasBytes = /"(?:data|blob|image_url)":/.test(JSON.stringify(result))
    const isLarge = JSON.stringify(value).length > 5_000
    if (isLarge) expect(direct).toMatchObject({ handle: expect.any(String), shape: expect.any(String) })
    else expect(direct).toEqual(value)

    for (const isKept of [false, true]) {
      const answer = await gateway.executeIntent({ intent: `web.${tool}` })
      // Handles belong to one session.
      expect(answer.metadata.cache_hit).toBe(isKept && !hasBytes)
      if (isLarge) expect(dataOf(answer)).toMatchObject({ handle: expect.any(String) })
      else expect(dataOf(answer)).toEqual(value)
    }
    const content = (
      await toCallResult(await gateway.executeIntent({ intent: `odd.${tool}` }), { compactAnswers: false })
    ).content as unknown as { text: string }[]
    const read = content[0]?.text ?? ''
    if (typeof value === 'string' && value.trim() !== '' && !isLarge) expect(read).toBe(value)
    else if (!isLarge) expect((JSON.parse(read) as { data: unknown }).data).toEqual(value)

    const code = `const r = await tools.odd.${tool}(); return { r, fill: 'word '.repeat(20_000) }`
    const stored: { handle: string } = dataOf(await gateway.execute({ code }))
    const { handle } = stored
    if (Array.isArray(value)) expect(await pages(handle, 'r')).toEqual(value)
    else if (typeof value === 'string') expect(((await pages(handle, 'r')) as string[]).join('')).toBe(value)
    else if (!isLarge) expect(await intent('results.read', { handle, path: 'r' })).toEqual(value)
    const again = `return JSON.stringify((await results.get(params.handle)).r) === JSON.stringify(params.value)`
    if (!isLarge && !hasBytes)
      expect(dataOf(await gateway.execute({ code: again, params: { handle, value } }))).toBe(true)

    const { file }: { file: string } = await intent('results.export', { handle, path: 'r', name: tool, replace: true })
    const written = readFileSync(file, 'utf8')
    if (typeof value === 'string') expect(written).toBe(Buffer.from(value).toString())
    else expect(JSON.parse(written)).toEqual(value)

    expect(await intent('results.describe', { handle, path: 'r' })).toBeDefined()
    expect(await intent('results.diff', { from: handle, to: handle })).toMatchObject({ changes: [] })
    const probe = probeIn(value)
    if (probe !== undefined) {
      const search = { handle, path: 'r', query: probe, matchCase: true, limit: 1 }
      const found: { matches: { path: string }[] } = await intent('results.search', search)
      const path = found.matches[0]?.path ?? 'none'
      expect(JSON.stringify(await intent('results.read', { handle, path }))).toContain(
        JSON.stringify(probe).slice(1, -1),
      )
    }
    expect(await client.callTool({ name: `odd__${tool}`, arguments: {} })).toMatchObject(whole)
  })
})

describe('a failure on all roads', () => {
  it.each(FAILURES.map((one, at) => [...one, at] as const))('%s', async (_what, result, message, more, at) => {
    const details = typeof more === 'number' ? {} : (more ?? {})
    const tool = `f${typeof more === 'number' ? more : at}`
    const error = errorOf(await gateway.executeIntent({ intent: `odd.${tool}` }))
    expect(error.code).toBe('TOOL_ERROR')
    expect(error.message).toContain(message)
    if (Object.keys(details).length > 0) expect(error.details).toMatchObject(details)
    expect(errorOf(await gateway.execute({ code: `return await tools.odd.${tool}()` })).message).toContain(message)
    const caught = `try { await tools.odd.${tool}() } catch (error) { return [error.code, error.message] }`
    expect(dataOf(await gateway.execute({ code: caught }))).toEqual(['TOOL_ERROR', error.message])
    const direct = await client.callTool({ name: `odd__${tool}`, arguments: {} })
    expect(direct.isError).toBe(true)
    const given = (result as { content?: unknown }).content
    if (Array.isArray(given) && given.length > 0) expect(direct.content).toEqual(given)
  })
})
