import { shortHash, stableJson } from '../internal/hash.ts'
import { nearestNames } from '../internal/nearest.ts'
import type { Catalog, CatalogProblem, CatalogServer, CatalogTool, Intent } from './catalog.ts'
import { assignKeys, shownName } from './names.ts'
import type { PreparedServer, ServerInput } from './prepare.ts'
import { prepareServer, rehome } from './prepare.ts'
import { createNameIndex } from './resolve-name.ts'

export interface CatalogInput {
  /** In any order; the first of equal names. Prepared ones are joined as they are. */
  readonly servers: readonly (ServerInput | PreparedServer)[]
  /** In any order; the first of equal names. */
  readonly intents: readonly Intent[]
}

/**
 * Joins servers and intents into a catalog. Its version depends on the tools' definitions and keys and on the intents,
 * not on the order of anything, nor on the state and descriptions of servers.
 *
 * @example
 * const github = prepareServer({ name: 'github', state: 'ready', tools })
 * const catalog = createCatalog({ servers: [github], intents: [] })
 * const next = createCatalog({ servers: [prepareServer({ ...input, tools: changed }, github)], intents: [] })
 */
export function createCatalog({ servers, intents }: CatalogInput): Catalog {
  const problems: CatalogProblem[] = []
  const prepared = keyed(firstOfEach(servers, 'server', problems).map(toPrepared))
  const ordered = prepared.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const known = firstOfEach(intents, 'intent', problems).toSorted(byName)
  const joined = ordered.map(({ server, key }) => ({ server, key, tools: toolsUnder(server, key) }))
  for (const { server, key } of ordered) {
    if (key !== server.key) problems.push(renamed(server, key))
    problems.push(...server.problems)
  }
  problems.push(
    ...known.flatMap((intent) =>
      missingServers(
        intent,
        ordered.map(({ key }) => key),
      ),
    ),
  )
  const entries = {
    servers: new Map(joined.map((entry) => [entry.server.name, serverOf(entry)] as const).toSorted(byFirst)),
    tools: new Map(joined.flatMap(({ tools }) => tools.map((tool) => [tool.id, tool] as const))),
    intents: new Map(known.map((intent) => [intent.name, intent] as const)),
  }
  return Object.freeze({
    version: versionOf(ordered, known),
    ...entries,
    names: createNameIndex(entries),
    problems: Object.freeze(problems),
  })
}

interface Keyed {
  readonly server: PreparedServer
  readonly key: string
}

function toPrepared(server: ServerInput | PreparedServer): PreparedServer {
  return 'digest' in server ? server : prepareServer(server)
}

function keyed(servers: readonly PreparedServer[]): readonly Keyed[] {
  const keys = assignKeys(servers.map(({ name }) => name))
  return servers.map((server) => ({ server, key: keys.get(server.name) ?? server.key }))
}

function firstOfEach<T extends { readonly name: string }>(
  items: readonly T[],
  kind: string,
  problems: CatalogProblem[],
): T[] {
  const byNames = new Map<string, T>()
  for (const item of items) {
    if (byNames.has(item.name))
      problems.push({ where: shownName(item.name), what: `a second ${kind} of the same name was dropped` })
    else byNames.set(item.name, item)
  }
  return [...byNames.values()]
}

function toolsUnder(server: PreparedServer, key: string): readonly CatalogTool[] {
  return key === server.key ? server.tools : server.tools.map((tool) => rehome(tool, key))
}

function serverOf({ server, key, tools }: Keyed & { readonly tools: readonly CatalogTool[] }): CatalogServer {
  const { name, description, state, phase, failure } = server
  return {
    name,
    key,
    description,
    toolCount: tools.length,
    state,
    ...(phase === undefined ? {} : { phase }),
    ...(failure === undefined ? {} : { failure }),
  }
}

function renamed(server: PreparedServer, key: string): CatalogProblem {
  return {
    where: shownName(server.name),
    what: `another server is already called "${server.key}" in code; called "${key}"`,
  }
}

function missingServers(intent: Intent, keys: readonly string[]): readonly CatalogProblem[] {
  return intent.servers
    .map((name) => (Object.hasOwn(intent.aliases, name) ? (intent.aliases[name] ?? name) : name))
    .filter((key) => !keys.includes(key))
    .map((key) => ({
      where: intent.name,
      what: `needs server "${shownName(key)}", which is not configured${hintFor(key, keys)}`,
    }))
}

function hintFor(key: string, keys: readonly string[]): string {
  const [nearest] = nearestNames(key, keys, 1)
  return nearest === undefined ? '' : `; nearest: "${nearest}"`
}

function versionOf(servers: readonly Keyed[], intents: readonly Intent[]): string {
  const lines = servers.map(({ server, key }) => JSON.stringify([server.name, key, server.digest]))
  return shortHash([...lines, ...intents.map(stableJson)].join('\n'))
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

function byFirst(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}
