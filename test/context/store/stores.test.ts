import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessions } from '../../../src/context/sessions.ts'
import { createDiskStore } from '../../../src/context/store/disk.ts'
import { createMemoryStore } from '../../../src/context/store/memory.ts'
import { createRedisStore } from '../../../src/context/store/redis.ts'
import { createSpillingStore } from '../../../src/context/store/spilling.ts'
import { storeContract } from '../../contracts/store.ts'
import { noRedis, startCluster, startRedis, type TestRedis } from '../../support/redis.ts'
import { temporaryFolder } from '../../support/servers.ts'

const ttlMs = 60_000

describe('memory store', () => {
  storeContract(async (clock) => createMemoryStore({ clock }))

  it('stays within its bytes, the least recently used first', async () => {
    await using store = createMemoryStore({ maxBytes: 10_000 })
    for (let index = 0; index < 10; index++) await store.set('ann', `k${index}`, 'x'.repeat(2_000), { ttlMs })
    expect(await store.get('ann', 'k0')).toBeUndefined()
    expect(await store.get('ann', 'k9')).toBeDefined()
    expect((await store.list('ann')).length).toBeLessThan(5)
    await store.set('bob', 'large', 'x'.repeat(20_000), { ttlMs })
    expect(await store.list('bob')).toEqual([])
  })
})

/** All files below a folder. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}

describe('disk store', () => {
  storeContract(async (clock) => createDiskStore({ folder: temporaryFolder(), clock }))

  it('survives a restart, in files that only their owner can read', async () => {
    const folder = temporaryFolder()
    await createDiskStore({ folder }).set('ann', 'a', 'kept', { ttlMs })
    expect(await createDiskStore({ folder }).get('ann', 'a')).toBe('kept')
    const [file = ''] = filesOf(folder)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['a torn one', (text: string) => text.slice(0, -3)],
    ['a changed one', (text: string) => text.replace('kept', 'KEPT')],
    ['a foreign one', () => 'hello'],
    ['an empty one', () => ''],
  ])('counts %s as none, and writes over it', async (_what, change) => {
    const folder = temporaryFolder()
    const store = createDiskStore({ folder })
    await store.set('ann', 'a', 'kept text', { ttlMs })
    const [file = ''] = filesOf(folder)
    const { mtime } = statSync(file)
    writeFileSync(file, change(readFileSync(file, 'utf8')))
    // The time of change is when it expires: a copy keeps it.
    const { utimesSync } = await import('node:fs')
    utimesSync(file, mtime, mtime)
    expect(await store.get('ann', 'a')).toBeUndefined()
    expect(await store.set('ann', 'a', 'new', { ttlMs, replaces: null })).toBe(true)
    expect(await store.get('ann', 'a')).toBe('new')
  })

  it('says so when it cannot write', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const store = createDiskStore({ folder: file })
    await expect(store.set('ann', 'a', '1', { ttlMs })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await store.get('ann', 'a')).toBeUndefined()
  })

  it('removes what it wrote where it is told to', async () => {
    const folder = temporaryFolder()
    await createDiskStore({ folder }).set('ann', 'stays', '1', { ttlMs })
    {
      await using store = createDiskStore({ folder, removes: true })
      await store.set('ann', 'goes', '1', { ttlMs })
    }
    expect(await createDiskStore({ folder }).list('ann')).toMatchObject([{ id: 'stays' }])
  })

  it('stays within its bytes, what expires first goes first', async () => {
    const folder = temporaryFolder()
    const store = createDiskStore({ folder, maxBytes: 20_000 })
    for (let index = 0; index < 30; index++)
      await store.set(`g${index % 3}`, `k${index}`, 'x'.repeat(2_000), { ttlMs: ttlMs + index * 1_000 })
    const bytes = filesOf(folder).reduce((sum, file) => sum + statSync(file).size, 0)
    expect(bytes).toBeLessThanOrEqual(20_000)
    expect(await store.get('g2', 'k29')).toBeDefined()
    expect(await store.get('g0', 'k0')).toBeUndefined()
  })
})

describe('sessions on disk of several gateways', () => {
  /** Gateways that write keys of their own into one session; resolves with all that they were told is kept. */
  async function writeSideBySide(folder: string, counts: readonly number[]): Promise<Map<string, Writer>> {
    const sessions = createSessions({ store: createDiskStore({ folder }), key: 'k'.repeat(32) })
    const handle = await sessions.open('local')
    const script = fileURLToPath(new URL('../../support/session-writer.mjs', import.meta.url))
    const writers = counts.map((count, index): Writer => {
      const child = spawn(process.execPath, [script, folder, `w${index}_`, String(count), handle])
      return { child, handle, told: [], closed: once(child, 'close') }
    })
    for (const { child, told } of writers) {
      child.stderr.pipe(process.stderr)
      createInterface({ input: child.stdout }).on('line', (line) => told.push(line))
    }
    for (const { told } of writers) await expect.poll(() => told, { timeout: 20_000 }).toContain('ready')
    for (const { child } of writers) child.stdin.write('go\n')
    return new Map(writers.map((writer, index) => [`w${index}_`, writer]))
  }

  const keysOf = async (folder: string, handle: string): Promise<ReadonlySet<string>> => {
    const sessions = createSessions({ store: createDiskStore({ folder }), key: 'k'.repeat(32) })
    return new Set(await (await sessions.state('local', handle)).keys())
  }

  it('lose no write', async () => {
    const folder = temporaryFolder()
    const writers = await writeSideBySide(folder, [150, 150, 150])
    await Promise.all([...writers.values()].map(async ({ closed }) => await closed))
    const told = [...writers.values()].flatMap((writer) => writer.told.filter((line) => line !== 'ready'))
    const keys = await keysOf(folder, [...writers.values()][0]?.handle ?? '')
    expect(told).toHaveLength(450)
    expect(told.filter((key) => !keys.has(key))).toEqual([])
    expect(filesOf(folder).filter((file) => !file.endsWith('.txt'))).toEqual([])
  }, 40_000)

  it('lose none that was answered when one is killed, and go on at once', async () => {
    const folder = temporaryFolder()
    const writers = await writeSideBySide(folder, [5_000, 100])
    const [killed, other] = [...writers.values()]
    if (killed === undefined || other === undefined) throw new TypeError('two were started')
    await expect.poll(() => killed.told.length, { timeout: 10_000 }).toBeGreaterThan(20)
    killed.child.kill('SIGKILL')
    await other.closed
    const keys = await keysOf(folder, other.handle)
    const told = [...killed.told, ...other.told].filter((line) => line !== 'ready')
    expect(told.filter((key) => !keys.has(key))).toEqual([])
    expect(other.told).toHaveLength(101)
  }, 40_000)
})

