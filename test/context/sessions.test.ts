import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSessions, type Sessions } from '../../src/context/sessions.ts'
import { createDiskStore } from '../../src/context/store/disk.ts'
import { createMemoryStore } from '../../src/context/store/memory.ts'
import { createRedisStore } from '../../src/context/store/redis.ts'
import { createSpillingStore } from '../../src/context/store/spilling.ts'
import type { Store } from '../../src/context/store/store.ts'
import { parseValue } from '../../src/internal/json.ts'
import { noRedis, startRedis } from '../support/redis.ts'
import { temporaryFolder } from '../support/servers.ts'

const memory = (): Sessions => createSessions({ store: createMemoryStore() })
const refused = { code: 'UNKNOWN_HANDLE', details: { path: 'session' } }

describe('sessions', () => {
  it('keep named values between uses', async () => {
    const sessions = memory()
    const handle = await sessions.open('ann')
    const state = await sessions.state('ann', handle)
    expect(await state.exists()).toBe(false)
    expect(await state.set('a', '{"n":1}')).toEqual({ isFirst: true })
    expect(await state.set('__proto__', '"x"')).toEqual({ isFirst: false })
    const later = await sessions.state('ann', handle)
    expect(await later.get('a')).toBe('{"n":1}')
    expect(await later.get('b')).toBeUndefined()
    expect(await later.keys()).toEqual(['a', '__proto__'])
    expect(await later.delete('a')).toBe(true)
    expect(await later.delete('a')).toBe(false)
    expect(await later.keys()).toEqual(['__proto__'])
  })

  it('keep any JSON value under any key', async () => {
    const sessions = memory()
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ minLength: 1, maxLength: 50 }), fc.jsonValue()), async (values) => {
        const state = await sessions.state('ann', await sessions.open('ann'))
        const texts = Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)] as const)
        for (const [key, text] of texts) await state.set(key, text)
        for (const [key, text] of texts) expect(JSON.parse((await state.get(key)) ?? '')).toEqual(parseValue(text))
      }),
      { numRuns: 100 },
    )
  })

  it('lose no write of many at once', async () => {
    const sessions = memory()
    const state = await sessions.state('ann', await sessions.open('ann'))
    await Promise.all(Array.from({ length: 100 }, async (_, n) => await state.set(`k${n}`, String(n))))
    expect(await state.keys()).toHaveLength(100)
  })

  it.each([
    ['a guessed handle', (handle: string) => `${handle.slice(0, -1)}${handle.endsWith('A') ? 'B' : 'A'}`],
    ['another id with the same signature', (handle: string) => `s_0123456789abcdef${handle.slice(18)}`],
    ['half a handle', (handle: string) => handle.slice(0, 20)],
    ['nothing', () => ''],
    ['a path', () => '../../session'],
    ['a very long text', (handle: string) => handle.repeat(10_000)],
    ['a line more', (handle: string) => `${handle}\n`],
  ])('refuse %s', async (_what, change) => {
    const sessions = memory()
    await expect(sessions.state('ann', change(await sessions.open('ann')))).rejects.toMatchObject(refused)
  })

  it('refuse handles that another gateway signed', async () => {
    await expect(memory().state('ann', await memory().open('ann'))).rejects.toMatchObject(refused)
    const key = 'a key of many characters'
    const [one, two] = [1, 2].map(() => createSessions({ store: createMemoryStore(), key }))
    expect(await two?.state('ann', (await one?.open('ann')) ?? '')).toBeDefined()
  })

  it('expire some time after their last use', async () => {
    let now = 1_000
    const sessions = createSessions({
      store: createMemoryStore({ clock: { now: () => now, wall: () => now } }),
      ttlMs: 1_000,
    })
    const state = await sessions.state('ann', await sessions.open('ann'))
    await state.set('a', '1')
    now += 900
    expect(await state.get('a')).toBe('1')
    now += 900
    expect(await state.get('a')).toBe('1')
    now += 1_001
    expect(await state.exists()).toBe(false)
  })

  it('are bounded in bytes, keys and names, and keep what they had', async () => {
    const sessions = createSessions({ store: createMemoryStore(), maxBytes: 16_000 })
    const state = await sessions.state('ann', await sessions.open('ann'))
    await state.set('a', '1')
    const limit = { code: 'LIMIT_EXCEEDED' }
    await expect(state.set('b', JSON.stringify('x'.repeat(16_000)))).rejects.toMatchObject(limit)
    await expect(state.set('b', JSON.stringify('ü'.repeat(9_000)))).rejects.toMatchObject(limit)
    await expect(state.set('', '1')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    await expect(state.set('x'.repeat(1_000), '1')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect(await state.keys()).toEqual(['a'])
    const many = await sessions.state('ann', await sessions.open('ann'))
    for (let key = 0; key < 1_000; key++) await many.set(`${key}`, '1')
    await expect(many.set('one more', '1')).rejects.toMatchObject(limit)
    await many.set('999', '2')
    expect(await many.keys()).toHaveLength(1_000)
  })

  it('serve nothing of one principal to another in 10,000 tries', async () => {
    const sessions = memory()
    const handles = await Promise.all(Array.from({ length: 100 }, async (_, n) => await sessions.open(`p${n}`)))
    for (const [n, handle] of handles.entries())
      await (await sessions.state(`p${n}`, handle)).set('secret', `"of p${n}"`)
    let served = 0
    let own = 0
    for (const [owner, handle] of handles.entries()) {
      for (let asker = 0; asker < 100; asker++) {
        const found = await sessions.state(`p${asker}`, handle).then(
          async (state) => await state.get('secret'),
          () => undefined,
        )
        if (found === undefined) continue
        if (asker === owner && found === `"of p${owner}"`) own++
        else served++
      }
    }
    expect({ served, own }).toEqual({ served: 0, own: 100 })
  })
})

