import { OptimizerError } from '../errors.ts'
import type { CacheStats } from '../cache/cache.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { toIdentifier } from '../catalog/names.ts'
import { createFits } from '../context/budget.ts'
import type { OutputTypes } from '../catalog/output-types.ts'
import type { TypeChecker } from '../catalog/type-check/type-check.ts'
import type { Validator } from '../catalog/validate.ts'
import { asValue, isRecord } from '../internal/json.ts'
import { LARGE_JSON } from '../internal/json-slices.ts'
import { createMemo } from '../internal/memo.ts'
import type { Program } from '../sandbox/sandbox.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { runBatch } from './batch.ts'
import { describeFound, describeNames, listNames } from './browse.ts'
import type { Builtin } from './builtins.ts'
import { requireTypes } from './check-types.ts'
import type { Engine, Manifest, ToolRequest } from './engine.ts'
import type { Finder } from './finder.ts'
import { unknownTool } from './host-road.ts'
import { createIdempotentPipeline, type IdempotencyOptions } from './idempotency.ts'
import type { LiveCatalog } from './live-catalog.ts'
import { inputFor } from './loose-input.ts'
import { createPipeline, nameSession, type PipelineOptions, type Run } from './pipeline.ts'
import type { MessageReader } from './reading/message-reader.ts'
import {
  parseCodeRequest,
  parseDescribeRequest,
  parseIntentRequest,
  parseListRequest,
  parseSearchRequest,
} from './requests.ts'
import { checkInput, createRouter, nameOf } from './route.ts'
import { createServerFault, withServerFaults } from './server-fault.ts'
import type { Offers } from './offers/offers.ts'
import { fitsWhole } from './shown-blocks.ts'
import { createRunner, type RunnerOptions } from './run-program.ts'
import type { WorkedPrograms } from './save-intent.ts'
import type { SavedIntents } from './saved-intents.ts'

export interface EngineOptions extends RunnerOptions, Omit<PipelineOptions, 'catalogVersion'> {
  readonly live: LiveCatalog
  readonly saved: SavedIntents
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly offers: Offers
  /** Checks the code of `execute` before it runs. Undefined: it runs unchecked. */
  readonly typeChecker?: TypeChecker | undefined
  readonly validator: Validator
  readonly finder: Finder
  /** Undefined: nothing is learned from results. */
  readonly outputs: OutputTypes | undefined
  readonly builtins: readonly Builtin[]
  /** Looks at large results. @default they are looked at at once */
  readonly large?: Pick<MessageReader, 'fits'>
  /** The catalog with these in it. */
  readonly complete: (catalog: Catalog) => Catalog
  readonly worked: WorkedPrograms
  readonly idempotency: Pick<IdempotencyOptions, 'store' | 'ttlMs'>
  /** Of what the engine is given: result cache, search. */
  readonly cacheStats: () => readonly CacheStats[]
  /** Servers that the configuration switches off. @default none */
  readonly disabled?: readonly string[]
  /** Names of servers that a project brings and nobody has approved. @default none */
  readonly unapproved?: readonly string[]
  /** Keeps answers to repeated requests apart from those of other engines on the same store. @default none */
  readonly scope?: string
  /** How long a request waits for tool lists that are still being read, milliseconds. */
  readonly listWaitMs: number
  readonly name: string
  readonly version: string
}

