import { join } from 'node:path'
import type { Cache } from './cache.ts'
import { createDiskCache } from './disk.ts'
import { createMemoryCache } from './memory.ts'
import { createRedisCache, type RedisCacheOptions } from './redis.ts'
import { createTieredCache } from './tiered.ts'

export interface CachesOptions {
  readonly memoryBytes: number
  /** Undefined: nothing on disk. */
  readonly disk: { readonly folder: string; readonly maxBytes: number } | undefined
  readonly redis: RedisCacheOptions | undefined
}

export interface Caches extends AsyncDisposable {
  /** For what can be had again. */
  readonly results: Cache
  /** For what must not be lost early: results push nothing out of it, and no clear elsewhere removes it. */
  readonly records: Cache
}

/** Bytes of records in memory. */
const RECORD_BYTES = 8 * 1024 * 1024

/** Memory, then disk, then Redis, as far as configured. */
export function createCaches({ memoryBytes, disk, redis }: CachesOptions): Caches {
  const shared = redis === undefined ? [] : [createRedisCache(redis)]
  const diskFor = (name: string): Cache[] =>
    disk === undefined ? [] : [createDiskCache({ folder: join(disk.folder, name), maxBytes: disk.maxBytes })]
  const results = createTieredCache([createMemoryCache({ maxBytes: memoryBytes }), ...diskFor('results'), ...shared])
  const nearRecords = createMemoryCache({ maxBytes: RECORD_BYTES })
  // A Redis that has lost all it held makes results void, but undoes nothing that was done.
  const records = createTieredCache([nearRecords, ...diskFor('records'), ...shared], { followClears: false })
  return {
    results,
    records,
    async [Symbol.asyncDispose]() {
      // Records first: what is still being written of them has to reach the far layers.
      await records[Symbol.asyncDispose]()
      await results[Symbol.asyncDispose]()
    },
  }
}
