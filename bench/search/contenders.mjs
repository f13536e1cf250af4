// The searches that are compared: ours, three libraries as their documentation shows them, and BM25 as most gateways have it.
// Each makes an index of the tools and answers ids, best first; the libraries see name, server and description.
import { createCatalogFollower } from '../../dist/catalog/search/follow-catalog.js'
import { createSearchIndex } from '../../dist/catalog/search/search-index.js'
import { createToolSearch } from '../../dist/catalog/search/tool-search.js'

export const OURS = 'mcp-optimizer'
/** Ours without the table of word meanings: what the table is worth. */
export const WITHOUT_TABLE = 'ours, words alone'

export async function contenders() {
  const [{ default: MiniSearch }, { default: lunr }, orama] = await libraries()
  return {
    [OURS]: ours,
    [WITHOUT_TABLE]: withoutTable,
    'plain BM25': plainBm25,
    minisearch: ({ tools }) => {
      const index = new MiniSearch({ fields: ['name', 'server', 'description'] })
      index.addAll(tools)
      return { find: (query) => index.search(query).map(({ id }) => id) }
    },
    lunr: ({ tools }) => {
      const index = lunr(function build() {
        for (const field of ['name', 'server', 'description']) this.field(field)
        for (const tool of tools) this.add(tool)
      })
      // Its query language reads : + - ~ ^ * as operators.
      return { find: (query) => index.search(query.replace(/[:+~^*-]/g, ' ')).map(({ ref }) => ref) }
    },
    orama: ({ tools }) => {
      const database = orama.create({ schema: { name: 'string', server: 'string', description: 'string' } })
      for (const { id, name, server, description } of tools)
        void orama.insert(database, { id, name, server, description })
      return { find: (term) => orama.search(database, { term, limit: 10 }).hits.map(({ id }) => id) }
    },
  }
}

async function libraries() {
  try {
    return await Promise.all([import('minisearch'), import('lunr'), import('@orama/orama')])
  } catch (cause) {
    throw new Error('the compared libraries are missing: run npm ci --prefix bench', { cause })
  }
}

function ours({ catalog, ids }) {
  const search = createToolSearch()
  search.find(catalog, 'warm', 1)
  return {
    find: (query) => search.find(catalog, query, 10).map((id) => ids.get(id)),
    answer: (query) => search.answer(catalog, { query }).text,
  }
}

function withoutTable({ catalog, ids }) {
  const index = createSearchIndex({ dimensions: 1, has: () => false, add() {} })
  createCatalogFollower(index)(catalog)
  return { find: (query) => index.search(query, { limit: 10 }).hits.map(({ document }) => ids.get(document.id)) }
}

/** Okapi BM25 over the words of name and description, k1 1.2, b 0.75. */
function plainBm25({ tools }) {
  const words = (text) => text.toLowerCase().match(/[a-z0-9_]+/g) ?? []
  const postings = new Map()
  const lengths = []
  for (const [slot, { name, description }] of tools.entries()) {
    const found = words(`${name} ${description}`)
    lengths.push(found.length)
    const counts = new Map()
    for (const word of found) counts.set(word, (counts.get(word) ?? 0) + 1)
    for (const [word, count] of counts) {
      if (!postings.has(word)) postings.set(word, [])
      postings.get(word).push([slot, count])
    }
  }
  const usual = lengths.reduce((sum, length) => sum + length, 0) / lengths.length
  const find = (query) => {
    const scores = new Map()
    for (const word of new Set(words(query))) {
      const list = postings.get(word) ?? []
      const rarity = Math.log(1 + (tools.length - list.length + 0.5) / (list.length + 0.5))
      for (const [slot, count] of list) {
        const score = (rarity * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * lengths[slot]) / usual))
        scores.set(slot, (scores.get(slot) ?? 0) + score)
      }
    }
    return [...scores].toSorted((a, b) => b[1] - a[1]).map(([slot]) => tools[slot].id)
  }
  return { find }
}
