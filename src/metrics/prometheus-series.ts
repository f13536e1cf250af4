import type { Labels, Registry, Sample } from './registry.ts'
import { Count, Distribution, Labelled } from './tally.ts'

/** Counters and histograms of a registry that are kept as tallies; the registry reads them at each scrape. */
export interface SeriesOptions {
  readonly name: string
  readonly help: string
  /** At most four. */
  readonly labelNames?: readonly string[]
}

export function addCounter(registry: Registry, { name, help, labelNames = [] }: SeriesOptions): Labelled<Count> {
  const counts = new Labelled(labelNames, () => new Count())
  registry.add({
    name,
    help,
    type: 'counter',
    read: () => [...counts.entries()].map(({ labels, figure }) => ({ labels, value: figure.value })),
  })
  return startAtZero(counts, labelNames)
}

/** `bounds` rise; in seconds, as all durations here. */
export function addHistogram(
  registry: Registry,
  { name, help, labelNames = [], bounds }: SeriesOptions & { readonly bounds: readonly number[] },
): Labelled<Distribution> {
  const distributions = new Labelled(labelNames, () => new Distribution(bounds))
  registry.add({
    name,
    help,
    type: 'histogram',
    read: () => [...distributions.entries()].flatMap(({ labels, figure }) => histogramSamples(labels, figure)),
  })
  return startAtZero(distributions, labelNames)
}

/** A series without labels is there from the start; of others nobody knows which there will be. */
function startAtZero<T>(figures: Labelled<T>, labelNames: readonly string[]): Labelled<T> {
  if (labelNames.length === 0) figures.of()
  return figures
}

function histogramSamples(labels: Labels, { bounds, counts, sum, count }: Distribution): Sample[] {
  let below = 0
  const buckets = bounds.map((le, index): Sample => {
    below += counts[index] ?? 0
    return { labels, le, suffix: '_bucket', value: below }
  })
  return [
    ...buckets,
    { labels, le: Number.POSITIVE_INFINITY, suffix: '_bucket', value: count },
    { labels, suffix: '_sum', value: sum },
    { labels, suffix: '_count', value: count },
  ]
}
