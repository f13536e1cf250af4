import { request } from 'node:http'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Cache } from '../../src/cache/cache.ts'
import { createDiskCache } from '../../src/cache/disk.ts'
import { createMemoryCache } from '../../src/cache/memory.ts'
import { createRedisCache } from '../../src/cache/redis.ts'
import { createTieredCache } from '../../src/cache/tiered.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createIdempotentPipeline } from '../../src/engine/idempotency.ts'
import { createPipeline, type Pipeline } from '../../src/engine/pipeline.ts'
import { createResultStore } from '../../src/context/results.ts'
import { createSessions } from '../../src/context/sessions.ts'
import { createMemoryStore } from '../../src/context/store/memory.ts'
import { OptimizerError } from '../../src/errors.ts'
import { systemClock } from '../../src/internal/clock.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { estimateTokenizer } from '../../src/tokens/estimate.ts'
import { turnedClock } from '../contracts/cache.ts'
import { demoGateway } from '../support/gateway.ts'
import { noRedis, startRedis } from '../support/redis.ts'
import { hostile, temporaryFolder } from '../support/servers.ts'

const data = (answer: Answer): unknown => (answer.status === 'ok' ? answer.data : answer.error)
const KEY = 'order-17'

/** A gateway with a tool that counts its runs, one that fails after it acted, and one that waits. */
function counting(more: Parameters<typeof demoGateway>[0] = {}) {
  const ran = vi.fn<(input: unknown) => void>()
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const gateway = demoGateway(more, [
    { name: 'order', run: (input) => (ran(input), { order: ran.mock.calls.length }) },
    {
      name: 'slow_order',
      run: async (input) => {
        ran(input)
        await held
        return { order: ran.mock.calls.length }
      },
    },
    { name: 'refuse', run: (input) => (ran(input), Promise.reject(new Error('sold out'))) },
  ])
  return { gateway, ran, release: () => release() }
}

