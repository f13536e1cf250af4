import { LRUCache } from 'lru-cache'
import { type Clock, systemClock } from '../internal/clock.ts'
import { type Cache, type CacheEntry, groupOf } from './cache.ts'
import { Counts } from './counts.ts'

export interface MemoryCacheOptions {
  /** Bytes of keys and values (as UTF-16) kept; the least recently used go first. @default 33554432 */
  readonly maxBytes?: number
  readonly clock?: Clock
}

/** Times are monotonic, so that a turned wall clock makes nothing immortal. */
interface Kept {
  readonly value: string
  readonly generation: number
  readonly endsAt: number
  readonly staleAt: number | undefined
}

/** The first layer: this process's memory. */
export function createMemoryCache(options: MemoryCacheOptions = {}): Cache {
  const { maxBytes = 32 * 1024 * 1024, clock = systemClock } = options
  const counts = new Counts('memory')
  // Clearing a group takes no time: what was kept in a generation before counts as none, and goes with its turn.
  const generations = new Map<string, number>()
  const generationOf = (key: string): number => generations.get(groupOf(key)) ?? 0
  const entries = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ value }, key) => 2 * (value.length + key.length) + 128,
  })

  const live = (key: string): CacheEntry | undefined => {
    const kept = entries.get(key)
    if (kept === undefined) return undefined
    const now = clock.now()
    if (kept.endsAt <= now || kept.generation !== generationOf(key)) {
      entries.delete(key)
      return undefined
    }
    const offset = clock.wall() - now
    const { value, endsAt, staleAt } = kept
    const entry = { value, expiresAt: endsAt + offset }
    return staleAt === undefined ? entry : { ...entry, staleAt: staleAt + offset }
  }
  const keep = (key: string, { value, expiresAt, staleAt }: CacheEntry): void => {
    const offset = clock.wall() - clock.now()
    if (expiresAt - offset <= clock.now()) return void entries.delete(key)
    entries.set(key, {
      value,
      generation: generationOf(key),
      endsAt: expiresAt - offset,
      staleAt: staleAt === undefined ? undefined : staleAt - offset,
    })
  }

  return {
    name: 'memory',
    async get(key) {
      const entry = counts.found(live(key))
      return entry === undefined ? undefined : { ...entry, layer: 'memory' }
    },
    async set(key, entry) {
      keep(key, entry)
    },
    async add(key, entry) {
      const known = live(key)
      if (known !== undefined) return known
      keep(key, entry)
      return 'added'
    },
    async clear(group) {
      if (group === '') return entries.clear()
      generations.set(group, (generations.get(group) ?? 0) + 1)
    },
    stats: () => [counts.stats()],
    async [Symbol.asyncDispose]() {
      entries.clear()
    },
  }
}
