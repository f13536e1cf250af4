import { homedir } from 'node:os'
import envPaths from 'env-paths'
import type { HttpConfig, OptimizerConfig, SandboxConfig } from './config.ts'
import { FeatureFlags } from './features.ts'

/** A configuration in which everything may be left out. */
export interface PartialConfig extends Partial<Omit<OptimizerConfig, 'features' | 'sandbox' | 'http'>> {
  readonly features?: Partial<FeatureFlags>
  readonly sandbox?: Partial<SandboxConfig>
  readonly http?: Partial<HttpConfig>
}

/** Fills in what is missing and freezes the result, all the way down. */
export function defineConfig(config: PartialConfig = {}): OptimizerConfig {
  const { features, sandbox, http, ...rest } = config
  return deepFreeze({
    servers: {},
    intents: [],
    packs: {},
    compact: false,
    ...rest,
    cacheDir: rest.cacheDir ?? envPaths('mcp-optimizer', { suffix: '' }).cache,
    features: new FeatureFlags(features),
    sandbox: {
      backend: 'wasm',
      timeoutMs: 30_000,
      maxTimeoutMs: 300_000,
      memoryMb: 64,
      ...sandbox,
    },
    http: {
      host: '127.0.0.1',
      port: 7_331,
      allowedHosts: [],
      allowedOrigins: [],
      maxBodyBytes: 4 * 1024 * 1024,
      ...http,
    },
  })
}

/** The user's folder for configuration. */
export function configFolder(): string {
  return envPaths('mcp-optimizer', { suffix: '' }).config
}

export function homeFolder(): string {
  return homedir()
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