describe('an idempotency key', () => {
  it('makes a repeated request return the first answer, of each kind', async () => {
    const { gateway, ran } = counting()
    await using _closed = gateway
    for (const send of [
      async () => gateway.executeIntent({ intent: 'demo.order', params: { n: 1 }, idempotencyKey: 'a' }),
      async () => gateway.executeBatch({ requests: [{ intent: 'demo.order', params: { n: 2 } }], idempotencyKey: 'b' }),
      async () => gateway.execute({ code: 'return await tools.demo.order({ n: 3 })', idempotencyKey: 'c' }),
    ]) {
      ran.mockClear()
      const first = await send()
      const again = await send()
      expect(data(again as Answer)).toEqual(data(first as Answer))
      expect(first.metadata.replayed).toBeUndefined()
      expect(again.metadata).toMatchObject({ replayed: true, host_calls: 0 })
      expect(ran).toHaveBeenCalledTimes(1)
    }
  })

  it('joins the first one while it runs, and lets its client leave', async () => {
    const { gateway, ran, release } = counting()
    await using _closed = gateway
    const leaving = new AbortController()
    const order = { intent: 'demo.slow_order', idempotencyKey: KEY }
    const first = gateway.executeIntent(order, { signal: leaving.signal })
    await vi.waitFor(() => expect(ran).toHaveBeenCalledTimes(1), { timeout: 10_000 })
    leaving.abort(new OptimizerError('CANCELLED', 'the client left'))
    expect(data(await first)).toMatchObject({ code: 'CANCELLED' })
    const joined = Promise.all([gateway.executeIntent(order), gateway.executeIntent(order)])
    release()
    for (const answer of await joined) {
      expect(data(answer)).toEqual({ order: 1 })
      expect(answer.metadata.replayed).toBe(true)
    }
    expect(ran).toHaveBeenCalledTimes(1)
  })

  it('belongs to its principal, and to one request', async () => {
    const { gateway, ran } = counting()
    await using _closed = gateway
    const order = { intent: 'demo.order', params: { n: 1 }, idempotencyKey: KEY }
    expect(data(await gateway.executeIntent(order, { principal: 'ann' }))).toEqual({ order: 1 })
    expect(data(await gateway.executeIntent(order, { principal: 'ben' }))).toEqual({ order: 2 })
    const other = await gateway.executeIntent({ ...order, params: { n: 2 } }, { principal: 'ann' })
    expect(data(other)).toMatchObject({ code: 'INVALID_REQUEST', details: { path: 'idempotencyKey' } })
    const longer = await gateway.executeIntent({ ...order, timeoutMs: 9_999 }, { principal: 'ann' })
    expect(data(longer)).toEqual({ order: 1 })
    expect(ran).toHaveBeenCalledTimes(2)
  })

  it.each(['', 'a b', 'ü', 'x'.repeat(256), 5, null, {}])('is refused when it is %j', async (idempotencyKey) => {
    const { gateway, ran } = counting()
    await using _closed = gateway
    const answer = await gateway.executeIntent({ intent: 'demo.order', idempotencyKey } as never)
    expect(data(answer)).toMatchObject({ code: 'INVALID_REQUEST', details: { path: 'idempotencyKey' } })
    expect(ran).not.toHaveBeenCalled()
  })

  it('stands for a whole batch, not for a part of it', async () => {
    const { gateway } = counting()
    await using _closed = gateway
    const answer = await gateway.executeBatch({ requests: [{ intent: 'demo.order', idempotencyKey: KEY }] })
    expect(data(answer as Answer)).toMatchObject([{ status: 'error', error: { code: 'INVALID_REQUEST' } }])
  })

  it('keeps an error only where something may have taken effect', async () => {
    const { gateway, ran } = counting()
    await using _closed = gateway
    const wrong = { intent: 'demo.nothing_like_it', idempotencyKey: 'u' }
    expect((await gateway.executeIntent(wrong)).metadata.replayed).toBeUndefined()
    expect((await gateway.executeIntent(wrong)).metadata.replayed).toBeUndefined()
    const refused = { intent: 'demo.refuse', idempotencyKey: 'r' }
    await gateway.executeIntent(refused)
    await gateway.executeIntent(refused)
    expect(ran).toHaveBeenCalledTimes(2)
    const half = { code: 'await tools.demo.order({}); throw new Error("then")', idempotencyKey: 'h' }
    const first = await gateway.execute(half)
    const again = await gateway.execute(half)
    expect(data(again)).toEqual(data(first))
    expect(data(again)).toMatchObject({ code: 'PROGRAM_ERROR', details: { done: ['demo.order'] } })
    expect(again.metadata.replayed).toBe(true)
    expect(ran).toHaveBeenCalledTimes(3)
  })

  it('survives a restart on disk', async () => {
    const cacheDir = temporaryFolder()
    const order = { intent: 'demo.order', idempotencyKey: KEY }
    const before = counting({ cacheDir })
    await before.gateway.executeIntent(order)
    await before.gateway[Symbol.asyncDispose]()
    const after = counting({ cacheDir })
    await using _closed = after.gateway
    const again = await after.gateway.executeIntent(order)
    expect(data(again)).toEqual({ order: 1 })
    expect(again.metadata.replayed).toBe(true)
    expect(after.ran).not.toHaveBeenCalled()
  })

  it('comes over HTTP as a header, one for each message of an array', async () => {
    const { gateway, ran } = counting()
    await using _closed = gateway
    const surface = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0' })
    await using service = await serveHttp(gateway, surface, { port: 0 })
    const call = (id: number) => ({
      jsonrpc: '2.0',
      id,
      method: 'execute_intent',
      params: { intent: 'demo.order', params: { id } },
    })
    const mcp = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'execute_intent', arguments: { intent: 'demo.order', params: { id: 9 } } },
    }
    const results = async (path: string, body: unknown, key: string) => {
      const text = await post(`${service.url}${path}`, body, { 'idempotency-key': key })
      return JSON.parse(text) as { result: { data: unknown; content: { text: string }[] } } & {
        result: { data: unknown }
      }[]
    }
    expect((await results('/rpc', call(1), 'k1')).result.data).toEqual({ order: 1 })
    expect((await results('/rpc', call(1), 'k1')).result.data).toEqual({ order: 1 })
    const orders = async (): Promise<unknown[]> =>
      [...(await results('/rpc', [call(1), call(2)], 'k2'))].map(({ result }) => result.data)
    const both = await orders()
    expect(new Set(both.map((order) => JSON.stringify(order)))).toEqual(new Set(['{"order":2}', '{"order":3}']))
    expect(await orders()).toEqual(both)
    for (let index = 0; index < 2; index++)
      expect((await results('/mcp', mcp, 'k3')).result.content[0]?.text).toContain('"order":4')
    expect(await post(`${service.url}/rpc`, call(1), { 'idempotency-key': 'with space' })).toContain('INVALID_REQUEST')
    expect(ran).toHaveBeenCalledTimes(4)
  })
})

