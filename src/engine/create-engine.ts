import type { Catalog, CatalogTool, Intent } from '../catalog/catalog.ts'
import type { ToolSearch } from '../catalog/search/tool-search.ts'
import type { Validator } from '../catalog/validate.ts'
import { fitToBudget } from '../context/budget.ts'
import type { ResultStore } from '../context/results.ts'
import { OptimizerError } from '../errors.ts'
import type { Clock } from '../internal/clock.ts'
import { nearestNames } from '../internal/nearest.ts'
import { createDeadline } from '../internal/signal.ts'
import { modelText } from '../internal/text.ts'
import type { MetricsSink, OperationRecord } from '../metrics/metrics.ts'
import type { Program, SandboxBackend, SandboxLimits } from '../sandbox/sandbox.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { BATCH_SOURCE, type BatchStep, type GuestSettled } from './batch.ts'
import type { Builtin } from './builtins.ts'
import type { Answer, Engine, Manifest, RequestContext, Settled } from './engine.ts'
import type { HostContext, HostRoad } from './host-road.ts'
import { imageOf } from './image.ts'
import type { LiveCatalog } from './live-catalog.ts'
import { type Operation, startOperation } from './operation.ts'
import { errorBody, outcomeError } from './outcome.ts'
import { parseBatchRequest, parseCodeRequest, parseIntentRequest, parseSearchRequest } from './requests.ts'
import type { WorkedPrograms } from './save-intent.ts'

export interface EngineOptions {
  readonly live: LiveCatalog
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly road: HostRoad
  /** Undefined: programs are refused with `SANDBOX_DISABLED`. */
  readonly sandbox: SandboxBackend | undefined
  readonly limits: SandboxLimits
  /** Upper bound of the timeout a request may ask for, milliseconds. */
  readonly maxTimeoutMs: number
  readonly validator: Validator
  readonly search: ToolSearch
  readonly builtins: readonly Builtin[]
  readonly worked: WorkedPrograms
  readonly results: ResultStore
  readonly tokenizer: Tokenizer
  readonly maxTokens: number
  readonly metrics: readonly MetricsSink[]
  readonly clock: Clock
  /** How long a request waits for tool lists that are still being read, milliseconds. */
  readonly listWaitMs: number
  readonly name: string
  readonly version: string
}

/** What the stages of one operation hand on. */
interface Run {
  readonly kind: OperationRecord['kind']
  readonly operation: Operation
  readonly context: HostContext
  intent?: string
  catalog?: Catalog
  logs?: readonly string[]
}

/** What the surface shows of a program's console at most. */
const MAX_LOG_TOKENS = 700

