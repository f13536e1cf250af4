import type { JsonObject } from '../internal/json.ts'
import type { CallOptions } from './upstream.ts'

/** What a server offers beside its tools: resources, prompts, completion. */
export interface ServerOffers {
  /** What the server said in its handshake that it can do, by name; starts the server when that is not known. */
  capabilities(signal: AbortSignal): Promise<Capabilities>
  /** As far as they are known, from an earlier handshake too. */
  known(): Capabilities | undefined
  /** The `result` of a request that only reads. Throws as `listTools`, with the words of a server that refuses. */
  request(method: ReadingMethod, params: JsonObject, options: CallOptions): Promise<Readonly<Record<string, unknown>>>
  /** Has the server tell of changes of a resource, over its restarts too. Throws as `request`. */
  subscribe(uri: string): Promise<void>
  unsubscribe(uri: string): Promise<void>
  /** The least severe log messages that the server should send; it is not started for that. */
  setLevel(level: string): Promise<void>
  /** Called with each notification that is not about tools or progress. */
  onNotified(listener: (notification: ServerNotification) => void): Disposable
}

/** `capabilities` of a handshake, e.g. `{resources: {subscribe: true}}`. */
export type Capabilities = Readonly<Record<string, unknown>>

export type ReadingMethod =
  | 'resources/list'
  | 'resources/templates/list'
  | 'resources/read'
  | 'prompts/list'
  | 'prompts/get'
  | 'completion/complete'

export interface ServerNotification {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

export type OfferKind = 'resources' | 'templates' | 'prompts'

/** An entry of `resources/list`, `resources/templates/list` or `prompts/list`, as our own clients can read it. */
export interface OfferEntry {
  /** What names the entry to its server: `uri`, `uriTemplate` or `name`. */
  readonly key: string
  readonly definition: Readonly<Record<string, unknown>> & { readonly name: string }
}
