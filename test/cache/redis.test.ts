import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Cache } from '../../src/cache/cache.ts'
import { createRedisCache, type RedisCacheOptions } from '../../src/cache/redis.ts'
import { cacheContract } from '../contracts/cache.ts'
import { noRedis, startCluster, startProxy, startRedis, type TestRedis } from '../support/redis.ts'
import { temporaryFolder } from '../support/servers.ts'

const later = (): number => Date.now() + 3_600_000
let tenants = 0
const newTenant = (): string => `t${++tenants}`

/** Resolves once the cache uses its Redis. */
async function usable(cache: Cache): Promise<void> {
  await vi.waitFor(
    async () => expect(await cache.add('probe:x', { value: '', expiresAt: later() })).not.toBe('unavailable'),
    {
      timeout: 10_000,
      interval: 20,
    },
  )
  await cache.clear('probe')
}

async function connected(options: RedisCacheOptions): Promise<Cache> {
  const cache = createRedisCache({ tenant: newTenant(), timeoutMs: 1_000, ...options })
  await usable(cache)
  return cache
}

describe.skipIf(noRedis('the Redis cache'))('redis cache', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(async () => await redis[Symbol.asyncDispose]())

  cacheContract(async (clock) => await connected({ url: redis.url, clock }))

  it('shares entries within a tenant, and not beyond', async () => {
    const tenant = newTenant()
    await using one = await connected({ url: redis.url, tenant })
    await using two = await connected({ url: redis.url, tenant })
    await using other = await connected({ url: redis.url })
    await one.set('g:a', { value: '1', expiresAt: later() })
    expect(await two.get('g:a')).toMatchObject({ value: '1', layer: 'redis' })
    expect(await other.get('g:a')).toBeUndefined()
    await other.clear('')
    expect(await two.get('g:a')).toBeDefined()
  })

  it('ends entries in Redis itself', async () => {
    const tenant = newTenant()
    await using cache = await connected({ url: redis.url, tenant })
    await cache.set('g:a', { value: '1', expiresAt: Date.now() + 5_000 })
    const [key = ''] = redis.cli('keys', `{${tenant}}*entry:g:a`).trim().split('\n')
    const life = Number(redis.cli('pttl', key))
    expect(life).toBeGreaterThan(0)
    expect(life).toBeLessThanOrEqual(5_000)
  })

  it('tells the other instances of a clear, at once', async () => {
    const tenant = newTenant()
    await using one = await connected({ url: redis.url, tenant })
    await using two = await connected({ url: redis.url, tenant })
    const heard: string[] = []
    two.onCleared?.((group) => heard.push(group))
    const own: string[] = []
    one.onCleared?.((group) => own.push(group))
    await vi.waitFor(
      () => expect(redis.cli('pubsub', 'numsub', `{${tenant}}:mcp-optimizer:cleared`)).toMatch(/\n2\n/),
      { timeout: 10_000 },
    )
    await one.clear('result/a b')
    await one.clear('')
    await vi.waitFor(() => expect(heard).toEqual(expect.arrayContaining(['result/a b', ''])), { timeout: 10_000 })
    expect(own).not.toEqual(expect.arrayContaining(['result/a b']))
    expect(own).not.toContain('')
  })

  it('does not keep what was read before a clear that it has not heard of', async () => {
    const tenant = newTenant()
    await using one = await connected({ url: redis.url, tenant })
    await one.set('g:x', { value: 'x', expiresAt: later() })
    // The message is lost: the clear happens without one.
    redis.cli('hset', `{${tenant}}:mcp-optimizer:groups`, 'g', 'anothertokenxxxx')
    const heard: string[] = []
    one.onCleared?.((group) => heard.push(group))
    await one.set('g:a', { value: 'old', expiresAt: later() })
    expect(await one.get('g:a')).toBeUndefined()
    expect(heard).toEqual(['g'])
    await one.set('g:a', { value: 'new', expiresAt: later() })
    expect(await one.get('g:a')).toMatchObject({ value: 'new' })
  })

  it('never serves what is damaged, foreign or of another key', async () => {
    const tenant = newTenant()
    await using cache = await connected({ url: redis.url, tenant })
    await cache.set('g:a', { value: '{"of":"ann"}', expiresAt: later() })
    await cache.set('g:b', { value: '{"of":"ben"}', expiresAt: later() })
    const keyOf = (key: string): string => `{${tenant}}:mcp-optimizer:entry:${key}`
    const ofB = redis.cli('--raw', 'get', keyOf('g:b')).trimEnd()
    for (const foreign of [ofB, `${redis.cli('--raw', 'get', keyOf('g:a')).trimEnd()} `, 'x', '']) {
      redis.cli('set', keyOf('g:a'), foreign, 'px', '10000')
      expect(await cache.get('g:a')).toBeUndefined()
    }
    redis.cli('del', keyOf('g:a'))
    redis.cli('lpush', keyOf('g:a'), 'a list')
    expect(await cache.get('g:a')).toBeUndefined()
  })

  it('forgets all, rather than too little, when Redis has lost the tokens', async () => {
    const tenant = newTenant()
    await using cache = await connected({ url: redis.url, tenant })
    await cache.set('g:a', { value: 'before', expiresAt: later() })
    await cache.clear('g')
    redis.cli('del', `{${tenant}}:mcp-optimizer:groups`)
    expect(await cache.get('g:a')).toBeUndefined()
    await cache.set('g:b', { value: '1', expiresAt: later() })
    expect(await cache.get('g:a')).toBeUndefined()
  })
})

