import { LRUCache } from 'lru-cache'
import { type Clock, systemClock } from '../internal/clock.ts'
import type { Cache, CacheEntry } from './cache.ts'

export interface MemoryCacheOptions {
  /** Bytes of keys and values (as UTF-16) kept; the least recently used go first. @default 33554432 */
  readonly maxBytes?: number
  readonly clock?: Clock
}

/** The first layer: this process's memory. */
export function createMemoryCache(options: MemoryCacheOptions = {}): Cache {
  const { maxBytes = 32 * 1024 * 1024, clock = systemClock } = options
  const entries = new LRUCache<string, CacheEntry>({
    maxSize: maxBytes,
    sizeCalculation: (entry, key) => 2 * (entry.value.length + key.length) + 64,
  })
  return {
    name: 'memory',
    async get(key) {
      const entry = entries.get(key)
      if (entry === undefined || entry.expiresAt > clock.wall()) return entry
      entries.delete(key)
      return undefined
    },
    async set(key, entry) {
      entries.set(key, entry)
    },
    async clear(prefix) {
      for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key)
    },
    async [Symbol.asyncDispose]() {
      entries.clear()
    },
  }
}
