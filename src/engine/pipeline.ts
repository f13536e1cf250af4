import { type Fitted, fitToBudget } from '../context/budget.ts'
import type { ResultStore } from '../context/results.ts'
import type { Sessions } from '../context/sessions.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { ErrorBody } from '../errors.ts'
import type { Clock } from '../internal/clock.ts'
import { jsonText } from '../internal/json.ts'
import { formatTraceparent } from '../internal/trace-context.ts'
import type { Receipt } from '../context/receipts.ts'
import type { MetricsSink, OperationRecord } from '../metrics/metrics.ts'
import type { Observer, StartedOperation } from '../metrics/observer.ts'
import type { ExactCounter } from '../tokens/exact-counter.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { Answer, RequestContext } from './engine.ts'
import type { HostContext } from './host-road.ts'
import { identify, type Sampler } from './identity.ts'
import { type Operation, startOperation } from './operation.ts'
import { errorBody } from './outcome.ts'
import type { Target } from './route.ts'
import { createStateCalls } from './state-calls.ts'

/** What the stages of one operation hand on. */
export interface Run {
  readonly kind: OperationRecord['kind']
  readonly operation: Operation
  context: HostContext
  intent?: string
  /** What the intent's name stands for. */
  target?: Target['kind']
  catalog?: Catalog
  logs?: readonly string[]
  /** True: the answer is given whole, whatever its size. */
  whole?: boolean
  /** The answer is the one to an earlier request of the same idempotency key. */
  replayed?: true
}

/** The frame of every operation: runs its stages, fits the answer, measures, whatever happens. Never rejects. */
export type Pipeline = <T>(
  kind: Run['kind'],
  request: unknown,
  context: RequestContext | undefined,
  /** Answers JSON text. */
  work: (run: Run) => Promise<string>,
) => Promise<Answer<T>>

export interface PipelineOptions {
  readonly results: ResultStore
  readonly sessions: Sessions
  readonly tokenizer: Tokenizer
  /** Counts for metadata, where it can say in time. */
  readonly exactTokens?: ExactCounter | undefined
  /** Tokens of one answer. */
  readonly maxTokens: number
  readonly metrics: readonly MetricsSink[]
  readonly observer?: Observer
  /** Present where operations are traced. */
  readonly sampler?: Sampler
  /** The receipt of a session; the operation that ended is on it. */
  readonly receipt?: (session: string) => Receipt | undefined
  readonly clock: Clock
  /** Version of the catalog for operations that end before they have one. */
  readonly catalogVersion: () => string
}

/** What the surface shows of a program's console at most. */
const MAX_LOG_TOKENS = 700

export function createPipeline(options: PipelineOptions): Pipeline {
  const { clock } = options
  return async (kind, request, given, work) => {
    const operation = startOperation(clock, identify(given, options.sampler))
    const run: Run = { kind, operation, context: contextOf(given, operation, options) }
    options.observer?.started?.(underWay(run))
    let fitted: Fitted | undefined
    let failure: ReturnType<typeof errorBody> | undefined
    let cause: unknown
    try {
      run.operation.enter('validate')
      run.context.signal?.throwIfAborted()
      const json = await work(run)
      run.operation.enter('format')
      fitted = await fit(json, run, options)
    } catch (thrown) {
      cause = thrown
      failure = errorBody(thrown, run.operation)
    }
    run.operation.enter('measure')
    const requestJson = jsonText(request)
    const tokens = await countTokens(requestJson, failure ?? fitted, options)
    const measured = metadataOf(run, tokens, options)
    const entry = recordOf(run, measured, tokens, failure?.code)
    for (const sink of options.metrics) sink.record(entry)
    options.observer?.ended?.({ ...entry, ...observed(run, requestJson), thrown: cause })
    const receipt = options.receipt?.(sessionOf(run.context))
    const metadata = receipt === undefined ? measured : { ...measured, receipt }
    if (failure !== undefined) return { status: 'error', error: failure, metadata }
    return { status: 'ok', data: fitted?.data as never, metadata }
  }
}

/** Uses the session that a request names instead of the connection's. Throws `UNKNOWN_HANDLE`. */
export async function nameSession(run: Run, session: string | undefined): Promise<void> {
  if (session === undefined) return
  await run.context.state.name(session)
  run.context = { ...run.context, session }
}

