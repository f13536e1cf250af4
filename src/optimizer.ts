import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LRUCache } from 'lru-cache'
import { type Access, accessKey, FULL_ACCESS } from './access/access.ts'
import type { Cache, CacheStats } from './cache/cache.ts'
import { createCaches } from './cache/create.ts'
import { createReadThrough } from './cache/read-through.ts'
import type { Catalog, CatalogProblem } from './catalog/catalog.ts'
import { createDefinitionCounter } from './catalog/definition-tokens.ts'
import { toIdentifier } from './catalog/names.ts'
import { createOutputTypes, type OutputReport } from './catalog/output-types.ts'
import type { OutputOf } from './catalog/search/answer-text.ts'
import { createCachedSearch } from './catalog/search/cached-search.ts'
import { createToolSearch } from './catalog/search/tool-search.ts'
import { createUsage } from './catalog/search/usage.ts'
import { createTypeChecker } from './catalog/type-check/checker.ts'
import { createTypeFiles } from './catalog/type-files.ts'
import { createValidator } from './catalog/validate.ts'
import type { HttpServerConfig, OptimizerConfig, ServerConfig } from './config/config.ts'
import { SAVED_INTENTS } from './config/own-folders.ts'
import { knownSecrets, ownSecrets } from './config/secrets.ts'
import { admittedIntent, approveSaved } from './config/trust/project-intents.ts'
import { createResultStore, type ResultOwner, type StoredResult } from './context/results.ts'
import { createMessageReader } from './engine/reading/message-reader.ts'
import { createResultReader } from './engine/reading/result-reader.ts'
import { createSessions } from './context/sessions.ts'
import { createDiskStore } from './context/store/disk.ts'
import { createMemoryStore } from './context/store/memory.ts'
import { createRedisStore } from './context/store/redis.ts'
import { createSpillingStore } from './context/store/spilling.ts'
import type { Store } from './context/store/store.ts'
import { createEmbedder } from './embed/create.ts'
import type { Embedder } from './embed/embedder.ts'
import { createSimilarities, type Similarities } from './embed/similarities.ts'
import { createVectorStore } from './embed/vector-store.ts'
import { createEngine } from './engine/create-engine.ts'
import type { Engine } from './engine/engine.ts'
import { createCompletion } from './engine/builtins.ts'
import { createFinder } from './engine/finder.ts'
import { createHostRoad } from './engine/host-road.ts'
import { toImage } from './engine/image.ts'
import { type IntentFolder, loadIntents } from './engine/intent-files.ts'
import { createLiveCatalog, type LiveCatalog, type ServerEntry } from './engine/live-catalog.ts'
import { observeUpstream } from './engine/observed-upstream.ts'
import { createOfferCalls, type OfferCalls } from './engine/offers/offer-calls.ts'
import { createOfferIntents } from './engine/offers/offer-intents.ts'
import { createOffers, type Offers } from './engine/offers/offers.ts'
import { projectBuiltins, projectLive, projectNames, projectUpstreams } from './engine/projection.ts'
import { createReadRules } from './engine/read-rules.ts'
import { createReadingCalls, type ReadingCalls } from './engine/reading-call.ts'
import { createResultIntents } from './engine/result-intents.ts'
import { createSaveIntent, createWorkedPrograms } from './engine/save-intent.ts'
import { createSavedIntents } from './engine/saved-intents.ts'
import { OptimizerError } from './errors.ts'
import { systemClock } from './internal/clock.ts'
import { matchesGlob } from './internal/glob.ts'
import { longHash, shortHash, stableJson } from './internal/hash.ts'
import { type Logger, silentLogger } from './internal/logger.ts'
import { createKnownScrub, type Scrub } from './internal/scrub.ts'
import { messageOf } from './internal/text.ts'
import { createMemo } from './internal/memo.ts'
import { VERSION } from './internal/version.ts'
import { MetricsCollector } from './metrics/collector.ts'
import type { Prometheus } from './metrics/prometheus.ts'
import type { LoopDelayReading } from './metrics/loop-delay.ts'
import { createObservation, type Observation } from './observation.ts'
import { deferSandbox } from './sandbox/deferred.ts'
import { DEFAULT_LIMITS, type SandboxBackend, type SandboxStats, type StandingWall } from './sandbox/sandbox.ts'
import { estimateTokenizer } from './tokens/estimate.ts'
import { createExactCounter, type ExactCounter, type ExactCounterOptions } from './tokens/exact-counter.ts'
import { TOKENIZER_PACKAGE } from './tokens/exact.ts'
import { createAccounts } from './upstream/auth/accounts.ts'
import type { LoginEntry, Logins } from './upstream/auth/login.ts'
import { openLogins } from './upstream/auth/open-store.ts'
import type { LargeMessages } from './upstream/large-messages.ts'
import { createListBudget } from './upstream/list-budget.ts'
import { createUpstream } from './upstream/create.ts'
import { createFirstStarts } from './upstream/launch/first-starts.ts'
import { Reaper } from './upstream/process-group.ts'
import type { Upstream } from './upstream/upstream.ts'
import { withoutSecrets } from './upstream/without-secrets.ts'

