import { join } from 'node:path'
import type { OptimizerConfig, ServerConfig } from './config.ts'
import { configFolder, dataFolder, ownFolders } from './own-folders.ts'
import type { PartialConfig, PartialServer } from './partial-config.ts'
import { FeatureFlags } from './features.ts'

/**
 * Fills in what is missing and freezes a copy, all the way down: what the caller does with its own objects afterwards changes
 * nothing here. Members that are undefined are missing. Checks nothing.
 */
export function completeConfig(given: PartialConfig = {}): OptimizerConfig {
  const config = copyOf(given) as PartialConfig
  const { features, firstStarts, sandbox, cache, http, search, sessions, results, toolLists, ...more } = config
  const { audit, telemetry, logins, ...rest } = more
  const { environment = 'all' } = rest
  const servers = withTypes(rest.servers ?? {})
  return deepFreeze({
    intents: [],
    packs: {},
    compact: false,
    pinned: [],
    profiles: {},
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
      tokens: join(configFolder(), 'tokens.json'),
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
      maxPrincipalBytes: 256 * 1024 * 1024,
      maxMemoryBytes: 64 * 1024 * 1024,
      maxDiskBytes: 1024 * 1024 * 1024,
      maxInFlightBytes: 128 * 1024 * 1024,
      ...results,
    },
    // Several times the largest lists known: 350 tools, 2.2 million characters, 90,000 of one tool.
    toolLists: {
      maxTools: 10_000,
      maxToolChars: 1_000_000,
      maxChars: 12_000_000,
      maxAllChars: 48_000_000,
      ...toolLists,
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
    logins: { folder: join(dataFolder(), 'logins'), keychain: true, ...logins },
    telemetry: { maxTracesPerSecond: 10, metricIntervalMs: 60_000, ...telemetry },
  })
}

/** A server says by its `url` or `command` how it is reached. */
function withTypes(servers: Readonly<Record<string, PartialServer>>): Record<string, ServerConfig> {
  return Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [
      name,
      'url' in server ? { ...server, type: server.type ?? 'http' } : { ...server, type: 'stdio' },
    ]),
  )
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

/** Lists and objects anew, without what is undefined in objects; all else as it is. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (typeof value !== 'object' || value === null) return value
  const defined = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(defined.map(([key, inner]) => [key, copyOf(inner)]))
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
