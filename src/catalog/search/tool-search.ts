import { OptimizerError } from '../../errors.ts'
import { nearestNames } from '../../internal/nearest.ts'
import { cleanText, cutText } from '../../internal/text.ts'
import type { Catalog } from '../catalog.ts'
import { answerText, type Detail, type OutputOf } from './answer-text.ts'
import type { SearchDocument } from './document.ts'
import { type CatalogFollower, createCatalogFollower } from './follow-catalog.ts'
import { listed, listingOf } from './listing.ts'
import { nothingFound } from './nothing-found.ts'
import { productsIn, unknownProducts } from './products.ts'
import { noQuery, readQueries } from './read-queries.ts'
import { createSearchIndex, type Evidence, type SearchHit, type SearchIndex } from './search-index.ts'
import { type Absent, namedIn, shownName, type Unavailable, unavailable } from './unavailable.ts'

/** What is searched for. */
export interface SearchQuestion {
  readonly query: string | readonly string[]
  /** Only this server (as configured, or as in code). */
  readonly server?: string
  /** @default 10 */
  readonly limit?: number
  /** @default 'signature' */
  readonly detail?: Detail
}

/** What is known of each query beside its words: from an embedder, from use. */
export type EvidenceOf = (query: string) => Evidence

export interface SearchAnswer {
  /** Signatures first, names after, what else matches; or why nothing does. */
  readonly text: string
  /** What the text shows: `server.tool`, or the name of an intent. Best first. */
  readonly ids: readonly string[]
}

export interface ToolSearchOptions {
  /** Keys of servers that the configuration switches off. */
  readonly disabled?: readonly string[]
  /** Names of servers that a project brings and nobody has approved. */
  readonly unapproved?: readonly string[]
  /** The learned output of a tool that says nothing of it. */
  readonly outputOf?: OutputOf
}

/** Search over a catalog, with answers for agents. */
export interface ToolSearch {
  /** Throws `INVALID_REQUEST` and `UNKNOWN_SERVER`. */
  answer(catalog: Catalog, question: SearchQuestion, evidence?: EvidenceOf): SearchAnswer
  /** Ids of the best matches of one query, best first. */
  find(catalog: Catalog, query: string, limit: number): readonly string[]
  /** Indexes a large catalog with turns for others between; undefined: nothing takes long. */
  ahead(catalog: Catalog): Promise<void> | undefined
  /** All that is searched, as the index has it. */
  documents(catalog: Catalog): readonly SearchDocument[]
}

const DEFAULT_LIMIT = 10
/** Hits looked at beyond those shown, to name the servers of the others. */
const BEYOND = 20
const NO_EVIDENCE: EvidenceOf = () => ({})

