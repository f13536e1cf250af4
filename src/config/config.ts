import type { AccessRule } from '../access/access.ts'
import type { JwtOptions } from '../access/jwt.ts'
import type { EmbedderConfig } from '../embed/create.ts'
import type { LogLevel } from '../internal/logger.ts'
import type { SandboxSettings } from '../sandbox/create.ts'
import type { AuthSettings } from '../upstream/auth/settings.ts'
import type { StorePlace } from '../upstream/auth/token-store.ts'
import type { EnvironmentScope } from '../upstream/child-environment.ts'
import type { ListLimits } from '../upstream/list-budget.ts'
import type { FeatureFlags } from './features.ts'
import type { LeftOut } from './trust/gate.ts'

/** The whole configuration after file, environment and flags were merged; frozen. */
export interface OptimizerConfig {
  readonly servers: Readonly<Record<string, ServerConfig>>
  readonly features: FeatureFlags
  /**
   * What servers started here get of the gateway's environment: `all` of it, as most clients give it, or the `minimal` set
   * (HOME, PATH, …). Secrets of the gateway itself are never given. @default 'all'
   */
  readonly environment: EnvironmentScope
  readonly firstStarts: FirstStartsConfig
  /** Folders or files with intents of the user's own. */
  readonly intents: readonly string[]
  /** Pack name → name of the configured server it uses, where they differ; `false` switches a pack off. */
  readonly packs: Readonly<Record<string, string | false>>
  readonly sandbox: SandboxConfig
  readonly cache: CacheConfig
  readonly http: HttpConfig
  readonly search: SearchConfig
  readonly sessions: SessionsConfig
  readonly results: ResultsConfig
  /** What the tool lists of servers may have at most. */
  readonly toolLists: ListLimits
  readonly audit: AuditConfig
  readonly telemetry: TelemetryConfig
  /** What goes to stderr. @default 'info' over HTTP, 'warn' over stdio */
  readonly logLevel?: LogLevel
  /** True: only `search` and `execute_code` are offered. @default false */
  readonly compact: boolean
  /** Ids of tools (`server.tool`, `*` matches any text) that are offered as tools of their own in every mode. */
  readonly pinned: readonly string[]
  /** Named parts of the catalog, for addresses (`/mcp/p/NAME`), tokens and `--profile`; each only narrows. */
  readonly profiles: Readonly<Record<string, AccessRule>>
  /** Folder for tool lists, results, vectors, what search has learned, and saved intents. @default the user's cache folder */
  readonly cacheDir: string
  /** Where logins to servers are kept. @default the user's data folder, encrypted where there is a keychain */
  readonly logins: StorePlace
  /** Names of servers that a project brings and this user has not approved: they are no part of the gateway. */
  readonly unapproved: readonly string[]
  /** Intents that a project brings. @default all intents are the user's own */
  readonly projectIntents?: ProjectIntents
}

/** Files with intents that belong to a project: of them only those are used that were approved. */
export interface ProjectIntents {
  /** Where approvals are kept. */
  readonly userFolder: string
  /** Of the project. */
  readonly folder: string
  /** Files and folders that are the project's. */
  readonly paths: readonly string[]
  /** SHA-256 of the content of each file that is approved, by path. */
  readonly files: Readonly<Record<string, string>>
}

/** One configured server, local or remote. */
export type ServerConfig = StdioServerConfig | HttpServerConfig

interface ServerOptions {
  /** One line for people and for search. */
  readonly description?: string
  /** @default false */
  readonly disabled?: boolean
  /** Milliseconds without an answer or progress. @default 30000 */
  readonly timeoutMs?: number
  /** Milliseconds to start and answer the handshake. @default 30000, and that of `firstStarts` for a first start */
  readonly startTimeoutMs?: number
  /**
   * Milliseconds without a call after which a started server is stopped; 0 = never.
   * @default a day after its last call; 300000 where none of its tools was called
   */
  readonly idleMs?: number
  /** Tools to show; `*` matches any text. @default all */
  readonly include?: readonly string[]
  /** Tools to hide, after `include`. */
  readonly exclude?: readonly string[]
  /** True: `readOnlyHint` of this server is believed: such calls are cached and repeated after a fault. @default false */
  readonly trustHints?: boolean
}