/** The gateway: the engine, what it is made of, and the end of it all. */
export interface Optimizer extends Engine, AsyncDisposable {
  readonly config: OptimizerConfig
  /** Present unless `features.enableMetrics` is false. */
  readonly metrics: MetricsCollector | undefined
  /** Receipts, audit figures, operations in flight. */
  readonly observation: Observation
  /** Present with `features.exactTokens`. */
  readonly exactTokens: ExactCounter | undefined
  /**
   * The gateway as somebody sees it who may not use everything: what is not allowed does not exist there, in lists, search,
   * descriptions, programs, errors. Equal access gives the same engine. It ends with this gateway.
   */
  as(access: Access): Engine
  /** Undefined where the sandbox does not count. */
  sandboxStats(): SandboxStats | undefined
  /** The series of `/metrics`, from now on; undefined when `features.enableMetrics` is false. Loads what it needs. */
  openPrometheus(loopDelay: () => LoopDelayReading): Promise<Prometheus | undefined>
  /** What is wrong with intents and tool definitions, complete after `ready()`, and with layers of the cache now. */
  problems(): readonly CatalogProblem[]
  /** The learned output schema of a tool; absent unless `features.learnOutputTypes`. */
  readonly outputOf?: OutputOf
  /** Handles of the results kept for one session, or for a principal without one, newest first. */
  storedResults(owner: ResultOwner): Promise<readonly StoredResult[]>
  /** What was learned of the results of tools, and which of them break their own output schema. */
  outputTypes(): Promise<readonly OutputReport[]>
  forgetOutputTypes(): Promise<void>
}

/** Parts that stand in for those the configuration would choose. */
export interface OptimizerParts {
  /** Upstreams beside the configured ones, e.g. in-memory servers of the library's user. */
  readonly upstreams?: readonly Upstream[]
  readonly sandbox?: SandboxBackend
  /** Instead of the configured one. */
  readonly embedder?: Embedder
  /** @default keeps nothing */
  readonly logger?: Logger
}

const LIST_WAIT_MS = 10_000
/** Classes of principals whose view of the catalog is kept; each costs a search index and an image of programs. */
const MAX_VIEWS = 64
/** Where results and pages pass through to a client, servers may offer tools whose results are pages of MCP Apps. */
const PASSED_ON = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } }
const PACKS = fileURLToPath(new URL('../intents', import.meta.url))

/**
 * Makes a gateway from a complete configuration (see `defineConfig` and `loadConfig`). Returns at once: tool lists and
 * intents are read in the background, and a request waits for them only when it needs them.
 */