export function createToolSearch({ disabled = [], unapproved = [], outputOf }: ToolSearchOptions = {}): ToolSearch {
  const absent: Absent = { disabled, unapproved }
  const left = new Set([...disabled, ...unapproved.map(shownName)])
  // Made with the first search: its word table is nothing to read at start.
  let made: { readonly index: SearchIndex; readonly follower: CatalogFollower } | undefined
  const follow = (catalog: Catalog): readonly SearchDocument[] => parts().follower.follow(catalog)
  const parts = () => {
    if (made !== undefined) return made
    const index = createSearchIndex()
    made = { index, follower: createCatalogFollower(index) }
    return made
  }

  const run = (catalog: Catalog, { query, server, limit = DEFAULT_LIMIT }: SearchQuestion, evidence: EvidenceOf) => {
    const queries = readQueries(query)
    if (queries.length === 0) throw noQuery()
    const serverKey = server === undefined ? undefined : keyOf(server, catalog, absent)
    follow(catalog)
    const accept = serverKey === undefined ? undefined : (document: SearchDocument) => isOf(document, serverKey)
    const results = queries.map((text) =>
      parts().index.search(text, { limit: limit + BEYOND, accept, ...evidence(text) }),
    )
    const hits = interleave(results.map(({ hits: list }) => list))
    return { queries, serverKey, hits, total: results.reduce((sum, { total }) => sum + total, 0) }
  }

  /** What a question for a list asks for; undefined where it is a search. */
  const listing = (catalog: Catalog, { query, server, limit }: SearchQuestion, missing: readonly Unavailable[]) => {
    const onlyKey = server === undefined ? undefined : keyOf(server, catalog, absent)
    const only = [...catalog.servers.values()].find(({ key }) => key === onlyKey)
    const texts = [query].flat().map((text) => text.trim())
    const lists = [...new Set(texts)].map((text) => listingOf(text, catalog, only))
    if (lists.length === 0 || !lists.every((list) => list !== undefined)) return undefined
    const answers = lists.map((list) => listed(list, catalog, missing, limit))
    return { text: answers.map(({ text }) => text).join('\n'), ids: answers.flatMap(({ ids }) => ids) }
  }

  return {
    answer(catalog, question, evidence = NO_EVIDENCE) {
      const missing = unavailable(catalog, absent)
      const list = listing(catalog, question, missing)
      if (list !== undefined) return list
      const { queries, serverKey, hits, total } = run(catalog, question, evidence)
      if (hits.length === 0) return { text: nothingFound(queries, catalog, missing, serverKey), ids: [] }
      const { limit = DEFAULT_LIMIT, detail = 'signature' } = question
      const shown = new Set(hits.slice(0, limit).map(({ document }) => document.serverKey))
      const named = new Set(namedIn(missing, queries))
      // A server that is only disabled or not approved matters to those who ask for it.
      const told = missing.filter((one) => (one.isListed ? shown.has(one.key) : named.has(one) || !left.has(one.key)))
      const found = hits.slice(0, limit).map(({ document }) => document)
      const isTold = (product: string): boolean => told.some(({ key }) => key.toLowerCase().includes(product))
      const products = queries.flatMap((text) => productsIn(text, parts().index.knows))
      const unknown =
        serverKey === undefined ? unknownProducts(products, catalog, found).filter((product) => !isTold(product)) : []
      const findings = { hits, total, queries: queries.length, unknown, unavailable: told }
      return { text: answerText(findings, limit, detail, catalog, outputOf), ids: found.map(({ id }) => id) }
    },
    find(catalog, query, limit) {
      follow(catalog)
      return parts()
        .index.search(query, { limit })
        .hits.map(({ document }) => document.id)
    },
    ahead: (catalog) => parts().follower.ahead(catalog),
    documents: follow,
  }
}

function isOf(document: SearchDocument, serverKey: string): boolean {
  return document.serverKey === serverKey || document.serverName.split(' ').includes(serverKey)
}

function keyOf(server: string, catalog: Catalog, { disabled, unapproved }: Absent): string {
  const key = catalog.names.server(server)
  if (key !== undefined) return key
  const shown = cutText(cleanText(server), 60)
  if (disabled.includes(server)) {
    throw new OptimizerError('UNKNOWN_SERVER', `cannot search server "${shown}": it is disabled in the configuration`, {
      suggestion: 'do without it, or ask the user to enable it',
    })
  }
  if (unapproved.includes(server)) {
    throw new OptimizerError(
      'UNKNOWN_SERVER',
      `cannot search server "${shown}": the project here brings it, and nobody has approved it`,
      {
        suggestion: 'do without it, or ask the user to run "mcp-optimizer trust"',
      },
    )
  }
  throw new OptimizerError('UNKNOWN_SERVER', `cannot search server "${shown}": no such server`, {
    details: {
      nearest: nearestNames(server, catalog.servers.keys()),
      servers: [...catalog.servers.keys()].slice(0, 40),
    },
  })
}

/** The best of each query in turn, without repeats. */
function interleave(lists: readonly (readonly SearchHit[])[]): SearchHit[] {
  const seen = new Set<string>()
  const merged: SearchHit[] = []
  const longest = Math.max(...lists.map((list) => list.length))
  for (let rank = 0; rank < longest; rank++) {
    for (const list of lists) {
      const hit = list[rank]
      if (hit === undefined || seen.has(hit.document.id)) continue
      seen.add(hit.document.id)
      merged.push(hit)
    }
  }
  return merged
}
