import { describe, expect, it } from 'vitest'
import { declarations } from '../../src/catalog/declarations.ts'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import { compileErrors } from './support/compile.ts'
import { listedServers } from './support/definitions.ts'

const tree = { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } } }
const catalog = createCatalog({
  servers: [
    {
      name: 'git-hub',
      description: 'Code */ hosting',
      state: 'ready',
      tools: [
        {
          name: 'get',
          description: 'Reads one',
          inputSchema: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
        },
        {
          name: 'list',
          inputSchema: { type: 'object' },
          outputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
        },
        { name: 'put', inputSchema: tree },
      ],
    },
    { name: 'git', state: 'ready', tools: [{ name: 'hub_put', inputSchema: tree }] },
  ],
  intents: ['issues', 'issues.list'].map((name) => ({
    name,
    description: 'An intent',
    input: { type: 'object', properties: { limit: { type: 'integer' } }, additionalProperties: false },
    output: { type: 'array', items: { type: 'string' } },
    servers: [],
    aliases: {},
    readOnly: true,
    origin: 'builtin',
    examples: [],
  })),
})

describe('declarations', () => {
  it('type tools, intents and the rest of what a program sees', () => {
    const program = `
      export async function main(): Promise<void> {
        const answer: unknown = await tools.git_hub.get({ id: 1 })
        const { n } = await tools.git_hub.list()
        const sum: number = n + 1
        await tools.git_hub.put({ children: [{ children: [] }] })
        await tools.git.hub_put({})
        const lines: string[] = await intents.issues()
        const more: string[] = await intents.issues.list({ limit: params.limit })
        const [found] = await tools.search(['issues', 'hub'], { server: 'git', limit: 3 })
        const ids: (string | undefined)[] = [found?.id, (await tools.describe('git.hub_put')).parameters]
        console.log(answer, sum, lines, more, ids, await results.get('r1'))
        // @ts-expect-error
        await tools.git_hub.get({})
        // @ts-expect-error
        await tools.git_hub.get({ id: 'x' })
        // @ts-expect-error
        await tools.git_hub.put({ children: [1] })
        // @ts-expect-error
        await tools.git_hub.nothing({})
        // @ts-expect-error
        await intents.issues.list({ limt: 1 })
      }`
    expect(compileErrors(declarations(catalog) + program)).toEqual([])
  })

  it('comments on servers, tools and intents', () => {
    const text = declarations(catalog)
    expect(text).toContain('  /** Code *\\/ hosting */\n  readonly git_hub: {\n    /** Reads one */\n    get(input: {')
  })

  it('shows only the wanted ids', () => {
    const text = declarations(catalog, { only: ['git_hub.get'] })
    expect(text).toContain('get(input')
    expect(text).not.toMatch(/list\(input|hub_put|issues/)
    expect(compileErrors(text)).toEqual([])
  })

  it('take answers of unknown type for anything, if asked to', () => {
    const answers = {
      type: 'object',
      properties: { unknown: { const: 'unknown' }, any: {}, "it's unknown": { description: 'unknown', items: {} } },
    }
    const inputSchema = { type: 'object' }
    const tools = [
      { name: 'a', inputSchema },
      { name: 'b', inputSchema, outputSchema: answers },
    ]
    const text = declarations(createCatalog({ servers: [{ name: 's', state: 'ready', tools }], intents: [] }), {
      untyped: 'any',
    })
    const program = `export async function main(): Promise<void> {
      const { unknown, any, "it's unknown": list } = await tools.s.b()
      const kept: 'unknown' | undefined = unknown
      console.log(kept, (await tools.s.a()).what.ever, any.thing, list?.[0].x, (await results.get('r1')).rows)
    }`
    expect(compileErrors(text + program)).toEqual([])
  })

  it('compile for an empty catalog', () => {
    expect(compileErrors(declarations(createCatalog({ servers: [], intents: [] })))).toEqual([])
  })
})

describe('declarations of tools as servers list them', () => {
  it('compile for all of them', () => {
    const servers = listedServers()
    const started = performance.now()
    const real = createCatalog({ servers, intents: [] })
    const built = performance.now()
    const text = declarations(real)
    const written = performance.now()
    const errors = compileErrors(text)
    const compiled = performance.now()
    console.log(
      `${real.tools.size} tools: catalog ${(built - started).toFixed(0)} ms, typings ${(written - built).toFixed(0)} ms ` +
        `(${text.length} characters), tsc ${((compiled - written) / 1000).toFixed(2)} s`,
    )
    expect(errors).toEqual([])
    expect(real.tools.size).toBe(servers.reduce((total, { tools }) => total + tools.length, 0))
    expect(real.problems.filter(({ what }) => what.includes('nputSchema') && !what.includes('dropped'))).toEqual([])
    expect(built - started).toBeLessThan(3_000)
    expect(written - built).toBeLessThan(5_000)
  })

  it('show the compiler what they say', () => {
    const text = declarations(createCatalog({ servers: listedServers(), intents: [] }))
    const wrong = 'export const answer = tools.ticket_desk.get_ticket({ id: 1 })'
    expect(compileErrors(`${text}\n${wrong}`)).toEqual([expect.stringContaining('TS2322')])
  })
})
