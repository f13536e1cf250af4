import { type Apart, type Fitted, fitToBudget } from '../context/budget.ts'
import type { ResultStore } from '../context/results.ts'
import type { Sessions } from '../context/sessions.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { ErrorBody } from '../errors.ts'
import type { Clock } from '../internal/clock.ts'
import { isRecord, jsonText, parseExact } from '../internal/json.ts'
import { LARGE_JSON, parseInSlices } from '../internal/json-slices.ts'
import { formatTraceparent } from '../internal/trace-context.ts'
import type { Receipt } from '../context/receipts.ts'
import type { MetricsSink, OperationRecord } from '../metrics/metrics.ts'
import type { ObservedOperation, Observer, StartedOperation } from '../metrics/observer.ts'
import type { ExactCounter } from '../tokens/exact-counter.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { ContentBlock } from '../upstream/upstream.ts'
import type { Answer, AnswerMetadata, RequestContext } from './engine.ts'
import type { HostContext } from './host-road.ts'
import { identify, type Sampler } from './identity.ts'
import { type Operation, startOperation } from './operation.ts'
import { errorBody } from './outcome.ts'
import type { Target } from './route.ts'
import { imagesIn, mayNameImages } from './shown-blocks.ts'
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
  note?: string | undefined
  /** True: the answer is given whole, whatever its size. */
  whole?: boolean
  /** What is shown beside the data. */
  blocks?: readonly ContentBlock[]
  /** What is missing of a program that answered. */
  incomplete?: ErrorBody
  /** The answer is the one to an earlier request of the same idempotency key. */
  replayed?: true
}

/** The frame of every operation: runs its stages, fits the answer, measures, whatever happens. Never rejects. */
export type Pipeline = <T>(
  kind: Run['kind'],
  request: unknown,
  context: RequestContext | undefined,
  /** Answers JSON text, or a text that is none. */
  work: (run: Run) => Promise<string>,
) => Promise<Answer<T>>

export interface PipelineOptions {
  /** @default large texts are taken apart at once */
  readonly apart?: Apart
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
  /** Tokens of the definitions that the principal could have been given. @default those of all there are */
  readonly definitionTokens?: () => number
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
    options.observer?.started?.(new UnderWay(run))
    let fitted: Fitted | undefined
    let failure: ErrorBody | undefined
    let cause: unknown
    try {
      run.operation.enter('validate')
      run.context.signal?.throwIfAborted()
      const json = await work(run)
      run.operation.enter('format')
      fitted = await fit(json, run, options)
      if (run.whole !== true && mayNameImages(json)) run.blocks ??= await imagesIn(json, run.context, options.results)
    } catch (thrown) {
      cause = thrown
      failure = errorBody(thrown, run.operation)
    }
    run.operation.enter('measure')
    const requestJson = jsonText(request)
    const error = failure ?? run.incomplete
    const code = error?.code ?? (isToolError(run, fitted) ? 'TOOL_ERROR' : undefined)
    const hasFailed = failure !== undefined || (error === undefined && code !== undefined)
    const tokens = await countTokens(requestJson, fitted, error, options)
    const measured = metadataOf(run, tokens, fitted?.stored, options)
    if (options.metrics.length > 0) {
      const record = recordOf(run, measured, tokens, hasFailed, code)
      for (const sink of options.metrics) sink.record(record)
    }
    options.observer?.ended?.(
      observed(run, measured, tokens, hasFailed, code, requestJson, cause, options.definitionTokens?.()),
    )
    const settled = options.observer?.settled?.()
    if (settled !== undefined) await settled
    const receipt = options.receipt?.(sessionOf(run.context))
    const metadata = receipt === undefined ? measured : { ...measured, receipt }
    if (failure !== undefined) return { status: 'error', error: failure, metadata }
    const shown = run.blocks === undefined || run.blocks.length === 0 ? {} : { blocks: run.blocks }
    const answer =
      run.incomplete === undefined
        ? { status: 'ok', data: fitted?.data, ...shown, metadata }
        : { status: 'incomplete', data: fitted?.data, error: run.incomplete, ...shown, metadata }
    // Data and `metadata.stored` are of the same `fitted`; `T` is the caller's word.
    return answer as Answer<never>
  }
}

/** True where a result that was passed through whole tells of an error. */
function isToolError({ whole }: Run, fitted: Fitted | undefined): boolean {
  return whole === true && isRecord(fitted?.data) && fitted.data['isError'] === true
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
  fitted: Fitted | undefined,
  error: ErrorBody | undefined,
  { tokenizer, exactTokens }: PipelineOptions,
): Promise<Tokens> {
  const errorJson = error === undefined ? '' : JSON.stringify(error)
  const answerJson = (fitted?.json ?? '') + errorJson
  const counted = exactTokens === undefined ? undefined : await exactTokens.count([requestJson, answerJson])
  if (exactTokens !== undefined && counted !== undefined) {
    const [requestTokens = 0, answerTokens = 0] = counted
    return { requestTokens, answerTokens, tokenizer: exactTokens.name }
  }
  const answerTokens = (fitted?.tokens ?? 0) + (errorJson === '' ? 0 : tokenizer.count(errorJson))
  return { requestTokens: tokensOf(requestJson, tokenizer), answerTokens, tokenizer: tokenizer.name }
}

