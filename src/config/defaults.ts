import { homedir, userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type {
  AuditConfig,
  CacheConfig,
  FirstStartsConfig,
  HttpConfig,
  OptimizerConfig,
  ResultsConfig,
  SandboxConfig,
  SearchConfig,
  SessionsConfig,
  TelemetryConfig,
} from './config.ts'
import { FeatureFlags } from './features.ts'
import { ownFolders } from './own-folders.ts'

/** A configuration in which everything may be left out. */
export interface PartialConfig extends Partial<
  Omit<
    OptimizerConfig,
    | 'features'
    | 'firstStarts'
    | 'sandbox'
    | 'cache'
    | 'http'
    | 'search'
    | 'sessions'
    | 'results'
    | 'audit'
    | 'telemetry'
  >
> {
  readonly features?: Partial<FeatureFlags>
  readonly firstStarts?: Partial<FirstStartsConfig>
  readonly sandbox?: Partial<SandboxConfig>
  readonly cache?: Partial<CacheConfig>
  readonly http?: Partial<HttpConfig>
  readonly search?: Partial<SearchConfig>
  readonly sessions?: Partial<SessionsConfig>
  readonly results?: Partial<ResultsConfig>
  readonly audit?: Partial<AuditConfig>
  readonly telemetry?: Partial<TelemetryConfig>
}

/** Fills in what is missing and freezes the result, all the way down. */
export function defineConfig(config: PartialConfig = {}): OptimizerConfig {
  const { features, firstStarts, sandbox, cache, http, search, sessions, results, audit, telemetry, ...rest } = config
  const { environment = 'all', servers = {} } = rest
  return deepFreeze({
    intents: [],
    packs: {},
    compact: false,
    pinned: [],
    unapproved: [],
    ...rest,
    environment,
    servers: environment === 'all' ? servers : withEnvironment(servers, environment),
    cacheDir: rest.cacheDir ?? ownFolders().cache,
    features: new FeatureFlags(features),
    firstStarts: { atOnce: 2, timeoutMs: 180_000, ...firstStarts },
    sandbox: {
      backend: 'wasm',
      timeoutMs: 30_000,
      maxTimeoutMs: 300_000,
      memoryMb: 64,
      typeCheck: 'saved',
      ...sandbox,
    },
    search: { learn: true, waitMs: 500, ...search },
    cache: {
      memoryBytes: 32 * 1024 * 1024,
      disk: true,
      diskBytes: 256 * 1024 * 1024,
      cacheable: [],
      ttlSeconds: {},
      idempotencySeconds: 86_400,
      ...cache,
    },
    http: {
      host: '127.0.0.1',
      port: 7_331,
      allowedHosts: [],
      allowedOrigins: [],
      maxBodyBytes: 4 * 1024 * 1024,
      maxBodyValues: 1_000_000,
      openMetrics: false,
      dashboard: false,
      maxLoopDelayMs: 500,
      ...http,
    },
    sessions: { store: 'memory', redis: [], ttlSeconds: 86_400, maxBytes: 256 * 1024, ...sessions },
    results: {
      ttlSeconds: 3_600,
      maxSessionBytes: 32 * 1024 * 1024,
      maxMemoryBytes: 64 * 1024 * 1024,
      maxDiskBytes: 1024 * 1024 * 1024,
      ...results,
    },
    audit: {
      required: false,
      maxFileBytes: 16 * 1024 * 1024,
      maxFiles: 10,
      arguments: 'digest',
      redact: [],
      ...audit,
      enabled: audit?.enabled === true || audit?.required === true,
    },
    telemetry: { maxTracesPerSecond: 10, metricIntervalMs: 60_000, ...telemetry },
  })
}

/** Servers that say nothing of their environment get it as all of them do. */
function withEnvironment(
  servers: OptimizerConfig['servers'],
  environment: OptimizerConfig['environment'],
): OptimizerConfig['servers'] {
  return Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [
      name,
      server.type === 'stdio' ? { environment, ...server } : server,
    ]),
  )
}

/** Folder below `cacheDir` that agents save intents in, unless `intents` names one. */
export const SAVED_INTENTS = 'saved-intents'

/** The user's folder for configuration; never one that is looked for in the working folder. */
export function configFolder(): string {
  const folder = ownFolders().config
  return isAbsolute(folder) ? folder : join(homeFolder(), '.config', 'mcp-optimizer')
}

/** The user's home folder; an empty or relative `HOME` is none: it would be looked for in the working folder. */
export function homeFolder(): string {
  const home = homedir()
  return isAbsolute(home) ? home : userInfo().homedir
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