describe('an idempotency key across instances', () => {
  const kept = createMemoryStore()
  const pipeline = createPipeline({
    sessions: createSessions({ store: kept }),
    results: createResultStore({ store: kept }),
    tokenizer: estimateTokenizer,
    maxTokens: 4_000,
    metrics: [],
    clock: systemClock,
    catalogVersion: () => 'v',
  })
  const instance = (store: Cache, clock = systemClock): Pipeline =>
    createIdempotentPipeline(pipeline, { store, ttlMs: 60_000, clock })
  const request = { intent: 'x', idempotencyKey: KEY }

  async function joinAcross(one: Pipeline, two: Pipeline): Promise<void> {
    let runs = 0
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const work = async (): Promise<string> => {
      runs++
      await held
      return `{"run":${runs}}`
    }
    const first = one('intent', request, undefined, work)
    await vi.waitFor(() => expect(runs).toBe(1), { timeout: 10_000 })
    const second = two('intent', request, undefined, work)
    const other = await two('code', request, undefined, work)
    expect(data(other)).toMatchObject({ code: 'INVALID_REQUEST' })
    release()
    expect(data(await first)).toEqual({ run: 1 })
    expect(data(await second)).toEqual({ run: 1 })
    expect(runs).toBe(1)
  }

  it('joins through a shared folder', async () => {
    const folder = temporaryFolder()
    const store = (): Cache => createTieredCache([createMemoryCache(), createDiskCache({ folder })])
    await joinAcross(instance(store()), instance(store()))
  })

  it.skipIf(noRedis('joining through Redis'))('joins through Redis', async () => {
    await using redis = await startRedis()
    const store = async (): Promise<Cache> => {
      const shared = createRedisCache({ url: redis.url, timeoutMs: 2_000 })
      await vi.waitFor(
        async () => expect(await shared.add('p:x', { value: '', expiresAt: 9e15 })).not.toBe('unavailable'),
        { timeout: 10_000 },
      )
      return createTieredCache([createMemoryCache(), shared])
    }
    await using one = await store()
    await using two = await store()
    await joinAcross(instance(one), instance(two))
  })

  it('never runs again what a gateway that died had begun: its outcome is unknown', async () => {
    const { clock, pass } = turnedClock(1e12)
    const store = createMemoryCache({ clock })
    let runs = 0
    void instance(store, clock)('intent', request, undefined, async () => {
      runs++
      return await new Promise(() => undefined)
    })
    await vi.waitFor(() => expect(runs).toBe(1), { timeout: 10_000 })
    pass(8_001)
    const later = await instance(store, clock)('intent', request, undefined, async () => String(++runs))
    expect(data(later)).toMatchObject({ code: 'OUTCOME_UNKNOWN', details: { outcome: 'unknown' } })
    expect(runs).toBe(1)
  })

  it('runs nothing twice when the k-th operation of the store fails, for every k', async () => {
    for (let k = 0; k < 6; k++) {
      let count = 0
      const memory = createMemoryCache()
      const fail = async <T>(work: () => Promise<T>): Promise<T> =>
        count++ === k ? await Promise.reject(new Error('injected')) : await work()
      const store: Cache = {
        ...memory,
        add: async (key, entry) => await fail(async () => await memory.add(key, entry)),
        set: async (key, entry) => await fail(async () => await memory.set(key, entry)),
      }
      const run = instance(store)
      let runs = 0
      const answers = await Promise.all(
        Array.from({ length: 5 }, async () => await run('intent', request, undefined, async () => String(++runs))),
      )
      expect(answers.map(data)).toEqual([1, 1, 1, 1, 1])
      expect(runs).toBe(1)
    }
  })
})

