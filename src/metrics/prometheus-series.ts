import type { Metric, MetricValueWithName, Registry } from 'prom-client'
import { Count, Distribution, Labelled } from './tally.ts'

/** Counters and histograms of a registry that are kept as tallies; the registry reads and writes them at each scrape. */
export interface SeriesOptions {
  readonly name: string
  readonly help: string
  /** At most four. */
  readonly labelNames?: readonly string[]
}

export function addCounter(registry: Registry, { name, help, labelNames = [] }: SeriesOptions): Labelled<Count> {
  const counts = new Labelled(labelNames, () => new Count())
  register(registry, { name, help, type: 'counter' }, () =>
    [...counts.entries()].map(({ labels, figure }) => ({ labels: NONE, sharedLabels: labels, value: figure.value })),
  )
  return startAtZero(counts, labelNames)
}

/** `bounds` rise; in seconds, as all durations here. */
export function addHistogram(
  registry: Registry,
  { name, help, labelNames = [], bounds }: SeriesOptions & { readonly bounds: readonly number[] },
): Labelled<Distribution> {
  const distributions = new Labelled(labelNames, () => new Distribution(bounds))
  register(registry, { name, help, type: 'histogram' }, () =>
    [...distributions.entries()].flatMap(({ labels, figure }) => histogramValues(name, labels, figure)),
  )
  return startAtZero(distributions, labelNames)
}

/** A series without labels is there from the start; of others nobody knows which there will be. */
function startAtZero<T>(figures: Labelled<T>, labelNames: readonly string[]): Labelled<T> {
  if (labelNames.length === 0) figures.of()
  return figures
}

/** The library writes the text of shared labels once, and keeps it. */
type Values = Omit<MetricValueWithName<string>, 'metricName'> & {
  readonly metricName?: string
  readonly sharedLabels: Readonly<Record<string, string>>
}

const NONE = {}

function histogramValues(name: string, labels: Readonly<Record<string, string>>, distribution: Distribution): Values[] {
  const { bounds, counts, sum, count } = distribution
  let below = 0
  const buckets = bounds.map((le, index) => {
    below += counts[index] ?? 0
    return { labels: { le }, sharedLabels: labels, value: below, metricName: `${name}_bucket` }
  })
  return [
    ...buckets,
    { labels: { le: '+Inf' }, sharedLabels: labels, value: count, metricName: `${name}_bucket` },
    { labels: NONE, sharedLabels: labels, value: sum, metricName: `${name}_sum` },
    { labels: NONE, sharedLabels: labels, value: count, metricName: `${name}_count` },
  ]
}

/** A registry asks each of its metrics for nothing but this, when it writes text. */
function register(
  registry: Registry,
  what: { readonly name: string; readonly help: string; readonly type: 'counter' | 'histogram' },
  values: () => Values[],
): void {
  const metric = { ...what, getForPromString: async () => ({ ...what, values: values() }) }
  registry.registerMetric(metric as unknown as Metric)
}
