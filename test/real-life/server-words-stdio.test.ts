import { describe, expect, it, vi } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createUpstream } from '../../src/upstream/create.ts'
import type { ToolResult } from '../../src/upstream/upstream.ts'
import { oddServer, type OddAnswers } from '../support/odd-server.ts'

const signal = (): AbortSignal => new AbortController().signal

async function call(answers: OddAnswers): Promise<ToolResult | OptimizerError> {
  await using upstream = createUpstream('shop', oddServer(answers))
  return await upstream.callTool('act', {}, { signal: signal() }).catch((thrown: unknown) => {
    if (OptimizerError.is(thrown)) return thrown
    throw thrown
  })
}

const refused = (error: unknown): string => JSON.stringify({ jsonrpc: '2.0', id: 'X', error }).replace('"X"', 'ID')
const answered = (result: unknown): string => JSON.stringify({ jsonrpc: '2.0', id: 'X', result }).replace('"X"', 'ID')

describe('a JSON-RPC error is a refusal in the server’s words (17, 19)', () => {
  it.each<[what: string, error: unknown, message: string, details: Record<string, unknown>]>([
    ['a limit', { code: -32000, message: 'Slow down: 30 s' }, 'Slow down: 30 s', { rpcCode: -32000 }],
    ['not found', { code: -32002, message: 'no such file:///srv/a b' }, 'no such file:///srv/a b', { rpcCode: -32002 }],
    ['a foreign code', { code: 404, message: 'gone' }, 'gone', { rpcCode: 404 }],
    ['a status in its words', { code: -32603, message: 'upstream said 503' }, 'upstream said 503', { rpcCode: -32603 }],
    [
      'data',
      { code: -32042, message: 'open a page', data: { url: 'https://x.example/a?b=1' } },
      'open a page',
      { rpcCode: -32042, data: { url: 'https://x.example/a?b=1' } },
    ],
    ['words in data alone', { code: 1, message: '', data: 'the disk is full' }, 'the disk is full', { rpcCode: 1 }],
    ['a code that is a text', { code: 'E_BUSY', message: 'busy' }, 'busy', { rpcCode: 'E_BUSY' }],
    ['a text alone', 'no permission for /srv/data', 'no permission for /srv/data', { rpcCode: null }],
  ])('%s', async (_what, error, message, details) => {
    const thrown = await call({ call: refused(error) })
    expect(thrown).toMatchObject({ code: 'TOOL_ERROR', message: expect.stringContaining(message), details })
  })
})

describe('null where nothing was meant (20)', () => {
  it.each<[what: string, answer: string, value: unknown]>([
    ['error beside a result', '{"jsonrpc":"2.0","id":ID,"result":{"content":[]},"error":null}', { content: [] }],
    [
      'structuredContent',
      answered({ content: [{ type: 'text', text: 'hi' }], structuredContent: null, isError: null, _meta: null }),
      { content: [{ type: 'text', text: 'hi' }] },
    ],
    ['content', answered({ content: null, structuredContent: { a: 1 } }), { content: [], structuredContent: { a: 1 } }],
    [
      'one of several blocks',
      answered({ resultType: null, content: [null, { type: 'text', text: 'x' }] }),
      { content: [{ type: 'text', text: 'x' }] },
    ],
    ['jsonrpc left out', '{"id":ID,"result":{"content":[]}}', { content: [] }],
  ])('%s', async (_what, answer, value) => {
    expect(await call({ call: answer })).toEqual(value)
  })

  it('a result beside an error', async () => {
    const answer = '{"jsonrpc":"2.0","id":ID,"result":null,"error":{"code":5,"message":"the base is locked"}}'
    expect(await call({ call: answer })).toMatchObject({
      code: 'TOOL_ERROR',
      message: 'shop refused tools/call: the base is locked',
    })
  })

  it('in a definition: the tool stays, and what cannot be read is told', async () => {
    const tools = [
      { name: 'a', description: null, title: null, annotations: null, outputSchema: null, icons: null, _meta: null },
      { name: 'b', description: 7, annotations: { readOnlyHint: true, title: null } },
      null,
      { name: 'c', inputSchema: { type: 'object' } },
    ]
    await using upstream = createUpstream('shop', oddServer({ list: answered({ tools, nextCursor: null }) }))
    expect(await upstream.listTools(signal())).toEqual([
      { name: 'a' },
      { name: 'b', annotations: { readOnlyHint: true } },
      { name: 'c', inputSchema: { type: 'object' } },
    ])
    expect(upstream.status().problems).toEqual([
      'tool "b": its description cannot be read and is left out',
      'left out a tool without a name',
    ])
  })
})

