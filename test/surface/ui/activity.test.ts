import { describe, expect, it } from 'vitest'
import type { Stage } from '../../../src/metrics/metrics.ts'
import { createActivity, STEP_MS } from '../../../src/surface/ui/activity.ts'
import { anOperation, aStart, anUpstreamCall, observerContract } from '../../contracts/observer.ts'

const start = Math.ceil(1_764_000_000_000 / STEP_MS) * STEP_MS

function activity(time = { now: start }, gauges = { running: 0, busy: 0 }) {
  return createActivity({ clock: { now: () => time.now, wall: () => time.now }, gauges: () => gauges })
}

observerContract('the activity of the dashboard', async () => activity())

describe('the activity of the dashboard', () => {
  it('counts operations in steps of the last fifteen minutes, however long nothing happened', () => {
    const time = { now: start }
    using seen = activity(time)
    seen.ended?.(anOperation())
    seen.ended?.(anOperation({ status: 'error', errorCode: 'TIMEOUT' }))
    time.now += STEP_MS
    seen.ended?.(anOperation())
    const steps = seen.steps()
    expect(steps).toHaveLength(60)
    expect(steps.slice(-2)).toMatchObject([
      { at: start, ended: 2, failed: 1 },
      { at: start + STEP_MS, ended: 1, failed: 0 },
    ])
    time.now += 3_600_000
    expect(seen.steps().every(({ ended }) => ended === 0)).toBe(true)
    expect(seen.steps().at(-1)?.at).toBe(start + STEP_MS + 3_600_000)
  })

  it('keeps the most that ran at once', () => {
    const gauges = { running: 3, busy: 2 }
    using seen = activity({ now: start }, gauges)
    seen.started?.(aStart())
    Object.assign(gauges, { running: 0, busy: 0 })
    expect(seen.steps().at(-1)).toMatchObject({ running: 3, busy: 2 })
  })

  it('shows each principal what of its own runs now, with what is known by now', () => {
    using seen = activity()
    const stage: { now: Stage } = { now: 'validate' }
    const first = {
      ...aStart({ id: 'a', principal: 'ann' }),
      get stage() {
        return stage.now
      },
    }
    seen.started?.(first)
    seen.started?.(aStart({ id: 'b', principal: 'bob' }))
    seen.started?.(aStart({ id: 'c', principal: 'ann' }))
    stage.now = 'execute'
    expect(seen.running('ann').map((operation) => [operation.id, operation.stage])).toEqual([
      ['a', 'execute'],
      ['c', undefined],
    ])
    seen.ended?.(anOperation({ id: 'a', principal: 'ann' }))
    expect(seen.running('ann').map(({ id }) => id)).toEqual(['c'])
    expect(seen.running('bob').map(({ id }) => id)).toEqual(['b'])
  })

  it('shows each principal the latest of its own operations', () => {
    using seen = activity()
    for (let index = 0; index < 300; index++) seen.ended?.(anOperation({ principal: 'ann', intent: `i${index}` }))
    seen.ended?.(anOperation({ principal: 'bob', intent: 'his' }))
    expect(seen.recent('ann').map(({ intent }) => intent)).toEqual(
      Array.from({ length: 50 }, (_, at) => `i${299 - at}`),
    )
    expect(seen.recent('bob').map(({ intent }) => intent)).toEqual(['his'])
    expect(seen.recent('eve')).toEqual([])
  })

  it('knows how each server answers', () => {
    using seen = activity()
    for (const durationMs of [10, 20, 30]) seen.reached?.(anUpstreamCall({ durationMs }))
    seen.reached?.(anUpstreamCall({ durationMs: 40, errorType: 'TIMEOUT' }))
    expect(seen.upstream('demo')).toMatchObject({ calls: 4, errors: 1 })
    expect(seen.upstream('demo').p50Ms).toBeCloseTo(20, 1)
    expect(seen.upstream('other')).toMatchObject({ calls: 0, errors: 0, p50Ms: Number.NaN })
  })
})
