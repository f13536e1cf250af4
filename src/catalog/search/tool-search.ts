import { OptimizerError } from '../../errors.ts'
import { nearestNames } from '../../internal/nearest.ts'
import { cleanText, clip } from '../../internal/text.ts'
import type { JsonObject } from '../../internal/json.ts'
import type { Catalog, CatalogEntry, CatalogTool } from '../catalog.ts'
import { parameterDocs } from '../parameters.ts'
import { signature, summary } from '../signature.ts'
import type { SearchDocument } from './document.ts'
import { createSearchIndex, type SearchHit } from './search-index.ts'

/** What is searched for. */
export interface SearchQuestion {
  readonly query: string | readonly string[]
  /** Only this server (as configured, or as in code). */
  readonly server?: string
  /** @default 10 */
  readonly limit?: number
  /** @default 'signature' */
  readonly detail?: 'name' | 'signature' | 'full'
}

/** Search over a catalog, with answers for agents. */
export interface ToolSearch {
  /** The answer as text: signatures first, names after, what else matched; or why nothing was found. Throws `INVALID_REQUEST`. */
  answer(catalog: Catalog, question: SearchQuestion): string
  /** Ids of the best matches, best first. */
  find(catalog: Catalog, query: string, limit: number): readonly string[]
}

const MAX_QUERIES = 10
const MAX_QUERY_CHARS = 1_000
const SIGNATURES = 3

export interface ToolSearchOptions {
  /** The learned output of a tool that says nothing of it. */
  readonly outputOf?: (tool: CatalogTool) => JsonObject | undefined
}

export function createToolSearch({ outputOf }: ToolSearchOptions = {}): ToolSearch {
  const index = createSearchIndex()
  let indexed: Catalog | undefined
  let groups = new Set<string>()
  const documents = new WeakMap<object, SearchDocument>()

  const update = (catalog: Catalog): void => {
    if (indexed?.tools === catalog.tools && indexed.intents === catalog.intents) return
    const byServer = new Map<string, SearchDocument[]>()
    for (const tool of catalog.tools.values()) {
      const description = catalog.servers.get(tool.server)?.description ?? ''
      const list = byServer.get(tool.serverKey) ?? []
      byServer.set(tool.serverKey, list)
      list.push(
        remember(documents, tool, () => ({
          id: tool.id,
          kind: 'tool',
          serverKey: tool.serverKey,
          serverName: tool.server,
          name: tool.tool,
          description: tool.description === '' ? tool.title : tool.description,
          serverDescription: description,
          inputSchema: tool.definition.inputSchema,
        })),
      )
    }
    byServer.set(
      '',
      [...catalog.intents.values()].map((intent) =>
        remember(documents, intent, () => ({
          id: intent.name,
          kind: 'intent',
          serverKey: '',
          serverName: intent.servers.join(' '),
          name: intent.name,
          description: intent.description,
          serverDescription: '',
          inputSchema: intent.input,
        })),
      ),
    )
    for (const group of groups) if (!byServer.has(group)) index.replace(group, [])
    for (const [group, list] of byServer)
      if (indexed === undefined || isNew(group, list, indexed, documents)) index.replace(group, list)
    groups = new Set(byServer.keys())
    indexed = catalog
  }

  const answer = (catalog: Catalog, question: SearchQuestion): string => {
    const queries = readQueries(question.query)
    const { limit = 10, detail = 'signature' } = question
    const serverKey = question.server === undefined ? undefined : keyOf(question.server, catalog)
    update(catalog)
    const accept =
      serverKey === undefined
        ? undefined
        : (document: SearchDocument): boolean =>
            document.serverKey === serverKey || document.serverName.split(' ').includes(serverKey)
    const results = queries.map((query) => index.search(query, 200, accept))
    const hits = interleave(results.map(({ hits: list }) => list))
    if (hits.length === 0) return nothingFound(queries, catalog)
    return found(hits, limit, detail, (document) => entryOf(document, catalog, outputOf), catalog)
  }

  return {
    answer,
    find(catalog, query, limit) {
      update(catalog)
      return index.search(query, limit).hits.map(({ document }) => document.id)
    },
  }
}

function remember(known: WeakMap<object, SearchDocument>, source: object, make: () => SearchDocument): SearchDocument {
  const document = known.get(source) ?? make()
  known.set(source, document)
  return document
}

/** True when a group's tools are not the same objects as in the catalog that was indexed before. */
function isNew(
  group: string,
  list: readonly SearchDocument[],
  before: Catalog,
  known: WeakMap<object, SearchDocument>,
): boolean {
  const sources =
    group === ''
      ? [...before.intents.values()]
      : [...before.tools.values()].filter(({ serverKey }) => serverKey === group)
  return sources.length !== list.length || sources.some((source, at) => known.get(source) !== list[at])
}

function readQueries(query: string | readonly string[]): string[] {
  const queries = (typeof query === 'string' ? [query] : query)
    .map((text) => cleanText(text).trim())
    .filter((text) => text !== '')
  if (queries.length === 0) throw invalid('an empty query', '2 to 6 keywords, e.g. "github create issue"')
  if (queries.length > MAX_QUERIES) throw invalid(`${queries.length} queries`, `at most ${MAX_QUERIES}`)
  const long = queries.find((text) => text.length > MAX_QUERY_CHARS)
  if (long !== undefined) throw invalid(`${long.length} characters`, `at most ${MAX_QUERY_CHARS}: 2 to 6 keywords`)
  return [...new Set(queries)]
}

