import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Cache } from '../../src/cache/cache.ts'
import { type Caches, createCaches } from '../../src/cache/create.ts'
import { createDiskCache } from '../../src/cache/disk.ts'
import { createMemoryCache } from '../../src/cache/memory.ts'
import type { StateCalls } from '../../src/engine/state-calls.ts'
import { createReadThrough, type ReadThrough } from '../../src/cache/read-through.ts'
import { createRedisCache } from '../../src/cache/redis.ts'
import { createTieredCache } from '../../src/cache/tiered.ts'
import type { CatalogTool } from '../../src/catalog/catalog.ts'
import type { HostContext } from '../../src/engine/host-road.ts'
import { createReadRules } from '../../src/engine/read-rules.ts'
import { createReadingCalls, type ReadingCalls, type ToolAnswer } from '../../src/engine/reading-call.ts'
import { OptimizerError } from '../../src/errors.ts'
import { noRedis, startRedis, type TestRedis } from '../support/redis.ts'
import { temporaryFolder } from '../support/servers.ts'

const tool = (name: string, more: Partial<CatalogTool> = {}): CatalogTool => ({
  id: `mail.${name}`,
  server: 'mail',
  serverKey: 'mail',
  key: name,
  tool: name,
  title: name,
  description: '',
  inputSchema: true,
  definition: { name, inputSchema: {} },
  ...more,
})
const inbox = tool('inbox')
const rules = createReadRules({ trusted: new Set(), cacheable: ['mail.*'], ttlSeconds: {}, ttlMs: 600_000 })
const answer = (value: unknown): ToolAnswer => ({ json: JSON.stringify(value), ttlMs: undefined, lasting: true })

/** No program runs here. */
const state: StateCalls = { name: async () => undefined, call: async () => 'null', begun: undefined }

function readingOver(cache: Cache | ReadThrough, identity = 'i'): ReadingCalls {
  const through = 'read' in cache ? cache : createReadThrough({ cache })
  return createReadingCalls({ cache: through, rules, identities: new Map([['mail', identity]]) })
}

