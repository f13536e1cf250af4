/** How agents get at tools. Only `code_execution` so far; the others are refused with a clear error. */
export type ExecutionMode = 'code_execution' | 'traditional' | 'lazy_loading' | 'server_side' | 'auto'

/** The specification's switches. Each is set by file (`features.<name>`), environment (`MCP_OPTIMIZER_<UPPER_SNAKE>`) or flag (`--<kebab>`). */
export interface FeatureFlags {
  /** @default 'code_execution' */
  readonly executionMode: ExecutionMode
  /** False: no program runs; intents that map to one tool still work. @default true */
  readonly enableSandbox: boolean
  /** Tool lists on disk, results of read-only tools of trusted servers in memory. @default true */
  readonly enableCaching: boolean
  /** Seconds a cached result is served. @default 300 */
  readonly cacheTtlSeconds: number
  /** @default true */
  readonly enableMetrics: boolean
  /** OpenTelemetry. @default false */
  readonly enableTelemetry: boolean
  /** Tokens of one answer; more is kept behind a handle. @default 4000 */
  readonly maxTokensPerRequest: number
}

export const DEFAULT_FEATURES: FeatureFlags = {
  executionMode: 'code_execution',
  enableSandbox: true,
  enableCaching: true,
  cacheTtlSeconds: 300,
  enableMetrics: true,
  enableTelemetry: false,
  maxTokensPerRequest: 4_000,
}
