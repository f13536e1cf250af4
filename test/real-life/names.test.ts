// Names as clients, servers and models write them (real-life 26, 45, 56; new-user F12, 5.13).
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { createDispatcher } from '../../src/surface/dispatch.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const SERVERS: Readonly<Record<string, readonly string[]>> = {
  shop: ['get-issue', 'list_issues', 'issues/close', 'then', 'open'],
  'my-files': ['read_file', 'open'],
  倉庫: ['在庫一覧'],
  twins: ['get_row', 'get-row'],
}

const namesGateway = (config: PartialConfig = {}): Optimizer =>
  createOptimizer(defineConfig({ cacheDir: temporaryFolder(), ...config }), {
    upstreams: Object.entries(SERVERS).map(([server, tools]) =>
      createMemoryUpstream(
        server,
        tools.map((name) => ({ name, description: `${name} of ${server}`, run: () => ({ ran: `${server} ${name}` }) })),
      ),
    ),
  })
const gateway = namesGateway()
afterAll(async () => await gateway[Symbol.asyncDispose]())
await gateway.ready()

const data = (answer: Answer): unknown => (answer.status === 'ok' ? answer.data : answer.error)
const code = async (source: string): Promise<unknown> => data(await gateway.execute({ code: source }))

describe('a tool is run by its server’s own names', () => {
  it.each([
    ['shop.get-issue', 'shop get-issue'],
    ['shop__get-issue', 'shop get-issue'],
    ['shop/list_issues', 'shop list_issues'],
    ['mcp__shop__list_issues', 'shop list_issues'],
    ['mcp__gateway__my-files__read_file', 'my-files read_file'],
    ['my-files.read_file', 'my-files read_file'],
    ['tools.shop.listIssues', 'shop list_issues'],
    ['shop.issues/close', 'shop issues/close'],
    ['shop.then', 'shop then'],
    ['倉庫.在庫一覧', '倉庫 在庫一覧'],
    ['list_issues', 'shop list_issues'],
    ['twins.get-row', 'twins get-row'],
    ['twins.get_row', 'twins get_row'],
  ])('%s, alone and in a batch', async (intent, ran) => {
    expect(data(await gateway.executeIntent({ intent }))).toEqual({ ran })
    expect(data(await gateway.executeBatch({ requests: [{ intent }] }))).toEqual([{ status: 'ok', data: { ran } }])
    expect(data(await gateway.callTool({ tool: intent }))).toMatchObject({ structuredContent: { ran } })
    const described = data(await gateway.describe({ names: [intent] })) as { name: string }[]
    expect(data(await gateway.executeIntent({ intent: described[0]?.name ?? '' }))).toEqual({ ran })
  })

  it('and by the name under which it was asked for, where several have it, it is asked which', async () => {
    expect(data(await gateway.executeIntent({ intent: 'open' }))).toMatchObject({
      code: 'UNKNOWN_INTENT',
      message: 'cannot run "open": it may be my_files.open, shop.open',
      details: { nearest: ['my_files.open', 'shop.open'] },
    })
  })

  it('as a tool of the surface or a method, though it is none', async () => {
    const dispatcher = createDispatcher(gateway, await openSurface(gateway))
    const context = { principal: 'local', signal: new AbortController().signal, notify: () => undefined }
    const ask = async (name: string): Promise<unknown> =>
      await dispatcher.handle({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }, context)
    expect(await ask('shop__get-issue')).toMatchObject({
      result: { content: [{ text: expect.stringContaining('shop get-issue') }] },
    })
    expect(await ask('nowhere.at_all')).toMatchObject({ error: { code: -32602 } })
  })
})

describe('a name that nothing has', () => {
  it('comes with the nearest names, by the servers’ own too', async () => {
    const near = await gateway.executeIntent({ intent: '倉庫.在庫' })
    expect(data(near)).toMatchObject({ details: { nearest: [expect.stringMatching(/^u5009u5eab\./)] } })
  })

  it('with none near does not offer any', async () => {
    expect(data(await gateway.executeIntent({ intent: 'qqqqqq' }))).toMatchObject({
      details: { nearest: [] },
      suggestion: 'search for what you need: no known name is near this one',
    })
  })
})

