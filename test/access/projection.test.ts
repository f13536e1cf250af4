import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Access } from '../../src/access/access.ts'
import { createMemoryUpstream, createOptimizer, defineConfig, type Engine } from '../../src/index.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { temporaryFolder } from '../support/servers.ts'

const schema = { type: 'object', properties: { text: { type: 'string' } } } as const
const tool = (name: string, annotations: object = {}) => ({
  name,
  description: `Does ${name} to ledgers`,
  inputSchema: schema,
  annotations,
  run: () => ({ done: name }),
})
const folder = temporaryFolder()
const intents = join(folder, 'intents')
mkdirSync(intents)
const writeIntent = (name: string, server: string, source: string, readOnly = false): void =>
  writeFileSync(
    join(intents, `${name}.ts`),
    `export const metadata = { name: '${name}', description: 'Ledger intent ${name}', servers: ['${server}'], readOnly: ${String(readOnly)}, input: { type: 'object', properties: {} } }
export default async (_input: object, tools: any) => ${source}
`,
  )
writeIntent('open_desk', 'desk', 'await tools.desk.list_ledgers({})', true)
writeIntent('break_desk', 'desk', 'await tools.desk.delete_ledger({})')
writeIntent('open_vault', 'vault', 'await tools.vault.read_gold({})', true)

const gateway = createOptimizer(
  defineConfig({
    cacheDir: join(folder, 'cache'),
    intents: [intents],
    servers: {
      cellar: { type: 'stdio', command: 'none', disabled: true },
      attic: { type: 'stdio', command: join(folder, 'is-not-there') },
    },
  }),
  {
    upstreams: [
      createMemoryUpstream('desk', [
        tool('list_ledgers', { readOnlyHint: true }),
        tool('add_ledger'),
        tool('delete_ledger'),
      ]),
      createMemoryUpstream('vault', [tool('read_gold', { readOnlyHint: true }), tool('list_ledgers')]),
    ],
  },
)
afterAll(async () => await gateway[Symbol.asyncDispose]())

const DESK: Access = [{ servers: ['desk'], effects: 'write' }]
/** What must not be seen by whoever has `DESK`. */
const HIDDEN = /vault|read_gold|delete_ledger|cellar|attic/

/** Every road into the engine, each asked for what is hidden in words that are not those of the answer. */
const roads: readonly [string, (engine: Engine) => Promise<unknown>][] = [
  ['the list of names', (engine) => engine.listNames({})],
  ['search', (engine) => engine.search({ query: ['ledgers', 'gold', 'remove ledger'], limit: 20, detail: 'full' })],
  ['search for everything', (engine) => engine.search({ query: '*' })],
  ['search on a server', (engine) => engine.search({ query: 'gold', server: 'vaul' })],
  ['descriptions for a need', (engine) => engine.describe({ need: 'gold ledgers', limit: 20 })],
  ['the nearest names of one that is not there', (engine) => engine.describe({ names: ['desk.delet_ledger'] })],
  ['an intent by its near name', (engine) => engine.executeIntent({ intent: 'opn_valut' })],
  ['a bare name', (engine) => engine.executeIntent({ intent: 'read_gld' })],
  ['a batch', (engine) => engine.executeBatch({ requests: [{ intent: 'opn_valut' }, { intent: 'break_dsk' }] })],
  ['a tool passed through', (engine) => engine.callTool({ tool: 'desk.delet_ledger' })],
  [
    'what a program sees',
    (engine) => engine.execute({ code: 'return [Object.keys(tools), Object.keys(tools.desk), Object.keys(intents)]' }),
  ],
  ['search in a program', (engine) => engine.execute({ code: "return await tools.search('gold ledgers remove')" })],
  ['an error of a program', (engine) => engine.execute({ code: "return await tools.desk['delet_ledger']({})" })],
  ['the manifest', async (engine) => await Promise.resolve(engine.discover())],
  [
    'the catalog',
    async (engine) =>
      await Promise.resolve([
        ...engine.catalog().tools.keys(),
        ...engine.catalog().servers.keys(),
        engine.catalog().problems,
      ]),
  ],
  ['intents', async (engine) => await Promise.resolve(engine.intents().map(({ name }) => name))],
  ['servers', async (engine) => await Promise.resolve([...engine.servers().keys()])],
]

