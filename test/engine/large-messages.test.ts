import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { type Asked, oddHttpServer } from '../support/odd-http-server.ts'
import { oddServer } from '../support/odd-server.ts'
import { temporaryFolder } from '../support/servers.ts'

const ROWS = 12_000
const rows = Array.from({ length: ROWS }, (_, id) => `{"id":${id},"name":"row ${id}","big":9007199254740993${id}}`)
const image = Buffer.from('no real image, but bytes'.repeat(40_000)).toString('base64')
const text = 'a line with "quotes" and 12345678901234567890, as text\n'.repeat(11_000)
/** Results by the name of the tool, as JSON text. */
const RESULTS: Readonly<Record<string, string>> = {
  rows: `{"content":[{"type":"text","text":"beside it"}],"structuredContent":{"rows":[${rows.join(',')}]}}`,
  row_text: `{"content":[{"type":"text","text":${JSON.stringify(`{"rows":[${rows.join(',')}]}`)}}]}`,
  plain: `{"content":[{"type":"text","text":${JSON.stringify(text)}}]}`,
  picture: `{"content":[{"type":"text","text":"here"},{"type":"image","mimeType":"image/png","data":"${image}"}]}`,
  blocks: `{"content":[${Array.from({ length: 15_000 }, (_, at) => `{"type":"text","text":"block ${at}"}`).join(',')}]}`,
  fails: `{"isError":true,"content":[{"type":"text","text":${JSON.stringify(`no luck: ${text} the end`)}}]}`,
  wrong: `{"resultType":"input_required","content":[],"filler":"${'x'.repeat(1_000_000)}"}`,
}
const names = Object.keys(RESULTS)
const tools = [
  ...names.map((name) => ({ name, inputSchema: { type: 'object' } })),
  { name: 'wide', inputSchema: { type: 'object', properties: properties(4_000) } },
  { name: 'too_wide', inputSchema: { type: 'object', properties: properties(16_000) } },
  { name: 'last', inputSchema: { type: 'object' } },
]
function properties(count: number): object {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`property_${at}`, { type: 'string', description: `What ${at} is for` }]),
  )
}
const list = `{"tools":${JSON.stringify(tools)}}`

const answerOf = ({ id, params }: Pick<Asked, 'id' | 'params'>): string =>
  `{"jsonrpc":"2.0","id":${id},"result":${RESULTS[params['name'] as string]}}`
