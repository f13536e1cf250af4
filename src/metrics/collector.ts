import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { type MetricsSink, type OperationRecord, STAGES } from './metrics.ts'

/** Values are kept to a thousandth, with three significant figures: bounded memory for any number of observations. */
const SCALE = 1_000
const HIGHEST = 2 ** 50
/** Names with figures of their own. A histogram may take 340 KB, so names are bounded as observations are. */
const MAX_NAMES = 200
/** Records taken apart together. */
const MAX_WAITING = 64
const STAGE_NAMES = STAGES.map((stage) => [stage, `stage_ms.${stage}`] as const)
/** Gathers what is observed under further names. */
const OTHER = '(other)'

/**
 * Collects figures in memory: for the library, without any server.
 *
 * @example
 * const metrics = new MetricsCollector()
 * metrics.observe('latency_ms', 12.5)
 * metrics.percentile('latency_ms', 99) // 12.5
 */
export class MetricsCollector implements MetricsSink {
  readonly #series = new Map<string, Series>()
  /** Records that are not taken apart yet: many at once take a third of the time, and nobody sees it. */
  readonly #waiting: OperationRecord[] = []

  /**
   * Adds one value ≥ 0. Throws RangeError for a negative or non-finite value. The first 200 names are kept apart, all further ones
   * together as `(other)`.
   */
  observe(name: string, value: number): void {
    if (!Number.isFinite(value) || value < 0) {
      throw new RangeError(`cannot observe ${name}: found ${value}, wanted a finite number ≥ 0`)
    }
    const series = this.#series.get(name) ?? this.#create(name)
    series.sum += value
    series.count += 1
    // The histogram holds integers from 1; a zero is counted as the smallest value.
    series.histogram.record(Math.min(HIGHEST, Math.max(1, Math.round(value * SCALE))))
  }

  /** Number of values observed; 0 for an unknown name. */
  count(name: string): number {
    return this.#of(name)?.count ?? 0
  }

  /** Exact arithmetic mean; NaN for an unknown name. */
  mean(name: string): number {
    const series = this.#of(name)
    return series === undefined ? Number.NaN : series.sum / series.count
  }

  /** Exact sum; 0 for an unknown name. */
  sum(name: string): number {
    return this.#of(name)?.sum ?? 0
  }

  /** The value that `percent` (0-100) of the observations do not exceed, within 0.1 %; NaN for an unknown name. */
  percentile(name: string, percent: number): number {
    if (!(percent >= 0 && percent <= 100)) {
      throw new RangeError(`cannot give a percentile: found ${percent}, wanted 0 to 100`)
    }
    const series = this.#of(name)
    if (series === undefined) return Number.NaN
    return (percent === 0 ? series.histogram.min : series.histogram.percentile(percent)) / SCALE
  }

  /** Names observed so far, sorted. */
  names(): readonly string[] {
    this.#takeApart()
    return [...this.#series.keys()].toSorted()
  }

  /** Takes the record of an operation apart into series; never throws. */
  record(operation: OperationRecord): void {
    this.#waiting.push(operation)
    if (this.#waiting.length >= MAX_WAITING) this.#takeApart()
  }

  #of(name: string): Series | undefined {
    this.#takeApart()
    return this.#series.get(name)
  }

  #takeApart(): void {
    for (const operation of this.#waiting.splice(0)) {
      this.observe('operation_ms', operation.durationMs)
      this.observe(`operation_ms.${operation.kind}`, operation.durationMs)
      this.observe(`operations.${operation.status}`, 1)
      this.observe('request_tokens', operation.requestTokens)
      this.observe('answer_tokens', operation.answerTokens)
      this.observe('host_calls', operation.hostCalls)
      this.observe('cache_hits', operation.cacheHits)
      for (const [stage, name] of STAGE_NAMES) {
        const ms = operation.stages[stage]
        if (ms !== undefined) this.observe(name, ms)
      }
    }
  }

  #create(name: string): Series {
    const kept = this.#series.size < MAX_NAMES ? name : OTHER
    const known = this.#series.get(kept)
    if (known !== undefined) return known
    const series = { sum: 0, count: 0, histogram: createHistogram({ lowest: 1, highest: HIGHEST, figures: 3 }) }
    this.#series.set(kept, series)
    return series
  }
}

interface Series {
  sum: number
  count: number
  readonly histogram: RecordableHistogram
}
