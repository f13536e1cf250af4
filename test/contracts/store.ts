import { expect, it } from 'vitest'
import type { Store } from '../../src/context/store/store.ts'
import type { Clock } from '../../src/internal/clock.ts'

/** What every store keeps to. `create` gets a clock that the test turns, and a place of its own for the test. */
export function storeContract(create: (clock: Clock) => Promise<Store>): void {
  const turned = (): { clock: Clock; pass: (ms: number) => void } => {
    let now = Date.now()
    return { clock: { now: () => now, wall: () => now }, pass: (ms) => (now += ms) }
  }
  const ttlMs = 60_000

  it('gives back what was set, by group and id', async () => {
    await using store = await create(turned().clock)
    expect(await store.set('ann', 'a', 'ünï 🦊', { ttlMs })).toBe(true)
    await store.set('bob', 'a', 'other', { ttlMs })
    await store.set('ann', 'empty', '""', { ttlMs })
    expect(await store.get('ann', 'a')).toBe('ünï 🦊')
    expect(await store.get('bob', 'a')).toBe('other')
    expect(await store.get('ann', 'b')).toBeUndefined()
    expect(await store.get('eve', 'a')).toBeUndefined()
  })

  it('keeps groups apart whatever they are called', async () => {
    await using store = await create(turned().clock)
    const groups = ['a', 'a\nb', 'a/b', '../a', 'a:b', '{a}', ' a', 'A', '__proto__']
    for (const group of groups) await store.set(group, 'x', group, { ttlMs })
    for (const group of groups) expect(await store.get(group, 'x')).toBe(group)
  })

  it('knows nothing of ids that no store keeps', async () => {
    await using store = await create(turned().clock)
    for (const id of ['', '../x', 'a/b', '.', 'a\nb', 'x'.repeat(200), 'a.txt', '*']) {
      expect(await store.get('ann', id)).toBeUndefined()
      await store.delete('ann', id)
    }
  })

  it('replaces only what it is told to', async () => {
    await using store = await create(turned().clock)
    expect(await store.set('ann', 'a', '1', { ttlMs, replaces: '0' })).toBe(false)
    expect(await store.set('ann', 'a', '1', { ttlMs, replaces: null })).toBe(true)
    expect(await store.set('ann', 'a', '2', { ttlMs, replaces: null })).toBe(false)
    expect(await store.set('ann', 'a', '2', { ttlMs, replaces: '0' })).toBe(false)
    expect(await store.get('ann', 'a')).toBe('1')
    const long = 'x'.repeat(10_000)
    expect(await store.set('ann', 'a', long, { ttlMs, replaces: '1' })).toBe(true)
    expect(await store.set('ann', 'a', '3', { ttlMs, replaces: null })).toBe(false)
    expect(await store.set('ann', 'a', '3', { ttlMs, replaces: long })).toBe(true)
    expect(await store.get('ann', 'a')).toBe('3')
  })

  it('lets one of many win that replace the same text', async () => {
    await using store = await create(turned().clock)
    await store.set('ann', 'a', 'start', { ttlMs })
    const won = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, index) => await store.set('ann', 'a', `${index}`, { ttlMs, replaces: 'start' }),
      ),
    )
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(await store.get('ann', 'a')).toBe(String(won.indexOf(true)))
  })

  it('lets each of many that look and write see what the others wrote', async () => {
    await using store = await create(turned().clock)
    const add = async (index: number): Promise<unknown> =>
      await store.update?.('ann', 'sum', ttlMs, (before = '') => ({ text: `${before}${index} ` }))
    if (store.update === undefined) return
    await Promise.all(Array.from({ length: 20 }, async (_, index) => await add(index)))
    const text = (await store.get('ann', 'sum')) ?? ''
    expect(new Set(text.trim().split(' ')).size).toBe(20)
    const refused = store.update('ann', 'sum', ttlMs, () => {
      throw new RangeError('too large')
    })
    await expect(refused).rejects.toThrow(RangeError)
    expect(await store.get('ann', 'sum')).toBe(text)
  })

  it('forgets what has expired, and keeps what is renewed', async () => {
    const { clock, pass } = turned()
    await using store = await create(clock)
    await store.set('ann', 'short', '1', { ttlMs })
    await store.set('ann', 'renewed', '2', { ttlMs })
    pass(ttlMs - 1_000)
    expect(await store.get('ann', 'renewed', ttlMs)).toBe('2')
    pass(2_000)
    expect(await store.list('ann')).toMatchObject([{ id: 'renewed' }])
  })

  it('deletes', async () => {
    await using store = await create(turned().clock)
    await store.set('ann', 'a', '1', { ttlMs })
    await store.delete('ann', 'a')
    await store.delete('ann', 'a')
    expect(await store.get('ann', 'a')).toBeUndefined()
    expect(await store.list('ann')).toEqual([])
  })

  it('lists a group, the least recently renewed first, with its bytes', async () => {
    const { clock, pass } = turned()
    await using store = await create(clock)
    await store.set('ann', 'a', 'ü', { ttlMs })
    pass(10)
    await store.set('ann', 'b', '12345', { ttlMs })
    await store.set('bob', 'c', '1', { ttlMs })
    pass(10)
    await store.get('ann', 'a', ttlMs)
    expect(await store.list('ann')).toMatchObject([
      { id: 'b', bytes: 5 },
      { id: 'a', bytes: 2 },
    ])
    expect(await store.list('nobody')).toEqual([])
  })

  it('can be disposed twice', async () => {
    const store = await create(turned().clock)
    await store[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })
}