export function createOptimizer(config: OptimizerConfig, parts: OptimizerParts = {}): Optimizer {
  const { features } = config
  const definitionTokens = createDefinitionCounter(estimateTokenizer)
  const observation = createObservation(config, {
    version: VERSION,
    definitionTokens: () => definitionTokens(live.current()),
    ...(parts.logger === undefined ? {} : { logger: parts.logger }),
  })
  const { observer, sampler, receipts } = observation
  const scrub = createKnownScrub(knownSecrets(config))
  const logins = openLogins(config.logins)
  const large = createMessageReader({
    maxInFlightBytes: config.results.maxInFlightBytes,
    maxToolChars: config.toolLists.maxToolChars,
  })
  const servers = serverEntries(config, parts.upstreams ?? [], { scrub, logins, large }).map((entry) =>
    observer === undefined
      ? entry
      : {
          ...entry,
          upstream: observeUpstream(entry.upstream, { clock: systemClock, observer, traced: sampler !== undefined }),
        },
  )
  const upstreams = new Map(servers.map(({ upstream }) => [upstream.name, upstream]))
  // One sandbox for programs and for the metadata of intents, which is evaluated nowhere else.
  const sandbox = parts.sandbox ?? deferSandbox(config.sandbox, sayWall(parts.logger))
  if (features.enableSandbox && (config.sandbox.poolMin ?? 0) > 0) void warmUp(sandbox, parts.logger)
  const caches = createCaches(cacheParts(config))
  const cache = features.enableCaching ? createReadThrough({ cache: caches.results }) : undefined
  const exactTokens = features.exactTokens ? createExactCounter(sayInexact(parts.logger)) : undefined
  const metrics = features.enableMetrics ? new MetricsCollector() : undefined
  const kept = createStore(config)
  const results = createResultStore({
    store: kept,
    maxSessionBytes: config.results.maxSessionBytes,
    maxPrincipalBytes: config.results.maxPrincipalBytes,
    ttlMs: config.results.ttlSeconds * 1_000,
  })
  const { key } = config.sessions
  const sessions = createSessions({
    store: kept,
    maxBytes: config.sessions.maxBytes,
    ttlMs: config.sessions.ttlSeconds * 1_000,
    ...(key === undefined ? {} : { key }),
  })
  const worked = createWorkedPrograms()
  const validator = createValidator()
  const outputs = features.learnOutputTypes
    ? createOutputTypes({ files: features.enableCaching ? createTypeFiles(config.cacheDir) : undefined, validator })
    : undefined
  const typeChecker = config.sandbox.typeCheck === 'off' ? undefined : createTypeChecker()
  const intentProblems: CatalogProblem[] = []

  const loader = {
    sandbox,
    admits: admittedIntent(config.projectIntents),
    ...(features.enableCaching ? { cacheDir: config.cacheDir } : {}),
  }
  const names = new Set(upstreams.keys())
  const intents = features.enableSandbox
    ? intentFolders(config, names).then(async (folders) => {
        const loaded = await loadIntents(folders, loader)
        intentProblems.push(...loaded.problems)
        return loaded.intents
      })
    : Promise.resolve([])
  const live: LiveCatalog = createLiveCatalog({
    servers,
    intents,
  })

  const saved = createSavedIntents({
    folder: savedFolder(config),
    live,
    loader,
    server: (key) => serverByKey(live.current(), key),
    clock: systemClock,
  })

  const usage = config.search.learn ? createUsage({ file: usageFile(config), clock: systemClock }) : undefined
  const similarities = similaritiesOf(config, parts.embedder)
  const learned = outputs === undefined ? {} : { outputOf: outputs.outputOf }
  const rules = createReadRules({
    trusted: new Set(
      Object.entries(config.servers).flatMap(([name, { trustHints }]) => (trustHints === true ? [name] : [])),
    ),
    cacheable: config.cache.cacheable,
    ttlSeconds: config.cache.ttlSeconds,
    ttlMs: features.cacheTtlSeconds * 1_000,
  })
  const identified = identities(config, upstreams.keys())
  const reading = createReadingCalls({
    cache,
    rules,
    identities: identified,
    accountOf: createAccounts(remoteEntries(config), logins, systemClock),
  })
  const invalidation = invalidateOnChange(upstreams, caches.results, reading)

  const reader = createResultReader({
    results,
    maxTokens: features.maxTokensPerRequest,
    maxTimeoutMs: config.sandbox.maxTimeoutMs,
  })
  const builtins = [
    ...createResultIntents({ reader, exportFolder: (principal) => exportFolder(config, principal) }),
    createSaveIntent({
      saved,
      worked,
      typeChecker,
      onSaved: async (file, source) => await approveSaved(config.projectIntents, file, source, new Date()),
    }),
  ]
  const disabled = disabledServers(config)
  /** The engine as one access sees it; what costs memory or time, from servers to sandboxes, is shared by all. */
  const openEngine = (access: Access, offers: Offers): Engine => {
    const seen = access.length === 0 ? live : projectLive(live, access, rules.isRead)
    const offerCalls = callsTo(offers, seen)
    const own = projectBuiltins([...createOfferIntents(offerCalls, offers), ...builtins], access)
    const complete = createCompletion(own)
    const hidden = {
      disabled: projectNames(disabled, access, toIdentifier),
      unapproved: projectNames(config.unapproved, access, toIdentifier),
    }
    const search = createCachedSearch(createToolSearch({ ...hidden, ...learned }), outputs?.version)
    const finder = createFinder({ search, similarities, usage, ...learned })
    return createEngine({
      live: seen,
      saved,
      upstreams,
      offers,
      road: createHostRoad({
        upstreams,
        validator,
        results,
        finder,
        offerCalls,
        complete,
        rules,
        reading,
        outputs,
        clock: systemClock,
        scrub,
        large,
        ...(observer === undefined
          ? {}
          : { watch: { observer, tokenizer: estimateTokenizer, begin: observation.begin } }),
      }),
      images: createMemo(toImage),
      idempotency: { store: caches.records, ttlMs: config.cache.idempotencySeconds * 1_000 },
      cacheStats: () => [
        ...(cache === undefined ? [] : cache.stats()),
        { layer: 'search', ...search.stats(), errors: 0 },
      ],
      sandbox: features.enableSandbox ? sandbox : undefined,
      typeChecker: config.sandbox.typeCheck === 'all' ? typeChecker : undefined,
      limits: {
        ...DEFAULT_LIMITS,
        timeoutMs: config.sandbox.timeoutMs,
        memoryBytes: config.sandbox.memoryMb * 1_048_576,
      },
      maxTimeoutMs: config.sandbox.maxTimeoutMs,
      validator,
      finder,
      outputs,
      builtins: own,
      large,
      complete,
      worked,
      results,
      sessions,
      apart: async (text, maxTokens, context) => await reader.preview(text, maxTokens, context),
      tokenizer: estimateTokenizer,
      exactTokens,
      maxTokens: features.maxTokensPerRequest,
      metrics: metrics === undefined ? [] : [metrics],
      ...(observer === undefined ? {} : { observer }),
      ...(sampler === undefined ? {} : { sampler }),
      ...(receipts === undefined ? {} : { receipt: receipts.of }),
      clock: systemClock,
      ...hidden,
      listWaitMs: LIST_WAIT_MS,
      name: 'mcp-optimizer',
      version: VERSION,
      ...(access.length === 0
        ? {}
        : { scope: accessKey(access), definitionTokens: () => definitionTokens(seen.current()) }),
    })
  }
  const openOffers = (access: Access): Offers => {
    const own = projectUpstreams(upstreams, access, toIdentifier)
    const keys = (): ReadonlyMap<string, string> => {
      const servers = [...live.current().servers.values()].filter(({ name }) => own.has(name))
      return new Map(servers.map(({ name, key }) => [name, key]))
    }
    return createOffers({ upstreams: own, clock: systemClock, keys, cache, identities: identified, scrub })
  }
  const callsTo = (offers: Offers, seen: LiveCatalog): OfferCalls =>
    createOfferCalls({
      offers,
      results,
      serverNamed(name) {
        const { names, servers } = seen.current()
        const key = names.server(name)
        return [...servers.values()].find((server) => server.key === key)?.name
      },
    })
  const offers = openOffers(FULL_ACCESS)
  // A server that lists its tools is there: what it offers beside them can be read too.
  live.onChange(() => offers.retry())
  const engine = openEngine(FULL_ACCESS, offers)
  const narrowed = new LRUCache<string, Engine>({
    max: MAX_VIEWS,
    dispose: (view) => view.offers[Symbol.dispose](),
  })

  return {
    ...engine,
    config,
    metrics,
    observation,
    exactTokens,
    ...learned,
    as(access) {
      const key = accessKey(access)
      if (key === '') return engine
      const known = narrowed.get(key) ?? openEngine(access, openOffers(access))
      narrowed.set(key, known)
      return known
    },
    sandboxStats: () => sandbox.stats?.(),
    storedResults: async (owner) => await results.list(owner),
    openPrometheus: (loopDelay) =>
      observation.openPrometheus({
        version: VERSION,
        upstreams: () => [...upstreams.values()].map((upstream) => ({ name: upstream.name, ...upstream.status() })),
        catalog() {
          const { tools, intents: named } = live.current()
          return { tools: tools.size, intents: named.size, definitionTokens: definitionTokens(live.current()) }
        },
        caches: engine.cacheStats,
        sandbox: () => sandbox.stats?.(),
        loopDelay,
      }),
    problems: () => [
      ...intentProblems,
      ...live.current().problems,
      ...offers.problems(),
      ...idlePins(config.pinned, live.current()),
      ...cacheProblems(engine.cacheStats()),
      ...(outputs?.report() ?? []).flatMap(toProblem),
    ],
    async outputTypes() {
      await outputs?.load()
      return outputs?.report() ?? []
    },
    forgetOutputTypes: async () => await outputs?.forget(),
    async [Symbol.asyncDispose]() {
      live[Symbol.dispose]()
      narrowed.clear()
      offers[Symbol.dispose]()
      for (const subscription of invalidation) subscription[Symbol.dispose]()
      cache?.[Symbol.dispose]()
      const optional = [usage, similarities, outputs, typeChecker, exactTokens].filter((part) => part !== undefined)
      const held = [sandbox, reader, large, kept, caches, ...upstreams.values(), ...optional]
      await Promise.allSettled(held.map(async (part) => await part[Symbol.asyncDispose]()))
      // Last: what the end of the others did is still told.
      await observation[Symbol.asyncDispose]()
    },
  }
}

