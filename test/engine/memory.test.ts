import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Answer, Preview } from '../../src/engine/engine.ts'
import type { MemoryTool } from '../../src/upstream/memory.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

const folder = temporaryFolder()
const intents = join(folder, 'intents')
mkdirSync(intents)
writeFileSync(
  join(intents, 'count.ts'),
  `export const metadata = { name: 'count', description: 'Counts its calls', input: { type: 'object' } }
export default async (_input: object, _tools: Tools, { state }: Context) => {
  const count = ((await state.get('count')) ?? 0) + 1
  await state.set('count', count)
  return count
}
`,
)
const exportDir = join(folder, 'exports')
const gateway = demoGateway({ intents: [intents], features: { maxTokensPerRequest: 500 }, results: { exportDir } })
afterAll(async () => await gateway[Symbol.asyncDispose]())

/** What the tests look at, in data and errors. */
interface Found {
  readonly code?: string
  readonly content?: readonly { readonly handle: string }[]
}
const data = (answer: Answer): Found => (answer.status === 'ok' ? answer.data : answer.error) as Found
const run = async (code: string, session?: string, principal = 'ann') =>
  await gateway.execute({ code, ...(session === undefined ? {} : { session }) }, { principal })

describe('sessions of programs', () => {
  it('begin with the first value that is set, and are named by the handle in its answer', async () => {
    const first = await run('await state.set("cursor", { page: 2 }); return await state.keys()')
    expect(data(first)).toEqual(['cursor'])
    const { session } = first.metadata
    const second = await run('return await state.get("cursor")', session)
    expect(data(second)).toEqual({ page: 2 })
    expect(second.metadata).not.toHaveProperty('session')
    expect(data(await run('return [await state.get("cursor"), await state.delete("cursor")]', session))).toEqual([
      { page: 2 },
      true,
    ])
  })

  it('leave no handle where nothing was kept', async () => {
    const answer = await run('return [await state.get("a"), await state.keys()]')
    expect(data(answer)).toEqual([null, []])
    expect(answer.metadata).not.toHaveProperty('session')
  })

  it('are shared by intents, batches and code', async () => {
    const first = await gateway.executeIntent({ intent: 'count' }, { principal: 'ann' })
    const { session = '' } = first.metadata
    await gateway.executeBatch({ requests: [{ intent: 'count' }], session }, { principal: 'ann' })
    expect(data(await gateway.executeIntent({ intent: 'count', session }, { principal: 'ann' }))).toBe(3)
    expect(data(await run('return await state.get("count")', session))).toBe(3)
  })

  it('come with a connection where it has one', async () => {
    const session = await gateway.openSession('ann')
    const context = { principal: 'ann', session }
    const first = await gateway.execute({ code: 'await state.set("a", 1)' }, context)
    expect(first.metadata).toMatchObject({ session })
    const second = await gateway.execute({ code: 'await state.set("b", 1); return await state.keys()' }, context)
    expect(data(second)).toEqual(['a', 'b'])
    expect(second.metadata).not.toHaveProperty('session')
  })

  it('are refused to others, before anything runs', async () => {
    const { metadata } = await run('await state.set("a", 1)')
    for (const [session, principal] of [
      [metadata.session, 'bob'],
      ['s_0123456789abcdefAAAAAAAAAAAAAAAA', 'ann'],
      [await gateway.openSession('ann'), 'ann'],
    ] as const) {
      const answer = await run('await tools.demo.add({ a: 1, b: 1 })', session, principal)
      expect(data(answer)).toMatchObject({ code: 'UNKNOWN_HANDLE', details: { path: 'session' } })
      expect(answer.metadata.host_calls).toBe(0)
    }
  })

  it('do not stop a program that needs none when the connection has a wrong one', async () => {
    const context = { principal: 'bob', session: await gateway.openSession('ann') }
    expect(data(await gateway.execute({ code: 'return 1' }, context))).toBe(1)
    expect(data(await gateway.execute({ code: 'return await state.get("a")' }, context)).code).toBe('UNKNOWN_HANDLE')
  })

  it.each([
    ['a key that is no text', 'await state.set(1, 2)', 'INVALID_REQUEST'],
    ['no key', 'await state.get()', 'INVALID_REQUEST'],
    ['too much', 'await state.set("a", "x".repeat(500_000))', 'LIMIT_EXCEEDED'],
  ])('refuse %s with an error that the program can catch', async (_what, code, expected) => {
    expect(data(await run(code)).code).toBe(expected)
    expect(data(await run(`try { ${code} } catch (thrown: any) { return thrown.code }`))).toBe(expected)
  })

  it.each([1, {}])('refuse session %j', async (session) => {
    const answer = await gateway.execute({ code: 'return 1', session } as never)
    expect(data(answer)).toMatchObject({ code: 'INVALID_REQUEST', details: { path: 'session' } })
  })
})

