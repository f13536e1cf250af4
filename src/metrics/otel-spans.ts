import { type Attributes, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { randomId } from '../internal/ids.ts'
import type { TraceContext } from '../internal/trace-context.ts'
import type { ObservedCall, ObservedOperation, UpstreamCall } from './observer.ts'
import { toHrTime } from './otel-time.ts'

/** Names of the surface's tools, as the agent calls them. */
export const TOOLS = {
  intent: 'execute_intent',
  batch: 'execute_batch',
  code: 'execute_code',
  search: 'search',
} as const

interface SpanInput {
  readonly name: string
  readonly kind: SpanKind
  readonly spanId: string
  readonly traceId: string
  /** Undefined: it begins its trace. */
  readonly parent: SpanContext | undefined
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly error?: string | undefined
  readonly link?: TraceContext | undefined
}

/**
 * Makes the spans of what ended, with the ids that the gateway gave them already, so that logs, audit and what upstreams were
 * told agree with them. They go to the SDK as they are: to start and end them there costs ten times as much.
 */
export class Spans {
  readonly #processor: SpanProcessor
  readonly #resource: Resource
  readonly #scope: ReadableSpan['instrumentationScope']

  constructor(processor: SpanProcessor, resource: Resource, version: string) {
    this.#processor = processor
    this.#resource = resource
    this.#scope = { name: 'mcp-optimizer', version }
  }

  operation(operation: ObservedOperation): void {
    const { trace: given, kind, intent, startedAt, durationMs, segments } = operation
    if (given?.sampled !== true) return
    const { traceId, spanId, parentId, link } = given
    const tool = TOOLS[kind]
    this.#span({
      name: `tools/call ${tool}`,
      kind: SpanKind.SERVER,
      spanId,
      traceId,
      parent: parentId === undefined ? undefined : under(traceId, parentId, true),
      startMs: startedAt,
      endMs: startedAt + durationMs,
      error: operation.errorCode,
      link,
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool,
        'mcp_optimizer.request_tokens': operation.requestTokens,
        'mcp_optimizer.answer_tokens': operation.answerTokens,
        'mcp_optimizer.host_calls': operation.hostCalls,
        'mcp_optimizer.cache_hits': operation.cacheHits,
        ...(intent === undefined ? {} : { 'mcp_optimizer.intent': intent }),
      },
    })
    const parent = under(traceId, spanId, false)
    for (const { stage, fromMs, toMs } of segments) {
      this.#span({
        name: `stage ${stage}`,
        kind: SpanKind.INTERNAL,
        spanId: randomId(8),
        traceId,
        parent,
        startMs: startedAt + fromMs,
        endMs: startedAt + toMs,
        attributes: { 'mcp_optimizer.stage': stage },
      })
    }
  }

  call({ trace: given, parentId, tool, startedAt, durationMs, cached, errorCode }: ObservedCall): void {
    if (given?.sampled !== true) return
    this.#span({
      name: `execute_tool ${tool}`,
      kind: SpanKind.INTERNAL,
      spanId: given.spanId,
      traceId: given.traceId,
      parent: under(given.traceId, parentId, false),
      startMs: startedAt,
      endMs: startedAt + durationMs,
      error: errorCode,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool,
        'mcp_optimizer.cached': cached,
      },
    })
  }

  upstream({ trace: given, upstream, tool, startedAt, durationMs, errorType }: UpstreamCall): void {
    if (given?.sampled !== true) return
    this.#span({
      name: `tools/call ${tool}`,
      kind: SpanKind.CLIENT,
      spanId: given.spanId,
      traceId: given.traceId,
      parent: under(given.traceId, given.parentId, false),
      startMs: startedAt,
      endMs: startedAt + durationMs,
      error: errorType,
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool,
        'mcp_optimizer.upstream': upstream,
      },
    })
  }

  #span({ name, kind, spanId, traceId, parent, startMs, endMs, attributes, error, link }: SpanInput): void {
    const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
    this.#processor.onEnd({
      name,
      kind,
      spanContext: () => context,
      ...(parent !== undefined && { parentSpanContext: parent }),
      startTime: toHrTime(startMs),
      endTime: toHrTime(endMs),
      duration: toHrTime(endMs - startMs),
      status: error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR },
      attributes: error === undefined ? attributes : { ...attributes, 'error.type': error },
      links: link === undefined ? [] : [{ context: { ...link, traceFlags: flagsOf(link) } }],
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: this.#scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    })
  }
}

function under(traceId: string, spanId: string, isRemote: boolean): SpanContext {
  return { traceId, spanId, isRemote, traceFlags: TraceFlags.SAMPLED }
}

function flagsOf({ sampled }: TraceContext): TraceFlags {
  return sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
}