/** Which wall stands, once it is known: a weaker one is nothing to find out by chance. */
function sayInexact(logger: Logger = silentLogger): ExactCounterOptions {
  return {
    onFailure: (error) =>
      logger.log('warn', 'features.exactTokens is on, but tokens are estimated', {
        reason: messageOf(error),
        fix: `npm install ${TOKENIZER_PACKAGE}`,
      }),
  }
}

function sayWall(logger: Logger = silentLogger): (standing: StandingWall) => void {
  return ({ wall, weaker }) =>
    weaker === undefined
      ? logger.log('info', `programs run behind the wall "${wall}", the strictest of this backend`)
      : logger.log('warn', `programs run behind the wall "${wall}", and none stricter: ${weaker}`)
}

/** Ahead of the first program, which says itself what is wrong where this fails. */
async function warmUp(sandbox: SandboxBackend, logger: Logger = silentLogger): Promise<void> {
  try {
    await sandbox.warmUp?.()
  } catch (error) {
    logger.log('warn', `the sandbox could not be started ahead: ${messageOf(error)}`)
  }
}

/** What was executed after which searches, for each set of servers. */
function usageFile({ features, cacheDir, servers }: OptimizerConfig): string | undefined {
  if (!features.enableCaching) return undefined
  return join(cacheDir, 'usage', `${shortHash(Object.keys(servers).toSorted().join('\n'))}.json`)
}