describe('a server that does not know tools/list', () => {
  const unknown = refused({ code: -32601, message: 'Method not found: No roots given' })
  const initialize = (capabilities: unknown): string =>
    answered({ protocolVersion: '2025-06-18', capabilities, serverInfo: { name: 'odd', version: '1' } })

  it('has none where it said so', async () => {
    await using upstream = createUpstream('shop', oddServer({ initialize: initialize({ prompts: {} }), list: unknown }))
    expect(await upstream.listTools(signal())).toEqual([])
  })

  it('fails where it said that it has tools', async () => {
    await using upstream = createUpstream('shop', oddServer({ initialize: initialize({ tools: {} }), list: unknown }))
    await expect(upstream.listTools(signal())).rejects.toThrow(
      'shop refused tools/list: Method not found: No roots given',
    )
  })
})

describe('blocks and results as servers write them (32)', () => {
  it.each<[what: string, result: unknown, value: unknown]>([
    ['a number as text', { content: [{ type: 'text', text: 4.5 }] }, { content: [{ type: 'text', text: '4.5' }] }],
    [
      'an object as text',
      { content: [{ type: 'text', text: { a: [1] } }] },
      { content: [{ type: 'text', text: '{"a":[1]}' }] },
    ],
    ['a block without type', { content: [{ text: 'x' }] }, { content: [{ text: 'x', type: 'text' }] }],
    [
      'one block without its list',
      { content: { type: 'text', text: 'x' } },
      { content: [{ type: 'text', text: 'x' }] },
    ],
    ['a text as content', { content: 'x' }, { content: [{ type: 'text', text: 'x' }] }],
    ['toolResult', { toolResult: [1, 2] }, { content: [], structuredContent: [1, 2] }],
    ['fields in place of content', { rows: 3, _meta: {} }, { content: [], structuredContent: { rows: 3 }, _meta: {} }],
  ])('%s', async (_what, result, value) => {
    expect(await call({ call: answered(result) })).toEqual(value)
  })
})

describe('an answer between noise (33)', () => {
  const good = answered({ content: [{ type: 'text', text: 'brace } and "quote" {' }] })
  it.each<[what: string, answer: string]>([
    ['noise before', `[12:00:01] INFO done in {0.2} s ${good}`],
    ['noise after', `${good} <- sent 200 bytes`],
    ['colours around', `\u001b[32m${good}\u001b[0m`],
    ['colours and noise', `\u001b[90mdebug\u001b[39m ${good}\u001b[0m {"level":"debug"}`],
    ['a log line with the id before it', `{"level":"info","id":ID,"msg":"answering"}\n${good}`],
    ['a text line with the id before it', `request "id": ID took 3 ms\n${good}`],
    ['our own request echoed', `> {"jsonrpc":"2.0","id":ID,"method":"tools/call","params":{}}\n${good}`],
    ['frames with lengths', `Content-Length: 99\n\n${good}Content-Length: 5`],
  ])('%s', async (_what, answer) => {
    expect(await call({ call: answer })).toEqual({ content: [{ type: 'text', text: 'brace } and "quote" {' }] })
  })

  it('a broken answer still fails its call at once', async () => {
    expect(await call({ call: '{"jsonrpc":"2.0","id":ID,"result":{"content":[' })).toMatchObject({
      code: 'UPSTREAM_PROTOCOL',
    })
  })
})

describe('initialize refused with the versions that the server speaks (37)', () => {
  it('is asked again with one of them', async () => {
    const before = `globalThis.answer = (id, method, params) => {
  if (method !== 'initialize' || params.protocolVersion === '2024-11-05') return false
  const error = { code: -32602, message: 'Unsupported protocol version', data: { supported: ['2024-11-05'] } }
  send(JSON.stringify({ jsonrpc: '2.0', id, error }))
  return true
}`
    const server = oddServer({ before })
    await using upstream = createUpstream('shop', server)
    expect(await upstream.listTools(signal())).toHaveLength(1)
    expect(server.seen().slice(0, 2)).toEqual(['initialize 2025-11-25', 'initialize 2024-11-05'])
  })
})

