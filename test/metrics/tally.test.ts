import { AggregationTemporality } from '@opentelemetry/sdk-metrics'
import { describe, expect, it } from 'vitest'
import { Durations } from '../../src/metrics/otel-durations.ts'
import { Count, Distribution, Labelled } from '../../src/metrics/tally.ts'

describe('a distribution', () => {
  it('counts a value at the first bound that it does not exceed', () => {
    const distribution = new Distribution([1, 5])
    for (const value of [0, 1, 1.5, 5, 6]) distribution.observe(value)
    expect(distribution).toMatchObject({ counts: [2, 2, 1], sum: 13.5, count: 5 })
  })
})

describe('labelled figures', () => {
  it('are one for each combination of values', () => {
    const counts = new Labelled(['a', 'b'], () => new Count())
    counts.of('x', 'y').add()
    counts.of('x', 'y').add(2)
    counts.of('x').add()
    expect([...counts.entries()].map(({ labels, figure }) => [labels, figure.value])).toEqual([
      [{ a: 'x', b: 'y' }, 3],
      [{ a: 'x', b: '' }, 1],
    ])
  })
})

describe('the durations sent to a collector', () => {
  const countsOf = async (durations: Durations): Promise<number[]> => {
    const { resourceMetrics } = await durations.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    return metrics.flatMap(({ dataPoints }) => dataPoints.map(({ value }) => (value as { count: number }).count))
  }

  it.each([
    [
      'since the start',
      AggregationTemporality.CUMULATIVE,
      [
        [1, 1],
        [2, 1],
      ],
    ],
    ['since the last export', AggregationTemporality.DELTA, [[1, 1], [1], []]],
  ])('are those %s, as the exporter wants them', async (_what, temporality, wanted) => {
    const durations = new Durations(temporality, '0')
    durations.operation('execute_code', 12, undefined)
    durations.upstream('demo', 7, 'tool_error')
    expect(await countsOf(durations)).toEqual(wanted[0])
    durations.operation('execute_code', 3, undefined)
    expect(await countsOf(durations)).toEqual(wanted[1])
    if (wanted[2] !== undefined) expect(await countsOf(durations)).toEqual(wanted[2])
  })
})
