import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMemoryCache } from './cache/memory.ts'
import type { Catalog, CatalogProblem, Intent } from './catalog/catalog.ts'
import { toIdentifier } from './catalog/names.ts'
import { createToolSearch } from './catalog/search/tool-search.ts'
import { createValidator } from './catalog/validate.ts'
import type { OptimizerConfig, ServerConfig } from './config/config.ts'
import { createResultStore } from './context/results.ts'
import { createEngine } from './engine/create-engine.ts'
import type { Engine } from './engine/engine.ts'
import { createHostRoad } from './engine/host-road.ts'
import { type IntentFolder, loadIntent, loadIntents } from './engine/intent-files.ts'
import { createLiveCatalog, type LiveCatalog, type ServerEntry } from './engine/live-catalog.ts'
import { createReadResult } from './engine/read-result.ts'
import { createSaveIntent, createWorkedPrograms } from './engine/save-intent.ts'
import { systemClock } from './internal/clock.ts'
import { MetricsCollector } from './metrics/collector.ts'
import { createSandboxBackend } from './sandbox/create.ts'
import { DEFAULT_LIMITS, type SandboxBackend } from './sandbox/sandbox.ts'
import { estimateTokenizer } from './tokens/estimate.ts'
import { createUpstream } from './upstream/create.ts'
import { Reaper } from './upstream/process-group.ts'
import type { Upstream } from './upstream/upstream.ts'

/** The gateway: the engine, what it is made of, and the end of it all. */
export interface Optimizer extends Engine, AsyncDisposable {
  readonly config: OptimizerConfig
  /** Present unless `features.enableMetrics` is false. */
  readonly metrics: MetricsCollector | undefined
  /** What is wrong with intents and tool definitions; complete after `ready()`. */
  problems(): readonly CatalogProblem[]
}

/** Parts that stand in for those the configuration would choose. */
export interface OptimizerParts {
  /** Upstreams beside the configured ones, e.g. in-memory servers of the library's user. */
  readonly upstreams?: readonly Upstream[]
  readonly sandbox?: SandboxBackend
}

/** This package's version. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version

const LIST_WAIT_MS = 10_000
const PACKS = fileURLToPath(new URL('../intents', import.meta.url))

/**
 * Makes a gateway from a complete configuration (see `defineConfig` and `loadConfig`). Returns at once: tool lists and
 * intents are read in the background, and a request waits for them only when it needs them.
 */
