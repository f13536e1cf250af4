import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { InstrumentType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { AlwaysOnSampler, BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Logger } from '../internal/logger.ts'
import { messageOf } from '../internal/text.ts'
import { abortable, createDeadline } from '../internal/signal.ts'
import { randomId } from '../internal/ids.ts'
import type { TraceContext } from '../internal/trace-context.ts'
import type { ObservedCall, ObservedOperation, UpstreamCall } from './observer.ts'
import { observeInBatches } from './batched-observer.ts'
import { Durations } from './otel-durations.ts'
import type { Telemetry, TelemetryOptions } from './telemetry.ts'

/** Names of the surface's tools, as the agent calls them. */
const TOOLS = { intent: 'execute_intent', batch: 'execute_batch', code: 'execute_code', search: 'search' } as const
const MAX_QUEUE = 8_192
const MAX_CLOSE_MS = 3_000

/** Spans and metrics with the names of OpenTelemetry's MCP conventions (status: development), over OTLP/HTTP. */
export function createOtel(options: TelemetryOptions): Telemetry {
  const { endpoint, version, logger, metricIntervalMs = 60_000 } = options
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'mcp-optimizer', 'service.version': version }))
    // What the environment says goes before ours: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
    .merge(detectResources({ detectors: [envDetector] }))
  const ids = new GivenIds()
  const exporter = watched(new OTLPTraceExporter(at(endpoint, 'traces')), logger)
  const traces = new TracerProvider({
    resource,
    idGenerator: ids,
    // Whether a trace is recorded was decided when the operation was named; only recorded ones come here.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: MAX_QUEUE })],
  })
  const metrics = new OTLPMetricExporter(at(endpoint, 'metrics'))
  const durations = new Durations(metrics.selectAggregationTemporality(InstrumentType.HISTOGRAM), version)
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: metrics,
        metricProducers: [
          {
            collect: async () => {
              tallies.catchUp()
              return await durations.collect()
            },
          },
        ],
        exportIntervalMillis: metricIntervalMs,
        exportTimeoutMillis: Math.min(metricIntervalMs, 10_000),
      }),
    ],
  })
  const spans = new Spans(traces.getTracer('mcp-optimizer', version), ids)
  const tokens = { request: 0, response: 0 }
  const tallies = observeInBatches({
    ended({ kind, durationMs, errorCode, requestTokens, answerTokens }) {
      durations.operation(TOOLS[kind], durationMs, errorCode)
      tokens.request += requestTokens
      tokens.response += answerTokens
    },
    reached: ({ upstream, durationMs, errorType }) => durations.upstream(upstream, durationMs, errorType),
  })
  publishTokens(meters, () => {
    tallies.catchUp()
    return tokens
  })
  return {
    ended(operation) {
      tallies.ended(operation)
      spans.operation(operation)
    },
    called: (call) => spans.call(call),
    reached(call) {
      tallies.reached(call)
      spans.upstream(call)
    },
    async [Symbol.asyncDispose]() {
      // A collector that does not answer is not waited for.
      using late = createDeadline(MAX_CLOSE_MS)
      const sent = Promise.allSettled([traces.shutdown(), meters.shutdown()])
      await abortable(sent, late.signal).catch(() =>
        logger.log('warn', 'the telemetry collector cannot be reached', { reason: 'no answer while closing' }),
      )
    },
  }
}

function at(endpoint: string | undefined, signal: 'traces' | 'metrics'): { url?: string } {
  return endpoint === undefined ? {} : { url: `${endpoint.replace(/\/+$/, '')}/v1/${signal}` }
}

/** Says once in the log that a collector cannot be reached, and once that it can again. */
function watched(exporter: SpanExporter, logger: Logger): SpanExporter {
  let failing = false
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const fails = Number(result.code) !== 0
        if (fails && !failing)
          logger.log('warn', 'the telemetry collector cannot be reached', { reason: messageOf(result.error) })
        if (!fails && failing) logger.log('info', 'the telemetry collector can be reached again')
        failing = fails
        done(result)
      }),
    shutdown: async () => await exporter.shutdown(),
    ...(exporter.forceFlush === undefined ? {} : { forceFlush: async () => await exporter.forceFlush?.() }),
  }
}

/** The ids that the gateway gave already, so that spans, logs, audit and what upstreams were told agree. */
class GivenIds {
  spanId = ''
  traceId = ''

  generateSpanId(): string {
    return this.spanId === '' ? randomId(8) : this.spanId
  }

  generateTraceId(): string {
    return this.traceId === '' ? randomId(16) : this.traceId
  }
}

interface SpanInput {
  readonly name: string
  readonly kind: SpanKind
  /** Empty: a new one. */
  readonly spanId: string
  readonly traceId: string
  readonly parent: Context
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly error?: string | undefined
  readonly link?: TraceContext | undefined
}

class Spans {
  readonly #tracer: Tracer
  readonly #ids: GivenIds

  constructor(tracer: Tracer, ids: GivenIds) {
    this.#tracer = tracer
    this.#ids = ids
  }

  operation({ trace: given, kind, startedAt, durationMs, errorCode, segments, ...rest }: ObservedOperation): void {
    if (given?.sampled !== true) return
    const { traceId, spanId, parentId, link } = given
    const tool = TOOLS[kind]
    this.#span({
      name: `tools/call ${tool}`,
      kind: SpanKind.SERVER,
      spanId,
      traceId,
      parent: parentId === undefined ? ROOT_CONTEXT : under(traceId, parentId, true),
      startMs: startedAt,
      endMs: startedAt + durationMs,
      error: errorCode,
      link,
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool,
        'mcp_optimizer.request_tokens': rest.requestTokens,
        'mcp_optimizer.answer_tokens': rest.answerTokens,
        'mcp_optimizer.host_calls': rest.hostCalls,
        'mcp_optimizer.cache_hits': rest.cacheHits,
        ...(rest.intent === undefined ? {} : { 'mcp_optimizer.intent': rest.intent }),
      },
    })
    const parent = under(traceId, spanId, false)
    for (const { stage, fromMs, toMs } of segments) {
      this.#span({
        name: `stage ${stage}`,
        kind: SpanKind.INTERNAL,
        spanId: '',
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
    this.#ids.spanId = spanId
    this.#ids.traceId = traceId
    const links = link === undefined ? [] : [{ context: { ...link, traceFlags: flagsOf(link) } }]
    const span = this.#tracer.startSpan(name, { kind, attributes, startTime: startMs, links }, parent)
    if (error !== undefined) {
      span.setAttribute('error.type', error)
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    span.end(endMs)
  }
}

function under(traceId: string, spanId: string, isRemote: boolean): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, isRemote, traceFlags: TraceFlags.SAMPLED })
}

function flagsOf({ sampled }: TraceContext): TraceFlags {
  return sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
}

/** Tokens are few enough for the SDK's own instruments: they are read when asked. */
function publishTokens(meters: MeterProvider, read: () => Readonly<Record<string, number>>): void {
  const tokens = meters.getMeter('mcp-optimizer').createObservableCounter('mcp_optimizer.tokens', {
    description: 'Tokens of requests and answers in the context of agents (estimated)',
    unit: '{token}',
  })
  tokens.addCallback((observed) => {
    for (const [kind, count] of Object.entries(read())) observed.observe(count, { 'mcp_optimizer.token_kind': kind })
  })
}
