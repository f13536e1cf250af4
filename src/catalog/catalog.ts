import type { ErrorBody } from '../errors.ts'
import type { JsonObject } from '../internal/json.ts'
import type { ToolDefinition, UpstreamState } from '../upstream/upstream.ts'
import type { NameIndex } from './resolve-name.ts'

/** Immutable snapshot of all tools and intents. A change makes a new catalog with another version. */
export interface Catalog {
  /** 16 hex digits over all definitions; part of every cache key. */
  readonly version: string
  /** By server name, sorted. */
  readonly servers: ReadonlyMap<string, CatalogServer>
  /** By id `server.tool`, sorted. */
  readonly tools: ReadonlyMap<string, CatalogTool>
  /** By name, sorted. */
  readonly intents: ReadonlyMap<string, Intent>
  /** Resolves names that are no ids: the servers' own, and those that clients and models make of them. */
  readonly names: NameIndex
  /** What was dropped or repaired, for `doctor`. */
  readonly problems: readonly CatalogProblem[]
}

/** A configured server as the catalog has it. */
export interface CatalogServer {
  /** As configured. */
  readonly name: string
  /** Identifier in code: `tools.<key>`. */
  readonly key: string
  /** The server's instructions or the configured description; may be empty. */
  readonly description: string
  readonly toolCount: number
  readonly state: UpstreamState
  /** Work that has to end before the server can start, e.g. `npx is installing @scope/server`. */
  readonly phase?: string
  /** Why its tools are not known, or cannot be called, in the words of whoever knew. */
  readonly failure?: ErrorBody
}

/** A tool of a server, with its screened schemas. */
export interface CatalogTool {
  /** `<server>.<tool>`, both as identifiers (`key`s): what agents write, in `execute_intent` and after `tools.` in code. */
  readonly id: string
  readonly server: string
  readonly serverKey: string
  /** Identifier in code: `tools.<serverKey>.<key>`. */
  readonly key: string
  /** The name the server knows. */
  readonly tool: string
  readonly title: string
  readonly description: string
  /** Screened JSON Schema: bounded size and depth, no remote references; `true` when it was unusable. */
  readonly inputSchema: JsonObject | true
  readonly outputSchema?: JsonObject | true
  /** The server's hints; not to be trusted unless the server is trusted. */
  readonly readOnlyHint?: boolean
  readonly destructiveHint?: boolean
  readonly idempotentHint?: boolean
  readonly definition: ToolDefinition
}

/** A named operation. */
export interface Intent {
  readonly name: string
  readonly description: string
  readonly input: JsonObject
  readonly output?: JsonObject
  /** Servers it needs, as its program names them. */
  readonly servers: readonly string[]
  /** As the program names a server → key of the configured server. */
  readonly aliases: Readonly<Record<string, string>>
  readonly readOnly: boolean
  /** TypeScript module; absent for intents the gateway itself answers. */
  readonly source?: string
  /** `pack:sentry`, `file:<name>`, `builtin`. */
  readonly origin: string
  readonly examples: readonly JsonObject[]
}

/** Something that was dropped or repaired, and where. */
export interface CatalogProblem {
  /** `server` or `server.tool` or `intent`. */
  readonly where: string
  readonly what: string
}

/** A tool id or intent as search and signatures need it. */
export type CatalogEntry =
  | { readonly kind: 'tool'; readonly tool: CatalogTool }
  | { readonly kind: 'intent'; readonly intent: Intent }
