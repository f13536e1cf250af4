import { describe, expect, it } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { cacheContract } from '../contracts/cache.ts'

describe('memory cache', () => {
  cacheContract((clock) => createMemoryCache({ clock }))

  it('stays within its bytes, the least recently used first', async () => {
    await using cache = createMemoryCache({ maxBytes: 5_000, clock: { now: () => 0, wall: () => 0 } })
    for (let index = 0; index < 10; index++) await cache.set(`k${index}`, { value: 'x'.repeat(1_000), expiresAt: 10 })
    expect(await cache.get('k0')).toBeUndefined()
    expect(await cache.get('k9')).toBeDefined()
  })

  it('ends an entry in time when the wall clock is turned an hour, back or ahead', async () => {
    for (const turn of [-3_600_000, 3_600_000]) {
      let now = 0
      let wall = 1e12
      await using cache = createMemoryCache({ clock: { now: () => now, wall: () => wall } })
      await cache.set('a', { value: '1', expiresAt: wall + 1_000 })
      wall += turn
      now += 900
      expect(await cache.get('a')).toMatchObject({ value: '1', expiresAt: wall + 100 })
      now += 200
      expect(await cache.get('a')).toBeUndefined()
    }
  })
})
