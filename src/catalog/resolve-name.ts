import { nearestNames } from '../internal/nearest.ts'
import type { Catalog, CatalogEntry, CatalogTool, Intent } from './catalog.ts'

/** Tools and intents that a name may mean, as a model writes it. */
export interface Meaning {
  /** None: unknown. Several: ambiguous. */
  readonly entries: readonly CatalogEntry[]
  /** The name holds no server, so another server that is not listed yet may have a tool of this name as well. */
  readonly isBare: boolean
}

/**
 * Finds tools and intents by the names that models write: `server.tool` with the server's and the tool's own names or our
 * identifiers, `server__tool`, `server/tool`, `server:tool`, `mcp__server__tool`, `tools.server.tool`, a tool's name alone, each in
 * any spelling (case, `_`, `-`). A closer spelling wins over a looser one; a server that is named is never exchanged for another.
 */
export interface NameIndex {
  find(name: string): Meaning
  /** The key of the server of this name, key or spelling; undefined when there is none, or there are several. */
  server(name: string): string | undefined
  /** Ids of the tools and intents whose names are most like this one, best first. */
  nearest(name: string): readonly string[]
}

/** The index of a catalog; made on first use, since ids need none. */
export function createNameIndex(catalog: Pick<Catalog, 'servers' | 'tools' | 'intents'>): NameIndex {
  let made: Spellings | undefined
  const spellings = (): Spellings => (made ??= spellingsOf(catalog))
  return {
    find(name) {
      for (const { text, mayBeBare } of formsOf(name)) {
        const meaning = meaningOf(text, mayBeBare, catalog, spellings())
        if (meaning.entries.length > 0) return meaning
      }
      return UNKNOWN
    },
    server(name) {
      const { servers, foldedServers } = spellings()
      const text = name.trim().replace(/^tools\./, '')
      const exact = servers.get(text)
      if (exact !== undefined) return exact
      const keys = foldedServers.get(fold(text)) ?? []
      return keys.length === 1 ? keys[0] : undefined
    },
    nearest(name) {
      const { texts } = spellings()
      const near = nearestNames(name, texts.keys(), 2 * MAX_NEAREST).map((text) => texts.get(text) ?? text)
      return [...new Set(near)].slice(0, MAX_NEAREST)
    },
  }
}

const MAX_NEAREST = 3
const UNKNOWN: Meaning = { entries: [], isBare: false }
/** Separators between a server and its tool, in the names that clients and models make. */
const SEPARATOR = /\.|__|\/|::?/g

interface Spellings {
  /** By name and by key: keys of servers. */
  readonly servers: ReadonlyMap<string, string>
  readonly foldedServers: ReadonlyMap<string, readonly string[]>
  /** By `serverKey`, then by name and key of the tool. */
  readonly tools: ReadonlyMap<string, ReadonlyMap<string, CatalogTool>>
  /** By `serverKey`, then by folded name. */
  readonly folded: ReadonlyMap<string, ReadonlyMap<string, readonly CatalogEntry[]>>
  /** By name and key, over all servers. */
  readonly bare: ReadonlyMap<string, readonly CatalogEntry[]>
  /** By folded name, with and without the server; intents by theirs. */
  readonly loose: ReadonlyMap<string, readonly CatalogEntry[]>
  /** Intents, each part of their names folded. */
  readonly intents: ReadonlyMap<string, readonly CatalogEntry[]>
  /** Ids by id and by the names that servers give, for what was meant. */
  readonly texts: ReadonlyMap<string, string>
}

function meaningOf(
  text: string,
  mayBeBare: boolean,
  { tools, intents }: Pick<Catalog, 'tools' | 'intents'>,
  spellings: Spellings,
): Meaning {
  const intent = intents.get(text)
  if (intent !== undefined) return { entries: [{ kind: 'intent', intent }], isBare: false }
  const tool = tools.get(text)
  if (tool !== undefined) return { entries: [{ kind: 'tool', tool }], isBare: false }
  const splits = splitsOf(text)
  const own = splits.flatMap((split) => ownNamed(split, spellings))
  if (own.length > 0) return { entries: distinct(own), isBare: false }
  const bare = mayBeBare ? (spellings.bare.get(text) ?? []) : []
  if (bare.length > 0) return { entries: bare, isBare: true }
  const parts = spellings.intents.get(foldParts(text)) ?? []
  const spelled = [...parts, ...splits.flatMap((split) => otherwiseSpelled(split, spellings))]
  if (spelled.length > 0) return { entries: distinct(spelled), isBare: false }
  if (splits.length > 0 || !mayBeBare) return UNKNOWN
  return { entries: spellings.loose.get(fold(text)) ?? [], isBare: true }
}