export function createEngine(options: EngineOptions): Engine {
  const { live, road, validator, tokenizer, clock } = options
  const builtins = new Map(options.builtins.map((builtin) => [builtin.intent.name, builtin]))

  /** All operations go this way: run the stages, fit the answer, measure, whatever happens. */
  const answer = async <T>(
    kind: Run['kind'],
    request: unknown,
    given: RequestContext | undefined,
    work: (run: Run) => Promise<string>,
  ): Promise<Answer<T>> => {
    const run: Run = { kind, operation: startOperation(clock), context: { principal: 'local', ...given } }
    let fitted: { data: unknown; tokens: number } | undefined
    let failure: ReturnType<typeof errorBody> | undefined
    try {
      run.operation.enter('validate')
      run.context.signal?.throwIfAborted()
      const json = await work(run)
      run.operation.enter('format')
      // Console lines share the answer's budget.
      const maxTokens = options.maxTokens - Math.min(MAX_LOG_TOKENS, tokenizer.count((run.logs ?? []).join('\n')))
      fitted = fitToBudget(json, { tokenizer, store: options.results, owner: run.context.principal, maxTokens })
    } catch (thrown) {
      failure = errorBody(thrown, run.operation)
    }
    run.operation.enter('measure')
    const answerTokens = failure === undefined ? (fitted?.tokens ?? 0) : tokenizer.count(JSON.stringify(failure))
    const requestTokens = requestSize(request, tokenizer)
    const metadata = metadataOf(run, requestTokens + answerTokens, options)
    record(run, metadata, requestTokens, answerTokens, failure?.code)
    if (failure !== undefined) return { status: 'error', error: failure, metadata }
    return { status: 'ok', data: fitted?.data as T, metadata }
  }

  const record = (
    run: Run,
    metadata: Answer['metadata'],
    requestTokens: number,
    answerTokens: number,
    errorCode: string | undefined,
  ): void => {
    if (options.metrics.length === 0) return
    const entry: OperationRecord = {
      kind: run.kind,
      status: errorCode === undefined ? 'ok' : 'error',
      durationMs: metadata.execution_time_ms,
      stages: metadata.stages,
      requestTokens,
      answerTokens,
      hostCalls: run.operation.hostCalls,
      cacheHits: run.operation.cacheHits,
      ...(run.intent === undefined ? {} : { intent: run.intent }),
      ...(errorCode === undefined ? {} : { errorCode }),
    }
    for (const sink of options.metrics) sink.record(entry)
  }

  /** The catalog that holds `name`; waits for lists that are still being read, but only when it must. */
  const route = async (name: string): Promise<{ catalog: Catalog; target: Target }> => {
    const catalog = live.current()
    const target = find(name, catalog)
    if (target !== undefined) return { catalog, target }
    live.retry()
    if (!live.settled) await live.ready(options.listWaitMs)
    const later = live.current()
    const found = find(name, later)
    if (found === undefined) throw unknownIntent(name, later, live.settled)
    return { catalog: later, target: found }
  }

  const find = (name: string, catalog: Catalog): Target | undefined => {
    const builtin = builtins.get(name)
    if (builtin !== undefined) return { kind: 'builtin', builtin }
    const intent = catalog.intents.get(name)
    if (intent !== undefined) return { kind: 'intent', intent }
    const tool = catalog.tools.get(name)
    return tool === undefined ? undefined : { kind: 'tool', tool }
  }

  const checkInput = (target: Target, params: unknown): void => {
    // A tool's arguments are checked on the host road, where calls of programs pass too.
    if (target.kind === 'tool') return
    const intent = target.kind === 'intent' ? target.intent : target.builtin.intent
    const problem = validator.validate(intent.input, params)
    if (problem === undefined) return
    const { path, message, expected } = problem
    throw new OptimizerError(
      'INVALID_REQUEST',
      `cannot run ${intent.name}: ${path === '' ? '' : `${path}: `}${message}`,
      {
        details: { path: path === '' ? 'params' : `params.${path}`, expected },
      },
    )
  }

  const runProgram = async (
    run: Run,
    catalog: Catalog,
    program: Program,
    timeoutMs: number | undefined,
  ): Promise<string> => {
    const { sandbox } = options
    if (sandbox === undefined)
      throw new OptimizerError('SANDBOX_DISABLED', 'cannot run a program: features.enableSandbox is false')
    const { operation, context } = run
    operation.enter('acquire')
    const guest = await sandbox.create(imageOf(catalog), {
      session: context.principal,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    })
    try {
      operation.enter('execute')
      const limits =
        timeoutMs === undefined
          ? options.limits
          : { ...options.limits, timeoutMs: Math.min(timeoutMs, options.maxTimeoutMs) }
      const outcome = await guest.run(program, road.hostCall(catalog, operation, context), limits, context.signal)
      if (outcome.logs.length > 0) run.logs = outcome.logs
      if (outcome.status !== 'ok') throw outcomeError(outcome, operation)
      return outcome.value ?? 'null'
    } finally {
      await guest[Symbol.asyncDispose]()
    }
  }

  const runTarget = async (
    run: Run,
    target: Target,
    catalog: Catalog,
    params: unknown,
    timeoutMs: number | undefined,
  ): Promise<string> => {
    switch (target.kind) {
      case 'builtin':
        run.operation.enter('execute')
        return await target.builtin.run(params as never, run.context.principal)
      case 'tool':
        run.operation.enter('execute')
        return await withTimeout(
          timeoutMs,
          run.context,
          async (context) => await road.callTool(target.tool, params, run.operation, context),
        )
      case 'intent': {
        run.operation.enter('generate')
        const program: Program = { kind: 'module', module: target.intent.name, input: JSON.stringify(params) }
        return await runProgram(run, catalog, program, timeoutMs)
      }
    }
  }

  const batchSteps = async (
    requests: readonly unknown[],
    run: Run,
  ): Promise<{ steps: (BatchStep | Settled)[]; catalog: Catalog }> => {
    const steps: (BatchStep | Settled)[] = []
    for (const [index, request] of requests.entries()) {
      try {
        const { intent, params = {} } = parseIntentRequest(request, `requests[${index}]`)
        const { target, catalog } = await route(intent)
        checkInput(target, params)
        if (target.kind === 'builtin')
          steps.push({ status: 'ok', data: JSON.parse(await runTarget(run, target, catalog, params, undefined)) })
        else steps.push({ path: pathOf(target), input: params })
      } catch (thrown) {
        steps.push({ status: 'error', error: errorBody(thrown, run.operation) })
      }
    }
    return { steps, catalog: live.current() }
  }

  return {
    executeIntent: (request, context) =>
      answer('intent', request, context, async (run) => {
        const { intent, params = {}, timeoutMs } = parseIntentRequest(request)
        run.operation.enter('route')
        const { catalog, target } = await route(intent)
        run.catalog = catalog
        run.intent = intent
        run.operation.enter('validate')
        checkInput(target, params)
        return await runTarget(run, target, catalog, params, timeoutMs)
      }),

    executeBatch: (request, context) =>
      answer('batch', request, context, async (run) => {
        const { requests, timeoutMs } = parseBatchRequest(request)
        run.operation.enter('route')
        const { steps, catalog } = await batchSteps(requests, run)
        run.catalog = catalog
        run.operation.enter('generate')
        const open = steps.filter(isStep)
        if (open.length === 0) return JSON.stringify(steps)
        const program: Program = { kind: 'body', source: BATCH_SOURCE, input: JSON.stringify(open), name: 'batch' }
        const settled = JSON.parse(await runProgram(run, catalog, program, timeoutMs)) as GuestSettled[]
        return JSON.stringify(steps.map((step) => (isStep(step) ? fromGuest(settled.shift(), run.operation) : step)))
      }),

    execute: (request, context) =>
      answer('code', request, context, async (run) => {
        const { code, params, timeoutMs } = parseCodeRequest(request)
        run.operation.enter('route')
        if (!live.settled) await live.ready(options.listWaitMs)
        const catalog = live.current()
        run.catalog = catalog
        run.operation.enter('generate')
        const program: Program = { kind: 'body', source: code, input: JSON.stringify(params), name: 'program' }
        const json = await runProgram(run, catalog, program, timeoutMs)
        options.worked.remember(code, params)
        return json
      }),

    search: (request, context) =>
      answer('search', request, context, async (run) => {
        const parsed = parseSearchRequest(request)
        run.operation.enter('route')
        live.retry()
        if (!live.settled) await live.ready(options.listWaitMs)
        run.catalog = live.current()
        run.operation.enter('execute')
        return JSON.stringify(options.search.answer(withBuiltins(run.catalog, builtins), parsed))
      }),

    discover: () => manifest(live.current(), builtins, options),
    catalog: () => live.current(),
    intents: () =>
      [...withBuiltins(live.current(), builtins).intents.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async ready(timeoutMs = 30_000) {
      await live.ready(timeoutMs)
    },
    servers: () => new Map([...options.upstreams].map(([name, upstream]) => [name, upstream.status()])),
  }
}

type Target =
  | { readonly kind: 'builtin'; readonly builtin: Builtin }
  | { readonly kind: 'intent'; readonly intent: Intent }
  | { readonly kind: 'tool'; readonly tool: CatalogTool }

function pathOf(target: Exclude<Target, { kind: 'builtin' }>): string[] {
  return target.kind === 'tool'
    ? ['tools', target.tool.serverKey, target.tool.key]
    : ['intents', ...target.intent.name.split('.')]
}

function isStep(step: BatchStep | Settled): step is BatchStep {
  return 'path' in step
}

function fromGuest(settled: GuestSettled | undefined, operation: Operation): Settled {
  if (settled === undefined)
    return { status: 'error', error: new OptimizerError('INTERNAL', 'a request of the batch has no result').toJSON() }
  if (settled.status === 'ok') return settled
  const { name, message, code, details } = settled.error
  const text = code === undefined && name !== 'Error' ? `${name}: ${message}` : message
  const error = new OptimizerError(code ?? 'PROGRAM_ERROR', text, details === undefined ? {} : { details })
  return { status: 'error', error: errorBody(error, { ...operation, effects: [] }) }
}

async function withTimeout<T>(
  timeoutMs: number | undefined,
  context: HostContext,
  work: (context: HostContext) => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return await work(context)
  using deadline = createDeadline(timeoutMs, context.signal)
  return await work({ ...context, signal: deadline.signal })
}

function unknownIntent(name: string, catalog: Catalog, settled: boolean): OptimizerError {
  const nearest = nearestNames(name, [...catalog.intents.keys(), ...catalog.tools.keys()])
  const starting = [...catalog.servers.values()]
    .filter(({ state }) => state !== 'ready' && state !== 'idle')
    .map(({ name: server, state }) => `${server}: ${state}`)
  return new OptimizerError('UNKNOWN_INTENT', `cannot run "${modelText(name, 100)}": no intent or tool of this name`, {
    details: { nearest, ...(starting.length === 0 && settled ? {} : { servers: starting }) },
  })
}

/** The catalog as search shows it: the gateway's own intents among the others. */
function withBuiltins(catalog: Catalog, builtins: ReadonlyMap<string, Builtin>): Catalog {
  const known = shown.get(catalog)
  if (known !== undefined) return known
  const intents = new Map([...catalog.intents, ...[...builtins].map(([name, { intent }]) => [name, intent] as const)])
  const complete = { ...catalog, intents }
  shown.set(catalog, complete)
  return complete
}

const shown = new WeakMap<Catalog, Catalog>()

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

function metadataOf(run: Run, tokens: number, options: EngineOptions): Answer['metadata'] {
  const { operation } = run
  return {
    tokens_used: tokens,
    execution_time_ms: operation.elapsedMs(),
    cache_hit: operation.hostCalls > 0 && operation.cacheHits === operation.hostCalls,
    host_calls: operation.hostCalls,
    stages: operation.stages(),
    ...(run.logs === undefined ? {} : { logs: run.logs }),
    catalog: (run.catalog ?? options.live.current()).version,
  }
}

function requestSize(request: unknown, tokenizer: Tokenizer): number {
  try {
    return tokenizer.count(JSON.stringify(request) ?? '')
  } catch {
    return 0
  }
}