function contextOf(
  given: RequestContext | undefined,
  { identity }: Operation,
  { sessions }: PipelineOptions,
): HostContext {
  const { principal = 'local', session } = given ?? {}
  const state = createStateCalls({ sessions, principal, session })
  if (identity.trace === undefined) return { ...given, principal, state }
  const meta = { ...given?.meta, traceparent: formatTraceparent(identity.trace) }
  return { ...given, principal, state, meta }
}

interface Tokens {
  readonly requestTokens: number
  readonly answerTokens: number
  /** Who counted. */
  readonly tokenizer: string
}

/** Exactly where that is asked for and known in time, else estimated. */
async function countTokens(
  requestJson: string,
  answer: Fitted | ErrorBody | undefined,
  { tokenizer, exactTokens }: PipelineOptions,
): Promise<Tokens> {
  const isError = answer !== undefined && 'code' in answer
  const answerJson = isError ? JSON.stringify(answer) : (answer?.json ?? '')
  const counted = exactTokens === undefined ? undefined : await exactTokens.count([requestJson, answerJson])
  if (exactTokens !== undefined && counted !== undefined) {
    const [requestTokens = 0, answerTokens = 0] = counted
    return { requestTokens, answerTokens, tokenizer: exactTokens.name }
  }
  const answerTokens = isError ? tokenizer.count(answerJson) : (answer?.tokens ?? 0)
  return { requestTokens: tokenizer.count(requestJson), answerTokens, tokenizer: tokenizer.name }
}

async function fit(json: string, run: Run, options: PipelineOptions): Promise<Fitted> {
  const { tokenizer, results: store } = options
  if (run.whole === true) return { data: JSON.parse(json), json, tokens: tokenizer.count(json), stored: false }
  // Console lines share the answer's budget.
  const maxTokens = options.maxTokens - Math.min(MAX_LOG_TOKENS, tokenizer.count((run.logs ?? []).join('\n')))
  return await fitToBudget(json, { tokenizer, store, owner: run.context, maxTokens })
}

function recordOf(
  run: Run,
  metadata: Answer['metadata'],
  { requestTokens, answerTokens }: Tokens,
  errorCode: string | undefined,
): OperationRecord {
  return {
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
}

/** What observers see of it while it runs. */
function underWay(run: Run): StartedOperation {
  const { identity, startedAt } = run.operation
  return {
    id: identity.id,
    kind: run.kind,
    startedAt,
    principal: run.context.principal,
    get intent() {
      return run.intent
    },
    get stage() {
      return run.operation.stage
    },
  }
}

/** What observers see beside the record. */
function observed({ operation, context, target }: Run, requestJson: string) {
  const { identity, startedAt, segments } = operation
  return {
    id: identity.id,
    ...(identity.trace === undefined ? {} : { trace: identity.trace }),
    startedAt,
    segments,
    principal: context.principal,
    session: sessionOf(context),
    requestJson,
    ...(context.askedBy === 'person' ? { askedBy: context.askedBy } : {}),
    ...(target === undefined ? {} : { target }),
  }
}

function sessionOf({ session, principal }: HostContext): string {
  return session ?? principal
}

function metadataOf(run: Run, tokens: Tokens, options: PipelineOptions): Answer['metadata'] {
  const { operation } = run
  return {
    id: operation.identity.id,
    tokens_used: tokens.requestTokens + tokens.answerTokens,
    tokenizer: tokens.tokenizer,
    execution_time_ms: operation.elapsedMs(),
    cache_hit: operation.hostCalls > 0 && operation.cacheHits === operation.hostCalls,
    ...(operation.cacheLayer === undefined ? {} : { cache_layer: operation.cacheLayer }),
    ...(run.replayed === undefined ? {} : { replayed: run.replayed }),
    host_calls: operation.hostCalls,
    stages: operation.stages(),
    ...(run.context.state.begun === undefined ? {} : { session: run.context.state.begun }),
    ...(operation.outputProblems.length === 0 ? {} : { output_problems: operation.outputProblems }),
    ...(run.logs === undefined ? {} : { logs: run.logs }),
    catalog: run.catalog?.version ?? options.catalogVersion(),
  }
}
