import { describe, expect, it, vi } from 'vitest'
import type { Cache } from '../../src/cache/cache.ts'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createReadThrough, type Loaded } from '../../src/cache/read-through.ts'
import { turnedClock } from '../contracts/cache.ts'

const TTL = 100_000

function parts(random = 0) {
  const { clock, pass } = turnedClock()
  const cache = createMemoryCache({ clock })
  return { cache, pass, through: createReadThrough({ cache, clock, random: () => random }) }
}

describe('read-through', () => {
  it('asks the source once for many equal requests, then the cache', async () => {
    const { through } = parts()
    const load = vi.fn<() => Promise<Loaded>>(async () => ({ value: 'x', ttlMs: TTL }))
    const reads = await Promise.all(Array.from({ length: 100 }, async () => through.read('g:a', load)))
    expect(new Set(reads.map(({ value }) => value))).toEqual(new Set(['x']))
    expect(load).toHaveBeenCalledTimes(1)
    expect(await through.read('g:a', load)).toEqual({ value: 'x', layer: 'memory' })
  })

  it('keeps nothing that lives for no time, and no failure', async () => {
    const { through } = parts()
    const load = vi.fn<() => Promise<Loaded>>(async () => ({ value: 'x', ttlMs: 0 }))
    await through.read('g:a', load)
    await through.read('g:a', load)
    expect(load).toHaveBeenCalledTimes(2)
    await expect(through.read('g:b', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(await through.read('g:b', load)).toEqual({ value: 'x', layer: undefined })
  })

  it('never serves longer than asked, and spreads the ends by a tenth', async () => {
    for (const [random, lives] of [
      [0, TTL],
      [0.999, TTL * 0.9],
    ] as const) {
      const { through, pass } = parts(random)
      let value = 1
      const load = async (): Promise<Loaded> => ({ value: String(value), ttlMs: TTL })
      await through.read('g:a', load)
      value = 2
      pass(lives * 0.79)
      expect(await through.read('g:a', load)).toMatchObject({ value: '1' })
      pass(lives * 0.22)
      expect(await through.read('g:a', load)).toMatchObject({ value: '2', layer: undefined })
    }
  })

  it('renews an old entry once in the background, and serves it meanwhile', async () => {
    const { through, pass } = parts()
    await through.read('g:a', async () => ({ value: 'old', ttlMs: TTL }))
    pass(TTL * 0.85)
    let finish: (loaded: Loaded) => void = () => undefined
    const renewals: boolean[] = []
    const load = vi.fn<(signal: AbortSignal, renewal: boolean) => Promise<Loaded>>(async (_signal, renewal) => {
      renewals.push(renewal)
      return await new Promise((resolve) => (finish = resolve))
    })
    for (let index = 0; index < 10; index++) expect(await through.read('g:a', load)).toMatchObject({ value: 'old' })
    expect(renewals).toEqual([true])
    finish({ value: 'new', ttlMs: TTL })
    await vi.waitFor(async () => expect(await through.read('g:a', load)).toMatchObject({ value: 'new' }), {
      timeout: 10_000,
    })
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('serves the old entry to its end when the renewal fails', async () => {
    const { through, pass } = parts()
    await through.read('g:a', async () => ({ value: 'old', ttlMs: TTL }))
    pass(TTL * 0.85)
    const fail = async (): Promise<Loaded> => await Promise.reject(new Error('down'))
    expect(await through.read('g:a', fail)).toMatchObject({ value: 'old' })
    pass(TTL * 0.2)
    await expect(through.read('g:a', fail)).rejects.toThrow('down')
  })

  it('does not keep, nor join, what was loading when its group was cleared', async () => {
    const { through } = parts()
    let finish: (loaded: Loaded) => void = () => undefined
    const before = through.read('g:a', async () => await new Promise((resolve) => (finish = resolve)))
    await vi.waitFor(() => expect(finish).toHaveLength(1), { timeout: 10_000 })
    await through.clear('g')
    const after = await through.read('g:a', async () => ({ value: 'after', ttlMs: TTL }))
    finish({ value: 'before', ttlMs: TTL })
    expect(await before).toMatchObject({ value: 'before' })
    expect(after).toEqual({ value: 'after', layer: undefined })
    expect(await through.read('g:a', async () => ({ value: 'x', ttlMs: TTL }))).toMatchObject({ value: 'after' })
  })

  it('hears of clears elsewhere', async () => {
    let tell: (group: string) => void = () => undefined
    const shared: Cache = {
      ...createMemoryCache(),
      onCleared: (listener) => ((tell = listener), { [Symbol.dispose]: () => undefined }),
    }
    using through = createReadThrough({ cache: shared })
    let finish: (loaded: Loaded) => void = () => undefined
    const before = through.read('g:a', async () => await new Promise((resolve) => (finish = resolve)))
    await vi.waitFor(() => expect(finish).toHaveLength(1), { timeout: 10_000 })
    tell('g')
    finish({ value: 'before', ttlMs: TTL })
    await before
    expect(await shared.get('g:a')).toBeUndefined()
  })

  it('answers from the source when the cache breaks its promise', async () => {
    const broken: Cache = {
      ...createMemoryCache(),
      get: () => Promise.reject(new Error('x')),
      set: () => Promise.reject(new Error('x')),
    }
    using through = createReadThrough({ cache: broken })
    expect(await through.read('g:a', async () => ({ value: '1', ttlMs: TTL }))).toMatchObject({ value: '1' })
  })
})