export function createOptimizer(config: OptimizerConfig, parts: OptimizerParts = {}): Optimizer {
  const { features } = config
  const servers = serverEntries(config, parts.upstreams ?? [])
  const upstreams = new Map(servers.map(({ upstream }) => [upstream.name, upstream]))
  // One sandbox for programs and for the metadata of intents, which is evaluated nowhere else.
  const sandbox = parts.sandbox ?? createSandboxBackend(config.sandbox)
  const cache = features.enableCaching ? createMemoryCache() : undefined
  const metrics = features.enableMetrics ? new MetricsCollector() : undefined
  const results = createResultStore()
  const worked = createWorkedPrograms()
  const validator = createValidator()
  const intentProblems: CatalogProblem[] = []

  const loader = { sandbox, ...(features.enableCaching ? { cacheDir: config.cacheDir } : {}) }
  const names = new Set(upstreams.keys())
  const intents = features.enableSandbox
    ? intentFolders(config, names).then(async (folders) => {
        const loaded = await loadIntents(folders, loader)
        intentProblems.push(...loaded.problems)
        return loaded.intents
      })
    : Promise.resolve([])
  const live: LiveCatalog = createLiveCatalog({ servers, intents })

  const addSaved = async (source: string, name: string): Promise<Intent> => {
    const folder: IntentFolder = { path: '', origin: 'file', server: (key) => serverByKey(live.current(), key) }
    const intent = await loadIntent(source, folder, `${name}.ts`, { sandbox })
    if (intent === undefined) throw new TypeError('an intent of a file is never left out')
    live.addIntent(intent)
    return intent
  }

  const engine = createEngine({
    live,
    upstreams,
    road: createHostRoad({
      upstreams,
      trusted: new Set(
        Object.entries(config.servers).flatMap(([name, { trustHints }]) => (trustHints === true ? [name] : [])),
      ),
      validator,
      results,
      cache,
      cacheTtlMs: features.cacheTtlSeconds * 1_000,
      clock: systemClock,
    }),
    sandbox: features.enableSandbox ? sandbox : undefined,
    limits: {
      ...DEFAULT_LIMITS,
      timeoutMs: config.sandbox.timeoutMs,
      memoryBytes: config.sandbox.memoryMb * 1_048_576,
    },
    maxTimeoutMs: config.sandbox.maxTimeoutMs,
    validator,
    search: createToolSearch(),
    builtins: [
      createReadResult(results),
      createSaveIntent({ folder: savedFolder(config), worked, catalog: () => live.current(), add: addSaved }),
    ],
    worked,
    results,
    tokenizer: estimateTokenizer,
    maxTokens: features.maxTokensPerRequest,
    metrics: metrics === undefined ? [] : [metrics],
    clock: systemClock,
    listWaitMs: LIST_WAIT_MS,
    name: 'mcp-optimizer',
    version: VERSION,
  })

  return {
    ...engine,
    config,
    metrics,
    problems: () => [...intentProblems, ...live.current().problems],
    async [Symbol.asyncDispose]() {
      live[Symbol.dispose]()
      const parts = [sandbox, ...upstreams.values(), ...(cache === undefined ? [] : [cache])]
      await Promise.allSettled(parts.map(async (part) => await part[Symbol.asyncDispose]()))
    },
  }
}

function serverEntries(config: OptimizerConfig, more: readonly Upstream[]): ServerEntry[] {
  // One reaper for all servers of this gateway.
  const environment = { reaper: new Reaper(), ...(config.features.enableCaching ? { cacheDir: config.cacheDir } : {}) }
  const configured = Object.entries(config.servers)
    .filter(([, server]) => server.disabled !== true)
    .map(([name, server]) => ({ upstream: createUpstream(name, server, environment), ...shown(server) }))
  return [...configured, ...more.map((upstream) => ({ upstream }))]
}

function shown({ description, include, exclude }: ServerConfig): Omit<ServerEntry, 'upstream'> {
  return {
    ...(description === undefined ? {} : { description }),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
  }
}

/** The user's folders first, then the packs we ship, so that an intent of the user's takes precedence. */
async function intentFolders(config: OptimizerConfig, servers: ReadonlySet<string>): Promise<IntentFolder[]> {
  const keys = new Map(
    [...servers].flatMap((name) => [
      [name, toIdentifier(name)],
      [toIdentifier(name), toIdentifier(name)],
    ]),
  )
  const configured = (name: string): string | undefined => keys.get(name)
  const saved = savedFolder(config)
  const own = [...new Set([...config.intents, ...(saved === undefined ? [] : [saved])])].map((path) => ({
    path,
    origin: 'file',
    server: configured,
  }))
  const packs = (await readdir(PACKS, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  const shipped = packs.flatMap(({ name }): IntentFolder[] => {
    const mapped = config.packs[name]
    if (mapped === false) return []
    return [
      {
        path: join(PACKS, name),
        origin: `pack:${name}`,
        server: (server) => configured(server === name ? (mapped ?? server) : server),
      },
    ]
  })
  return [...own, ...shipped]
}

function savedFolder(config: OptimizerConfig): string | undefined {
  return config.intents.find((path) => !path.endsWith('.ts')) ?? join(config.cacheDir, 'saved-intents')
}

function serverByKey(catalog: Catalog, name: string): string | undefined {
  return [...catalog.servers.values()].find(({ key, name: configured }) => key === name || configured === name)?.key
}