describe('a projection', () => {
  const desk = gateway.as(DESK)

  it.each(roads)('shows nothing that is not allowed: %s', async (_road, ask) => {
    await desk.ready()
    expect(JSON.stringify(await ask(desk))).not.toMatch(HIDDEN)
    // The same question tells the local user of something there: it is a question that could have told.
    expect(JSON.stringify(await ask(gateway))).toMatch(/vault|gold|delete|desk|cellar|attic/)
  })

  it.each([
    ['a tool', { intent: 'vault.read_gold' }],
    ['a tool in the spelling of clients', { intent: 'mcp__vault__read_gold' }],
    ['a tool of an allowed server', { intent: 'desk.delete_ledger' }],
    ['an intent', { intent: 'open_vault' }],
  ])('refuses %s that is not allowed as one that is not there', async (_what, request) => {
    const refused = await desk.executeIntent(request)
    const absent = await desk.executeIntent({ intent: request.intent.replace(/\w$/, 'zz') })
    expect(refused).toMatchObject({ status: 'error', error: { code: 'UNKNOWN_INTENT' } })
    expect(absent).toMatchObject({ status: 'error', error: { code: 'UNKNOWN_INTENT' } })
  })

  it('lets programs, batches and intents call what is allowed, and nothing else', async () => {
    expect(await desk.execute({ code: 'return await tools.desk.add_ledger({})' })).toMatchObject({
      data: { done: 'add_ledger' },
    })
    expect(await desk.executeIntent({ intent: 'open_desk' })).toMatchObject({ data: { done: 'list_ledgers' } })
    expect(await desk.executeIntent({ intent: 'list_ledgers' })).toMatchObject({ data: { done: 'list_ledgers' } })
    expect(await desk.executeIntent({ intent: 'break_desk' })).toMatchObject({ status: 'error' })
    expect(await gateway.executeIntent({ intent: 'break_desk' })).toMatchObject({ data: { done: 'delete_ledger' } })
  })

  it('gives who may only read the tools that say so, and no builtin that writes', async () => {
    const reader = gateway.as([{ effects: 'read' }])
    await reader.ready()
    expect([...reader.catalog().tools.keys()]).toEqual(['desk.list_ledgers', 'vault.read_gold'])
    expect(reader.intents().map(({ name }) => name)).not.toContain('save_intent')
    expect(reader.intents().map(({ name }) => name)).toContain('results.read')
  })

  it('has a version of its own, and is one for all of the same class', () => {
    expect(desk.catalog().version).not.toBe(gateway.catalog().version)
    expect(gateway.as([{ effects: 'write', servers: ['desk'] }])).toBe(desk)
    expect(gateway.as([])).not.toBe(desk)
  })

  it('counts in a receipt the definitions alone that the principal could have been given', async () => {
    const all = await gateway.executeIntent({ intent: 'desk.list_ledgers' }, { principal: 'everything' })
    const some = await desk.executeIntent({ intent: 'desk.list_ledgers' }, { principal: 'some' })
    const definitions = (answer: { metadata: { receipt?: { allDefinitions: { definitions: number } } } }): number =>
      answer.metadata.receipt?.allDefinitions.definitions ?? 0
    expect(definitions(some)).toBeGreaterThan(0)
    expect(definitions(some)).toBeLessThan(definitions(all))
  })

  it('names on its surface no server that is not allowed', async () => {
    const surface = await openSurface(gateway, { engine: desk })
    expect(JSON.stringify([surface.tools, surface.instructions])).not.toMatch(HIDDEN)
  })
})