describe.skipIf(noRedis('a Redis cache whose Redis fails'))('redis cache whose Redis fails', () => {
  /** The longest of some reads and writes, milliseconds, and what they gave. */
  async function longest(cache: Cache, count: number): Promise<{ ms: number; hits: number }> {
    let ms = 0
    let hits = 0
    for (let index = 0; index < count; index++) {
      const start = performance.now()
      if ((await cache.get('g:a')) !== undefined) hits++
      ms = Math.max(ms, performance.now() - start)
    }
    return { ms, hits }
  }
  // 50 ms by promise; the rest is for a busy machine.
  const BOUND = 50 + 75

  const tested = async (
    url: string,
    harm: () => void | Promise<void>,
    repair: () => void | Promise<void>,
  ): Promise<void> => {
    const tenant = newTenant()
    await using cache = createRedisCache({ url, tenant })
    await usable(cache)
    await cache.set('g:a', { value: '1', expiresAt: later() })
    expect((await longest(cache, 20)).hits).toBe(20)
    await harm()
    const harmed = await longest(cache, 300)
    expect(harmed.ms).toBeLessThan(BOUND)
    expect(cache.stats()[0]?.problem).toBeTypeOf('string')
    await repair()
    const start = performance.now()
    await usable(cache)
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(cache.stats()[0]?.problem).toBeUndefined()
    await cache.set('g:a', { value: '2', expiresAt: later() })
    expect(await cache.get('g:a')).toMatchObject({ value: '2' })
  }

  it('that is killed and comes back', async () => {
    await using redis = await startRedis()
    await tested(redis.url, redis.kill, redis.restart)
  })

  it('that hangs and goes on', async () => {
    await using redis = await startRedis()
    await tested(redis.url, redis.hang, redis.goOn)
  })

  it('that becomes slow', async () => {
    await using redis = await startRedis()
    await using proxy = await startProxy(redis.port)
    await tested(
      proxy.url,
      () => void (proxy.delayMs = 2_000),
      () => void (proxy.delayMs = 0),
    )
  })

  it.each([
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '+OK\r\n',
    '$5\r\nhello\r\n',
    '*2\r\n$1\r\nx\r\n:9\r\n',
    '\0\u00ff\n',
    ':1\r\n',
  ])('that says %j instead of its answers', async (junk) => {
    await using redis = await startRedis()
    await using proxy = await startProxy(redis.port)
    await tested(
      proxy.url,
      () => void (proxy.junk = junk),
      () => void (proxy.junk = undefined),
    )
  })

  it('that is not there from the start, and then is', async () => {
    const later = await startRedis()
    await later.kill()
    await using cache = createRedisCache({ url: later.url })
    expect((await longest(cache, 50)).ms).toBeLessThan(BOUND)
    await later.restart()
    await usable(cache)
    await later[Symbol.asyncDispose]()
  })

  it('clears afterwards what could not be cleared while it was away', async () => {
    await using redis = await startRedis()
    await using proxy = await startProxy(redis.port)
    const tenant = newTenant()
    await using here = createRedisCache({ url: proxy.url, tenant })
    await using there = await connected({ url: redis.url, tenant })
    await usable(here)
    await here.set('g:a', { value: 'old', expiresAt: Date.now() + 3_600_000 })
    proxy.delayMs = 60_000
    await here.clear('g')
    proxy.delayMs = 0
    await vi.waitFor(async () => expect(await there.get('g:a')).toBeUndefined(), { timeout: 10_000 })
    await usable(here)
    expect(await here.get('g:a')).toBeUndefined()
  })

  it('tells of a clear whose message was lost', async () => {
    await using redis = await startRedis()
    const tenant = newTenant()
    await using cache = await connected({ url: redis.url, tenant })
    await cache.set('g:a', { value: '1', expiresAt: Date.now() + 3_600_000 })
    const heard: string[] = []
    cache.onCleared?.((group) => heard.push(group))
    redis.cli('hset', `{${tenant}}:mcp-optimizer:groups`, 'g', 'anothertokenxxxx')
    await vi.waitFor(() => expect(heard).toEqual(['g']), { timeout: 10_000 })
  })
})

