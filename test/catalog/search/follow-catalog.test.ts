import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SearchDocument } from '../../../src/catalog/search/document.ts'
import { createCatalogFollower } from '../../../src/catalog/search/follow-catalog.ts'
import { createSearchIndex, type SearchIndex } from '../../../src/catalog/search/search-index.ts'
import { createToolSearch } from '../../../src/catalog/search/tool-search.ts'
import { type PreparedServer, prepareServer, type ServerInput } from '../../../src/catalog/prepare.ts'
import { createCatalog } from '../../../src/catalog/snapshot.ts'
import type { Intent } from '../../../src/catalog/catalog.ts'

const NAMES = ['create_issue', 'list_issues', 'send_message', 'read_file', 'search_web', 'delete_branch', 'get_weather']
const input = (name: string, tools: readonly string[], description = ''): ServerInput => ({
  name,
  state: 'ready',
  ...(description === '' ? {} : { description }),
  tools: tools.map((tool) => ({ name: tool, description: `The tool ${tool}`, inputSchema: { type: 'object' } })),
})

/** An index that counts what it is given to index. */
function counting(): { readonly index: SearchIndex; readonly replaced: [string, number][] } {
  const index = createSearchIndex()
  const replaced: [string, number][] = []
  return {
    replaced,
    index: {
      search: (query, options) => index.search(query, options),
      knows: (word) => index.knows(word),
      replace(group: string, documents: readonly SearchDocument[]) {
        replaced.push([group, documents.length])
        index.replace(group, documents)
      },
      append(group, document) {
        index.append(group, document)
      },
    },
  }
}

describe('following the catalog', () => {
  const servers = ['a', 'b', 'c'].map((name) => prepareServer(input(name, ['create_issue', 'read_file'])))

  it('indexes again only the server that changed', () => {
    const { index, replaced } = counting()
    const { follow } = createCatalogFollower(index)
    follow(createCatalog({ servers, intents: [] }))
    replaced.length = 0
    const [a, b, c] = servers as [PreparedServer, PreparedServer, PreparedServer]
    const changed = prepareServer(input('b', ['create_issue', 'read_file', 'send_message']), b)
    follow(createCatalog({ servers: [a, changed, c], intents: [] }))
    expect(replaced).toEqual([['b', 3]])
    follow(createCatalog({ servers: [a, changed, c], intents: [] }))
    follow(createCatalog({ servers: [{ ...a, state: 'failed' }, changed, c], intents: [] }))
    expect(replaced).toEqual([['b', 3]])
    follow(createCatalog({ servers: [a, c], intents: [] }))
    expect(replaced).toEqual([
      ['b', 3],
      ['b', 0],
    ])
  })

  it('indexes a server again when its description changes, and intents alone when they do', () => {
    const { index, replaced } = counting()
    const { follow } = createCatalogFollower(index)
    follow(createCatalog({ servers, intents: [] }))
    replaced.length = 0
    const [a, b, c] = servers as [PreparedServer, PreparedServer, PreparedServer]
    const told = prepareServer(input('a', ['create_issue', 'read_file'], 'Issues of our team'), a)
    follow(createCatalog({ servers: [told, b, c], intents: [] }))
    expect(replaced).toEqual([['a', 2]])
    const intent: Intent = {
      name: 'triage',
      description: 'Sorts issues',
      input: { type: 'object' },
      readOnly: true,
      servers: [],
      aliases: {},
      origin: 'file',
      examples: [],
    }
    follow(createCatalog({ servers: [told, b, c], intents: [intent] }))
    expect(replaced).toEqual([
      ['a', 2],
      ['', 1],
    ])
  })

  it('answers after any changes as a fresh index does', () => {
    const world = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.uniqueArray(fc.constantFrom(...NAMES)))
    const toCatalog = (tools: Record<string, string[]>) =>
      createCatalog({ servers: Object.entries(tools).map(([name, list]) => input(name, list)), intents: [] })
    fc.assert(
      fc.property(fc.array(world, { minLength: 2, maxLength: 5 }), (worlds) => {
        const search = createToolSearch()
        for (const tools of worlds) search.find(toCatalog(tools), 'x', 1)
        const last = toCatalog(worlds.at(-1) ?? {})
        const fresh = createToolSearch()
        for (const query of ['create issue', 'reading files', 'a send', 'weather forecast', 'b.delete_branch'])
          expect(search.find(last, query, 20)).toEqual(fresh.find(last, query, 20))
      }),
      { numRuns: 25 },
    )
  })

  describe('of many tools', () => {
    const many = (name: string, count: number): PreparedServer =>
      prepareServer(
        input(
          name,
          Array.from({ length: count }, (_, at) => `find_thing_${at}`),
        ),
      )
    const found = (index: SearchIndex, query: string): readonly string[] =>
      index.search(query, { limit: 5 }).hits.map(({ document }) => document.id)

    it('indexes them in turns, as it does at once', async () => {
      const catalog = createCatalog({ servers: [many('big', 3_000), ...servers], intents: [] })
      const { index, replaced } = counting()
      const { follow, ahead } = createCatalogFollower(index)
      let turns = 0
      const counter = setInterval(() => turns++, 0)
      await Promise.all([ahead(catalog), ahead(catalog)])
      clearInterval(counter)
      expect(turns).toBeGreaterThan(1)
      const documents = follow(catalog)
      expect(replaced.filter(([group]) => group === 'big')).toEqual([['big', 0]])
      expect(ahead(catalog)).toBeUndefined()
      const { index: plain } = counting()
      expect(createCatalogFollower(plain).follow(catalog)).toEqual(documents)
      expect(found(index, 'find_thing_2999')).toEqual(found(plain, 'find_thing_2999'))
    })

    it('leaves what it was at where another catalog comes first', async () => {
      const { index } = counting()
      const { follow, ahead } = createCatalogFollower(index)
      const begun = ahead(createCatalog({ servers: [many('big', 3_000), ...servers], intents: [] }))
      const next = createCatalog({ servers: [many('large', 400), ...servers], intents: [] })
      follow(next)
      await begun
      await ahead(next)
      expect(follow(next)).toHaveLength(406)
      expect(found(index, 'find_thing_3')).toEqual(['large.find_thing_3', ...found(index, 'find_thing_3').slice(1)])
      expect(found(index, 'find_thing_2999').filter((id) => id.startsWith('big.'))).toEqual([])
    })
  })
})