/** A server started as a child process that speaks MCP over its standard streams. */
export interface StdioServerConfig extends ServerOptions {
  readonly type: 'stdio'
  readonly command: string
  readonly args?: readonly string[]
  /** Added to what it gets of the gateway's environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** @default that of all servers */
  readonly environment?: EnvironmentScope
}

/** A server reached over HTTP: MCP streamable HTTP in either era, or the SSE transport of 2024-11-05. */
export interface HttpServerConfig extends ServerOptions {
  /** `http` tries streamable HTTP, then SSE; `sse` only SSE. */
  readonly type: 'http' | 'sse'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** How it is logged in to. @default as it asks, unless `headers` have an `Authorization` */
  readonly auth?: AuthSettings
}

/** Starts for which `npx`, `uvx`, `docker run` or the like has to fetch the server. */
export interface FirstStartsConfig {
  /** Packages that are installed at once. @default 2 */
  readonly atOnce: number
  /** Milliseconds; a server's own `startTimeoutMs` goes before. @default 180000 */
  readonly timeoutMs: number
}

/** Where programs run, and their limits. */
export interface SandboxConfig extends SandboxSettings {
  /** @default 'wasm' */
  readonly backend: NonNullable<SandboxSettings['backend']>
  /** Milliseconds. @default 30000 */
  readonly timeoutMs: number
  /** Upper bound of what a request may ask for. @default 300000 */
  readonly maxTimeoutMs: number
  /** @default 64 */
  readonly memoryMb: number
  /** What is checked against the tools' types before it runs or is kept; needs the package `typescript`. @default 'saved' */
  readonly typeCheck: 'off' | 'saved' | 'all'
}

/** How tools are found. */
export interface SearchConfig {
  /** Tools that were executed after a search rank higher for queries alike. @default true */
  readonly learn: boolean
  /** Mixes in what a model of meaning says. @default none: words and the word table that is shipped */
  readonly embedder?: EmbedderConfig
  /** Milliseconds a search waits for the embedder at most; then it answers without. @default 500 */
  readonly waitMs: number
}

/** Results of tools that only read. */
export interface CacheConfig {
  /** Bytes of results kept in memory. @default 33554432 */
  readonly memoryBytes: number
  /** Keep results under `cacheDir` too, readable for this user alone. @default true */
  readonly disk: boolean
  /** Bytes of results kept on disk. @default 268435456 */
  readonly diskBytes: number
  /** Shared with other gateways of the same tenant; needs the package ioredis. @default none */
  readonly redis?: RedisConfig
  /** Ids of tools that only read, beside those of servers with `trustHints`; `*` matches any text. */
  readonly cacheable: readonly string[]
  /** Seconds by pattern of tool ids, instead of `cacheTtlSeconds`; the first that matches counts, 0 = never kept. */
  readonly ttlSeconds: Readonly<Record<string, number>>
  /** Seconds that the answer to a request with an idempotency key is kept. @default 86400 */
  readonly idempotencySeconds: number
}

/** One server by `url`, or a cluster by some of its `nodes`. */
export interface RedisConfig {
  /** `redis://` or, with TLS, `rediss://`. */
  readonly url?: string
  /** `host:port`. */
  readonly nodes?: readonly string[]
  readonly username?: string
  readonly password?: string
  /** True, or files in PEM form. */
  readonly tls?: boolean | { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string }
  /** Gateways that may share answers: they must have the same servers. @default 'mcp-optimizer' */
  readonly tenant?: string
}

/** What is kept for agents between their calls: the state of programs, and stored results. */
export interface SessionsConfig {
  /** `disk` survives restarts, `redis` is for several gateways. @default 'memory' */
  readonly store: 'memory' | 'disk' | 'redis'
  /** `redis://` or `rediss://`; several: nodes of a Cluster. @default the Redis of the cache, apart by its tenant */
  readonly redis: readonly string[]
  /** Signs the handles of sessions. @default made once and kept in the store */
  readonly key?: string
  /** Seconds a session is kept after its last use. @default 86400 */
  readonly ttlSeconds: number
  /** Bytes of one session's state. @default 262144 */
  readonly maxBytes: number
}

