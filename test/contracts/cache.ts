import { expect, it } from 'vitest'
import { type Cache, groupOf } from '../../src/cache/cache.ts'
import type { Clock } from '../../src/internal/clock.ts'

export interface TurnedClock {
  readonly clock: Clock
  pass(ms: number): void
}

/** A clock that stands still until it is turned. */
export function turnedClock(start = 1_000): TurnedClock {
  let now = start
  return { clock: { now: () => now, wall: () => now }, pass: (ms) => void (now += ms) }
}

/** What every cache keeps to. `create` gets a clock that the test turns, and gives a new, empty cache each time. */
export function cacheContract(create: (clock: Clock) => Cache | Promise<Cache>): void {
  it('gives back what was set, and says which layer had it', async () => {
    const { clock } = turnedClock()
    await using cache = await create(clock)
    await cache.set('a', { value: '"ü\u2028"\n{}', expiresAt: 2_000, staleAt: 1_500 })
    const hit = await cache.get('a')
    expect(hit).toMatchObject({ value: '"ü\u2028"\n{}', staleAt: 1_500, layer: expect.any(String) })
    expect(hit?.expiresAt).toBeGreaterThan(1_500)
    expect(hit?.expiresAt).toBeLessThanOrEqual(2_000)
    expect(await cache.get('b')).toBeUndefined()
    await cache.set('a', { value: '', expiresAt: 2_000 })
    expect(await cache.get('a')).toMatchObject({ value: '' })
  })

  it('does not serve an entry that has expired', async () => {
    const { clock, pass } = turnedClock()
    await using cache = await create(clock)
    await cache.set('a', { value: '1', expiresAt: 2_000 })
    pass(999)
    expect(await cache.get('a')).toBeDefined()
    pass(1)
    expect(await cache.get('a')).toBeUndefined()
  })

  it('removes a key that is set to an expired entry', async () => {
    const { clock } = turnedClock()
    await using cache = await create(clock)
    await cache.set('a', { value: '1', expiresAt: 2_000 })
    await cache.set('a', { value: '2', expiresAt: 1_000 })
    expect(await cache.get('a')).toBeUndefined()
    expect(await cache.add('a', { value: '3', expiresAt: 2_000 })).toBe('added')
  })

  it('adds a key once', async () => {
    const { clock, pass } = turnedClock()
    await using cache = await create(clock)
    const outcomes = await Promise.all(
      ['1', '2', '3'].map(async (value) => await cache.add('a', { value, expiresAt: 2_000 })),
    )
    expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(1)
    const { value } = (await cache.get('a')) ?? { value: '' }
    for (const outcome of outcomes) if (outcome !== 'added') expect(outcome).toMatchObject({ value })
    pass(1_000)
    expect(await cache.add('a', { value: '4', expiresAt: 9_000 })).toBe('added')
    expect(await cache.get('a')).toMatchObject({ value: '4' })
  })

  it('clears one group, or all', async () => {
    const { clock } = turnedClock()
    await using cache = await create(clock)
    for (const key of ['x:1', 'x:2', 'x/y:1', 'z:1']) await cache.set(key, { value: key, expiresAt: 9_000 })
    await cache.clear('x')
    expect(await cache.get('x:1')).toBeUndefined()
    expect(await cache.get('x:2')).toBeUndefined()
    expect(await cache.get('x/y:1')).toMatchObject({ value: 'x/y:1' })
    await cache.set('x:1', { value: 'new', expiresAt: 9_000 })
    expect(await cache.get('x:1')).toMatchObject({ value: 'new' })
    await cache.clear('')
    for (const key of ['x:1', 'x/y:1', 'z:1']) expect(await cache.get(key)).toBeUndefined()
    await cache.clear('never seen')
  })

  it('keeps keys apart, whatever they look like', async () => {
    const { clock } = turnedClock()
    await using cache = await create(clock)
    const keys = ['', ':', '../../x:y', 'a/b:c', 'a_b:c', 'A/b:c', '__proto__', 'x:\n y', `${'k'.repeat(2_000)}:ü`]
    for (const key of keys) await cache.set(key, { value: `of ${key}`, expiresAt: 9_000 })
    for (const key of keys) expect((await cache.get(key))?.value).toBe(`of ${key}`)
    await cache.clear('a/b')
    expect(await cache.get('a/b:c')).toBeUndefined()
    expect(await cache.get('a_b:c')).toBeDefined()
    expect(await cache.get('A/b:c')).toBeDefined()
  })

  it('counts hits and misses', async () => {
    const { clock } = turnedClock()
    await using cache = await create(clock)
    const before = cache.stats()
    await cache.set('a', { value: '1', expiresAt: 9_000 })
    await cache.get('a')
    await cache.get('b')
    const sum = (field: 'hits' | 'misses' | 'errors'): number =>
      [...cache.stats(), ...before].reduce(
        (all, stats, index) => all + (index < before.length ? 1 : -1) * stats[field],
        0,
      )
    expect(sum('hits')).toBe(1)
    expect(sum('misses')).toBe(cache.stats().length)
    expect(sum('errors')).toBe(0)
    for (const { layer } of cache.stats()) expect(layer).not.toBe('')
  })

  it('can be disposed twice', async () => {
    const { clock } = turnedClock()
    const cache = await create(clock)
    await cache[Symbol.asyncDispose]()
    await cache[Symbol.asyncDispose]()
  })

  it('names the group of a key', () => {
    expect(['a:b:c', 'a', ''].map(groupOf)).toEqual(['a', 'a', ''])
  })
}
