import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { OptimizerError } from '../../errors.ts'
import { type Clock, systemClock } from '../../internal/clock.ts'
import { accessTo, type RedisPlace } from '../../internal/redis-access.ts'
import { isStoreId, type Store } from './store.ts'

export interface RedisStoreOptions {
  readonly place: RedisPlace
  /** Begins all keys. @default 'mcp-optimizer' */
  readonly prefix?: string
  /** Milliseconds for one command. @default 2000 */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** Sets a text, and its place in the index of its group, if the present text is the one that is meant. */
const SET = `
if ARGV[4] == 'none' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if ARGV[4] == 'this' and redis.call('GET', KEYS[1]) ~= ARGV[5] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], tonumber(ARGV[6]), ARGV[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
return 1`

const RENEW = `
local text = redis.call('GET', KEYS[1])
if text then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  redis.call('ZADD', KEYS[2], tonumber(ARGV[3]), ARGV[1])
  if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
end
return text`

/**
 * In Redis or a Redis Cluster, for several gateways. The keys of a group share a slot. Rejects with
 * `STORE_UNAVAILABLE` while Redis cannot be reached, and is used again by itself.
 */
export function createRedisStore(options: RedisStoreOptions): Store {
  const { prefix = 'mcp-optimizer', clock = systemClock } = options
  let connecting: Promise<Redis | Cluster> | undefined

  const use = async <T>(work: (redis: Redis | Cluster) => Promise<T>): Promise<T> => {
    try {
      connecting ??= connect(options)
      return await work(await connecting)
    } catch (cause) {
      if (cause instanceof OptimizerError) throw cause
      throw new OptimizerError('STORE_UNAVAILABLE', 'cannot reach the store for sessions and results', { cause })
    }
  }
  const base = (group: string): string => `${prefix}:{${createHash('sha256').update(group).digest('hex').slice(0, 40)}}`
  const keyOf = (group: string, id: string): string => `${base(group)}:${id}`
  const indexOf = (group: string): string => base(group)

  return {
    name: 'redis',
    async get(group, id, renewMs) {
      if (!isStoreId(id)) return undefined
      const text = await use(async (redis) => {
        if (renewMs === undefined) return await redis.get(keyOf(group, id))
        const ttl = Math.max(1, Math.round(renewMs))
        const index = indexOf(group)
        return (await redis.eval(RENEW, 2, keyOf(group, id), index, id, ttl, clock.wall() + ttl)) as string | null
      })
      return text ?? undefined
    },
    async set(group, id, text, { ttlMs, replaces }) {
      if (!isStoreId(id)) throw new TypeError('an id of a store is letters, digits, _ and -')
      const ttl = Math.max(1, Math.round(ttlMs))
      const mode = replaces === undefined ? 'any' : replaces === null ? 'none' : 'this'
      const expires = clock.wall() + ttl
      const done = await use((redis) =>
        redis.eval(SET, 2, keyOf(group, id), indexOf(group), id, text, ttl, mode, replaces ?? '', expires),
      )
      return done === 1
    },
    async delete(group, id) {
      if (!isStoreId(id)) return
      await use((redis) => redis.multi().del(keyOf(group, id)).zrem(indexOf(group), id).exec())
    },
    async list(group) {
      return await use(async (redis) => {
        await redis.zremrangebyscore(indexOf(group), 0, clock.wall())
        const flat = await redis.zrange(indexOf(group), '0', '-1', 'WITHSCORES')
        const ids = flat.filter((_, index) => index % 2 === 0)
        const sizes = await Promise.all(ids.map((id) => redis.strlen(keyOf(group, id))))
        return ids.flatMap((id, at) => {
          const bytes = sizes[at] ?? 0
          return bytes === 0 ? [] : [{ id, bytes, expiresAt: Number(flat[at * 2 + 1]) }]
        })
      })
    },
    async [Symbol.asyncDispose]() {
      const redis = await connecting?.catch(() => undefined)
      redis?.disconnect()
    },
  }
}

async function connect({ place, timeoutMs = 2_000 }: RedisStoreOptions): Promise<Redis | Cluster> {
  const ioredis = await import('ioredis').catch((cause: unknown) => {
    throw new OptimizerError('CONFIG_INVALID', 'cannot keep sessions in Redis: the package ioredis is not installed', {
      cause,
      suggestion: 'npm install ioredis',
    })
  })
  const access = await accessTo(place)
  const common = { commandTimeout: timeoutMs, connectTimeout: timeoutMs, maxRetriesPerRequest: 1, ...access }
  const redis =
    place.nodes !== undefined
      ? new ioredis.Cluster([...place.nodes], { redisOptions: common, slotsRefreshTimeout: timeoutMs })
      : new ioredis.Redis(place.url ?? '', { ...common, retryStrategy: (times) => Math.min(times * 50, 1_000) })
  // Each command tells of it; without a listener it would be printed.
  redis.on('error', () => undefined)
  return redis
}