describe('what a server said before it ended (38)', () => {
  const ends = (lines: readonly string[]): OddAnswers => ({
    before: `for (const line of ${JSON.stringify(lines)}) line.startsWith('STDOUT ') ? console.log(line.slice(7)) : console.error(line)\nprocess.exit(1)`,
  })
  it.each<[what: string, lines: string[], words: string[], not: string[]]>([
    [
      'a package that is not there',
      [
        'npm warn exec The following package was not found',
        'npm error code E404',
        'npm error 404 Not Found - GET https://registry.example/odd - Not found',
        'npm error A complete log of this run can be found in: /home/ann/.npm/_logs/1.log',
      ],
      ['E404', 'https://registry.example/odd', '/home/ann/.npm/_logs/1.log'],
      ['npm warn'],
    ],
    [
      'a traceback',
      ['Traceback (most recent call last):', '  File "/srv/x.py", line 3, in <module>', "KeyError: 'API_URL'"],
      ["it last said: KeyError: 'API_URL'"],
      ['Traceback', 'File'],
    ],
    ['a word on stdout alone', ['STDOUT Error: set GITLAB_URL first'], ['Error: set GITLAB_URL first'], []],
    ['nothing that names an error', ['reading /etc/odd.conf', 'port 80 is taken'], ['/etc/odd.conf', 'port 80'], []],
  ])('%s', async (_what, lines, words, not) => {
    const thrown = (await call(ends(lines))) as OptimizerError
    for (const word of words) expect(thrown.message).toContain(word)
    for (const word of not) expect(thrown.message).not.toContain(word)
  })

  it('is told again while nobody may start it', async () => {
    await using upstream = createUpstream('shop', oddServer(ends(['Error: no database at db.local:5432'])))
    const reasons: string[] = []
    for (let time = 0; time < 2; time++)
      await upstream.listTools(signal()).catch((thrown: unknown) => reasons.push(String(thrown)))
    expect(reasons).toHaveLength(2)
    for (const reason of reasons) expect(reason).toContain('no database at db.local:5432')
    expect(reasons[1]).toContain('again yet')
  })

  it('is told after a loss that came between two calls', async () => {
    const dies = `globalThis.answer = (id, method) => {
  if (method !== 'tools/call') return false
  console.error('Error: the licence ran out')
  process.exit(3)
}`
    await using upstream = createUpstream('shop', oddServer({ before: dies }))
    const reasons: string[] = []
    for (let time = 0; time < 4; time++)
      await upstream.callTool('act', {}, { signal: signal() }).catch((thrown: unknown) => reasons.push(String(thrown)))
    for (const reason of reasons) expect(reason).toContain('the licence ran out')
  })
})

describe('secrets of the configuration (41)', () => {
  it('are taken out of a server’s words, folders and addresses are not', async () => {
    const words = 'bad key tok-8361-zz-XYZ for https://api.example/v1 in /srv/files'
    const server = oddServer({ call: refused({ code: 1, message: words, data: { sent: 'tok-8361-zz-XYZ' } }) })
    const env = { ...server.env, API_TOKEN: 'tok-8361-zz-XYZ', BASE: 'https://api.example/v1', ROOT: '/srv/files' }
    await using upstream = createUpstream('shop', { ...server, env })
    const thrown = await upstream.callTool('act', {}, { signal: signal() }).catch((error: unknown) => error)
    expect(thrown).toMatchObject({
      message: 'shop refused tools/call: bad key [redacted] for https://api.example/v1 in /srv/files',
      details: { data: { sent: '[redacted]' } },
    })
  })
})

describe('a list that was announced as changed (34)', () => {
  it('is read at once where somebody needs it, many announcements by one reading', async () => {
    const before = `let lists = 0
globalThis.answer = (id, method) => {
  if (method === 'tools/call') for (let time = 0; time < 50; time++) send('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}')
  if (method !== 'tools/list') return false
  const tools = [{ name: 'act' }, { name: 'added' }].slice(0, ++lists)
  send(JSON.stringify({ jsonrpc: '2.0', id, result: { tools } }))
  return true
}`
    const server = oddServer({ before, call: answered({ content: [] }) })
    await using upstream = createUpstream('shop', server)
    const told = vi.fn<() => void>()
    upstream.onToolsChanged(told)
    expect(await upstream.listTools(signal())).toHaveLength(1)
    expect(upstream.listDue?.()).toBeUndefined()
    await upstream.callTool('act', {}, { signal: signal() })
    await upstream.listDue?.()?.()
    expect(told).toHaveBeenCalledOnce()
    expect(await upstream.listTools(signal())).toHaveLength(2)
    expect(upstream.listDue?.()).toBeUndefined()
    expect(server.seen().filter((line) => line.startsWith('tools/list'))).toHaveLength(2)
  })
})
