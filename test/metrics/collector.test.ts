import { describe, expect, it } from 'vitest'
import { MetricsCollector } from '../../src/metrics/collector.ts'

describe('MetricsCollector', () => {
  it('gives mean, sum, count and percentiles of what was observed', () => {
    const metrics = new MetricsCollector()
    for (let value = 1; value <= 1_000; value++) metrics.observe('ms', value)
    expect(metrics.count('ms')).toBe(1_000)
    expect(metrics.sum('ms')).toBe(500_500)
    expect(metrics.mean('ms')).toBe(500.5)
    expect(metrics.percentile('ms', 50)).toBeCloseTo(500, -1)
    expect(metrics.percentile('ms', 99)).toBeCloseTo(990, -1)
    expect(metrics.percentile('ms', 100)).toBeCloseTo(1_000, -1)
  })

  it('keeps fractions', () => {
    const metrics = new MetricsCollector()
    metrics.observe('ms', 0.25)
    expect(metrics.percentile('ms', 50)).toBeCloseTo(0.25, 3)
  })

  it('answers for unknown names without inventing figures', () => {
    const metrics = new MetricsCollector()
    expect(metrics.count('x')).toBe(0)
    expect(metrics.sum('x')).toBe(0)
    expect(metrics.mean('x')).toBeNaN()
    expect(metrics.percentile('x', 50)).toBeNaN()
  })

  it('refuses what cannot be a measurement', () => {
    const metrics = new MetricsCollector()
    expect(() => metrics.observe('x', -1)).toThrow(RangeError)
    expect(() => metrics.observe('x', Number.NaN)).toThrow(RangeError)
    expect(() => metrics.percentile('x', 101)).toThrow(RangeError)
  })

  it('takes operation records apart', () => {
    const metrics = new MetricsCollector()
    metrics.record({
      kind: 'intent',
      status: 'ok',
      durationMs: 5,
      stages: { execute: 4 },
      requestTokens: 10,
      answerTokens: 20,
      hostCalls: 2,
      cacheHits: 1,
    })
    expect(metrics.mean('stage_ms.execute')).toBe(4)
    expect(metrics.sum('answer_tokens')).toBe(20)
    expect(metrics.names()).toContain('operations.ok')
  })
})
