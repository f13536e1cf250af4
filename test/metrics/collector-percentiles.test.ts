import { describe, expect, it } from 'vitest'
import { MetricsCollector } from '../../src/metrics/collector.ts'

const PERCENTS = [0, 1, 25, 50, 75, 90, 95, 99, 99.9, 100]

/** Reproducible numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const next = random(7)
const distributions: [string, () => number][] = [
  ['even', () => next() * 1_000],
  ['exponential, as latencies are', () => -Math.log(1 - next()) * 20],
  ['two humps, as a cache makes them', () => (next() < 0.9 ? 1 + next() : 200 + next() * 50)],
  ['heavy-tailed', () => (1 - next()) ** -1.5],
  ['tiny', () => next() * 0.01],
  ['huge', () => next() * 1e9],
  ['constant', () => 42],
]

describe('percentiles of the collector', () => {
  it.each(distributions)('are within 0.1 % of the exact ones: %s', (_name, draw) => {
    const metrics = new MetricsCollector()
    const values = Array.from({ length: 20_000 }, draw)
    for (const value of values) metrics.observe('x', value)
    expect(metrics.sum('x')).toBe(values.reduce((sum, value) => sum + value, 0))
    values.sort((a, b) => a - b)
    for (const percent of PERCENTS) {
      const exact = values[Math.max(0, Math.ceil((values.length * percent) / 100) - 1)] ?? Number.NaN
      // Values are kept to a thousandth.
      const allowed = Math.max(0.0011, exact * 0.0011)
      expect(Math.abs(metrics.percentile('x', percent) - exact), `P${percent}`).toBeLessThanOrEqual(allowed)
    }
  })

  it('holds values beyond its scale in the sum, and at its end in percentiles', () => {
    const metrics = new MetricsCollector()
    metrics.observe('x', 1e300)
    expect(metrics.sum('x')).toBe(1e300)
    expect(metrics.percentile('x', 50)).toBeGreaterThan(1e12)
  })

  it('keeps 200 names apart and gathers the rest, so that names cannot fill the memory', () => {
    const metrics = new MetricsCollector()
    for (let index = 0; index < 5_000; index++) metrics.observe(`name_${index}`, 1)
    expect(metrics.names()).toHaveLength(201)
    expect(metrics.count('name_199')).toBe(1)
    expect(metrics.count('(other)')).toBe(4_800)
  })
})
