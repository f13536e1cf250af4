import type { Catalog, CatalogServer, Intent } from '../catalog/catalog.ts'
import { createScreening, type PreparedServer, prepareServer } from '../catalog/prepare.ts'
import { createCatalog } from '../catalog/snapshot.ts'
import { type ErrorBody, OptimizerError } from '../errors.ts'
import { createAborter } from '../internal/signal.ts'
import { messageOf } from '../internal/text.ts'
import { within } from '../internal/within.ts'
import type { ToolDefinition, Upstream, UpstreamStatus } from '../upstream/upstream.ts'

/** What the configuration says of one server. */
export interface ServerEntry {
  readonly upstream: Upstream
  readonly description?: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
}

/** Keeps the catalog in step with its servers. Each reading of `current()` is one immutable snapshot. */
export interface LiveCatalog extends Disposable {
  current(): Catalog
  /** Resolves when every list was read or failed, or after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>
  /**
   * What a request waits for: the intents, and the lists of the servers that it may need, read for the first time or again;
   * at most `timeoutMs`. Without `isWanted` all servers are needed, but of those the first reading alone, and no longer than
   * so long after the start: a server that hangs does not hold up each request anew.
   */
  listed(timeoutMs: number, isWanted?: (server: string) => boolean): Promise<void>
  /** True once every list was read or failed. */
  readonly settled: boolean
  /** Lists the servers again whose list is missing. */
  retry(): void
  /**
   * Reads the lists now that servers announced as changed, of all servers or of those that are wanted; resolves when
   * `current()` has them, or after `timeoutMs`. Undefined: nothing is due.
   */
  fresh(timeoutMs: number, isWanted?: (server: string) => boolean): Promise<unknown> | undefined
  /** Changes the intents; the same list changes nothing. */
  changeIntents(change: (intents: readonly Intent[]) => readonly Intent[]): void
  /** Called when a server's tools were listed anew, or an intent was added. */
  onChange(listener: () => void): Disposable
}

export interface LiveCatalogOptions {
  readonly servers: readonly ServerEntry[]
  /** Intents that need a server are shown once the server is configured; resolved once at start. */
  readonly intents: Promise<readonly Intent[]>
}

const NO_TOOLS: readonly ToolDefinition[] = []

interface Listing {
  tools: readonly ToolDefinition[]
  error?: ErrorBody
  pending: boolean
}

