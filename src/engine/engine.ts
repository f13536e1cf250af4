import type { CacheStats } from '../cache/cache.ts'
import type { Catalog, Intent } from '../catalog/catalog.ts'
import type { Receipt } from '../context/receipts.ts'
import type { ErrorBody } from '../errors.ts'
import type { Offers } from './offers/offers.ts'
import type { ContentBlock, Progress, ToolResult, UpstreamStatus } from '../upstream/upstream.ts'

/** The four operations behind every surface. All answer, none rejects: failures are `{status: 'error'}`, or `'incomplete'`. */
export interface Engine {
  /** Runs one intent, or one tool by its id `server.tool`. `T` is what it is said to answer: nobody checks that. */
  executeIntent<T = unknown>(request: IntentRequest, context?: RequestContext): Promise<Answer<T>>
  /** Runs up to 50 intents in one sandbox; `data` holds one settled result each, in order. */
  executeBatch(request: BatchRequest, context?: RequestContext): Promise<Answer<readonly Settled[]>>
  /** Runs the agent's own TypeScript. `T` is what it is said to return: nobody checks that. */
  execute<T = unknown>(request: CodeRequest, context?: RequestContext): Promise<Answer<T>>
  /** Finds tools and intents; `data` is the text for the agent. */
  search(request: SearchRequest, context?: RequestContext): Promise<Answer<string>>
  /** Passes one call of a tool through; `data` is the server's whole result, outside the token budget, also when it tells of an error. */
  callTool(request: ToolRequest, context?: RequestContext): Promise<Answer<ToolResult>>
  /** Names of all intents and tools, a line a server; `data` is the text for the agent. */
  listNames(request: ListRequest, context?: RequestContext): Promise<Answer<string>>
  /** Whole definitions of the named intents and tools (with the reason for a name that is not known), or of those that serve a stated need best. */
  describe(request: DescribeRequest, context?: RequestContext): Promise<Answer<readonly (Definition | UnknownName)[]>>
  /** What the gateway offers, as the specification prints it. */
  discover(): Manifest
  /** The handle of a new session. It takes no memory before a program sets its state. */
  openSession(principal?: string): Promise<string>
  /** False for a handle that was not made for this principal, here or by a gateway that shares the key. */
  isSession(handle: string, principal?: string): Promise<boolean>
  /** The catalog as it is now, with what a principal saved. @default that of the local user */
  catalog(principal?: string): Catalog
  /** All intents that a principal may use, the gateway's own among them, sorted by name. @default those of the local user */
  intents(principal?: string): readonly Intent[]
  /** Resolves when every server's list was read (from cache or server) or has failed; at most `timeoutMs`. */
  ready(timeoutMs?: number): Promise<void>
  /** Called when the tools of a server were listed anew, or an intent was added. */
  onCatalogChanged(listener: () => void): Disposable
  /** What servers offer beside their tools. */
  readonly offers: Offers
  /** By server name. */
  servers(): ReadonlyMap<string, UpstreamStatus>
  /**
   * Hits and misses: of results by layer (`memory`, `disk`, `redis`), of what is made once for a catalog (`manifest`, `code`:
   * the program of every intent), of search answers (`search`).
   */
  cacheStats(): readonly CacheStats[]
}

/** One intent, or one tool by its id, with its input. */
export interface IntentRequest {
  readonly intent: string
  /** @default {} */
  readonly params?: Readonly<Record<string, unknown>>
  readonly timeoutMs?: number
  /** A repeated request with the same key gets the first one's answer. 1 to 255 visible ASCII characters. */
  readonly idempotencyKey?: string
  /** Handle of the session whose state a program sees; not inside a batch. @default the context's, else a new one */
  readonly session?: string
}

/** 1 to 50 requests that run side by side in one sandbox. */
export interface BatchRequest {
  readonly requests: readonly IntentRequest[]
  readonly timeoutMs?: number
  /** As in {@link IntentRequest}, for the batch as a whole. */
  readonly idempotencyKey?: string
  readonly session?: string
}

