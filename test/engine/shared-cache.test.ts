import { describe, expect, it, vi } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { demoGateway } from '../support/gateway.ts'
import { noRedis, startRedis } from '../support/redis.ts'
import { hostile, temporaryFolder } from '../support/servers.ts'

const shop = { ...hostile('healthy'), trustHints: true }
const echo = { intent: 'shop.echo', params: { text: 'hi' } }

/** The layer that a call came from; undefined: the server. */
async function layerOf(gateway: Optimizer, principal: string): Promise<string | undefined> {
  const { metadata, status } = await gateway.executeIntent(echo, { principal })
  expect(status).toBe('ok')
  return metadata.cache_layer
}

describe('gateways one after the other', () => {
  it('find on disk what the one before had read, for the same principal and the same server only', async () => {
    const cacheDir = temporaryFolder()
    const before = demoGateway({ cacheDir, servers: { shop } })
    expect(await layerOf(before, 'ann')).toBeUndefined()
    await before[Symbol.asyncDispose]()
    await using after = demoGateway({ cacheDir, servers: { shop } })
    expect(await layerOf(after, 'ben')).toBeUndefined()
    expect(await layerOf(after, 'ann')).toBe('disk')
    expect(await layerOf(after, 'ann')).toBe('memory')
    await using other = demoGateway({ cacheDir, servers: { shop: { ...shop, env: { TOKEN: 'another' } } } })
    expect(await layerOf(other, 'ann')).toBeUndefined()
    await using dry = demoGateway({ cacheDir, servers: { shop }, cache: { disk: false } })
    expect(await layerOf(dry, 'ann')).toBeUndefined()
  })
})

describe.skipIf(noRedis('gateways that share a Redis'))('gateways side by side', () => {
  it('share what they read, and what one writes none serves any more', async () => {
    await using redis = await startRedis()
    const config = () => ({ servers: { shop }, cache: { redis: { url: redis.url } } })
    await using one = demoGateway(config())
    await using two = demoGateway(config())
    await connected(one, two)
    expect(await layerOf(one, 'ann')).toBeUndefined()
    await vi.waitFor(async () => expect(redis.cli('keys', '*entry:result*')).not.toBe('\n'), { timeout: 10_000 })
    expect(await layerOf(two, 'ann')).toBe('redis')
    expect(await layerOf(two, 'ann')).toBe('memory')
    expect(await layerOf(two, 'ben')).toBeUndefined()
    await one.executeIntent({ intent: 'shop.counter', params: { key: 'k' } })
    await vi.waitFor(async () => expect(await layerOf(two, 'ann')).toBeUndefined(), { timeout: 10_000, interval: 5 })
  })

  it('go on, from memory and servers, when Redis is killed in between', async () => {
    await using redis = await startRedis()
    await using gateway = demoGateway({ servers: { shop }, cache: { redis: { url: redis.url } } })
    await connected(gateway)
    await layerOf(gateway, 'ann')
    await redis.kill()
    expect(await layerOf(gateway, 'ann')).toBe('memory')
    for (let index = 0; index < 50; index++) {
      const start = performance.now()
      await layerOf(gateway, `user ${index}`)
      if (index > 2) expect(performance.now() - start).toBeLessThan(500)
    }
  })

  it('tell each other that a server’s tools changed', async () => {
    await using redis = await startRedis()
    const refreshTools = vi.fn<() => void>()
    const upstreams = [createMemoryUpstream('shop', []), createMemoryUpstream('shop', [])] as const
    const make = (upstream: (typeof upstreams)[number]): Optimizer =>
      createOptimizer(defineConfig({ cacheDir: temporaryFolder(), cache: { redis: { url: redis.url } } }), {
        upstreams: [upstream],
      })
    await using one = make(upstreams[0])
    await using two = make({ ...upstreams[1], refreshTools })
    await connected(one, two)
    await vi.waitFor(
      () => {
        upstreams[0].replace([])
        expect(refreshTools).toHaveBeenCalled()
      },
      { timeout: 10_000 },
    )
  })
})

/** Resolves once all of them use their Redis: any keyed request makes them try. */
async function connected(...gateways: readonly Optimizer[]): Promise<void> {
  for (const [index, gateway] of gateways.entries()) {
    const request = { intent: 'results.read', params: { handle: 'none' }, idempotencyKey: `connect-${index}` }
    await vi.waitFor(
      async () => {
        await gateway.executeIntent(request)
        const redis = gateway.cacheStats().find(({ layer }) => layer === 'redis')
        expect(redis).toBeDefined()
        expect(redis?.problem).toBeUndefined()
      },
      { timeout: 10_000 },
    )
  }
}

describe.skipIf(noRedis('keys and a Redis that forgets'))('a gateway whose Redis has lost everything', () => {
  it('still runs nothing twice', async () => {
    await using redis = await startRedis()
    const run = vi.fn<() => string>(() => 'done')
    await using gateway = demoGateway({ cache: { redis: { url: redis.url } } }, [{ name: 'order', run }])
    await connected(gateway)
    const order = { intent: 'demo.order', idempotencyKey: 'k' }
    await gateway.executeIntent(order)
    await redis.kill()
    await gateway.executeIntent(order)
    await redis.restart()
    await connected(gateway)
    expect(await gateway.executeIntent(order)).toMatchObject({ data: 'done', metadata: { replayed: true } })
    expect(run).toHaveBeenCalledTimes(1)
  })
})