describe('a reading call', () => {
  const as = (principal: string): HostContext => ({ principal, state })

  it('is answered from cache for the same principal, server, definition and arguments only', async () => {
    const cache = createMemoryCache()
    const reading = readingOver(cache)
    const attempt = vi.fn<() => Promise<ToolAnswer>>(async () => answer('x'))
    const read = async (tools: CatalogTool, args: object, principal: string, from = reading): Promise<boolean> =>
      (await from.read(tools, args as never, as(principal), attempt)).layer !== undefined
    expect(await read(inbox, { a: 1, b: [2] }, 'ann')).toBe(false)
    expect(await read(inbox, { b: [2], a: 1 }, 'ann')).toBe(true)
    expect(await read(inbox, { a: 1, b: [3] }, 'ann')).toBe(false)
    expect(await read(inbox, { a: 1, b: [2] }, 'ben')).toBe(false)
    expect(await read(inbox, { a: 1, b: [2] }, 'ann', readingOver(cache, 'another token'))).toBe(false)
    const changed = tool('inbox', { definition: { name: 'inbox', inputSchema: {}, description: 'new' } })
    expect(await read(changed, { a: 1, b: [2] }, 'ann')).toBe(false)
    expect(attempt).toHaveBeenCalledTimes(5)
  })

  it('keeps no longer than the server vouches, nor than configured', async () => {
    let wall = 0
    const clock = { now: () => wall, wall: () => wall }
    for (const [ttlMs, lives] of [
      [undefined, 600_000],
      [0, 0],
      [-1, 0],
      [1_000, 1_000],
      [1e18, 600_000],
    ] as const) {
      const through = createReadThrough({ cache: createMemoryCache({ clock }), clock, random: () => 0 })
      const reading = readingOver(through)
      const read = async (): Promise<string | undefined> =>
        (await reading.read(inbox, {}, as('ann'), async () => ({ json: '1', ttlMs, lasting: true }))).layer
      await read()
      if (lives > 0) {
        wall += lives - 1
        expect(await read()).toBe('memory')
        wall += 1
      }
      expect(await read()).toBeUndefined()
      wall += 1e7
    }
  })

  it('does not keep an answer with a handle in it', async () => {
    const reading = readingOver(createMemoryCache())
    const read = async () =>
      await reading.read(inbox, {}, as('ann'), async () => ({
        json: '{"handle":"r_1"}',
        ttlMs: undefined,
        lasting: false,
      }))
    await read()
    expect((await read()).layer).toBeUndefined()
  })

  it('follows rules by tool, and never keeps what they forbid', async () => {
    const ruled = createReadRules({
      trusted: new Set(['mail']),
      cacheable: [],
      ttlSeconds: { 'mail.now': 0, 'mail.*': 60 },
      ttlMs: 1,
    })
    expect(ruled.isRead(inbox)).toBe(false)
    expect(ruled.isRead(tool('list', { readOnlyHint: true }))).toBe(true)
    expect(ruled.isRead(tool('list', { readOnlyHint: true, server: 'other' }))).toBe(false)
    expect([tool('now'), inbox].map(ruled.ttlMs)).toEqual([0, 60_000])
    const reading = createReadingCalls({
      cache: createReadThrough({ cache: createMemoryCache() }),
      rules: ruled,
      identities: new Map(),
    })
    const attempt = vi.fn<() => Promise<ToolAnswer>>(async () => answer(1))
    for (let index = 0; index < 3; index++) await reading.read(tool('now'), {}, as('ann'), attempt)
    expect(attempt).toHaveBeenCalledTimes(3)
  })

  it('keeps a refusal for a moment, whole, but no fault of the transport', async () => {
    let wall = 0
    const clock = { now: () => wall, wall: () => wall }
    const reading = readingOver(createReadThrough({ cache: createMemoryCache({ clock }), clock }))
    const refusal = new OptimizerError('TOOL_ERROR', 'mail.inbox failed: no such box', {
      details: { tool: 'mail.inbox' },
    })
    const attempt = vi.fn<() => Promise<ToolAnswer>>(() => Promise.reject(refusal))
    for (let index = 0; index < 3; index++) {
      const thrown: unknown = await reading.read(inbox, {}, as('ann'), attempt).catch((error: unknown) => error)
      expect(OptimizerError.is(thrown, 'TOOL_ERROR') && thrown.toJSON()).toEqual(refusal.toJSON())
    }
    expect(attempt).toHaveBeenCalledTimes(1)
    wall += 5_001
    await expect(reading.read(inbox, {}, as('ann'), attempt)).rejects.toThrow('no such box')
    expect(attempt).toHaveBeenCalledTimes(2)
    const down = vi.fn<() => Promise<ToolAnswer>>(() => Promise.reject(new OptimizerError('UPSTREAM_TIMEOUT', 'slow')))
    for (let index = 0; index < 2; index++)
      await expect(reading.read(inbox, { n: 1 }, as('ann'), down)).rejects.toThrow('slow')
    expect(down).toHaveBeenCalledTimes(2)
  })

  it.each(['OUTCOME_UNKNOWN', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_PROTOCOL'] as const)(
    'is attempted three times at most after %s',
    async (code) => {
      let failures = 2
      const attempt = vi.fn<() => Promise<ToolAnswer>>(async () => {
        if (failures-- > 0) throw new OptimizerError(code, 'broke')
        return answer('at last')
      })
      const reading = readingOver(createMemoryCache())
      expect(await reading.read(inbox, {}, as('ann'), attempt)).toEqual({ json: '"at last"', layer: undefined })
      expect(attempt).toHaveBeenCalledTimes(3)
      failures = 99
      await expect(reading.read(inbox, { n: 2 }, as('ann'), attempt)).rejects.toThrow('broke')
      expect(attempt).toHaveBeenCalledTimes(6)
    },
  )

  it('is not attempted again when time is over, nor when the server asks for a long pause', async () => {
    const reading = readingOver(createMemoryCache())
    const leaving = new AbortController()
    const attempt = vi.fn<() => Promise<ToolAnswer>>(() => {
      leaving.abort(new DOMException('over', 'TimeoutError'))
      return Promise.reject(new OptimizerError('OUTCOME_UNKNOWN', 'broke'))
    })
    await expect(reading.read(inbox, {}, { principal: 'ann', state, signal: leaving.signal }, attempt)).rejects.toThrow(
      'over',
    )
    expect(attempt).toHaveBeenCalledTimes(1)
    const paused = vi.fn<() => Promise<ToolAnswer>>(() =>
      Promise.reject(new OptimizerError('UPSTREAM_UNAVAILABLE', 'not yet', { details: { retryAfterMs: 60_000 } })),
    )
    await expect(reading.read(inbox, { n: 1 }, as('ann'), paused)).rejects.toThrow('not yet')
    expect(paused).toHaveBeenCalledTimes(1)
  })
})

describe.skipIf(noRedis('privacy and faults over Redis'))('reading over memory, disk and Redis', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => await redis[Symbol.asyncDispose]())

  /** Resolves once the caches use their Redis. */
  async function connected(folder: string, tenant: string): Promise<Caches> {
    const caches = createCaches({
      memoryBytes: 1_048_576,
      disk: { folder, maxBytes: 256 * 1_048_576 },
      redis: { url: redis.url, tenant, timeoutMs: 2_000 },
    })
    await vi.waitFor(
      async () => {
        await caches.results.get('probe:x')
        expect(caches.results.stats().at(-1)?.problem).toBeUndefined()
      },
      { timeout: 10_000 },
    )
    return caches
  }

  it('serves no answer of one principal to the other: 10,000 calls, all layers, two instances, a restart', async () => {
    const folders = [temporaryFolder(), temporaryFolder()]
    const layers: Record<string, number> = {}
    let wrong = 0
    let calls = 0
    const round = async (caches: Caches, from: number, count: number): Promise<void> => {
      const reading = readingOver(caches.results)
      for (let index = from; index < from + count; index++) {
        const principal = index % 2 === 0 ? 'ann' : 'ben'
        const args = { box: Math.floor(index / 2) % 500 }
        const { json, layer } = await reading.read(inbox, args, { principal, state }, async (context) =>
          answer([context.principal, args.box]),
        )
        calls++
        layers[layer ?? 'server'] = (layers[layer ?? 'server'] ?? 0) + 1
        if (json !== JSON.stringify([principal, args.box])) wrong++
      }
    }
    {
      await using first = await connected(folders[0] ?? '', 'private')
      await round(first, 0, 3_000)
    }
    {
      await using restarted = await connected(folders[0] ?? '', 'private')
      await using second = await connected(folders[1] ?? '', 'private')
      await round(restarted, 0, 3_500)
      await round(second, 1_001, 3_500)
    }
    console.log(`answers of one principal to another: ${wrong} of ${calls}; answered by ${JSON.stringify(layers)}`)
    expect(calls).toBe(10_000)
    expect(wrong).toBe(0)
    for (const layer of ['memory', 'disk', 'redis']) expect(layers[layer]).toBeGreaterThan(400)
  })

  it.each(['before', 'after'])(
    'gives no wrong answer when the k-th operation fails %s it worked, for every k',
    async (when) => {
      const shared = createRedisCache({ url: redis.url, tenant: `faults-${when}`, timeoutMs: 2_000 })
      await vi.waitFor(
        async () => expect(await shared.add('p:x', { value: '', expiresAt: 9e15 })).not.toBe('unavailable'),
        { timeout: 10_000 },
      )
      let wrong = 0
      let failed = 0
      let k = 0
      for (let operations = Number.POSITIVE_INFINITY; k < operations; k++) {
        let count = 0
        /** Fails the k-th operation of all layers and of the server. */
        const fault = async (work: () => Promise<unknown>): Promise<never> => {
          if (count++ !== k) return (await work()) as never
          if (when === 'after') await work()
          throw new Error('injected')
        }
        const faulty = (layer: Cache): Cache => ({
          name: layer.name,
          get: async (key) => await fault(async () => await layer.get(key)),
          set: async (key, entry) => await fault(async () => await layer.set(key, entry)),
          add: async (key, entry) => await fault(async () => await layer.add(key, entry)),
          clear: async (group) => await fault(async () => await layer.clear(group)),
          stats: () => layer.stats(),
          [Symbol.asyncDispose]: async () => undefined,
        })
        const folder = join(temporaryFolder(), 'entries')
        const truth = new Map<string, number>()
        const server = `s${k}`
        const box = tool('inbox', { server })
        const start = (): Cache => {
          const [memory, disk] = [createMemoryCache(), createDiskCache({ folder })]
          return createTieredCache([faulty(memory), faulty(disk), faulty(shared)])
        }
        const read = async (reading: ReadingCalls, principal: string, id: number): Promise<void> => {
          const now = `${principal} ${id} ${truth.get(`${principal} ${id}`) ?? 0}`
          try {
            const { json } = await reading.read(box, { id }, { principal, state }, async (context) => {
              await fault(async () => undefined)
              return answer(`${context.principal} ${id} ${truth.get(`${context.principal} ${id}`) ?? 0}`)
            })
            if (json !== JSON.stringify(now)) wrong++
          } catch {
            failed++
          }
        }
        const write = async (reading: ReadingCalls, principal: string): Promise<void> => {
          for (const id of [1, 2]) truth.set(`${principal} ${id}`, (truth.get(`${principal} ${id}`) ?? 0) + 1)
          await reading.forget(server)
        }
        let cache = start()
        let reading = readingOver(cache)
        for (let round = 0; round < 3; round++) {
          for (const principal of ['ann', 'ben', 'ann']) for (const id of [1, 2]) await read(reading, principal, id)
          await write(reading, 'ann')
          for (const principal of ['ann', 'ben']) for (const id of [1, 2]) await read(reading, principal, id)
          if (round !== 1) continue
          await cache[Symbol.asyncDispose]()
          cache = start()
          reading = readingOver(cache)
        }
        await cache[Symbol.asyncDispose]()
        operations = count
      }
      await shared[Symbol.asyncDispose]()
      console.log(
        `wrong answers with the k-th operation failing: ${wrong}, for ${k} values of k; ${failed} calls failed`,
      )
      expect(k).toBeGreaterThan(50)
      expect(wrong).toBe(0)
    },
  )
})