interface Writer {
  readonly child: ChildProcessWithoutNullStreams
  readonly handle: string
  readonly told: string[]
  readonly closed: Promise<unknown>
}

describe('spilling store', () => {
  storeContract(async (clock) =>
    createSpillingStore(createMemoryStore({ clock }), createDiskStore({ folder: temporaryFolder(), clock }), 100),
  )

  it('keeps all in memory while the disk cannot be written', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    await using store = createSpillingStore(createMemoryStore(), createDiskStore({ folder: file }), 100)
    expect(await store.set('ann', 'long', 'x'.repeat(1_000), { ttlMs })).toBe(true)
    expect(await store.get('ann', 'long')).toBe('x'.repeat(1_000))
    await store.delete('ann', 'long')
    expect(await store.list('ann')).toEqual([])
  })

  it('keeps what is long on disk, and only that', async () => {
    const folder = temporaryFolder()
    await using store = createSpillingStore(createMemoryStore(), createDiskStore({ folder }), 100)
    await store.set('ann', 'short', 'x', { ttlMs })
    expect(filesOf(folder)).toHaveLength(0)
    await store.set('ann', 'long', 'x'.repeat(1_000), { ttlMs })
    expect(filesOf(folder)).toHaveLength(1)
    await store.set('ann', 'long', 'short now', { ttlMs })
    expect(filesOf(folder)).toHaveLength(0)
    expect(await store.get('ann', 'long')).toBe('short now')
  })
})

describe.skipIf(noRedis('Redis store'))('Redis store', () => {
  let server: TestRedis
  let count = 0
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => await server[Symbol.asyncDispose]())

  storeContract(async (clock) => createRedisStore({ place: { url: server.url }, prefix: `test${count++}`, clock }))

  it('shares what it keeps with other gateways', async () => {
    await using one = createRedisStore({ place: { url: server.url }, prefix: 'shared' })
    await using two = createRedisStore({ place: { url: server.url }, prefix: 'shared' })
    await one.set('ann', 'a', '1', { ttlMs })
    expect(await two.set('ann', 'a', '2', { ttlMs, replaces: '1' })).toBe(true)
    expect(await one.get('ann', 'a')).toBe('2')
  })

  it('says that it cannot be reached, within its time, and works again by itself', async () => {
    await using own = await startRedis()
    await using store = createRedisStore({ place: { url: own.url }, timeoutMs: 500 })
    await store.set('ann', 'a', '1', { ttlMs })
    await own.kill()
    const start = performance.now()
    await expect(store.get('ann', 'a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(performance.now() - start).toBeLessThan(5_000)
    await own.restart()
    await expect
      .poll(async () => await store.set('ann', 'a', '2', { ttlMs }).catch(() => false), { timeout: 10_000 })
      .toBe(true)
    expect(await store.get('ann', 'a')).toBe('2')
  })
})

describe.skipIf(noRedis('Redis Cluster store'))('Redis Cluster store', () => {
  it('keeps each group whole on one of the nodes', async () => {
    await using cluster = await startCluster()
    const nodes = cluster.nodes.map(({ url }) => url)
    await using store = createRedisStore({ place: { nodes } })
    const groups = Array.from({ length: 30 }, (_, n) => `group ${n}`)
    for (const group of groups) expect(await store.set(group, 'a', group, { ttlMs, replaces: null })).toBe(true)
    for (const group of groups) {
      expect(await store.get(group, 'a', ttlMs)).toBe(group)
      expect(await store.list(group)).toMatchObject([{ id: 'a' }])
    }
    await Promise.all(groups.map(async (group) => await store.delete(group, 'a')))
    expect(await store.list('group 1')).toEqual([])
  })
})
