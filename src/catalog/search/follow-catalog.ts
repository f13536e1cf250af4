import type { Catalog, CatalogTool, Intent } from '../catalog.ts'
import type { SearchDocument } from './document.ts'
import type { SearchIndex } from './search-index.ts'

/** Group of the intents; servers have their keys. */
const INTENTS = ''

interface Indexed {
  readonly sources: readonly (CatalogTool | Intent)[]
  readonly description: string
}

/**
 * Keeps an index in step with the catalog it is given, and answers its documents: synchronously, and only servers whose tools or description are
 * other objects than before are indexed again.
 */
export function createCatalogFollower(index: SearchIndex): (catalog: Catalog) => readonly SearchDocument[] {
  let groups = new Map<string, Indexed>()
  let documents = new Map<string, readonly SearchDocument[]>()
  let all: readonly SearchDocument[] = []
  let seen: Catalog | undefined
  return (catalog) => {
    if (seen?.tools === catalog.tools && seen.intents === catalog.intents && seen.servers === catalog.servers)
      return all
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
  }
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
  return sources.map((source) => ('serverKey' in source ? toolDocument(source, description) : intentDocument(source)))
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
