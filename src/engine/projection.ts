import { type Access, accessKey, allowsAllOf, allowsIntent, allowsServer, allowsTool } from '../access/access.ts'
import type { Catalog, CatalogServer, CatalogTool, Intent } from '../catalog/catalog.ts'
import { createNameIndex } from '../catalog/resolve-name.ts'
import { shortHash } from '../internal/hash.ts'
import { createMemo } from '../internal/memo.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Builtin } from './builtins.ts'
import type { LiveCatalog } from './live-catalog.ts'

/** Says of a tool whether the configuration, or a server whose hints are believed, has it only read. */
export type IsRead = (tool: CatalogTool) => boolean

/** The live catalog as one access sees it: what may not be used does not exist there. */
export function projectLive(live: LiveCatalog, access: Access, isRead: IsRead): LiveCatalog {
  const projected = createMemo((catalog: Catalog) => project(catalog, access, isRead))
  return {
    ...live,
    current: () => projected.of(live.current()),
    get settled() {
      return live.settled
    },
  }
}

/** The gateway's own intents that an access may use. */
export function projectBuiltins(builtins: readonly Builtin[], access: Access): readonly Builtin[] {
  return builtins.filter(({ intent }) => isOwnAllowed(access, intent))
}

/** Of a list of names of servers those that an access may use; for servers that are in no catalog. */
export function projectNames(
  names: readonly string[],
  access: Access,
  keyOf: (name: string) => string,
): readonly string[] {
  return names.filter((name) => allowsServer(access, { name, key: keyOf(name) }))
}

/** The upstreams whose resources and prompts an access may use: those of which it may use every tool. */
export function projectUpstreams(
  upstreams: ReadonlyMap<string, Upstream>,
  access: Access,
  keyOf: (name: string) => string,
): ReadonlyMap<string, Upstream> {
  return new Map([...upstreams].filter(([name]) => allowsAllOf(access, { name, key: keyOf(name) })))
}

/** A catalog as one access sees it, with a version of its own. */
export function project(catalog: Catalog, access: Access, isRead: IsRead): Catalog {
  const tools = new Map([...catalog.tools].filter(([, tool]) => allowsTool(access, tool, isRead(tool))))
  const counts = new Map<string, number>()
  for (const { serverKey } of tools.values()) counts.set(serverKey, (counts.get(serverKey) ?? 0) + 1)
  const isShown = (server: CatalogServer): boolean =>
    server.toolCount === 0 ? allowsServer(access, server) : counts.has(server.key)
  const servers = new Map(
    [...catalog.servers]
      .filter(([, server]) => isShown(server))
      .map(([name, server]) => [name, { ...server, toolCount: counts.get(server.key) ?? 0 }] as const),
  )
  const keys = new Set([...servers.values()].map(({ key }) => key))
  const intents = new Map([...catalog.intents].filter(([, intent]) => isIntentShown(intent, access, keys)))
  const entries = { servers, tools, intents }
  return Object.freeze({
    version: shortHash(`${catalog.version} ${accessKey(access)}`),
    ...entries,
    names: createNameIndex(entries),
    problems: [],
  })
}

/** An intent that needs a server which is not there cannot run. */
function isIntentShown(intent: Intent, access: Access, keys: ReadonlySet<string>): boolean {
  return allowsIntent(access, intent) && intent.servers.every((name) => keys.has(intent.aliases[name] ?? name))
}

/** A list of tools narrows what servers offer; what was stored, a session and its results, is the principal's own. */
function isOwnAllowed(access: Access, { readOnly }: Intent): boolean {
  return readOnly || access.every(({ effects }) => effects !== 'read')
}
