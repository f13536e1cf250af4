import type { Catalog, CatalogTool, Intent } from '../catalog/catalog.ts'
import type { SearchQuestion } from '../catalog/search/tool-search.ts'
import { OptimizerError } from '../errors.ts'
import { nearestNames } from '../internal/nearest.ts'
import { modelText, serverText } from '../internal/text.ts'
import type { Definition, UnknownName } from './engine.ts'
import { type FoundEntry, requireEntry } from './finder.ts'
import type { ServerFault } from './server-fault.ts'
import { unknownName } from './unknown-name.ts'

/** All names, a line a server: `github: github.create_issue, …`. Throws `UNKNOWN_SERVER`. */
export function listNames(catalog: Catalog, server?: string, serverFault?: ServerFault): string {
  const wanted = server === undefined ? undefined : catalog.names.server(server)
  const servers = [...catalog.servers.values()].filter(({ key }) => server === undefined || key === wanted)
  if (server !== undefined && servers.length === 0)
    throw serverFault?.(server, catalog) ?? unknownServer(server, catalog)
  const tools = [...catalog.tools.values()]
  const lines = servers.map(({ name, key, state, failure }) => {
    const ids = tools.filter(({ serverKey }) => serverKey === key).map(({ id }) => id)
    return `${name}: ${ids.length === 0 ? `no tools known (${failure === undefined ? state : serverText(failure.message, 300)})` : ids.join(', ')}`
  })
  if (server === undefined && catalog.intents.size > 0)
    lines.unshift(`intents: ${[...catalog.intents.keys()].join(', ')}`)
  return lines.join('\n')
}

/**
 * The definitions of these names, in their order; a name that is not known, or means several, stands there with the reason.
 * Throws `UNKNOWN_TOOL` when none is known.
 */
export function describeNames(
  catalog: Catalog,
  names: readonly string[],
  serverFault?: ServerFault,
): (Definition | UnknownName)[] {
  const [only] = names
  const fault = names.length === 1 && only !== undefined ? serverFault?.(only, catalog) : undefined
  if (fault !== undefined) throw fault
  const found = [...new Set(names)].map((name) => definitionOrReason(catalog, name, serverFault))
  const unknown = found.filter((one) => 'error' in one)
  if (unknown.length < found.length) return found
  throw unknownName('UNKNOWN_TOOL', unknown.map(({ error }) => error).join('; '), {
    nearest: unknown.flatMap(({ nearest }) => nearest),
  })
}

function definitionOrReason(
  catalog: Catalog,
  name: string,
  serverFault: ServerFault | undefined,
): Definition | UnknownName {
  try {
    const entry = requireEntry(catalog, name)
    return entry.kind === 'tool' ? toolDefinition(entry.tool) : intentDefinition(entry.intent)
  } catch (thrown) {
    if (!OptimizerError.is(thrown)) throw thrown
    const fault = serverFault?.(name, catalog)
    if (fault !== undefined) return { name, error: fault.message, nearest: [] }
    return { name, error: thrown.message, nearest: (thrown.details?.['nearest'] ?? []) as readonly string[] }
  }
}

/** The definitions of what was found for a need; when nothing was, the error says so. */
export function describeFound(
  catalog: Catalog,
  need: SearchQuestion['query'],
  found: readonly FoundEntry[],
): (Definition | UnknownName)[] {
  if (found.length === 0) {
    throw new OptimizerError('UNKNOWN_TOOL', `no tool serves "${modelText(String(need), 100)}"`, {
      suggestion: 'say what you need in other words: product, action, object',
      details: { servers: [...catalog.servers.keys()].slice(0, 40) },
    })
  }
  return describeNames(
    catalog,
    found.map(({ id }) => id),
  )
}

/** A tool as its server defines it, screened. */
export function toolDefinition({ id, description, inputSchema }: CatalogTool): Definition {
  return { name: id, description, inputSchema: inputSchema === true ? { type: 'object' } : inputSchema }
}

function intentDefinition({ name, description, input }: Intent): Definition {
  return { name, description, inputSchema: input }
}

function unknownServer(server: string, catalog: Catalog): OptimizerError {
  return new OptimizerError('UNKNOWN_SERVER', `cannot list "${modelText(server, 60)}": no such server`, {
    details: {
      nearest: nearestNames(server, catalog.servers.keys()),
      servers: [...catalog.servers.keys()].slice(0, 40),
    },
  })
}