/** The agent's own program. */
export interface CodeRequest {
  /** Body of an async function in TypeScript; sees `tools`, `intents`, `results`, `state`, `params`, `console`. */
  readonly code: string
  /** JSON value the program sees as `params`. @default {} */
  readonly params?: unknown
  /** @default 30000 */
  readonly timeoutMs?: number
  /** As in {@link IntentRequest}. */
  readonly idempotencyKey?: string
  readonly session?: string
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

/** One call of a tool that is passed through. */
export interface ToolRequest {
  /** `server.tool` */
  readonly tool: string
  /** @default {} */
  readonly arguments?: Readonly<Record<string, unknown>>
  /** False: a result too large for an answer comes as its value or a preview, with `metadata.shortened`. @default true */
  readonly whole?: boolean
}

/** Which names to list. */
export interface ListRequest {
  /** Only this server. */
  readonly server?: string
}

/** Whole definitions by name, or of what serves a need best. */
export type DescribeRequest =
  | { readonly names: readonly string[] }
  | { readonly need: string; /** @default 5, at most 20 */ readonly limit?: number }

/** An intent or tool with its whole schema. */
export interface Definition {
  readonly name: string
  readonly description: string
  readonly inputSchema: object
}

/** Stands in a description for a name that nothing has, or several have. */
export interface UnknownName {
  readonly name: string
  readonly error: string
  readonly nearest: readonly string[]
}

/** Who asks, and how to tell him of progress. */
export interface RequestContext {
  readonly signal?: AbortSignal
  /** Owner of stored results. @default 'local' */
  readonly principal?: string
  /** A person's requests are no part of what agents cost and save. @default 'agent' */
  readonly askedBy?: 'agent' | 'person'
  /** Handle of the session that comes with the connection, see `openSession`; checked when a program uses its state. @default none */
  readonly session?: string
  readonly onProgress?: (progress: Progress) => void
  /** Passed on to upstreams as `_meta`: `traceparent` (of our own span where telemetry is on), `tracestate`, `baggage`. */
  readonly meta?: Readonly<Record<string, string>>
  /** For a request that brings no key of its own: HTTP's `Idempotency-Key`. */
  readonly idempotencyKey?: string
  /** `traceparent` of the HTTP request that brought the message. */
  readonly httpTrace?: string
}

/**
 * What every operation answers: `status` says which members there are. `incomplete`: the program answered, but a part of its
 * work failed with nobody to catch that, or did not end in time. Data over the token budget comes as a {@link Preview}, and
 * `metadata.stored` says so; `isPreview` tells both apart in types.
 */
export type Answer<T = unknown> = WholeAnswer<T> | PreviewAnswer | ErrorAnswer

/** An answer with all of its data. */
export type WholeAnswer<T = unknown> = AnswerWithData<T> & { readonly metadata: { readonly stored?: undefined } }

/** An answer whose data is a preview of ours; never a tool's own record that looks like one. */
export type PreviewAnswer = AnswerWithData<Preview> & { readonly metadata: { readonly stored: boolean } }

/** An answer with an error and no data. */
export interface ErrorAnswer {
  readonly status: 'error'
  readonly data?: undefined
  readonly error: ErrorBody
  readonly metadata: AnswerMetadata
}

/** An answer that has data, whether or not all that belongs to it is there. */
export type AnswerWithData<T> = {
  readonly data: T
  /**
   * Content blocks of MCP that belong to the data: the images it names by their handles (at most 4, of 5 MB each, and a text
   * that names those left out), and what `results.show` shows. No tokens are counted for them.
   */
  readonly blocks?: readonly ContentBlock[]
  readonly metadata: AnswerMetadata
} & (
  | { readonly status: 'ok'; readonly error?: undefined }
  /** `details` of the error: `failed` (what nobody caught), `done` (what took effect), `unknown` (what may have). */
  | { readonly status: 'incomplete'; readonly error: ErrorBody }
)

/** Stands for a value over the token budget: its shape and beginning, and the handle under which the whole is kept. */
export interface Preview {
  /** Read on with intent `results.read`, or `await results.get(handle)` in code. Absent when the value could not be kept. */
  readonly handle?: string
  /** Why the value could not be kept. */
  readonly problem?: string
  /** Size of the whole value. */
  readonly bytes: number
  readonly tokens: number
  /** TypeScript-like shape: `{issues: Array<{id: string; …}>(4213)}`. */
  readonly shape: string
  /** The first part of the value, same structure. */
  readonly preview: unknown
  /** The request that reads on, of the part that makes most of the value. */
  readonly read_on?: {
    readonly intent: 'results.read'
    readonly params: { readonly handle: string; readonly path?: string }
  }
}

/** What one operation cost: tokens, milliseconds, host calls. */
export interface AnswerMetadata {
  /** Names the operation in logs, audit and traces. */
  readonly id: string
  /** Tokens of this operation in the agent's context: request and data of the answer. */
  readonly tokens_used: number
  /** What counted them: `estimate`, or the name of an exact encoding. */
  readonly tokenizer: string
  readonly execution_time_ms: number
  /** True when every upstream call of this operation was answered from cache, and there was one. */
  readonly cache_hit: boolean
  /** The farthest layer that answered one of those calls: `memory`, `disk` or `redis`. Missing: none did. */
  readonly cache_layer?: string
  /** Present when this is the answer to an earlier request of the same idempotency key. */
  readonly replayed?: true
  /** Host calls made. */
  readonly host_calls: number
  /** Milliseconds of each stage that was reached. */
  readonly stages: Readonly<Record<string, number>>
  /** Handle of the session that this operation began by setting its state: name it as `session` in later requests. */
  readonly session?: string
  /** How results of tools broke their own output schemas, where it was noticed: `server.tool: path: wanted …`. */
  readonly output_problems?: readonly string[]
  /** What whoever asked should know of the answer, in a sentence: that the program returned nothing, that calls may have taken effect. */
  readonly note?: string
  /**
   * Present where `data` is a preview of ours. True: the whole is kept under its handle; false: it could not be kept, and
   * `data.problem` says why.
   */
  readonly stored?: boolean
  /** True where a result that was to be passed through came as its value or a preview, as it was too large. */
  readonly shortened?: true
  /** Console lines of the program. */
  readonly logs?: readonly string[]
  /** Version of the catalog the operation ran on. */
  readonly catalog: string
  /** What the session has cost and saved so far, this operation included. Only with `features.enableMetrics`. */
  readonly receipt?: Receipt
}

/** How one request of a batch ended. */
export type Settled<T = unknown> =
  | { readonly status: 'ok'; readonly data: T; readonly error?: undefined }
  | { readonly status: 'error'; readonly data?: undefined; readonly error: ErrorBody }

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
