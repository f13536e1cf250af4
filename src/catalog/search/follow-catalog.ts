import type { Catalog, CatalogTool, Intent } from '../catalog.ts'
import { inTurns } from '../../internal/json-slices.ts'
import type { SearchDocument } from './document.ts'
import type { SearchIndex } from './search-index.ts'

/** Group of the intents; servers have their keys. */
const INTENTS = ''

interface Indexed {
  readonly sources: readonly (CatalogTool | Intent)[]
  readonly description: string
}

/** Keeps an index in step with the catalog it is given; only servers whose tools or description are other objects than before are indexed again. */
export interface CatalogFollower {
  /** Its documents, all of them indexed. */
  follow(catalog: Catalog): readonly SearchDocument[]
  /** Indexes what takes long with turns for others between; {@link follow} does the rest. Undefined: nothing takes long. */
  ahead(catalog: Catalog): Promise<void> | undefined
}

/** Documents from which indexing a group at once keeps others waiting: each takes some 20 µs. */
const MANY = 200
/** Stands for a group of which a part is indexed. */
const PARTLY: Indexed = { sources: [], description: '\0' }

export function createCatalogFollower(index: SearchIndex): CatalogFollower {
  let groups = new Map<string, Indexed>()
  let documents = new Map<string, readonly SearchDocument[]>()
  let all: readonly SearchDocument[] = []
  let seen: Catalog | undefined
  let running: { readonly catalog: Catalog; readonly done: Promise<void> } | undefined
  /** Another number: what runs in turns has been overtaken. */
  let turn = 0

  const inTurn = async (catalog: Catalog): Promise<void> => {
    const mine = ++turn
    for (const [group, indexed] of groupsOf(catalog)) {
      if (indexed.sources.length < MANY || isSame(groups.get(group), indexed)) continue
      groups.set(group, PARTLY)
      seen = undefined
      index.replace(group, [])
      const made: SearchDocument[] = []
      await inTurns(() => {
        const source = indexed.sources[made.length]
        if (source === undefined || mine !== turn) return true
        const document = documentOf(source, indexed.description)
        made.push(document)
        index.append(group, document)
        return false
      })
      if (mine !== turn) return
      groups.set(group, indexed)
      documents.set(group, made)
    }
  }

  return {
    ahead(catalog) {
      if (isSameCatalog(seen, catalog)) return undefined
      if (isSameCatalog(running?.catalog, catalog)) return running?.done
      const many = [...groupsOf(catalog)].some(
        ([group, indexed]) => indexed.sources.length >= MANY && !isSame(groups.get(group), indexed),
      )
      if (!many && running === undefined) return undefined
      const before = running?.done
      const work = async (): Promise<void> => {
        await before
        await inTurn(catalog)
      }
      const done = work().finally(() => {
        if (running?.done === done) running = undefined
      })
      running = { catalog, done }
      return done
    },
    follow(catalog) {
      if (isSameCatalog(seen, catalog)) return all
      turn++
      const next = groupsOf(catalog)
      for (const group of groups.keys()) if (!next.has(group)) index.replace(group, [])
      const kept = new Map<string, readonly SearchDocument[]>()
      for (const [group, indexed] of next) {
        const known = isSame(groups.get(group), indexed) ? documents.get(group) : undefined
        const list = known ?? documentsOf(indexed)
        if (known === undefined) index.replace(group, list)
        kept.set(group, list)
      }
      groups = next
      documents = kept
      all = [...kept.values()].flat()
      seen = catalog
      return all
    },
  }
}

function isSameCatalog(one: Catalog | undefined, other: Catalog): boolean {
  return one?.tools === other.tools && one.intents === other.intents && one.servers === other.servers
}

function groupsOf(catalog: Catalog): Map<string, Indexed> {
  const tools = new Map<string, CatalogTool[]>()
  for (const tool of catalog.tools.values()) {
    const list = tools.get(tool.serverKey)
    if (list === undefined) tools.set(tool.serverKey, [tool])
    else list.push(tool)
  }
  const groups = new Map<string, Indexed>([[INTENTS, { sources: [...catalog.intents.values()], description: '' }]])
  for (const { key, description } of catalog.servers.values())
    groups.set(key, { sources: tools.get(key) ?? [], description })
  return groups
}

function isSame(before: Indexed | undefined, now: Indexed): boolean {
  return (
    before !== undefined &&
    before.description === now.description &&
    before.sources.length === now.sources.length &&
    now.sources.every((source, at) => source === before.sources[at])
  )
}

function documentsOf({ sources, description }: Indexed): SearchDocument[] {
  return sources.map((source) => documentOf(source, description))
}

function documentOf(source: CatalogTool | Intent, description: string): SearchDocument {
  return 'serverKey' in source ? toolDocument(source, description) : intentDocument(source)
}

function toolDocument(tool: CatalogTool, serverDescription: string): SearchDocument {
  return {
    id: tool.id,
    kind: 'tool',
    serverKey: tool.serverKey,
    serverName: tool.server,
    name: tool.tool,
    description: tool.description === '' ? tool.title : tool.description,
    serverDescription,
    inputSchema: tool.definition.inputSchema,
  }
}

function intentDocument(intent: Intent): SearchDocument {
  return {
    id: intent.name,
    kind: 'intent',
    serverKey: '',
    serverName: intent.servers.join(' '),
    name: intent.name,
    description: intent.description,
    serverDescription: '',
    inputSchema: intent.input,
  }
}
