import type { OptimizerError } from '../errors.ts'
import type { JsonObject } from '../internal/json.ts'
import type { Capabilities, ServerNotification } from './offers.ts'
import type { Progress } from './upstream.ts'

/** A live connection to a server, handshake done. Both protocol eras and all transports look alike from here. */
export interface Connection {
  /**
   * The `result` of a request. Throws `UPSTREAM_*`, `UNAUTHORIZED`, `TOOL_ERROR` (the server refused) or
   * `OUTCOME_UNKNOWN`, and {@link SessionExpired}.
   */
  request(method: string, params: JsonObject, options: RequestOptions): Promise<unknown>
  /** `soon`: the gateway ends, and waits for nobody long. */
  close(soon?: boolean): Promise<void>
  /** Closes once the requests under way are answered; no new ones come. */
  retire?(): void
  readonly instructions?: string
  readonly protocolVersion: string
  /** False: it said in the handshake that it has none. */
  readonly offersTools?: boolean
  /** What the server said in the handshake that it can do. */
  readonly capabilities?: Capabilities
  readonly pid?: number
  /** What people should know: skipped lines, the last words on stderr. */
  problems(): readonly string[]
  /** Has a server of the 2026 era tell of changes, until what comes back is called; there in that era alone. */
  listen?(filter: JsonObject): Promise<() => void>
}

export interface RequestOptions {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly maxTotalMs: number
  readonly onProgress?: (progress: Progress) => void
}

export interface ConnectionEvents {
  toolsChanged(): void
  /** A notification that is not about tools or progress. */
  notified?(notification: ServerNotification): void
  /** The connection is gone without having been closed by us. */
  lost(reason: string): void
  /** What happens now, for people; undefined: the server is about to answer. */
  phase?(what: string | undefined): void
  /** The start may take so long from now on, milliseconds. */
  allow?(ms: number): void
}

/** Connects and shakes hands within the signal's life. */
export type Connect = (events: ConnectionEvents, signal: AbortSignal) => Promise<Connection>

/** The server refused a request because it no longer knows the session: nothing took effect, a new session may ask again. */
export class SessionExpired extends Error {
  override readonly name = 'SessionExpired'
  /** What to throw where no other session helps. */
  readonly refusal: OptimizerError

  constructor(refusal: OptimizerError) {
    super(refusal.message)
    this.refusal = refusal
  }
}

export const CLIENT_INFO = { name: 'mcp-optimizer', version: '0.1.0' } as const
export const MODERN_VERSION = '2026-07-28'
export const LEGACY_VERSION = '2025-11-25'
/** Versions of the legacy era, the newest first. */
export const LEGACY_VERSIONS: readonly string[] = [LEGACY_VERSION, '2025-06-18', '2025-03-26', '2024-11-05']