/** The four operations, each one story through the seven stages. */
export function createEngine(options: EngineOptions): Engine {
  const { live, saved, finder, validator, listWaitMs, typeChecker, complete } = options
  const builtins = new Map(options.builtins.map((builtin) => [builtin.intent.name, builtin]))
  const pipeline = createIdempotentPipeline(
    createPipeline({ ...options, catalogVersion: () => live.current().version }),
    { ...options.idempotency, clock: options.clock, ...(options.scope === undefined ? {} : { scope: options.scope }) },
  )
  const fits = createFits(options)
  const seen = (principal = 'local'): Catalog => saved.seenBy(live.current(), principal)
  const serverFault = createServerFault(options.disabled ?? [], options.unapproved)
  const route = createRouter({ live, builtins, saved, complete, serverFault, listWaitMs })
  const runner = createRunner({
    ...options,
    explain: (error, ran, source) => withServerFaults(error, { ran, now: live.current(), source }, serverFault),
  })
  const fitsAnswer = async (json: string, { context }: Run): Promise<boolean> =>
    json.length > LARGE_JSON && options.large !== undefined
      ? await options.large.fits(json, options.maxTokens, context.principal, context.signal)
      : fitsWhole(json, fits)
  const manifests = createMemo((catalog: Catalog) => manifest(catalog, builtins, options))
  /** The catalog for an operation that looks at all of it. */
  const listed = async (run: Run, server?: string): Promise<Catalog> => {
    run.operation.enter('route')
    live.retry()
    const isWanted = isNamed(server, live.current())
    await live.listed(listWaitMs, isWanted)
    await live.fresh(listWaitMs, isWanted)
    await options.outputs?.load()
    await saved.look(run.context.principal)
    run.catalog = seen(run.context.principal)
    run.operation.enter('execute')
    return complete(run.catalog)
  }

  return {
    executeIntent: (request, context) =>
      pipeline('intent', request, context, async (run) => {
        const named = parseIntentRequest(request)
        const { intent, server, timeoutMs, session } = named
        await nameSession(run, session)
        run.operation.enter('route')
        const routed = await route(intent, server, run.context.principal)
        const { catalog, target } = routed
        run.catalog = catalog
        run.intent = nameOf(target)
        run.target = target.kind
        run.operation.enter('validate')
        const input = checkInput(target, inputFor(routed, named), validator)
        const json = await runner.target(run, target, catalog, input, timeoutMs)
        // A tool was told of on the host road, where calls of programs pass too.
        if (target.kind === 'intent') finder.executed(nameOf(target), run.context.principal)
        return json
      }),

    executeBatch: (request, context) =>
      pipeline(
        'batch',
        request,
        context,
        async (run) => await runBatch(request, run, { route, validator, runner, catalog: seen }),
      ),

    execute: (request, context) =>
      pipeline('code', request, context, async (run) => {
        const { code, params, timeoutMs, session } = parseCodeRequest(request)
        await nameSession(run, session)
        run.operation.enter('route')
        const { principal } = run.context
        if (/\bintents\b/.test(code)) await saved.look(principal)
        await live.listed(listWaitMs, isUsed(code, seen(principal)))
        await live.fresh(listWaitMs, (server) => mentions(code, server))
        run.catalog = seen(principal)
        run.operation.enter('generate')
        if (typeChecker !== undefined)
          await requireTypes(typeChecker, { source: code, party: principal }, run.catalog, run.context.signal)
        const program: Program = { kind: 'body', source: code, input: asValue(params).json, name: 'program' }
        const json = await runner.program(run, run.catalog, program, timeoutMs)
        if (run.incomplete === undefined) options.worked.remember(code, params)
        return json
      }),

    search: (request, context) =>
      pipeline('search', request, context, async (run) => {
        const parsed = parseSearchRequest(request)
        return JSON.stringify(await finder.answer(await listed(run, parsed.server), parsed, run.context))
      }),

    callTool: (request, context) =>
      pipeline('intent', request, context, async (run) => {
        const { whole = true, ...call }: Partial<ToolRequest> = isRecord(request) ? request : {}
        const named = parseIntentRequest(call)
        run.operation.enter('route')
        const routed = await route(named.intent, named.server, run.context.principal)
        const { catalog, target } = routed
        if (target.kind !== 'tool') throw unknownTool(named.intent, catalog)
        const input = inputFor(routed, named)
        run.catalog = catalog
        run.intent = nameOf(target)
        run.operation.enter('execute')
        const json = await options.road.callTool(target.tool, input, run.operation, run.context, 'whole')
        run.whole = whole || (await fitsAnswer(json, run))
        return run.whole ? json : await options.road.valueOf(target.tool, json, run.operation, run.context)
      }),

    listNames: (request, context) =>
      pipeline('search', request, context, async (run) => {
        const { server } = parseListRequest(request)
        return JSON.stringify(listNames(await listed(run, server), server, serverFault))
      }),

    describe: (request, context) =>
      pipeline('search', request, context, async (run) => {
        const parsed = parseDescribeRequest(request)
        const catalog = await listed(run)
        if ('names' in parsed) return JSON.stringify(describeNames(catalog, parsed.names, serverFault))
        const { need: query, limit = 5 } = parsed
        const found = await finder.search(catalog, { query, limit }, run.context)
        return JSON.stringify(describeFound(catalog, query, found))
      }),

    discover: () => manifests.of(live.current()),
    openSession: async (principal = 'local') => await options.sessions.open(principal),
    isSession: async (handle, principal = 'local') =>
      await options.sessions.state(principal, handle).then(
        () => true,
        // A store that does not answer vouches for nothing, and against nothing.
        (thrown: unknown) => !OptimizerError.is(thrown, 'UNKNOWN_HANDLE'),
      ),
    catalog: seen,
    intents: (principal) =>
      [...complete(seen(principal)).intents.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async ready(timeoutMs = 30_000) {
      await live.ready(timeoutMs)
    },
    offers: options.offers,
    onCatalogChanged: (listener) => live.onChange(listener),
    servers: () => {
      const { servers } = live.current()
      const seen = [...options.upstreams].filter(([name]) => servers.has(name))
      return new Map(seen.map(([name, upstream]) => [name, upstream.status()]))
    },
    cacheStats: () => [
      ...options.cacheStats(),
      { layer: 'manifest', ...manifests.stats(), errors: 0 },
      { layer: 'code', ...options.images.stats(), errors: 0 },
    ],
  }
}

/** Undefined: no server of ours is named, so all are meant. */
function isNamed(name: string | undefined, { names }: Catalog): ((server: string) => boolean) | undefined {
  const key = name === undefined ? undefined : names.server(name)
  return key === undefined ? undefined : (server) => server === key || toIdentifier(server) === key
}

/** The servers that code may use, by their names and by the intents that it names. Undefined: it names none, so it may be any. */
function isUsed(code: string, { intents, servers }: Catalog): ((server: string) => boolean) | undefined {
  const used = [...intents.values()].filter(({ name }) => code.includes(name))
  const keys = new Set(used.flatMap(({ aliases }) => Object.values(aliases)))
  const isWanted = (server: string): boolean => keys.has(server) || mentions(code, server)
  return [...servers.keys()].some(isWanted) || !/\b(?:tools|intents)\b/.test(code) ? isWanted : undefined
}

/** True for code that may use tools of this server. */
function mentions(code: string, server: string): boolean {
  return code.includes(server) || code.includes(toIdentifier(server))
}

function manifest(catalog: Catalog, builtins: ReadonlyMap<string, Builtin>, options: EngineOptions): Manifest {
  return {
    name: options.name,
    version: options.version,
    capabilities: {
      code_execution: {
        intents: [...catalog.intents.keys(), ...builtins.keys()],
        max_timeout: options.maxTimeoutMs / 1_000,
        max_memory_mb: options.limits.memoryBytes / 1_048_576,
      },
    },
  }
}