describe('sessions that outlive their gateway', () => {
  const outlive = async (open: () => Store): Promise<void> => {
    const first = createSessions({ store: open() })
    const handle = await first.open('ann')
    await (await first.state('ann', handle)).set('a', '"kept"')
    const second = createSessions({ store: open() })
    expect(await (await second.state('ann', handle)).get('a')).toBe('"kept"')
    await expect(second.state('bob', handle)).rejects.toMatchObject(refused)
  }

  it('are on disk', async () => {
    const folder = temporaryFolder()
    await outlive(() => createDiskStore({ folder }))
  })

  it.skipIf(noRedis('sessions in Redis'))('are in Redis, where several gateways write at once', async () => {
    await using server = await startRedis()
    const open = (): Store => createRedisStore({ place: { url: server.url } })
    await outlive(open)
    const stores = [open(), open()]
    const gateways = stores.map((store) => createSessions({ store }))
    const handle = (await gateways[0]?.open('ann')) ?? ''
    const states = await Promise.all(gateways.map(async (sessions) => await sessions.state('ann', handle)))
    const writes = Array.from({ length: 40 }, async (_, n) => await states[n % 2]?.set(`k${n}`, '1'))
    await Promise.all(writes)
    expect(await states[0]?.keys()).toHaveLength(40)
    for (const store of stores) await store[Symbol.asyncDispose]()
  })

  it('are partly on disk when they are large, and small again later', async () => {
    const store = createSpillingStore(createMemoryStore(), createDiskStore({ folder: temporaryFolder() }), 1_000)
    const sessions = createSessions({ store })
    const state = await sessions.state('ann', await sessions.open('ann'))
    await state.set('a', JSON.stringify('x'.repeat(5_000)))
    await state.set('a', '1')
    await state.set('b', JSON.stringify('y'.repeat(5_000)))
    expect(await state.get('a')).toBe('1')
    expect(await state.keys()).toEqual(['a', 'b'])
  })
})
