import type { Catalog, Intent } from '../catalog/catalog.ts'
import type { Receipt } from '../context/receipts.ts'
import type { ErrorBody } from '../errors.ts'
import type { Progress, UpstreamStatus } from '../upstream/upstream.ts'

/** The four operations behind every surface. All answer, none rejects: failures are `{status: 'error'}`. */
export interface Engine {
  /** Runs one intent, or one tool by its id `server.tool`. */
  executeIntent(request: IntentRequest, context?: RequestContext): Promise<Answer>
  /** Runs up to 50 intents in one sandbox; `data` holds one settled result each, in order. */
  executeBatch(request: BatchRequest, context?: RequestContext): Promise<Answer<readonly Settled[]>>
  /** Runs the agent's own TypeScript. */
  execute(request: CodeRequest, context?: RequestContext): Promise<Answer>
  /** Finds tools and intents; `data` is the text for the agent. */
  search(request: SearchRequest, context?: RequestContext): Promise<Answer<string>>
  /** What the gateway offers, as the specification prints it. */
  discover(): Manifest
  /** The catalog as it is now. */
  catalog(): Catalog
  /** All intents, the gateway's own among them, sorted by name. */
  intents(): readonly Intent[]
  /** Resolves when every server's list was read (from cache or server) or has failed; at most `timeoutMs`. */
  ready(timeoutMs?: number): Promise<void>
  /** By server name. */
  servers(): ReadonlyMap<string, UpstreamStatus>
}

/** One intent, or one tool by its id, with its input. */
export interface IntentRequest {
  readonly intent: string
  /** @default {} */
  readonly params?: Readonly<Record<string, unknown>>
  readonly timeoutMs?: number
}

/** 1 to 50 requests that run side by side in one sandbox. */
export interface BatchRequest {
  readonly requests: readonly IntentRequest[]
  readonly timeoutMs?: number
}

/** The agent's own program. */
export interface CodeRequest {
  /** Body of an async function in TypeScript; sees `tools`, `intents`, `results`, `params`, `console`. */
  readonly code: string
  /** JSON value the program sees as `params`. @default {} */
  readonly params?: unknown
  /** @default 30000 */
  readonly timeoutMs?: number
}

/** What to find: 2 to 6 keywords, or several such needs at once. */
export interface SearchRequest {
  readonly query: string | readonly string[]
  /** Only this server. */
  readonly server?: string
  /** @default 10, at most 20 */
  readonly limit?: number
  /** `signature` (default): top 3 as signatures, the rest as lines. `full`: with parameter documentation. `name`: names only. */
  readonly detail?: 'name' | 'signature' | 'full'
}

/** Who asks, and how to tell him of progress. */
export interface RequestContext {
  readonly signal?: AbortSignal
  /** Owner of stored results. @default 'local' */
  readonly principal?: string
  /** The agent's session: its receipt. @default the principal */
  readonly session?: string
  readonly onProgress?: (progress: Progress) => void
  /** Passed on to upstreams as `_meta`: `traceparent` (of our own span where telemetry is on), `tracestate`, `baggage`. */
  readonly meta?: Readonly<Record<string, string>>
  /** `traceparent` of the HTTP request that brought the message. */
  readonly httpTrace?: string
}

/** What every operation answers: the data (or a preview of it), or one error; and what the operation cost. */
export type Answer<T = unknown> =
  | { readonly status: 'ok'; readonly data: T | Preview; readonly metadata: AnswerMetadata }
  | { readonly status: 'error'; readonly error: ErrorBody; readonly metadata: AnswerMetadata }

/** Stands for a value over the token budget: its shape and beginning, and the handle under which the whole is kept. */
export interface Preview {
  /** Read on with intent `read_result`, or `results.get(handle)` in code. */
  readonly handle: string
  /** Size of the whole value. */
  readonly bytes: number
  readonly tokens: number
  /** TypeScript-like shape: `{issues: Array<{id: string; …}>(4213)}`. */
  readonly shape: string
  /** The first part of the value, same structure. */
  readonly preview: unknown
}

/** What one operation cost: tokens, milliseconds, host calls. */
export interface AnswerMetadata {
  /** Names the operation in logs, audit and traces. */
  readonly id: string
  /** Tokens of this operation in the agent's context: request and answer, estimated. */
  readonly tokens_used: number
  readonly execution_time_ms: number
  /** True when every upstream call of this operation was answered from cache, and there was one. */
  readonly cache_hit: boolean
  /** Host calls made. */
  readonly host_calls: number
  /** Milliseconds of each stage that was reached. */
  readonly stages: Readonly<Record<string, number>>
  /** Console lines of the program. */
  readonly logs?: readonly string[]
  /** Version of the catalog the operation ran on. */
  readonly catalog: string
  /** What the session has cost and saved so far, this operation included. Only with `features.enableMetrics`. */
  readonly receipt?: Receipt
}

/** How one request of a batch ended. */
export type Settled =
  | { readonly status: 'ok'; readonly data: unknown }
  | { readonly status: 'error'; readonly error: ErrorBody }

/** The specification's manifest. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly capabilities: {
    readonly code_execution: {
      readonly intents: readonly string[]
      /** Seconds. */
      readonly max_timeout: number
      readonly max_memory_mb: number
    }
  }
}
