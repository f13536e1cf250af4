import type { Catalog, CatalogServer, CatalogTool } from '../catalog.ts'
import { wholeSentence } from '../whole-sentence.ts'
import { type Unavailable, unavailableLine } from './unavailable.ts'

/** Subject of a query that asks for a list: the tools of one server, or all servers. */
export type Listing = { readonly server: CatalogServer } | 'everything'

/** A listing as an agent reads it, and the ids it names. */
export interface ListingAnswer {
  readonly text: string
  readonly ids: readonly string[]
}

/** Words of questions for a list; none of them tells a tool. */
const FILLERS = new Set(
  `and or list show give get me see what which all every the a of in on from for by are is there do does i we you have has can could
   please tell about your my our its names name currently here me us with offered offer offers provide provides provided
   mcp connected configured installed exist exists support supports usable use used accessible`.split(/\s+/),
)
/** One of them must be there, or nothing else at all. */
const ALL = new Set(
  '* all everything available anything tools tool functions servers server intents capabilities catalog'.split(' '),
)
const MAX_QUERY_CHARS = 200
/** About 200 tokens. */
const MAX_CHARS = 800
/** A sentence after each name, where a server has so few. */
const MAX_CHARS_WITH_SENTENCES = 900

/** What a query wants listed; undefined where it is a search. `only`: the server that is searched. */
export function listingOf(query: string, catalog: Catalog, only: CatalogServer | undefined): Listing | undefined {
  if (query.length > MAX_QUERY_CHARS) return undefined
  const words = query.toLowerCase().match(/[\p{L}\p{N}_.-]+|\*/gu) ?? []
  const rest = words.map((word) => word.replace(/[._-]+$/, '')).filter((word) => !FILLERS.has(word) && !ALL.has(word))
  const asksAll = (only !== undefined && words.length === 0) || words.some((word) => ALL.has(word))
  if (rest.length === 0) return asksAll ? scopeOf(only) : undefined
  const server = serverOf(rest.join(' '), catalog)
  if (server === undefined || (only !== undefined && only !== server)) return undefined
  return asksAll || rest.length === words.length ? { server } : undefined
}

function scopeOf(only: CatalogServer | undefined): Listing {
  return only === undefined ? 'everything' : { server: only }
}

function serverOf(words: string, catalog: Catalog): CatalogServer | undefined {
  const wanted = plain(words)
  return [...catalog.servers.values()].find(({ name, key }) => plain(name) === wanted || plain(key) === wanted)
}

/** The tools of a server by name, or the servers with their counts, and how to go on. */
export function listed(
  listing: Listing,
  catalog: Catalog,
  missing: readonly Unavailable[],
  limit: number | undefined,
): ListingAnswer {
  return listing === 'everything' ? everything(catalog, missing) : toolsOf(listing.server, catalog, missing, limit)
}

function toolsOf(
  server: CatalogServer,
  catalog: Catalog,
  missing: readonly Unavailable[],
  limit: number | undefined,
): ListingAnswer {
  const tools = [...catalog.tools.values()].filter(({ serverKey }) => serverKey === server.key)
  const told = missing.filter(({ key }) => key === server.key || key === server.name)
  const state = told.length === 0 ? [] : [unavailableLine(told)]
  if (tools.length === 0) return { text: state[0] ?? `${server.key} offers no tools`, ids: [] }
  const shown = limit === undefined ? fitting(tools) : tools.slice(0, limit)
  const rest = tools.length - shown.length
  const lines = shown.map((tool) => tool.id + sentence(tool))
  const short = lines.join('\n').length <= MAX_CHARS_WITH_SENTENCES ? lines : [shown.map(({ id }) => id).join(', ')]
  const more =
    rest === 0
      ? ''
      : `${rest} more: add keywords to find them (server: "${server.key}"), or limit: ${tools.length} to name all`
  const head = `${server.key} has ${counted(tools.length, 'tool')}${rest === 0 ? '' : `, ${shown.length} of them here`}:`
  return {
    text: [...state, head, ...short, more].filter(Boolean).join('\n'),
    ids: shown.map(({ id }) => id),
  }
}

function everything(catalog: Catalog, missing: readonly Unavailable[]): ListingAnswer {
  const servers = [...catalog.servers.values()].filter(({ toolCount }) => toolCount > 0)
  const named = fit(servers.map(({ key, toolCount }) => `${key} (${toolCount})`))
  const intents = fit([...catalog.intents.keys()])
  const rest = servers.length - named.length
  const lines = [
    `${counted(servers.length, 'server')}, ${counted(catalog.tools.size, 'tool')}: ${named.join(', ') || 'none'}${rest === 0 ? '' : `, ${rest} more`}`,
    intents.length === 0 ? '' : `Intents: ${intents.join(', ')}${intents.length < catalog.intents.size ? ', …' : ''}`,
    missing.length === 0 ? '' : unavailableLine(missing),
    servers.length === 0
      ? ''
      : "Search with 2-6 keywords (product action object); a server's name alone lists its tools",
  ]
  return { text: lines.filter(Boolean).join('\n'), ids: [] }
}

function fitting(tools: readonly CatalogTool[]): readonly CatalogTool[] {
  return tools.slice(0, Math.max(1, fit(tools.map(({ id }) => id)).length))
}

function fit(texts: readonly string[]): readonly string[] {
  let length = 0
  const end = texts.findIndex((text) => (length += text.length + 2) > MAX_CHARS)
  return end < 0 ? texts : texts.slice(0, end)
}

function sentence({ description, title }: CatalogTool): string {
  const said = wholeSentence(description || title, 160)
  return said === '' || said.endsWith('…') ? '' : ` // ${said}`
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}