describe('intents for stored results', () => {
  const call = async (intent: string, params: object, principal = 'ann') =>
    data(await gateway.executeIntent({ intent: `results.${intent}`, params: { ...params } }, { principal }))
  const store = async (count: number): Promise<string> => {
    const answer = await gateway.executeIntent({ intent: 'demo.rows', params: { count } }, { principal: 'ann' })
    return (answer as Answer & { data: Preview }).data.handle ?? ''
  }

  it('read pages and parts', async () => {
    const handle = await store(300)
    expect(await call('read', { handle, path: 'rows[7].title' })).toEqual({ text: 'row 7', offset: 0, total: 5 })
    expect(await call('read', { handle, path: '$.rows[?@.id > 297].id' })).toEqual({
      items: [298, 299],
      offset: 0,
      total: 2,
    })
    expect(await call('read', { handle, path: '$.rows[*].id', offset: 298, limit: 1 })).toEqual({
      items: [298],
      offset: 298,
      total: 300,
      next: 299,
    })
  })

  it('search, describe and compare', async () => {
    const [from, to] = [await store(300), await store(301)]
    expect(await call('search', { handle: from, query: 'row 299' })).toEqual({
      total: 1,
      matches: [{ path: 'rows[299].title', text: 'row 299' }],
    })
    expect(await call('describe', { handle: from })).toMatchObject({ places: { 'rows[].id': { number: 300 } } })
    expect(await call('diff', { from, to })).toMatchObject({ added: 1, removed: 0, changed: 0 })
  })

  it('export values as JSON and JSON lines, and images as they are', async () => {
    const handle = await store(300)
    expect(await call('export', { handle, name: 'rows.jsonl', path: 'rows', lines: true })).toMatchObject({
      file: 'rows.jsonl',
      replaced: false,
    })
    expect(readFileSync(join(exportDir, 'rows.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(300)
    const picture = data(await gateway.executeIntent({ intent: 'demo.picture' }, { principal: 'ann' }))
    await call('export', { handle: picture.content?.[0]?.handle, name: 'picture.png' })
    expect(readFileSync(join(exportDir, 'picture.png'), 'utf8')).toBe('hello')
    expect(await call('export', { handle, name: 'rows.jsonl' })).toMatchObject({ code: 'INVALID_REQUEST' })
    expect(await call('export', { handle, name: '../rows.jsonl' })).toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('export into a folder of their own where none is configured, and only for the local user', async () => {
    const cacheDir = temporaryFolder()
    await using plain = demoGateway({ cacheDir })
    const kept = await plain.executeIntent({ intent: 'demo.picture' })
    const handle = data(kept).content?.[0]?.handle ?? ''
    const file = join(cacheDir, 'exports', `${handle}.png`)
    expect(data(await plain.executeIntent({ intent: 'results.export', params: { handle } }))).toEqual({
      file,
      bytes: 5,
      replaced: false,
    })
    expect(readFileSync(file, 'utf8')).toBe('hello')
    const other = await plain.executeIntent({ intent: 'results.export', params: { handle } }, { principal: 'token:1' })
    expect(data(other).code).toBe('POLICY_DENIED')
  })

  it('serve nothing of one principal to another in 10,000 tries', async () => {
    const handles = await Promise.all(Array.from({ length: 10 }, async () => await store(200)))
    let served = 0
    for (let at = 0; at < 10_000; at++) {
      const [handle = ''] = handles.slice(at % 10)
      const answer = await gateway.executeIntent(
        { intent: 'results.describe', params: { handle } },
        { principal: `bob${at}` },
      )
      if (answer.status === 'ok') served++
    }
    expect(served).toBe(0)
    expect(await call('describe', { handle: handles[0] })).toHaveProperty('places')
  })
})

describe('results that are data in text', () => {
  const report =
    '# Issues\n\n| Id | State |\n|----|-------|\n| 1 | open |\n| 2 | closed |\n\n```json\n{"total": 2}\n```\n'
  const tools: MemoryTool[] = [
    { name: 'report', description: 'Reports issues', run: () => report },
    {
      name: 'mixed',
      run: () => ({
        content: [
          { type: 'text', text: 'Found:' },
          { type: 'text', text: '{"a": 1}' },
        ],
      }),
    },
    { name: 'typed', outputSchema: { type: 'object', properties: { n: { type: 'number' } } }, run: () => ({ n: 'x' }) },
  ]

  it('stay the text they are, with what they hold beside it', async () => {
    await using gateway = demoGateway({}, tools)
    const code = `const answer = await tools.demo.report({})
return { kind: typeof answer, same: answer.text === answer, rows: answer.table.filter(row => row.State === 'open'), total: answer.json.total, none: 'plain'.table ?? null }`
    expect(data(await gateway.execute({ code }))).toEqual({
      kind: 'string',
      same: true,
      rows: [{ Id: '1', State: 'open' }],
      total: 2,
      none: null,
    })
    expect(data(await gateway.execute({ code: 'return (await tools.demo.mixed({})).json' }))).toEqual({ a: 1 })
    expect(data(await gateway.executeIntent({ intent: 'demo.report' }))).toBe(report)
  })

  it('are typed in search answers once they were seen, and after a restart', async () => {
    const cacheDir = temporaryFolder()
    const query = { query: 'report issues' }
    {
      await using gateway = demoGateway({ cacheDir }, tools)
      await gateway.ready()
      expect(data(await gateway.search(query))).toContain('demo.report() //')
      const { catalog } = (await gateway.executeIntent({ intent: 'demo.report' })).metadata
      await expect
        .poll(async () => data(await gateway.search(query)))
        .toContain('demo.report(): Promise<string & {json: {total: number}; table: {Id: string; State: string}[]}>')
      expect((await gateway.search(query)).metadata.catalog).toBe(catalog)
    }
    await using again = demoGateway({ cacheDir }, tools)
    await again.ready()
    expect(data(await again.search(query))).toContain('Promise<string & {json')
    await again.forgetOutputTypes()
    expect(data(await again.search(query))).not.toContain('Promise')
  })

  it('are typed in the answer to the very next search, where search remembers its answers', async () => {
    const query = { query: 'report issues' }
    await using gateway = demoGateway({ search: { learn: false } }, tools)
    await gateway.ready()
    expect(data(await gateway.search(query))).toContain('demo.report() //')
    await gateway.executeIntent({ intent: 'demo.report' })
    await expect.poll(async () => await gateway.outputTypes()).toHaveLength(1)
    expect(data(await gateway.search(query))).toContain('Promise<string & {json')
    // More results of the same structure change nothing, and cost no hit.
    for (let at = 0; at < 5; at++) await gateway.executeIntent({ intent: 'demo.report' })
    await expect.poll(async () => await gateway.outputTypes()).toMatchObject([{ samples: 6 }])
    const hits = (): number => gateway.cacheStats().find(({ layer }) => layer === 'search')?.hits ?? 0
    const before = hits()
    await gateway.search(query)
    expect(hits()).toBe(before + 1)
    await gateway.forgetOutputTypes()
    expect(data(await gateway.search(query))).not.toContain('Promise')
  })

  it('are typed for programs that search and describe, too', async () => {
    await using gateway = demoGateway({}, tools)
    await gateway.executeIntent({ intent: 'demo.report' })
    await expect.poll(async () => await gateway.outputTypes()).toHaveLength(1)
    const code = `const [{ signature }] = await tools.search('report issues', { limit: 1 })
return [signature, (await tools.describe('demo.report')).signature]`
    const signature = expect.stringContaining('demo.report(): Promise<string & {json')
    expect(data(await gateway.execute({ code }))).toEqual([signature, signature])
  })

  it('teach nothing when that is switched off', async () => {
    await using gateway = demoGateway({ features: { learnOutputTypes: false } }, tools)
    await gateway.executeIntent({ intent: 'demo.report' })
    expect(data(await gateway.search({ query: 'report issues' }))).not.toContain('Promise')
    expect(await gateway.outputTypes()).toEqual([])
  })

  it('are reported, and still answered, when they break the output schema of their tool', async () => {
    await using gateway = demoGateway({}, tools)
    const answer = await gateway.executeIntent({ intent: 'demo.typed' })
    expect(data(answer)).toEqual({ n: 'x' })
    expect(answer.metadata).toMatchObject({ output_problems: ['demo.typed: n: wanted number'] })
    expect(gateway.problems()).toContainEqual({
      where: 'demo.typed',
      what: expect.stringContaining('n: wanted number'),
    })
  })
})
