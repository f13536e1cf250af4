import { expect, it } from 'vitest'
import type { Cache } from '../../src/cache/cache.ts'
import type { Clock } from '../../src/internal/clock.ts'

/** What every cache keeps to. `create` gets a clock that the test turns. */
export function cacheContract(create: (clock: Clock) => Cache): void {
  const turned = (): { clock: Clock; pass: (ms: number) => void } => {
    let now = 1_000
    return { clock: { now: () => now, wall: () => now }, pass: (ms) => (now += ms) }
  }

  it('gives back what was set', async () => {
    const { clock } = turned()
    await using cache = create(clock)
    await cache.set('a', { value: '"ü"', expiresAt: 2_000 })
    expect(await cache.get('a')).toEqual({ value: '"ü"', expiresAt: 2_000 })
    expect(await cache.get('b')).toBeUndefined()
  })

  it('does not serve an entry that has expired', async () => {
    const { clock, pass } = turned()
    await using cache = create(clock)
    await cache.set('a', { value: '1', expiresAt: 2_000 })
    pass(1_000)
    expect(await cache.get('a')).toBeUndefined()
  })

  it('clears by prefix', async () => {
    const { clock } = turned()
    await using cache = create(clock)
    for (const key of ['x:1', 'x:2', 'y:1']) await cache.set(key, { value: '1', expiresAt: 9_000 })
    await cache.clear('x:')
    expect(await cache.get('x:1')).toBeUndefined()
    expect(await cache.get('y:1')).toBeDefined()
    await cache.clear('')
    expect(await cache.get('y:1')).toBeUndefined()
  })

  it('can be disposed twice', async () => {
    const { clock } = turned()
    const cache = create(clock)
    await cache[Symbol.asyncDispose]()
    await cache[Symbol.asyncDispose]()
  })
}
