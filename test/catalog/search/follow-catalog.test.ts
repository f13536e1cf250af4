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
    },
  }
}

describe('following the catalog', () => {
  const servers = ['a', 'b', 'c'].map((name) => prepareServer(input(name, ['create_issue', 'read_file'])))

  it('indexes again only the server that changed', () => {
    const { index, replaced } = counting()
    const follow = createCatalogFollower(index)
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
    const follow = createCatalogFollower(index)
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
})
