import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { InstrumentType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace'
import type { Logger } from '../internal/logger.ts'
import { messageOf } from '../internal/text.ts'
import { abortable, createDeadline } from '../internal/signal.ts'
import { observeInBatches } from './batched-observer.ts'
import { Durations } from './otel-durations.ts'
import { Spans, TOOLS } from './otel-spans.ts'
import type { Telemetry, TelemetryOptions } from './telemetry.ts'

const MAX_QUEUE = 8_192
const MAX_CLOSE_MS = 3_000

/** Spans and metrics with the names of OpenTelemetry's MCP conventions (status: development), over OTLP/HTTP. */
export function createOtel(options: TelemetryOptions): Telemetry {
  const { endpoint, version, logger, metricIntervalMs = 60_000 } = options
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'mcp-optimizer', 'service.version': version }))
    // What the environment says goes before ours: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
    .merge(detectResources({ detectors: [envDetector] }))
  const exporter = watched(new OTLPTraceExporter(at(endpoint, 'traces')), logger)
  const traces = new BatchSpanProcessor({ exporter, maxQueueSize: MAX_QUEUE })
  const spans = new Spans(traces, resource, version)
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