describe('a call that may act', () => {
  it('is never repeated, and says that its outcome is unknown: 10,000 calls whose answer is lost', async () => {
    const journal = new Map<number, number>()
    const lost = new OptimizerError('OUTCOME_UNKNOWN', 'shop went away during tools/call')
    await using shop = demoGateway({ cache: { cacheable: ['demo.look*'] } }, [
      {
        name: 'order',
        run: ({ id }) => {
          journal.set(Number(id), (journal.get(Number(id)) ?? 0) + 1)
          return {
            content: [],
            get structuredContent(): never {
              throw lost
            },
          }
        },
      },
    ])
    const ids = new Set<unknown>()
    for (let id = 0; id < 10_000; id++) {
      const answer = await shop.executeIntent({ intent: 'demo.order', params: { id } })
      if (answer.status === 'ok') throw new TypeError('an answer that was lost')
      ids.add(answer.error.details?.['callId'])
      if (id > 0) continue
      expect(answer.error).toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        message: expect.stringMatching(/went away .* unknown \(call c_[0-9a-f]{16}\)/),
        details: {
          tool: 'demo.order',
          outcome: 'unknown',
          callId: expect.any(String),
          unknown: [{ tool: 'demo.order' }],
        },
      })
    }
    console.log(
      `calls whose answer was lost: ${journal.size}, repeated: ${[...journal.values()].filter((n) => n > 1).length}`,
    )
    expect(ids.size).toBe(10_000)
    expect(journal.size).toBe(10_000)
    expect(Math.max(...journal.values())).toBe(1)
  })

  it('is named by a program that ended while it was under way, whatever comes of it later', async () => {
    const leaving = new AbortController()
    let finish: (value: string) => void = () => undefined
    await using gateway = demoGateway({}, [
      { name: 'pay', run: () => 'paid' },
      {
        name: 'ship',
        run: async () => {
          leaving.abort(new OptimizerError('CANCELLED', 'the client left'))
          return await new Promise<string>((resolve) => (finish = resolve))
        },
      },
    ])
    const code = 'await tools.demo.pay({}); await tools.demo.ship({})'
    const answer = await gateway.execute({ code }, { signal: leaving.signal })
    const told = {
      code: 'CANCELLED',
      details: { done: ['demo.pay'], unknown: [{ tool: 'demo.ship', callId: expect.any(String) }] },
    }
    expect(data(answer)).toMatchObject(told)
    finish('shipped')
    await new Promise((resolve) => setImmediate(resolve))
    expect(data(answer)).toMatchObject(told)
  })

  it('has no duplicate in the journal of a server that dies after each effect', async () => {
    const journal = join(temporaryFolder(), 'journal')
    writeFileSync(journal, '')
    await using gateway = demoGateway({
      servers: { shop: { ...hostile('acts-and-dies', '--journal', journal), trustHints: true } },
    })
    const outcomes: unknown[] = []
    for (let index = 0; index < 12; index++) {
      const code =
        'try { return await tools.shop.counter(params) } catch (error) { return error.details.outcome ?? error.code }'
      const request =
        index % 2 === 0
          ? { code, params: { key: `k${index}` } }
          : { code, params: { key: `k${index}` }, idempotencyKey: `i${index}` }
      outcomes.push(data(await gateway.execute(request)))
      if ('idempotencyKey' in request) expect(data(await gateway.execute(request))).toEqual(outcomes.at(-1))
    }
    const keys = readFileSync(journal, 'utf8').trim().split('\n')
    expect(outcomes).toContain('unknown')
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.length).toBe(outcomes.filter((outcome) => outcome === 'unknown').length)
  })

  it('a reading call of the same server comes through', async () => {
    await using gateway = demoGateway({
      servers: { shop: { ...hostile('dies-each-second-call'), trustHints: true } },
    })
    for (let index = 0; index < 6; index++)
      expect(data(await gateway.executeIntent({ intent: 'shop.echo', params: { text: `t${index}` } }))).toBe(
        `t${index}`,
      )
  })
})

async function post(url: string, body: unknown, headers: Record<string, string>): Promise<string> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve(text))
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}
