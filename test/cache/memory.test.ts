import { describe, expect, it } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createSingleFlight } from '../../src/cache/single-flight.ts'
import { cacheContract } from '../contracts/cache.ts'

describe('memory cache', () => {
  cacheContract((clock) => createMemoryCache({ clock }))

  it('stays within its bytes, the least recently used first', async () => {
    await using cache = createMemoryCache({ maxBytes: 5_000, clock: { now: () => 0, wall: () => 0 } })
    for (let index = 0; index < 10; index++) await cache.set(`k${index}`, { value: 'x'.repeat(1_000), expiresAt: 10 })
    expect(await cache.get('k0')).toBeUndefined()
    expect(await cache.get('k9')).toBeDefined()
  })
})

describe('single flight', () => {
  it('does equal work once, and again after it has ended', async () => {
    const once = createSingleFlight<number>()
    let runs = 0
    const work = async (): Promise<number> => ++runs
    expect(await Promise.all([once('a', work), once('a', work), once('b', work)])).toEqual([1, 1, 2])
    expect(await once('a', work)).toBe(3)
  })

  it('shares a failure and does not keep it', async () => {
    const once = createSingleFlight<number>()
    const failing = Promise.allSettled([
      once('a', () => Promise.reject(new Error('x'))),
      once('a', () => Promise.resolve(1)),
    ])
    expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await once('a', () => Promise.resolve(2))).toBe(2)
  })
})