function invalid(found: string, wanted: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `cannot search: found ${found}, wanted ${wanted}`, {
    details: { path: 'query', expected: wanted },
  })
}

function keyOf(server: string, catalog: Catalog): string {
  for (const { name, key } of catalog.servers.values()) if (name === server || key === server) return key
  const nearest = nearestNames(server, catalog.servers.keys())
  throw new OptimizerError(
    'UNKNOWN_SERVER',
    `cannot search server "${cleanText(server).slice(0, 60)}": no such server`,
    { details: { nearest, servers: [...catalog.servers.keys()].slice(0, 40) } },
  )
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

function found(
  hits: readonly SearchHit[],
  limit: number,
  detail: 'name' | 'signature' | 'full',
  toEntry: (document: SearchDocument) => CatalogEntry | undefined,
  catalog: Catalog,
): string {
  const shown = hits.slice(0, limit)
  const lines = shown.flatMap(({ document }, rank) => {
    const entry = toEntry(document)
    return entry === undefined ? [] : [line(entry, detail, rank)]
  })
  const rest = hits.slice(limit)
  if (rest.length > 0) lines.push(more(rest))
  const missing = notReady(catalog)
  if (missing !== '') lines.push(missing)
  return lines.join('\n')
}

function line(entry: CatalogEntry, detail: 'name' | 'signature' | 'full', rank: number): string {
  const name = entry.kind === 'tool' ? entry.tool.id : entry.intent.name
  const description = entry.kind === 'tool' ? entry.tool.description || entry.tool.title : entry.intent.description
  const what = summary(description)
  const said = what === '' ? '' : ` // ${what}`
  const intent = entry.kind === 'intent' ? 'intent ' : ''
  if (detail === 'name') return intent + name
  if (detail === 'full')
    return rank < SIGNATURES ? `${intent}${signature(entry)}\n${documentation(entry)}` : `${intent}${name}${said}`
  return rank < SIGNATURES ? `${intent}${signature(entry)}${said}` : `${intent}${name}${said}`
}

/** The whole description, bounded, and what is said of each parameter. */
function documentation(entry: CatalogEntry): string {
  const { description, input } =
    entry.kind === 'tool'
      ? { description: entry.tool.description, input: entry.tool.inputSchema }
      : { description: entry.intent.description, input: entry.intent.input }
  const text = clip(cleanText(description).replace(/\s+/g, ' ').trim(), 1_000)
  return [text, parameterDocs(input, 3_000)].filter(Boolean).join('\n')
}

function more(rest: readonly SearchHit[]): string {
  const servers = [...new Set(rest.map(({ document }) => document.serverKey).filter(Boolean))]
  const named = servers.length === 0 ? '' : `, on ${servers.slice(0, 4).join(', ')}${servers.length > 4 ? ', …' : ''}`
  return `${rest.length} more match${named}`
}

function nothingFound(queries: readonly string[], catalog: Catalog): string {
  const words = queries.flatMap((query) => query.split(/\s+/)).slice(0, 20)
  const nearest = [
    ...new Set(
      words.flatMap((word) =>
        nearestNames(
          word,
          [...catalog.tools.values()].map(({ key }) => key),
          2,
        ),
      ),
    ),
  ].slice(0, 5)
  const servers = [...catalog.servers.values()].map(({ key, toolCount }) => `${key} (${toolCount})`).slice(0, 30)
  return [
    'Nothing matches. Searching again with similar words will not help.',
    nearest.length === 0 ? '' : `Nearest names: ${nearest.join(', ')}`,
    `Servers: ${servers.join(', ') || 'none configured'}`,
    notReady(catalog),
  ]
    .filter(Boolean)
    .join('\n')
}

/** Servers whose tools are missing from the answer, and why. */
function notReady(catalog: Catalog): string {
  const reasons = {
    failed: 'did not start',
    unauthorized: 'needs authorization',
    disabled: 'is disabled',
    starting: 'is still starting',
  } as const
  const missing = [...catalog.servers.values()].flatMap(({ key, state, toolCount }) =>
    toolCount === 0 && state in reasons ? [`${key} ${reasons[state as keyof typeof reasons]}`] : [],
  )
  return missing.length === 0 ? '' : `Not searched: ${missing.slice(0, 10).join(', ')}`
}

function entryOf(
  document: SearchDocument,
  catalog: Catalog,
  outputOf: ToolSearchOptions['outputOf'],
): CatalogEntry | undefined {
  if (document.kind === 'intent') {
    const intent = catalog.intents.get(document.id)
    return intent === undefined ? undefined : { kind: 'intent', intent }
  }
  const tool = catalog.tools.get(document.id)
  if (tool === undefined) return undefined
  const learned = outputOf?.(tool)
  return { kind: 'tool', tool: learned === undefined ? tool : { ...tool, outputSchema: learned } }
}
