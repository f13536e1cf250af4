import { describe, expect, it } from 'vitest'
import { createResultStore } from '../../src/context/results.ts'
import { createDiskStore } from '../../src/context/store/disk.ts'
import { createMemoryStore } from '../../src/context/store/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const ann = { principal: 'ann' }
const json = (chars: number): string => JSON.stringify('x'.repeat(chars - 2))

describe('result store', () => {
  it('pushes the oldest of the same session out when its allowance is used up, and says so afterwards', async () => {
    const store = createResultStore({ store: createMemoryStore(), maxSessionBytes: 10_000 })
    const other = await store.put({ ...ann, session: 's2' }, json(6_000))
    const first = await store.put({ ...ann, session: 's1' }, json(6_000))
    const second = await store.put({ ...ann, session: 's1' }, json(6_000))
    await expect(store.get(ann, first)).rejects.toMatchObject({ code: 'UNKNOWN_HANDLE' })
    expect(await store.get(ann, second)).toBe(json(6_000))
    expect(await store.get(ann, other)).toBe(json(6_000))
  })

  it('keeps the ones that are used', async () => {
    let now = 1_000
    const clock = { now: () => now, wall: () => now++ }
    const store = createResultStore({ store: createMemoryStore({ clock }), maxSessionBytes: 10_000 })
    const [first, second] = [await store.put(ann, json(4_000)), await store.put(ann, json(4_000))]
    await store.get(ann, first)
    await store.put(ann, json(4_000))
    expect(await store.get(ann, first)).toBeDefined()
    await expect(store.get(ann, second)).rejects.toMatchObject({ code: 'UNKNOWN_HANDLE' })
  })

  it('forgets a result some time after its last use', async () => {
    let now = 1_000
    const clock = { now: () => now, wall: () => now }
    const store = createResultStore({ store: createMemoryStore({ clock }), ttlMs: 1_000 })
    const handle = await store.put(ann, '1')
    now += 900
    await store.get(ann, handle)
    now += 900
    expect(await store.get(ann, handle)).toBe('1')
    now += 1_000
    await expect(store.get(ann, handle)).rejects.toMatchObject({ code: 'UNKNOWN_HANDLE' })
  })

  it('refuses what can never fit', async () => {
    const store = createResultStore({ store: createMemoryStore(), maxSessionBytes: 1_000 })
    await expect(store.put(ann, json(5_000))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('lists a session, newest first', async () => {
    let now = 1_000
    const clock = { now: () => now, wall: () => now++ }
    const store = createResultStore({ store: createMemoryStore({ clock }) })
    const handles = [await store.put(ann, '1'), await store.put(ann, '22')]
    await store.put({ ...ann, session: 's1' }, '3')
    expect(await store.list(ann)).toEqual([
      { handle: handles[1], bytes: 2 },
      { handle: handles[0], bytes: 1 },
    ])
  })

  it('survives a restart where it is kept on disk', async () => {
    const folder = temporaryFolder()
    const handle = await createResultStore({ store: createDiskStore({ folder }) }).put(ann, '{"a":1}')
    expect(await createResultStore({ store: createDiskStore({ folder }) }).get(ann, handle)).toBe('{"a":1}')
  })

  it.each([
    '',
    'r_',
    'r_000000000000000',
    '../../etc/passwd',
    'r_0000\n',
    '__proto__',
    'r_0000zzzzzzzzzz',
    'x'.repeat(100_000),
  ])('knows nothing of handle %j', async (handle) => {
    const store = createResultStore({ store: createMemoryStore() })
    await expect(store.get(ann, handle)).rejects.toMatchObject({ code: 'UNKNOWN_HANDLE' })
  })
})
