import { describe, expect, it } from 'vitest'
import type { Intent } from '../../src/catalog/catalog.ts'
import { prepareServer } from '../../src/catalog/prepare.ts'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import type { ToolDefinition } from '../../src/upstream/upstream.ts'

const object = { type: 'object', properties: {} }
const tool = (name: string, more: Partial<ToolDefinition> = {}): ToolDefinition => ({
  name,
  inputSchema: object,
  ...more,
})
const server = (name: string, tools: readonly ToolDefinition[]) => ({ name, state: 'ready' as const, tools })
const intent = (name: string, more: Partial<Intent> = {}): Intent => ({
  name,
  description: 'does it',
  input: { type: 'object' },
  servers: [],
  aliases: {},
  readOnly: true,
  origin: 'builtin',
  examples: [],
  ...more,
})

describe('createCatalog', () => {
  it('joins servers and intents, sorted, under ids of two identifiers', () => {
    const catalog = createCatalog({
      servers: [server('my-git.hub', [tool('create-issue'), tool('add')]), server('b', [tool('x')])],
      intents: [intent('z'), intent('a.b')],
    })
    expect([...catalog.tools.keys()]).toEqual(['b.x', 'my_git_hub.add', 'my_git_hub.create_issue'])
    expect([...catalog.servers.keys()]).toEqual(['b', 'my-git.hub'])
    expect([...catalog.intents.keys()]).toEqual(['a.b', 'z'])
    expect(catalog.servers.get('my-git.hub')).toEqual({
      name: 'my-git.hub',
      key: 'my_git_hub',
      description: '',
      toolCount: 2,
      state: 'ready',
    })
    expect(catalog.tools.get('my_git_hub.create_issue')).toMatchObject({
      server: 'my-git.hub',
      serverKey: 'my_git_hub',
      key: 'create_issue',
      tool: 'create-issue',
      title: 'create-issue',
    })
  })

  it('has one version for one content, whatever the order', () => {
    const tools = [tool('a'), tool('b'), tool('b.c'), tool('b-c')]
    const servers = [server('x', tools), server('y', [tool('a')])]
    const intents = [intent('one'), intent('two')]
    const { version } = createCatalog({ servers, intents })
    const shuffled = {
      servers: [server('y', [tool('a')]), server('x', tools.toReversed())],
      intents: intents.toReversed(),
    }
    expect(version).toMatch(/^[0-9a-f]{16}$/)
    expect(createCatalog(shuffled).version).toBe(version)
  })

  it.each([
    ['description', tool('a', { description: 'new' })],
    ['schema', tool('a', { inputSchema: { type: 'object', properties: { b: {} } } })],
    ['annotation', tool('a', { annotations: { readOnlyHint: true } })],
    ['name', tool('b')],
  ])('changes its version with a %s', (_what, changed) => {
    const before = createCatalog({ servers: [server('x', [tool('a')])], intents: [] })
    expect(createCatalog({ servers: [server('x', [changed])], intents: [] }).version).not.toBe(before.version)
  })

  it('keeps its version when a server only changes its state or words', () => {
    const before = createCatalog({ servers: [server('x', [tool('a')])], intents: [] })
    const after = createCatalog({
      servers: [{ ...server('x', [tool('a')]), state: 'failed', instructions: 'new' }],
      intents: [],
    })
    expect(after.version).toBe(before.version)
    expect(after.servers.get('x')).toMatchObject({ state: 'failed', description: 'new' })
  })

  it('takes the configured description before the instructions', () => {
    const both = { ...server('x', []), description: 'ours', instructions: 'theirs' }
    expect(createCatalog({ servers: [both], intents: [] }).servers.get('x')?.description).toBe('ours')
  })

  it('shows the included tools without the excluded ones, and reports patterns that match nothing', () => {
    const input = {
      ...server('x', [tool('get_a'), tool('get_b'), tool('put_a')]),
      include: ['get_*'],
      exclude: ['*_b', 'nothing*'],
    }
    const catalog = createCatalog({ servers: [input], intents: [] })
    expect([...catalog.tools.keys()]).toEqual(['x.get_a'])
    expect(catalog.problems).toEqual([{ where: 'x', what: expect.stringContaining('"nothing*"') }])
  })

  it('gives servers whose names clean to one key different keys', () => {
    const catalog = createCatalog({ servers: [server('a-b', [tool('t')]), server('a_b', [tool('t')])], intents: [] })
    expect(catalog.servers.get('a_b')?.key).toBe('a_b')
    expect(catalog.servers.get('a-b')?.key).toMatch(/^a_b_[0-9a-f]{4}$/)
    expect([...catalog.tools.values()].map(({ id, serverKey, key }) => id === `${serverKey}.${key}`)).toEqual([
      true,
      true,
    ])
    expect(catalog.problems[0]).toMatchObject({ where: 'a-b' })
  })

  it('drops the second of equal names and says so', () => {
    const catalog = createCatalog({
      servers: [
        server('x', [tool('a', { description: 'first' }), tool('a', { description: 'second' })]),
        server('x', []),
      ],
      intents: [intent('i', { description: 'first' }), intent('i')],
    })
    expect(catalog.tools.get('x.a')?.description).toBe('first')
    expect(catalog.intents.get('i')?.description).toBe('first')
    expect(catalog.problems.map(({ where }) => where).toSorted()).toEqual(['i', 'x', 'x.a'])
  })

  it('reports an intent whose server is missing', () => {
    const intents = [
      intent('ok', { servers: ['pack'], aliases: { pack: 'sentry' } }),
      intent('bad', { servers: ['sentri'] }),
    ]
    const { problems } = createCatalog({ servers: [server('sentry', [])], intents })
    expect(problems).toEqual([
      { where: 'bad', what: 'needs server "sentri", which is not configured; nearest: "sentry"' },
    ])
  })

  it('takes over hints that are booleans only', () => {
    const annotations = { readOnlyHint: true, destructiveHint: 'yes' as unknown as boolean }
    const hinted = createCatalog({ servers: [server('x', [tool('a', { annotations })])], intents: [] }).tools.get('x.a')
    expect(hinted?.readOnlyHint).toBe(true)
    expect(hinted).not.toHaveProperty('destructiveHint')
  })
})

