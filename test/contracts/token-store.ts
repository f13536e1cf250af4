import { expect, it } from 'vitest'
import type { TokenStore } from '../../src/upstream/auth/token-store.ts'

/** What every store of logins does; `create` makes an empty one. */
export function tokenStoreContract(create: () => TokenStore): void {
  const signal = (): AbortSignal => new AbortController().signal

  it('keeps a value until another one replaces it', async () => {
    const store = create()
    expect(await store.read('a')).toBeUndefined()
    expect(await store.write('a', 'one', undefined)).toBe(true)
    expect(await store.write('a', 'two', 'one')).toBe(true)
    expect(await store.read('a')).toBe('two')
    expect(await store.read('b')).toBeUndefined()
    expect(await store.keys()).toEqual(['a'])
  })

  it('leaves a value alone that is another one than was read', async () => {
    const store = create()
    await store.write('a', 'newer', undefined)
    expect(await store.write('a', 'mine', undefined)).toBe(false)
    expect(await store.write('a', 'mine', 'older')).toBe(false)
    expect(await store.delete('a', 'older')).toBe(false)
    expect(await store.read('a')).toBe('newer')
    expect(await store.delete('a', 'newer')).toBe(true)
    expect(await store.keys()).toEqual([])
  })

  it('lets one of many writers through', async () => {
    const store = create()
    const written = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => await store.write('a', `value ${index}`, undefined)),
    )
    expect(written.filter(Boolean)).toHaveLength(1)
  })

  it('gives a lock to one after the other', async () => {
    const store = create()
    let holders = 0
    const most: number[] = []
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        using _held = await store.lock('a', signal())
        most.push(++holders)
        await store.read('a')
        holders--
      }),
    )
    expect(most).toEqual([1, 1, 1, 1])
  })

  it('leaves the line of a lock when the wait is cancelled', async () => {
    const store = create()
    using _held = await store.lock('a', signal())
    await expect(store.lock('a', AbortSignal.timeout(20))).rejects.toThrow(/time/i)
  })
}