describe.skipIf(noRedis('the Redis cache on a cluster'))('redis cache on a cluster', () => {
  it('keeps a tenant in one slot, goes to the right node, and tells of clears', async () => {
    await using cluster = await startCluster()
    const nodes = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`)
    for (const tenant of ['a', 'b', 'c', 'd']) {
      await using one = await connected({ nodes, tenant })
      await using two = await connected({ nodes, tenant })
      const heard: string[] = []
      two.onCleared?.((group) => heard.push(group))
      for (let index = 0; index < 20; index++) await one.set(`g:${index}`, { value: String(index), expiresAt: later() })
      for (let index = 0; index < 20; index++)
        expect(await two.get(`g:${index}`)).toMatchObject({ value: String(index) })
      await one.clear('g')
      await vi.waitFor(() => expect(heard).toContain('g'), { timeout: 10_000 })
      expect(await two.get('g:1')).toBeUndefined()
    }
    const keys = cluster.nodes.map((node) => node.cli('dbsize').trim())
    expect(keys.filter((count) => count !== '0').length).toBeGreaterThan(1)
  })

  it('goes on when a node dies, and uses the cluster again afterwards', async () => {
    await using cluster = await startCluster()
    const nodes = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`)
    await using cache = createRedisCache({ nodes, tenant: 'a' })
    await usable(cache)
    const owner = cluster.nodes.find((node) => node.cli('dbsize').trim() !== '0')
    await owner?.kill()
    for (let index = 0; index < 100; index++) {
      const start = performance.now()
      await cache.get('g:a')
      expect(performance.now() - start).toBeLessThan(125)
    }
    await owner?.restart()
    await usable(cache)
  })
})

const haveOpenssl = spawnSync('openssl', ['version']).status === 0

describe.skipIf(noRedis('the Redis cache over TLS') || !haveOpenssl)('redis cache over TLS', () => {
  it('speaks to a Redis whose certificate its own authority signed, and to no other', async () => {
    const folder = temporaryFolder()
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
      { stdio: 'ignore' },
    )
    const plain = await startRedis()
    const { port } = plain
    await plain.kill()
    const secure = ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no']
    await using redis = await startRedis(
      [...secure, '--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert],
      port,
    )
    const url = `rediss://127.0.0.1:${redis.port}`
    await using cache = await connected({ url, tls: { caFile: cert } })
    await cache.set('g:a', { value: '1', expiresAt: later() })
    expect(await cache.get('g:a')).toMatchObject({ value: '1' })
    await using wary = createRedisCache({ url, tls: true })
    await wary.get('g:a')
    await vi.waitFor(() => expect(wary.stats()[0]?.problem).toBeTypeOf('string'), { timeout: 10_000 })
    expect(await wary.add('g:b', { value: '1', expiresAt: later() })).toBe('unavailable')
  })
})
