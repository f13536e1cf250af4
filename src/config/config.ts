import type { SandboxSettings } from '../sandbox/create.ts'
import type { FeatureFlags } from './features.ts'

/** The whole configuration after file, environment and flags were merged; frozen. */
export interface OptimizerConfig {
  readonly servers: Readonly<Record<string, ServerConfig>>
  readonly features: FeatureFlags
  /** Folders or files with intents of the user's own. */
  readonly intents: readonly string[]
  /** Pack name → name of the configured server it uses, where they differ; `false` switches a pack off. */
  readonly packs: Readonly<Record<string, string | false>>
  readonly sandbox: SandboxConfig
  readonly http: HttpConfig
  /** True: only `search` and `execute_code` are offered. @default false */
  readonly compact: boolean
  /** Folder for tool lists and saved intents. @default the user's cache folder */
  readonly cacheDir: string
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
  /** Milliseconds to start and answer the handshake. @default 30000 */
  readonly startTimeoutMs?: number
  /** Milliseconds without a call after which a started server is stopped; 0 = never. @default 300000 */
  readonly idleMs?: number
  /** Tools to show; `*` matches any text. @default all */
  readonly include?: readonly string[]
  /** Tools to hide, after `include`. */
  readonly exclude?: readonly string[]
  /** True: `readOnlyHint` and `idempotentHint` of this server are believed, e.g. for caching. @default false */
  readonly trustHints?: boolean
}

/** A server started as a child process that speaks MCP over its standard streams. */
export interface StdioServerConfig extends ServerOptions {
  readonly type: 'stdio'
  readonly command: string
  readonly args?: readonly string[]
  /** Added to the small default environment (HOME, PATH, …). */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A server reached over HTTP: MCP streamable HTTP in either era, or the SSE transport of 2024-11-05. */
export interface HttpServerConfig extends ServerOptions {
  /** `http` tries streamable HTTP, then SSE; `sse` only SSE. */
  readonly type: 'http' | 'sse'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface SandboxConfig extends SandboxSettings {
  /** @default 'wasm' */
  readonly backend: NonNullable<SandboxSettings['backend']>
  /** Milliseconds. @default 30000 */
  readonly timeoutMs: number
  /** Upper bound of what a request may ask for. @default 300000 */
  readonly maxTimeoutMs: number
  /** @default 64 */
  readonly memoryMb: number
}

export interface HttpConfig {
  /** @default '127.0.0.1' */
  readonly host: string
  /** @default 7331 */
  readonly port: number
  /** Bearer token; required unless `host` is loopback. */
  readonly token?: string
  /** Further values of `Host` and `Origin` to accept. */
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** @default 4194304 */
  readonly maxBodyBytes: number
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
}