function similaritiesOf(config: OptimizerConfig, given: Embedder | undefined): Similarities | undefined {
  const { embedder: configured, waitMs } = config.search
  const embedder = given ?? (configured === undefined ? undefined : createEmbedder(configured))
  if (embedder === undefined) return undefined
  const store = createVectorStore(config.features.enableCaching ? config.cacheDir : undefined, embedder.name)
  return createSimilarities({ embedder, store, clock: systemClock, waitMs })
}

function disabledServers(config: OptimizerConfig): string[] {
  return Object.entries(config.servers).flatMap(([name, { disabled }]) => (disabled === true ? [name] : []))
}

function cacheParts({ cache, cacheDir, features }: OptimizerConfig): Parameters<typeof createCaches>[0] {
  const { memoryBytes, disk, diskBytes, redis } = cache
  return {
    memoryBytes,
    disk: features.enableCaching && disk ? { folder: cacheDir, maxBytes: diskBytes } : undefined,
    redis: features.enableCaching ? redis : undefined,
  }
}

/** A layer that is away costs nobody an answer, so nobody would see it otherwise. */
function cacheProblems(stats: readonly CacheStats[]): CatalogProblem[] {
  return stats.flatMap(({ layer, problem }) =>
    problem === undefined ? [] : [{ where: `cache: ${layer}`, what: problem }],
  )
}

/**
 * What makes a server the same after a restart and in another instance: how it is reached, credentials included. A server
 * of this process is never another process's.
 */
function identities(config: OptimizerConfig, names: Iterable<string>): Map<string, string> {
  return new Map(
    [...names].map((name) => {
      const server = config.servers[name]
      if (server === undefined) return [name, randomUUID()]
      const reached =
        server.type === 'stdio'
          ? [server.command, server.args, server.env, server.cwd]
          : [server.url, server.headers, server.auth]
      return [name, longHash(stableJson(reached))]
    }),
  )
}

/** A server whose tools changed may answer otherwise; other instances hear of it and look for themselves. */
function invalidateOnChange(
  upstreams: ReadonlyMap<string, Upstream>,
  cache: Cache,
  reading: ReadingCalls,
): readonly Disposable[] {
  const prefix = 'tools/'
  const subscriptions = [...upstreams.values()].map((upstream) =>
    upstream.onToolsChanged(() => {
      void reading.forget(upstream.name)
      void cache.clear(prefix + encodeURIComponent(upstream.name))
    }),
  )
  const elsewhere = cache.onCleared?.((group) => {
    if (group.startsWith(prefix)) upstreams.get(decodeURIComponent(group.slice(prefix.length)))?.refreshTools?.()
  })
  return elsewhere === undefined ? subscriptions : [...subscriptions, elsewhere]
}

