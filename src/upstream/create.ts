import { systemClock } from '../internal/clock.ts'
import type { JsonObject } from '../internal/json.ts'
import { createKnownScrub, type Scrub } from '../internal/scrub.ts'
import type { Logins } from './auth/login.ts'
import type { Connect } from './connection.ts'
import type { HttpEnvironment, HttpOptions } from './http.ts'
import { createFirstStarts, type FirstStarts } from './launch/first-starts.ts'
import type { LargeMessages } from './large-messages.ts'
import type { ListBudgets } from './list-budget.ts'
import { createListCache } from './list-cache.ts'
import { Reaper } from './process-group.ts'
import { stdioConnect, type StdioOptions } from './stdio.ts'
import { serverSecrets } from './secrets.ts'
import { SupervisedUpstream } from './supervise.ts'
import type { Upstream } from './upstream.ts'

/** How to reach a server, and how patient to be. */
export type UpstreamOptions = ((StdioOptions & { readonly type: 'stdio' }) | HttpOptions) & {
  /** @default 30000 */
  readonly timeoutMs?: number
  /** @default 30000; 180000 where `npx` or another runner has to fetch the server first */
  readonly startTimeoutMs?: number
  /** @default a day after its last call; 300000 where none of its tools was called */
  readonly idleMs?: number
}

export interface UpstreamEnvironment {
  /** Where tool lists are remembered; without it they are asked for at each start. */
  readonly cacheDir?: string
  /** Takes secrets out of what the server says in errors. @default those of its own options */
  readonly scrub?: Scrub
  /** One for all servers of a gateway. */
  readonly reaper?: Reaper
  /** One for all servers of a gateway: whoever has to be fetched first waits for a turn. */
  readonly firstStarts?: FirstStarts
  /** Logins of this user. @default none: what the options say is all */
  readonly logins?: Logins
  /** Secrets of the gateway, which no server gets. */
  readonly ownSecrets?: readonly string[]
  /** What we say that we can do: some servers offer more then. @default nothing */
  readonly clientCapabilities?: JsonObject
  /** One for all servers of a gateway. @default large messages are read as all others */
  readonly large?: LargeMessages
  /** One for all servers of a gateway. @default each server's list is bounded by itself */
  readonly lists?: ListBudgets
}

/**
 * A server whose tools were called may hold what nobody can see: a browser that is logged in, a transaction, a shell. A
 * client would have kept it for as long as it runs; a day covers nights, and bounds what a gateway of weeks collects.
 */
const CALLED_IDLE_MS = 24 * 3_600_000
/** A server that has only listed its tools holds nothing, and some 100 MB of memory. */
const LISTED_IDLE_MS = 300_000

/** A supervised client of one configured server; nothing is started before its first use. */
export function createUpstream(
  name: string,
  options: UpstreamOptions,
  environment: UpstreamEnvironment = {},
): Upstream {
  const { cacheDir, reaper = new Reaper(), scrub = createKnownScrub(serverSecrets(options)) } = environment
  const { firstStarts = createFirstStarts(), ownSecrets = [], logins, large, lists } = environment
  const { clientCapabilities: capabilities = {} } = environment
  const { timeoutMs = 30_000, startTimeoutMs } = options
  const idleMs = { called: options.idleMs ?? CALLED_IDLE_MS, listed: options.idleMs ?? LISTED_IDLE_MS }
  const connect: Connect =
    options.type === 'stdio'
      ? stdioConnect(name, options, { reaper, scrub, startTimeoutMs, firstStarts, ownSecrets, capabilities, large })
      : lazyHttp(name, options, { scrub, large, capabilities }, logins)
  const listCache = cacheDir === undefined ? undefined : createListCache(cacheDir, name, identityOf(options))
  return new SupervisedUpstream(name, connect, {
    timeoutMs,
    startTimeoutMs: startTimeoutMs ?? 30_000,
    idleMs,
    listCache,
    listBudget: lists?.of(name),
    clock: systemClock,
  })
}

/** Names of the tools that are remembered of a server; nothing is started. */
export async function rememberedTools(name: string, options: UpstreamOptions, cacheDir: string): Promise<string[]> {
  const list = await createListCache(cacheDir, name, identityOf(options)).read()
  return list?.tools.map((tool) => tool.name) ?? []
}

/** What makes it the same server with the same tools. */
function identityOf(options: UpstreamOptions): unknown {
  if (options.type === 'stdio') return [options.command, options.args, options.env, options.cwd]
  return [options.url, options.headers]
}

/** The official client weighs some 15 MB: loaded with the first server that is reached over HTTP. */
function lazyHttp(
  name: string,
  options: HttpOptions,
  environment: HttpEnvironment,
  logins: Logins | undefined,
): Connect {
  let connect: Promise<Connect> | undefined
  const load = async (): Promise<Connect> => {
    const [{ httpConnect }, { createCredentials }] = await Promise.all([
      import('./http.ts'),
      import('./auth/create-credentials.ts'),
    ])
    const { url, headers, auth } = options
    return httpConnect(name, options, environment, createCredentials({ name, url, auth }, headers, logins))
  }
  return async (events, signal) => {
    // One for all connections: what is known of a login outlives each of them.
    connect ??= load()
    return await (
      await connect
    )(events, signal)
  }
}
