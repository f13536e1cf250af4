import type { JsonObject } from '../internal/json.ts'
import type { ServerOffers } from './offers.ts'

/** A configured MCP server we are a client of. Every implementation passes `test/contracts/upstream.ts`. */
export interface Upstream extends AsyncDisposable {
  readonly name: string
  /**
   * The server's tools, all pages; tools that break the protocol are left out and reported by `status()`.
   * Throws `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`, `UPSTREAM_PROTOCOL` or `UNAUTHORIZED`.
   */
  listTools(signal: AbortSignal): Promise<readonly ToolDefinition[]>
  /**
   * Calls a tool. A result with `isError` is a result, not an exception. Throws as `listTools`, and `OUTCOME_UNKNOWN`
   * when the connection was lost after the request had been sent. Repeats no call that may have acted: one that was
   * refused because the server forgot its session is made once more on a new one.
   */
  callTool(tool: string, input: JsonObject, options: CallOptions): Promise<ToolResult>
  /** Called (at most once in a burst) when the server says that its tools changed. */
  onToolsChanged(listener: () => void): Disposable
  /** Has the list read again soon, because somebody else saw it change. */
  refreshTools?(): void
  /**
   * Where the server said that its tools changed and the list was not read since: what reads it at once, and resolves when
   * listeners were told, or it failed. Undefined: nothing is due.
   */
  listDue?(): (() => Promise<void>) | undefined
  /** What the server offers beside its tools; undefined: nothing. */
  readonly offers?: ServerOffers
  status(): UpstreamStatus
}

/** Deadlines, cancellation and progress of one call. */
export interface CallOptions {
  readonly signal: AbortSignal
  /** Milliseconds without an answer or progress. @default the server's `timeoutMs` (30000) */
  readonly timeoutMs?: number
  /** Milliseconds in all, whatever the progress. @default 10 × timeoutMs */
  readonly maxTotalMs?: number
  readonly onProgress?: (progress: Progress) => void
  /** Sent as `_meta`, e.g. `traceparent`. */
  readonly meta?: JsonObject
}

/** How far a call is. */
export interface Progress {
  readonly progress: number
  readonly total?: number
  readonly message?: string
}

/** `tools/list` entry (MCP 2026-07-28), schemas as received. */
export interface ToolDefinition {
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly inputSchema: unknown
  readonly outputSchema?: unknown
  readonly annotations?: ToolAnnotations
  readonly icons?: unknown
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** Hints of the server; not to be trusted for safety unless the configuration says so. */
export interface ToolAnnotations {
  readonly title?: string
  readonly readOnlyHint?: boolean
  readonly destructiveHint?: boolean
  readonly idempotentHint?: boolean
  readonly openWorldHint?: boolean
}

/** `tools/call` result (MCP 2026-07-28), bounded in size and depth. */
export interface ToolResult {
  readonly content: readonly ContentBlock[]
  readonly structuredContent?: unknown
  readonly isError?: boolean
  /** Milliseconds the server vouches for the result; 0: not at all. */
  readonly ttlMs?: number
  readonly _meta?: Readonly<Record<string, unknown>>
  /** The whole result as JSON text, where it is too large to be made beside other work; then the fields above say only whether it is an error, and its words. */
  readonly large?: { readonly json: string }
}

/** A content block as received: `type` is `text`, `image`, `audio`, `resource`, `resource_link` or unknown to us. */
export interface ContentBlock {
  readonly type: string
  readonly [key: string]: unknown
}

/** Where a server is between its start and its end. */
export type UpstreamState =
  /** Not started; starts on the first call. */
  | 'idle'
  | 'starting'
  | 'ready'
  /** The last start failed; the next call tries again after the backoff. */
  | 'failed'
  | 'unauthorized'
  | 'disabled'

/** What is known of a server at this moment. */
export interface UpstreamStatus {
  readonly state: UpstreamState
  /** The server's own words about itself, at most 2,048 characters. */
  readonly instructions?: string
  /** `2026-07-28` is the stateless era; all before are "legacy". */
  readonly protocolVersion?: string
  /** What happens before it can answer, e.g. `npx is installing @scope/server`. */
  readonly phase?: string
  /** Why it is not ready, or what was dropped from its list; texts for people. */
  readonly problems: readonly string[]
  readonly pid?: number
  /** Starts after the first one. */
  readonly restarts: number
  /** Where the last tool list came from. */
  readonly listSource?: 'server' | 'cache'
}
