import type { CatalogTool } from '../catalog/catalog.ts'
import type { Clock } from '../internal/clock.ts'
import { randomId } from '../internal/ids.ts'
import { jsonText } from '../internal/json.ts'
import { formatTraceparent, type TraceContext } from '../internal/trace-context.ts'
import type { BegunCall, Observer } from '../metrics/observer.ts'
import { SAMPLE_CHARS, sampledTokens } from '../tokens/sampled.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { HostContext } from './host-road.ts'
import type { Identity } from './identity.ts'
import type { Operation } from './operation.ts'
import { errorCodeOf } from './outcome.ts'

export interface CallWatchOptions {
  readonly clock: Clock
  readonly observer: Observer
  readonly tokenizer: Tokenizer
  /** Whether a tool may change something at its server. */
  readonly mayAct: (tool: CatalogTool) => boolean
  /** Told of each call that may act before it is made; throws where it must not be made. */
  readonly begin?: ((call: BegunCall) => void) | undefined
}

/** A call of a tool that is watched. */
export interface WatchedCall {
  /** What the call goes on with: a trace context of its own, and itself, to be told how it was answered. */
  readonly context: HostContext
  cached: boolean
  /** Throws where a call that may act must not be made. */
  begin(input: unknown): void
  /** Tells the observer. `value`: JSON text, empty when the call failed. */
  ended(input: unknown, value: string, thrown?: unknown): void
}

export type WatchCall = (tool: CatalogTool, operation: Operation, context: HostContext) => WatchedCall

export function createCallWatch(options: CallWatchOptions): WatchCall {
  const counts = new WeakMap<CatalogTool, ToolTokens>()
  const countOf = (tool: CatalogTool): ToolTokens => {
    const known = counts.get(tool) ?? new ToolTokens(tool, options.tokenizer)
    counts.set(tool, known)
    return known
  }
  return (tool, operation, context) => new ObservedCallUnderWay(tool, operation, context, options, countOf(tool))
}

class ObservedCallUnderWay implements WatchedCall {
  cached = false
  readonly context: HostContext
  readonly #id = randomId(8)
  readonly #tool: CatalogTool
  readonly #identity: Identity
  readonly #trace: TraceContext | undefined
  readonly #options: CallWatchOptions
  readonly #tokens: ToolTokens
  readonly #startedAt: number
  readonly #start: number

  constructor(
    tool: CatalogTool,
    { identity }: Operation,
    context: HostContext,
    options: CallWatchOptions,
    tokens: ToolTokens,
  ) {
    this.#tool = tool
    this.#identity = identity
    this.#trace = childOf(identity, this.#id)
    this.#options = options
    this.#tokens = tokens
    this.#startedAt = options.clock.wall()
    this.#start = options.clock.now()
    this.context = inTrace(context, this.#trace, this)
  }

  begin(input: unknown): void {
    const { begin } = this.#options
    if (begin === undefined) return
    const { principal, session = principal } = this.context
    begin({
      id: this.#id,
      parentId: this.#identity.id,
      trace: this.#trace,
      startedAt: this.#startedAt,
      principal,
      session,
      tool: this.#tool.id,
      inputJson: jsonText(input),
    })
  }

  ended(input: unknown, value: string, thrown?: unknown): void {
    const { clock, observer, mayAct } = this.#options
    const { principal, session, askedBy } = this.context
    const inputJson = jsonText(input)
    observer.called?.({
      id: this.#id,
      parentId: this.#identity.id,
      trace: this.#trace,
      startedAt: this.#startedAt,
      startMs: this.#start,
      durationMs: clock.now() - this.#start,
      principal,
      session: session ?? principal,
      tool: this.#tool.id,
      server: this.#tool.server,
      askedBy: askedBy === 'person' ? askedBy : undefined,
      inputJson,
      requestTokens: this.#tokens.ofRequest(inputJson),
      answerTokens: this.#tokens.ofAnswer(value),
      errorCode: thrown === undefined ? undefined : errorCodeOf(thrown),
      cached: this.cached,
      mayAct: mayAct(this.#tool),
    })
  }
}

/** Of answers that are too long to be counted whole, each eighth is sampled: a tool's answers are much alike. */
const COUNT_EVERY = 8

/** Tokens of a tool's calls, estimated. */
class ToolTokens {
  readonly #tokenizer: Tokenizer
  readonly #name: number
  #perChar = 0
  #answers = 0

  constructor(tool: CatalogTool, tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer
    this.#name = tokenizer.count(tool.id)
  }

  ofRequest(inputJson: string): number {
    return this.#name + sampledTokens(this.#tokenizer, inputJson)
  }

  ofAnswer(value: string): number {
    if (value.length <= SAMPLE_CHARS) return this.#tokenizer.count(value)
    if (this.#answers++ % COUNT_EVERY === 0) this.#perChar = sampledTokens(this.#tokenizer, value) / value.length
    return Math.round(value.length * this.#perChar)
  }
}

function childOf({ trace }: Identity, spanId: string): TraceContext | undefined {
  return trace === undefined ? undefined : { traceId: trace.traceId, spanId, sampled: trace.sampled }
}

/** Where nothing is recorded there is no span of this call to hang under: that of the operation will do, and is there. */
function inTrace(context: HostContext, trace: TraceContext | undefined, call: WatchedCall): HostContext {
  if (trace?.sampled !== true) return { ...context, call }
  return { ...context, call, meta: { ...context.meta, traceparent: formatTraceparent(trace) } }
}