const http = async (isStream: boolean) =>
  await oddHttpServer((asked, response) => {
    if (asked.method !== 'tools/call' && asked.method !== 'tools/list') return false
    const answer =
      asked.method === 'tools/list' ? `{"jsonrpc":"2.0","id":${asked.id},"result":${list}}` : answerOf(asked)
    if (isStream) response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${answer}\n\n`)
    else response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    return true
  })
const json = await http(false)
const stream = await http(true)
// A command line does not hold them.
const results = join(temporaryFolder(), 'results.json')
writeFileSync(results, JSON.stringify({ ...RESULTS, list }))
const { seen: _seen, ...stdio } = oddServer({
  call: 'none',
  before: `const results = require(${JSON.stringify(results)})
    globalThis.answer = (id, method, params) => {
      if (method === 'initialize') return false
      const result = method === 'tools/list' ? results.list : results[params.name]
      send('{"jsonrpc":"2.0","id":' + id + ',"result":' + result + '}')
      if (params?.arguments?.ends) process.exitCode = process.stdin.destroy() && 0
      return true
    }`,
})
const gateway = createOptimizer(
  defineConfig({
    cacheDir: temporaryFolder(),
    servers: { stdio, json: { type: 'http', url: json.url }, stream: { type: 'http', url: stream.url } },
  }),
)
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await json[Symbol.asyncDispose]()
  await stream[Symbol.asyncDispose]()
})

const call = async (intent: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> =>
  (await gateway.executeIntent({ intent, params })) as unknown as Record<string, unknown>
const program = async (code: string): Promise<unknown> => {
  const answer = await gateway.execute({ code })
  return answer.status === 'ok' ? answer.data : answer.error
}

describe.each(['stdio', 'json', 'stream'])('an answer of megabytes over %s', (server) => {
  it('is the same value as a small one', async () => {
    expect(
      await program(
        `const { rows, text } = await tools.${server}.rows({}); return [rows.length, rows[${ROWS - 1}].id, rows[7].big, text]`,
      ),
    ).toEqual([ROWS, ROWS - 1, '90071992547409937', 'beside it'])
    expect(await program(`const { rows } = await tools.${server}.row_text({}); return rows[7].big`)).toBe(
      '90071992547409937',
    )
    expect(await program(`const text = await tools.${server}.plain({}); return [text.length, text.slice(-8)]`)).toEqual(
      [text.length, text.slice(-8)],
    )
    expect(await program(`return (await tools.${server}.blocks({})).split('\\n').length`)).toBe(15_000)
  })

  it('is kept behind a handle, with its preview', async () => {
    const { data } = await call(`${server}.rows`)
    expect(JSON.stringify(data)).toMatch(/"handle":"r_.*row 0/)
  })

  it('has its bytes kept apart', async () => {
    const { data } = await call(`${server}.picture`)
    const [{ handle, bytes }] = (data as { content: [{ handle: string; bytes: number }] }).content
    expect(bytes).toBe(Buffer.byteLength(image, 'base64'))
    const shown = await call('results.show', { handle })
    expect(shown).toMatchObject({ status: 'ok', blocks: [{ type: expect.any(String) }] })
  })

  it('is an error with both ends of its words where it says so', async () => {
    const { error } = await call(`${server}.fails`)
    expect(error).toMatchObject({
      code: 'TOOL_ERROR',
      message: expect.stringMatching(/no luck: a line[\s\S]*the end$/),
    })
  })

  it('that cannot be read fails its call alone', async () => {
    expect(await call(`${server}.wrong`)).toMatchObject({
      status: 'error',
      error: { code: 'UPSTREAM_PROTOCOL', message: expect.stringContaining('asks something back') },
    })
  })

  it('passes whole where a client wants it so', async () => {
    const request = { tool: `${server}.rows`, arguments: {} }
    const whole = await gateway.callTool({ ...request, whole: true })
    const { structuredContent } = whole.status === 'ok' ? (whole.data as { structuredContent: { rows: object[] } }) : {}
    expect(structuredContent?.rows[7]).toEqual({ id: 7, name: 'row 7', big: 90071992547409937n })
    const shortened = await gateway.callTool({ ...request, whole: false })
    expect(JSON.stringify(shortened)).toMatch(/"handle":"r_.*row 0/)
  })

  it('is a tool list of which each tool is judged alone', async () => {
    await gateway.ready()
    const listed = [...gateway.catalog().tools.values()].filter((tool) => tool.server === server).map(({ key }) => key)
    expect(listed.toSorted()).toEqual([...names, 'wide', 'last'].toSorted())
    expect(gateway.servers().get(server)?.problems).toEqual([
      'left out tool "too_wide": its definition has more than 1000000 characters (toolLists.maxToolChars)',
    ])
  })
})

it('a server that ends behind its large answer has answered', async () => {
  expect(JSON.stringify(await call('stdio.rows', { ends: true }))).toMatch(/"handle":"r_.*row 0/)
})

it('large answers are bounded together, and the call says by what', async () => {
  const { seen: _ofOne, ...one } = oddServer({
    call: 'none',
    before: `const results = require(${JSON.stringify(results)})
      globalThis.answer = (id, method) => {
        if (method !== 'tools/call') return false
        send('{"jsonrpc":"2.0","id":' + id + ',"result":' + results.picture + '}')
        return true
      }`,
  })
  await using small = createOptimizer(
    defineConfig({ cacheDir: temporaryFolder(), servers: { one }, results: { maxInFlightBytes: 1_048_576 } }),
  )
  expect(await small.executeIntent({ intent: 'one.act' })).toMatchObject({
    status: 'error',
    error: {
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringContaining('at most 1048576 (results.maxInFlightBytes)'),
      details: { outcome: 'unknown' },
    },
  })
})
