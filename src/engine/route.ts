import type { Catalog, CatalogEntry, CatalogTool, Intent } from '../catalog/catalog.ts'
import { toIdentifier } from '../catalog/names.ts'
import type { Validator } from '../catalog/validate.ts'
import { OptimizerError } from '../errors.ts'
import { clip, modelText } from '../internal/text.ts'
import type { Builtin } from './builtins.ts'
import type { LiveCatalog } from './live-catalog.ts'
import type { SavedIntents } from './saved-intents.ts'
import type { ServerFault } from './server-fault.ts'
import { ambiguousName, unknownName } from './unknown-name.ts'

/** What a name stands for. */
export type Target =
  | { readonly kind: 'builtin'; readonly builtin: Builtin }
  | { readonly kind: 'intent'; readonly intent: Intent }
  | { readonly kind: 'tool'; readonly tool: CatalogTool }

/** Finds what a name stands for, in any spelling, and the catalog that holds it. Throws `UNKNOWN_INTENT` with the nearest names. */
export type Router = (
  name: string,
  /** The server, where it is named apart from the tool. */
  server: string | undefined,
  /** Who asks: intents that others saved have no name for them. */
  principal: string,
) => Promise<Routed>

export interface Routed {
  readonly catalog: Catalog
  readonly target: Target
  /** False: the name holds another server, and what was taken for one is none. */
  readonly isOfServer: boolean
}

export interface RouterOptions {
  readonly live: LiveCatalog
  readonly builtins: ReadonlyMap<string, Builtin>
  readonly saved: SavedIntents
  /** The catalog with the gateway's own intents in it. */
  readonly complete: (catalog: Catalog) => Catalog
  readonly serverFault: ServerFault
  /** How long a request waits for tool lists that are still being read, milliseconds. */
  readonly listWaitMs: number
}

/** A router that waits for lists that are still being read, but only when it must. */
export function createRouter({ live, builtins, saved, complete, serverFault, listWaitMs }: RouterOptions): Router {
  const spelled = (name: string, catalog: Catalog, hasWaited = false): Target | undefined => {
    const { entries, isBare } = complete(catalog).names.find(name)
    const [entry] = entries
    // A server whose list is still missing may have a tool of this name too.
    const isSure = entries.length === 1 && (!isBare || hasWaited || live.settled)
    return entry === undefined || !isSure ? undefined : toTarget(entry, builtins)
  }
  return async (given, server, principal) => {
    const current = (): Catalog => saved.seenBy(live.current(), principal)
    const catalog = current()
    const { name, isOfServer } = withServer(given, server, complete(catalog))
    const target = find(name, catalog, builtins) ?? spelled(name, catalog)
    if (target?.kind === 'tool' || target?.kind === 'builtin') return { catalog, target, isOfServer }
    // Another gateway of this folder may have saved it, or saved it anew.
    await saved.look(principal, target === undefined)
    const now = current()
    const known = now === catalog ? target : (find(name, now, builtins) ?? spelled(name, now))
    if (known !== undefined) return { catalog: now, target: known, isOfServer }
    live.retry()
    await live.listed(listWaitMs, holderOf(name, catalog))
    await live.fresh(listWaitMs)
    const later = current()
    const found = find(name, later, builtins) ?? spelled(name, later, true)
    if (found === undefined) throw serverFault(name, later) ?? unknownIntent(name, complete(later))
    return { catalog: later, target: found, isOfServer }
  }
}

/** The server that a name has before the tool's. Undefined: it has none, so the tool may be any server's. */
function holderOf(name: string, { servers }: Catalog): ((server: string) => boolean) | undefined {
  const folded = toIdentifier(name)
  const isHolder = (server: string): boolean => name.startsWith(server) || folded.startsWith(toIdentifier(server))
  return [...servers.keys()].some(isHolder) ? isHolder : undefined
}

/** A name in which its server is: as it is when it holds the server already, or another one and this is none. */
function withServer(
  name: string,
  server: string | undefined,
  { names }: Catalog,
): { readonly name: string; readonly isOfServer: boolean } {
  if (server === undefined) return { name, isOfServer: true }
  const { entries, isBare } = names.find(name)
  const key = names.server(server)
  const isOfServer = entries.some((entry) => entry.kind === 'tool' && entry.tool.serverKey === key)
  const holdsServer = entries.length > 0 && !isBare && (isOfServer || key === undefined)
  return holdsServer ? { name, isOfServer } : { name: `${server}.${name}`, isOfServer: true }
}

/** The name under which a target is called. */
export function nameOf(target: Target): string {
  if (target.kind === 'tool') return target.tool.id
  return target.kind === 'intent' ? target.intent.name : target.builtin.intent.name
}

/**
 * The input of an intent as its schema wants it; a tool's arguments are checked on the host road, where calls of programs
 * pass too.
 */
export function checkInput(target: Target, params: unknown, validator: Validator): unknown {
  if (target.kind === 'tool') return params
  const intent = target.kind === 'intent' ? target.intent : target.builtin.intent
  const { value, problem } = validator.fit(intent.input, params)
  if (problem === undefined) return value
  const { path, message, expected } = problem
  throw new OptimizerError('INVALID_REQUEST', `cannot run ${intent.name}: ${message}`, {
    details: { path: path === '' ? 'params' : `params.${path}`, expected },
  })
}

function find(name: string, catalog: Catalog, builtins: ReadonlyMap<string, Builtin>): Target | undefined {
  const builtin = builtins.get(name)
  if (builtin !== undefined) return { kind: 'builtin', builtin }
  const intent = catalog.intents.get(name)
  if (intent !== undefined) return { kind: 'intent', intent }
  const tool = catalog.tools.get(name)
  return tool === undefined ? undefined : { kind: 'tool', tool }
}

function toTarget(entry: CatalogEntry, builtins: ReadonlyMap<string, Builtin>): Target {
  if (entry.kind === 'tool') return entry
  const builtin = builtins.get(entry.intent.name)
  return builtin === undefined ? entry : { kind: 'builtin', builtin }
}

function unknownIntent(name: string, catalog: Catalog): OptimizerError {
  const { entries } = catalog.names.find(name)
  if (entries.length > 1) return ambiguousName('UNKNOWN_INTENT', 'run', name, entries)
  const starting = [...catalog.servers.values()]
    .filter(({ state, failure }) => failure !== undefined || (state !== 'ready' && state !== 'idle'))
    .map(
      ({ name: server, state, failure }) => `${server}: ${failure === undefined ? state : clip(failure.message, 200)}`,
    )
  return unknownName('UNKNOWN_INTENT', `cannot run "${modelText(name, 100)}": no intent or tool of this name`, {
    nearest: catalog.names.nearest(name),
    ...(starting.length === 0 ? {} : { servers: starting }),
  })
}