/** Results that are too large for an answer. */
export interface ResultsConfig {
  /** Seconds a stored result is kept after its last use. @default 3600 */
  readonly ttlSeconds: number
  /** Bytes of the results of one session. @default 33554432 */
  readonly maxSessionBytes: number
  /** Bytes of the results of all sessions of one principal. @default 268435456 */
  readonly maxPrincipalBytes: number
  /** Bytes of all results and state in memory; large ones are on disk, if caching is on. @default 67108864 */
  readonly maxMemoryBytes: number
  /** Bytes of all results and state on disk. @default 1073741824 */
  readonly maxDiskBytes: number
  /** Bytes of large answers of servers that are read at once. @default 134217728 */
  readonly maxInFlightBytes: number
  /** The only folder that `results.export` writes into. @default `exports` in `cacheDir`, and only for the local user */
  readonly exportDir?: string
}

/** Where the gateway is served over HTTP, and for whom. */
export interface HttpConfig {
  /** @default '127.0.0.1' */
  readonly host: string
  /** @default 7331 */
  readonly port: number
  /** Bearer token; required unless `host` is loopback. */
  readonly token?: string
  /** File of the tokens that `mcp-optimizer token create` makes. @default tokens.json in the user's configuration folder */
  readonly tokens: string
  /** An authorization server whose tokens are taken. */
  readonly jwt?: JwtOptions
  /** Where clients reach this front, such as `https://tools.example.org`; told to those that log in. @default as they asked */
  readonly publicUrl?: string
  /** Further values of `Host` and `Origin` to accept. */
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** @default 4194304 */
  readonly maxBodyBytes: number
  /** Values in the JSON of one request, those inside of others too. @default 1000000 */
  readonly maxBodyValues: number
  /** True: `/metrics` is answered without the token. @default false */
  readonly openMetrics: boolean
  /** True: pages for people at `/ui`, behind a login. @default false */
  readonly dashboard: boolean
  /** Milliseconds of event-loop delay (99th percentile) above which `/readyz` says no. @default 500 */
  readonly maxLoopDelayMs: number
}

/** The audit trail. */
export interface AuditConfig {
  /** @default false */
  readonly enabled: boolean
  /** True: a call that may act is not made unless the trail has a line of it before. Includes `enabled`. @default false */
  readonly required: boolean
  /** @default `audit` in the cache folder */
  readonly folder?: string
  /** A file that has reached this size is closed and the next one begun. @default 16777216 */
  readonly maxFileBytes: number
  /** Files kept of each chain; the oldest go first. @default 10 */
  readonly maxFiles: number
  /** `digest`: a hash of the arguments alone; `redacted`: the arguments too, without secrets. @default 'digest' */
  readonly arguments: 'digest' | 'redacted'
  /** Keys whose values are redacted beside those that look secret; `*` matches any text. */
  readonly redact: readonly string[]
}

/** OpenTelemetry, where `features.enableTelemetry` is on. */
export interface TelemetryConfig {
  /** Base address of an OTLP/HTTP collector. @default OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318 */
  readonly endpoint?: string
  /** Traces that begin here and are recorded, a second at most; those that arrive keep their sender's decision. @default 10 */
  readonly maxTracesPerSecond: number
  /** Milliseconds between two exports of metrics. @default 60000 */
  readonly metricIntervalMs: number
}

/** Something wrong with the configuration that does not stop the other servers. */
export interface ConfigProblem {
  /** File, or `environment`, or `flags`. */
  readonly file: string
  /** Path in the file: `servers.github.env.TOKEN`. */
  readonly path: string
  readonly message: string
  /** What would be right. */
  readonly expected: string
}

/** The configuration that was found, and all that is wrong with it. */
export interface LoadedConfig {
  readonly config: OptimizerConfig
  readonly problems: readonly ConfigProblem[]
  /** Files read, in the order of precedence. */
  readonly sources: readonly string[]
  /** What files of projects would run and this user has not approved. */
  readonly leftOut: readonly LeftOut[]
  /** Servers that are no servers of their own, each told by `doctor` alone. */
  readonly skipped: readonly SkippedServer[]
}

/** A server of a client that is not started. */
export interface SkippedServer {
  readonly file: string
  /** Path in the file: `mcpServers.github`. */
  readonly path: string
  readonly name: string
  /** `ourselves`: it is this gateway; `same`: another file has the very server. */
  readonly why: 'ourselves' | 'same'
  /** The name of the server that is the same. */
  readonly as?: string
}