describe('descriptions', () => {
  it('tell what is known, and name the unknown (45)', async () => {
    expect(
      data(await gateway.describe({ names: ['shop.list_issues', 'shop.lst_issue', 'save_intent'] })),
    ).toMatchObject([
      { name: 'shop.list_issues', inputSchema: {} },
      {
        name: 'shop.lst_issue',
        error: expect.stringContaining('no such tool'),
        nearest: expect.arrayContaining(['shop.list_issues']),
      },
      { name: 'save_intent', inputSchema: {} },
    ])
  })

  it('in programs know the gateway’s own intents, and any spelling', async () => {
    expect(
      await code(`return await Promise.all(['save_intent', 'results.read', 'shop/get-issue'].map(async (name) =>
        (await tools.describe(name)).id))`),
    ).toEqual(['save_intent', 'results.read', 'shop.get_issue'])
  })

  it.each(['my-files', 'my_files', 'MyFiles'])('list and search the server %s', async (server) => {
    expect(data(await gateway.listNames({ server }))).toBe('my-files: my_files.open, my_files.read_file')
    expect(data(await gateway.search({ query: 'read file', server }))).toContain('my_files.read_file')
  })
})

describe('in programs', () => {
  it.each([
    [`tools['my-files'].read_file()`, 'my-files read_file'],
    [`tools.shop['get-issue']()`, 'shop get-issue'],
    [`tools.shop.getIssue()`, 'shop get-issue'],
    [`tools['shop.list_issues']()`, 'shop list_issues'],
    [`tools['shop.get-issue']()`, 'shop get-issue'],
    [`tools.shop__list_issues()`, 'shop list_issues'],
    [`tools['shop/list_issues']()`, 'shop list_issues'],
    [`tools.list_issues()`, 'shop list_issues'],
    [`tools.myFiles.readFile()`, 'my-files read_file'],
    [`tools['my-files']['read_file']()`, 'my-files read_file'],
    [`tools['倉庫']['在庫一覧']()`, '倉庫 在庫一覧'],
    [`tools.倉庫.在庫一覧()`, '倉庫 在庫一覧'],
    [`tools.twins['get-row']()`, 'twins get-row'],
    [`tools.twins.get_row()`, 'twins get_row'],
    [`(({ 'my-files': files }) => files.read_file())(tools)`, 'my-files read_file'],
  ])('%s', async (call, ran) => {
    expect(await code(`return await ${call}`)).toEqual({ ran })
  })

  it('what has no tool stays undefined, and nothing stands there twice', async () => {
    expect(
      await code(`return [
        typeof tools.nowhere, typeof tools.shop.nothing, typeof tools.open, typeof tools.then, typeof tools.shop.then,
        typeof tools.shop.constructor, typeof tools.__proto__, typeof tools.twins.GetRow, typeof tools.shop[Symbol.iterator],
        'get-issue' in tools.shop, Object.keys(tools.shop), Object.keys(tools).length, JSON.stringify(tools),
      ].map(String)`),
    ).toEqual([
      ...Array.from({ length: 9 }, () => 'undefined'),
      expect.any(String),
      'get_issue,issues_close,list_issues,open,then_',
      '6',
      expect.any(String),
    ])
  })
})

describe('an intent that is saved', () => {
  it.each([
    [`tools['my-files'].read_file()`, ['my_files']],
    ['tools.myFiles.readFile()', ['my_files']],
    [`tools['shop.get-issue']()`, ['shop']],
    ['tools.list_issues()', ['shop']],
    [`tools.shop.list_issues(), tools["my-files"].open()`, ['my_files', 'shop']],
  ])('needs the servers of %s', async (call, servers) => {
    await using saving = namesGateway({ intents: [temporaryFolder()], sandbox: { typeCheck: 'off' } })
    await saving.ready()
    const code = `return [${call.replaceAll('tools', 'await tools')}]`
    expect((await saving.execute({ code })).status).toBe('ok')
    const params = { name: 'kept', description: 'Kept', code }
    expect((await saving.executeIntent({ intent: 'save_intent', params })).status).toBe('ok')
    expect(saving.intents().find(({ name }) => name === 'kept')?.servers).toEqual(servers)
    expect((await saving.executeIntent({ intent: 'kept' })).status).toBe('ok')
  })
})
