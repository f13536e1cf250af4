import { describe, expect, it } from 'vitest'
import type { Cache } from '../../src/cache/cache.ts'
import { createDiskCache } from '../../src/cache/disk.ts'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createTieredCache } from '../../src/cache/tiered.ts'
import { cacheContract } from '../contracts/cache.ts'
import { temporaryFolder } from '../support/servers.ts'

const later = (): number => Date.now() + 3_600_000

describe('tiered cache', () => {
  cacheContract((clock) =>
    createTieredCache([createMemoryCache({ clock }), createDiskCache({ folder: temporaryFolder(), clock })]),
  )

  it('finds in a far layer what a near one lacks, and keeps it near', async () => {
    const folder = temporaryFolder()
    {
      await using before = createTieredCache([createMemoryCache(), createDiskCache({ folder })])
      void before.set('a', { value: '1', expiresAt: later() })
    }
    await using after = createTieredCache([createMemoryCache(), createDiskCache({ folder })])
    expect(await after.get('a')).toMatchObject({ value: '1', layer: 'disk' })
    expect(await after.get('a')).toMatchObject({ value: '1', layer: 'memory' })
    expect(after.stats()).toMatchObject([
      { layer: 'memory', hits: 1, misses: 1 },
      { layer: 'disk', hits: 1, misses: 0 },
    ])
  })

  it('does not bring back what is being cleared', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const far = createMemoryCache()
    const slow: Cache = { ...far, clear: async (group) => held.then(async () => far.clear(group)) }
    await using cache = createTieredCache([createMemoryCache(), slow])
    await far.set('g:a', { value: 'old', expiresAt: later() })
    const clearing = cache.clear('g')
    expect(await cache.get('g:a')).toBeUndefined()
    release()
    await clearing
    expect(await cache.get('g:a')).toBeUndefined()
  })

  it('does not keep near what a far layer gave while its group was cleared', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const near = createMemoryCache()
    const far = createMemoryCache()
    const slow: Cache = {
      ...far,
      get: async (key) => (await far.get(key), await held, { value: 'old', expiresAt: later(), layer: 'slow' }),
    }
    await using cache = createTieredCache([near, slow])
    const reading = cache.get('g:a')
    await cache.clear('g')
    release()
    expect(await reading).toBeUndefined()
    expect(await near.get('g:a')).toBeUndefined()
  })

  it('asks the farthest layer that can tell who was first', async () => {
    const shared = createMemoryCache()
    const away: Cache = { ...createMemoryCache(), add: async () => 'unavailable' }
    await using one = createTieredCache([createMemoryCache(), shared, away])
    await using two = createTieredCache([createMemoryCache(), shared, away])
    expect(await one.add('a', { value: '1', expiresAt: later() })).toBe('added')
    expect(await two.add('a', { value: '2', expiresAt: later() })).toMatchObject({ value: '1' })
  })

  it('knows who was first from a near layer when the far one has lost it', async () => {
    const [near, far] = [createMemoryCache(), createMemoryCache()]
    await using cache = createTieredCache([near, far])
    await cache.add('a', { value: '1', expiresAt: later() })
    await far.clear('')
    expect(await cache.add('a', { value: '2', expiresAt: later() })).toMatchObject({ value: '1' })
    expect(await far.get('a')).toMatchObject({ value: '1' })
  })
})