async function fit(json: string, run: Run, options: PipelineOptions): Promise<Fitted> {
  const { tokenizer, results: store } = options
  if (run.whole === true) return { data: await wholeOf(json), json, tokens: tokensOf(json, tokenizer) }
  // Console lines share the answer's budget.
  const maxTokens = options.maxTokens - Math.min(MAX_LOG_TOKENS, tokenizer.count((run.logs ?? []).join('\n')))
  const { apart } = options
  return await fitToBudget(json, { tokenizer, store, owner: run.context, maxTokens, apart })
}

/** Of a large text estimated from its beginning. */
function tokensOf(text: string, tokenizer: Tokenizer): number {
  if (text.length <= LARGE_JSON) return tokenizer.count(text)
  return Math.round((tokenizer.count(text.slice(0, LARGE_JSON)) * text.length) / LARGE_JSON)
}

/** It was bounded before it came here. */
const BOUNDS = { maxDepth: Number.POSITIVE_INFINITY, maxValues: Number.POSITIVE_INFINITY }

async function wholeOf(json: string): Promise<unknown> {
  return json.length > LARGE_JSON ? await parseInSlices(json, BOUNDS) : parseExact(json)
}

/** Like all records of the hot path written out field by field: spreading costs as much as the rest of the work. */
function recordOf(
  run: Run,
  metadata: Answer['metadata'],
  { requestTokens, answerTokens }: Tokens,
  hasFailed: boolean,
  errorCode: string | undefined,
): OperationRecord {
  return {
    kind: run.kind,
    intent: run.intent,
    status: statusOf(hasFailed, errorCode),
    errorCode,
    durationMs: metadata.execution_time_ms,
    stages: metadata.stages,
    requestTokens,
    answerTokens,
    hostCalls: run.operation.hostCalls,
    cacheHits: run.operation.cacheHits,
  }
}

function statusOf(hasFailed: boolean, errorCode: string | undefined): OperationRecord['status'] {
  if (errorCode === undefined) return 'ok'
  return hasFailed ? 'error' : 'incomplete'
}

/** What observers see of it while it runs. */
class UnderWay implements StartedOperation {
  readonly id: string
  readonly kind: Run['kind']
  readonly startedAt: number
  readonly principal: string
  readonly #run: Run

  constructor(run: Run) {
    this.id = run.operation.identity.id
    this.kind = run.kind
    this.startedAt = run.operation.startedAt
    this.principal = run.context.principal
    this.#run = run
  }

  get intent(): string | undefined {
    return this.#run.intent
  }

  get stage(): StartedOperation['stage'] {
    return this.#run.operation.stage
  }
}

function observed(
  { kind, intent, operation, context, target }: Run,
  metadata: Answer['metadata'],
  { requestTokens, answerTokens }: Tokens,
  hasFailed: boolean,
  errorCode: string | undefined,
  requestJson: string,
  thrown: unknown,
  definitionTokens: number | undefined,
): ObservedOperation {
  return {
    kind,
    intent,
    status: statusOf(hasFailed, errorCode),
    errorCode,
    durationMs: metadata.execution_time_ms,
    stages: metadata.stages,
    requestTokens,
    answerTokens,
    hostCalls: operation.hostCalls,
    cacheHits: operation.cacheHits,
    id: operation.identity.id,
    trace: operation.identity.trace,
    startedAt: operation.startedAt,
    segments: operation.segments,
    principal: context.principal,
    session: sessionOf(context),
    askedBy: context.askedBy === 'person' ? context.askedBy : undefined,
    definitionTokens,
    target,
    requestJson,
    thrown,
  }
}

function sessionOf({ session, principal }: HostContext): string {
  return session ?? principal
}

function metadataOf(
  run: Run,
  tokens: Tokens,
  stored: boolean | undefined,
  options: PipelineOptions,
): Answer['metadata'] {
  const { operation, replayed, logs, note } = run
  const { cacheLayer, outputProblems } = operation
  const session = run.context.state.begun
  const metadata: { -readonly [Key in keyof AnswerMetadata]: AnswerMetadata[Key] } = {
    id: operation.identity.id,
    tokens_used: tokens.requestTokens + tokens.answerTokens,
    tokenizer: tokens.tokenizer,
    execution_time_ms: operation.elapsedMs(),
    cache_hit: operation.hostCalls > 0 && operation.cacheHits === operation.hostCalls,
    host_calls: operation.hostCalls,
    stages: operation.stages(),
    catalog: run.catalog?.version ?? options.catalogVersion(),
  }
  if (cacheLayer !== undefined) metadata.cache_layer = cacheLayer
  if (replayed !== undefined) metadata.replayed = replayed
  if (session !== undefined) metadata.session = session
  if (outputProblems.length > 0) metadata.output_problems = outputProblems
  if (note !== undefined) metadata.note = note
  if (run.whole === false) metadata.shortened = true
  if (stored !== undefined) metadata.stored = stored
  if (logs !== undefined) metadata.logs = logs
  return metadata
}