export function createLiveCatalog(options: LiveCatalogOptions): LiveCatalog {
  const closing = createAborter()
  const startedAt = performance.now()
  const readings = new Map<string, Promise<void>>()
  const listings = new Map<string, Listing>()
  const prepared = new Map<
    string,
    { tools: readonly ToolDefinition[]; instructions: string | undefined; server: PreparedServer }
  >()
  const listeners = new Set<() => void>()
  const screening = createScreening()
  let intents: readonly Intent[] = []
  let snapshot: Catalog | undefined
  let states = ''

  const list = async (entry: ServerEntry): Promise<void> => {
    const { upstream } = entry
    const known = listings.get(upstream.name)
    try {
      const tools = await upstream.listTools(closing.signal)
      await screening.ahead(tools)
      listings.set(upstream.name, { tools, pending: false })
    } catch (thrown) {
      // A list that was read before stays in use: the server may only be down for a moment.
      listings.set(upstream.name, { tools: known?.tools ?? NO_TOOLS, error: bodyOf(thrown), pending: false })
    }
    changed()
  }
  const changed = (): void => {
    snapshot = undefined
    for (const listener of listeners) listener()
  }
  const listAll = (entries: readonly ServerEntry[]): Promise<unknown> => {
    for (const { upstream } of entries) {
      // Until it is read again, what is known of it stays: its tools, and why there are none.
      const known = listings.get(upstream.name)
      listings.set(upstream.name, { ...known, tools: known?.tools ?? NO_TOOLS, pending: true })
    }
    const begun = entries.map((entry) => [entry.upstream.name, list(entry)] as const)
    for (const [name, reading] of begun) readings.set(name, reading)
    return Promise.all(begun.map(async ([, reading]) => await reading))
  }

  const subscriptions = options.servers.map((entry) => entry.upstream.onToolsChanged(() => void list(entry)))
  const lists = listAll(options.servers)
  const named = options.intents.then((found) => {
    intents = found
    snapshot = undefined
  })
  let settled = false
  const first = Promise.all([lists, named])
  let all = first.then(() => {
    settled = true
  })

  /** Screening costs time: a server is prepared again only when its list or its words have changed. */
  const prepare = ({ upstream, description, include, exclude }: ServerEntry): PreparedServer => {
    const listing = listings.get(upstream.name)
    const { state, instructions } = upstream.status()
    const tools = listing?.tools ?? NO_TOOLS
    const shownState = listing?.pending === true && state === 'idle' ? 'starting' : state
    const before = prepared.get(upstream.name)
    const server =
      before?.tools === tools && before.instructions === instructions
        ? before.server
        : prepareServer(
            {
              name: upstream.name,
              ...optional({ description, instructions, include, exclude }),
              state: shownState,
              tools,
            },
            before?.server,
            screening,
          )
    prepared.set(upstream.name, { tools, instructions, server })
    return {
      ...server,
      state: shownState,
      ...phaseOf(upstream.status()),
      ...failureOf(upstream.status(), listing?.error),
    }
  }
  const build = (): Catalog => createCatalog({ servers: options.servers.map(prepare), intents })

  return {
    current() {
      const now = options.servers.map(({ upstream }) => stateText(upstream.status())).join()
      if (snapshot === undefined) snapshot = build()
      else if (now !== states) snapshot = withStates(snapshot, options.servers, (name) => listings.get(name)?.error)
      states = now
      return snapshot
    },
    async ready(timeoutMs) {
      if (!settled) await within(timeoutMs, all)
    },
    async listed(timeoutMs, isWanted) {
      if (settled) return
      if (isWanted === undefined) {
        const leftMs = startedAt + timeoutMs - performance.now()
        if (leftMs > 0) await within(leftMs, first)
        return
      }
      const wanted = named.then(async () => {
        const needed = [...readings].filter(([name]) => isWanted(name))
        await Promise.all(needed.map(async ([, reading]) => await reading))
      })
      await within(timeoutMs, wanted)
    },
    fresh(timeoutMs, isWanted) {
      const due = options.servers.flatMap((entry) => {
        const read = entry.upstream.listDue?.()
        if (read === undefined || isWanted?.(entry.upstream.name) === false) return []
        return [read().then(async () => await list(entry))]
      })
      return due.length === 0 ? undefined : within(timeoutMs, Promise.all(due))
    },
    get settled() {
      return settled
    },
    retry() {
      const failed = options.servers.filter(({ upstream }) => listings.get(upstream.name)?.error !== undefined)
      if (failed.length === 0 || !settled) return
      settled = false
      all = listAll(failed).then(() => {
        settled = true
      })
    },
    changeIntents(change) {
      const next = change(intents)
      if (next === intents) return
      intents = next
      changed()
    },
    onChange(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    [Symbol.dispose]() {
      closing.abort(new OptimizerError('CANCELLED', 'the gateway is closing'))
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
    },
  }
}

function stateText({ state, phase = '' }: UpstreamStatus): string {
  return `${state} ${phase}`
}

function phaseOf({ phase }: UpstreamStatus): { readonly phase?: string } {
  return phase === undefined ? {} : { phase }
}

/** Why its list is missing; of a server whose list is known, why it is not there. */
function failureOf(
  { state, problems }: UpstreamStatus,
  error: ErrorBody | undefined,
): { readonly failure?: ErrorBody } {
  if (error !== undefined) return { failure: error }
  const [reason] = problems
  if (reason === undefined || (state !== 'failed' && state !== 'unauthorized')) return {}
  return {
    failure: new OptimizerError(state === 'unauthorized' ? 'UNAUTHORIZED' : 'UPSTREAM_UNAVAILABLE', reason).toJSON(),
  }
}

function bodyOf(thrown: unknown): ErrorBody {
  if (OptimizerError.is(thrown)) return thrown.toJSON()
  return new OptimizerError('UPSTREAM_UNAVAILABLE', messageOf(thrown)).toJSON()
}

/** The same definitions, so the same version, with the servers' present states. */
function withStates(
  catalog: Catalog,
  entries: readonly ServerEntry[],
  errorOf: (server: string) => ErrorBody | undefined,
): Catalog {
  const statuses = new Map(entries.map(({ upstream }) => [upstream.name, upstream.status()]))
  const servers = new Map<string, CatalogServer>()
  for (const [name, { failure: _before, phase: _phase, ...server }] of catalog.servers) {
    const status = statuses.get(name)
    servers.set(
      name,
      status === undefined
        ? server
        : { ...server, state: status.state, ...phaseOf(status), ...failureOf(status, errorOf(name)) },
    )
  }
  return { ...catalog, servers }
}

function optional<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