function toProblem({ tool, problem }: OutputReport): CatalogProblem[] {
  return problem === undefined ? [] : [{ where: tool, what: `a result broke its output schema at ${problem}` }]
}

/** Texts longer than this are not kept in memory where there is a disk: 10,000 idle sessions stay small. */
const SPILL_CHARS = 8 * 1024

/** Where the state of programs and stored results are kept. */
function createStore({ sessions, results, features, cache, cacheDir }: OptimizerConfig): Store {
  const { maxMemoryBytes, maxDiskBytes } = results
  const onDisk = (name: string, removes: boolean): Store =>
    createDiskStore({ folder: join(cacheDir, name), maxBytes: maxDiskBytes, removes })
  switch (sessions.store) {
    case 'disk':
      return onDisk('kept', false)
    case 'redis':
      return createRedisStore(redisOfSessions(sessions, cache))
    case 'memory': {
      const memory = createMemoryStore({ maxBytes: maxMemoryBytes })
      return features.enableCaching ? createSpillingStore(memory, onDisk('spilled', true), SPILL_CHARS) : memory
    }
  }
}

/** Their own Redis, else that of the cache, where tenants are kept apart. */
function redisOfSessions(
  { redis: urls }: OptimizerConfig['sessions'],
  { redis: shared }: OptimizerConfig['cache'],
): Parameters<typeof createRedisStore>[0] {
  const [url, ...more] = urls
  if (url !== undefined) return { place: more.length === 0 ? { url } : { nodes: urls } }
  if (shared !== undefined) return { place: shared, ...(shared.tenant === undefined ? {} : { prefix: shared.tenant }) }
  throw new OptimizerError('CONFIG_INVALID', 'cannot keep sessions in Redis: found no address of one', {
    suggestion: 'set sessions.redis, or cache.redis, which sessions then use too',
  })
}

function serverEntries(
  config: OptimizerConfig,
  more: readonly Upstream[],
  shared: { readonly scrub: Scrub; readonly logins: Logins; readonly large: LargeMessages },
): ServerEntry[] {
  // One reaper for all servers of this gateway.
  const environment = {
    reaper: new Reaper(),
    ...shared,
    lists: createListBudget(config.toolLists),
    ownSecrets: ownSecrets(config),
    ...(config.features.executionMode === 'traditional' ? { clientCapabilities: PASSED_ON } : {}),
    firstStarts: createFirstStarts({ folder: join(config.cacheDir, 'first-starts'), ...config.firstStarts }),
    ...(config.features.enableCaching ? { cacheDir: config.cacheDir } : {}),
  }
  const configured = Object.entries(config.servers)
    .filter(([, server]) => server.disabled !== true)
    .map(([name, server]) => ({ upstream: createUpstream(name, server, environment), ...shown(server) }))
  return [...configured, ...more.map((upstream) => ({ upstream }))].map((entry) => ({
    ...entry,
    upstream: withoutSecrets(entry.upstream, shared.scrub),
  }))
}

/** Servers that may want a login. */
function remoteEntries({ servers }: OptimizerConfig): (LoginEntry & Pick<HttpServerConfig, 'headers'>)[] {
  return Object.entries(servers).flatMap(([name, server]) => (server.type === 'stdio' ? [] : [{ name, ...server }]))
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

/** Pinned names that no tool has. */
function idlePins(pinned: readonly string[], { tools }: Catalog): CatalogProblem[] {
  const idle = pinned.filter((pattern) => ![...tools.keys()].some((id) => matchesGlob(pattern, id)))
  return idle.map((pattern) => ({ where: 'pinned', what: `"${pattern}" is no tool; names are like server.tool` }))
}

function savedFolder(config: OptimizerConfig): string | undefined {
  return config.intents.find((path) => !path.endsWith('.ts')) ?? join(config.cacheDir, SAVED_INTENTS)
}

/** Files for others than the local user are written only where the configuration says so. */
function exportFolder({ results, cacheDir }: OptimizerConfig, principal: string): string | undefined {
  return results.exportDir ?? (principal === 'local' ? join(cacheDir, 'exports') : undefined)
}

function serverByKey(catalog: Catalog, name: string): string | undefined {
  return [...catalog.servers.values()].find(({ key, name: configured }) => key === name || configured === name)?.key
}