/** The name as it is, then without what clients and programs put before it. */
function formsOf(name: string): readonly { readonly text: string; readonly mayBeBare: boolean }[] {
  const text = name.trim().replace(/^`(.*)`$|^(?:await )?(.*?)(?:\(\))?;?$/s, '$1$2')
  const dotted = text.replaceAll(/\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/g, '.$1$2')
  const inner = dotted.replace(/^(?:tools|intents|functions|mcp)\.|^mcp__/, '')
  const forms = [
    { text, mayBeBare: true },
    { text: dotted, mayBeBare: true },
    { text: inner, mayBeBare: true },
    // A client's own name of this gateway comes before that of the server.
    { text: /^mcp__.+?__(.+)$/s.exec(text)?.[1] ?? '', mayBeBare: false },
  ]
  return forms.filter((form, index) => form.text !== '' && forms.findIndex((one) => one.text === form.text) === index)
}

interface Split {
  readonly server: string
  readonly tool: string
}

function splitsOf(text: string): readonly Split[] {
  return [...text.matchAll(SEPARATOR)]
    .map(({ 0: separator, index }) => ({
      server: text.slice(0, index).trim(),
      tool: text.slice(index + separator.length).trim(),
    }))
    .filter(({ server, tool }) => server !== '' && tool !== '')
}

function ownNamed({ server, tool }: Split, { servers, tools }: Spellings): CatalogEntry[] {
  const found = tools.get(servers.get(server) ?? '')?.get(tool)
  return found === undefined ? [] : [{ kind: 'tool', tool: found }]
}

function otherwiseSpelled({ server, tool }: Split, { foldedServers, folded }: Spellings): readonly CatalogEntry[] {
  const keys = foldedServers.get(fold(server)) ?? []
  return keys.flatMap((key) => folded.get(key)?.get(fold(tool)) ?? [])
}

function spellingsOf({ servers, tools, intents }: Pick<Catalog, 'servers' | 'tools' | 'intents'>): Spellings {
  const byServer = new Map<string, Map<string, CatalogTool>>()
  const folded = new Map<string, Map<string, CatalogEntry[]>>()
  const bare = new Map<string, CatalogEntry[]>()
  const loose = new Map<string, CatalogEntry[]>()
  const texts = new Map<string, string>([...intents.keys()].map((name) => [name, name]))
  for (const tool of tools.values()) {
    const entry = { kind: 'tool', tool } as const
    for (const text of [tool.id, `${tool.server}.${tool.tool}`]) texts.set(text, tool.id)
    const named = made(byServer, tool.serverKey, () => new Map<string, CatalogTool>())
    const spelled = made(folded, tool.serverKey, () => new Map<string, CatalogEntry[]>())
    for (const name of new Set([tool.tool, tool.key])) {
      named.set(name, tool)
      add(bare, name, entry)
    }
    for (const name of foldsOf(tool.tool, tool.key)) {
      add(spelled, name, entry)
      add(loose, name, entry)
      for (const server of foldsOf(tool.server, tool.serverKey)) add(loose, server + name, entry)
    }
  }
  const foldedIntents = new Map<string, CatalogEntry[]>()
  for (const intent of intents.values()) {
    const entry = { kind: 'intent', intent } as const
    add(foldedIntents, foldParts(intent.name), entry)
    for (const name of foldsOf(intent.name)) add(loose, name, entry)
  }
  return { ...serversOf(servers), tools: byServer, folded, bare, loose, intents: foldedIntents, texts }
}

function serversOf(servers: Catalog['servers']): Pick<Spellings, 'servers' | 'foldedServers'> {
  const exact = new Map<string, string>()
  const foldedServers = new Map<string, string[]>()
  for (const { name, key } of servers.values()) {
    exact.set(name, key)
    exact.set(key, key)
    for (const spelled of foldsOf(name, key)) made(foldedServers, spelled, (): string[] => []).push(key)
  }
  return { servers: exact, foldedServers }
}

function foldsOf(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map(fold).filter((name) => name !== ''))
}

/** A name without case, `_`, `-`, spaces and signs. */
function fold(name: string): string {
  if (/^[\w-]*$/.test(name)) return name.toLowerCase().replaceAll(/[_-]/g, '')
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]/gu, '')
}

function foldParts(name: string): string {
  return name.split(SEPARATOR).map(fold).join('.')
}

function distinct(entries: readonly CatalogEntry[]): readonly CatalogEntry[] {
  const byTarget = new Map<CatalogTool | Intent, CatalogEntry>()
  for (const entry of entries) byTarget.set(entry.kind === 'tool' ? entry.tool : entry.intent, entry)
  return [...byTarget.values()]
}

function add(map: Map<string, CatalogEntry[]>, name: string, entry: CatalogEntry): void {
  const list = made(map, name, () => [])
  if (!list.includes(entry)) list.push(entry)
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = make()
  map.set(key, value)
  return value
}

/** The name under which an entry is called. */
export function idOf(entry: CatalogEntry): string {
  return entry.kind === 'tool' ? entry.tool.id : entry.intent.name
}
