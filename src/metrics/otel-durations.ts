import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import { emptyResource } from '@opentelemetry/resources'
import { toHrTime } from './otel-time.ts'
import { Distribution, Labelled } from './tally.ts'

/** Seconds: those of the MCP conventions, and finer ones below. */
const BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.025, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

/** The histograms of the MCP conventions, kept as tallies: the SDK's own instruments cost each request some microseconds. */
export class Durations implements MetricProducer {
  readonly #temporality: AggregationTemporality
  readonly #version: string
  readonly #server = new Labelled(['gen_ai.tool.name', 'error.type'], () => new Distribution(BOUNDS))
  /** By upstream, not by tool: thousands of tools would be thousands of series. */
  readonly #client = new Labelled(['mcp_optimizer.upstream', 'error.type'], () => new Distribution(BOUNDS))
  #since: HrTime = toHrTime(Date.now())

  /** `temporality`: what the exporter wants, since the start or since the last export. */
  constructor(temporality: AggregationTemporality, version: string) {
    this.#temporality = temporality
    this.#version = version
  }

  operation(tool: string, durationMs: number, errorType: string | undefined): void {
    this.#server.of(tool, errorType).observe(durationMs / 1_000)
  }

  upstream(name: string, durationMs: number, errorType: string | undefined): void {
    this.#client.of(name, errorType).observe(durationMs / 1_000)
  }

  async collect(): Promise<CollectionResult> {
    const now = toHrTime(Date.now())
    const metrics = [
      this.#histogram(
        'mcp.server.operation.duration',
        'Duration of the requests the gateway answered',
        this.#server,
        now,
      ),
      this.#histogram(
        'mcp.client.operation.duration',
        'Duration of the requests that upstreams answered',
        this.#client,
        now,
      ),
    ].filter(({ dataPoints }) => dataPoints.length > 0)
    if (this.#temporality === AggregationTemporality.DELTA) {
      this.#since = now
      this.#server.clear()
      this.#client.clear()
    }
    const scope = { name: 'mcp-optimizer', version: this.#version }
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope, metrics }]
    // The reader takes the resource of its own provider.
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] }
  }

  #histogram(name: string, description: string, series: Labelled<Distribution>, endTime: HrTime): HistogramMetricData {
    return {
      descriptor: { name, description, unit: 's', valueType: ValueType.DOUBLE },
      aggregationTemporality: this.#temporality,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [...series.entries()].map(({ labels, figure }) => ({
        startTime: this.#since,
        endTime,
        attributes: toAttributes(labels),
        value: {
          buckets: { boundaries: [...figure.bounds], counts: [...figure.counts] },
          sum: figure.sum,
          count: figure.count,
        },
      })),
    }
  }
}

/** Without those that are empty: no error is no error type. */
function toAttributes(labels: Readonly<Record<string, string>>): Attributes {
  const present = Object.entries(labels).filter(([, value]) => value !== '')
  return { 'mcp.method.name': 'tools/call', ...Object.fromEntries(present) }
}