describe('prepareServer', () => {
  it('takes over equal definitions of the previous preparation, same objects', () => {
    const first = prepareServer(server('x', [tool('a'), tool('b')]))
    const again = prepareServer(server('x', [structuredClone(tool('a')), tool('b', { description: 'new' })]), first)
    expect(again.tools[0]).toBe(first.tools[0])
    expect(again.tools[1]).not.toBe(first.tools[1])
    expect(again.digest).not.toBe(first.digest)
  })

  it('gives an unchanged tool the key that its new neighbours leave it', () => {
    const first = prepareServer(server('x', [tool('a-b')]))
    const again = prepareServer(server('x', [tool('a-b'), tool('a_b')]), first)
    expect(first.tools.map(({ id }) => id)).toEqual(['x.a_b'])
    expect(again.tools.map(({ tool: name, key }) => [name, key])).toEqual([
      ['a_b', 'a_b'],
      ['a-b', expect.stringMatching(/^a_b_[0-9a-f]{4}$/)],
    ])
  })

  it('stays fast with ten thousand tools', () => {
    const properties = { a: { type: 'string', description: 'x'.repeat(100) } }
    const tools = Array.from({ length: 10_000 }, (_, index) =>
      tool(`tool_${index}`, { description: 'what it does '.repeat(20), inputSchema: { type: 'object', properties } }),
    )
    const started = performance.now()
    const prepared = prepareServer(server('x', tools))
    const built = performance.now()
    prepareServer(server('x', [...tools.slice(1), tool('new')]), prepared)
    const rebuilt = performance.now()
    console.log(
      `10,000 tools: ${(built - started).toFixed(0)} ms, again after one change: ${(rebuilt - built).toFixed(0)} ms`,
    )
    expect(prepared.tools).toHaveLength(10_000)
    expect(built - started).toBeLessThan(2_000)
    expect(rebuilt - built).toBeLessThan(1_000)
  })
})
