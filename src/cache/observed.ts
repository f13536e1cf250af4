import type { Cache } from './cache.ts'

/** The same cache; tells of each question whether it was a hit. */
export function observeCache(cache: Cache, looked: (layer: string, hit: boolean) => void): Cache {
  return {
    name: cache.name,
    async get(key, signal) {
      const entry = await cache.get(key, signal)
      looked(cache.name, entry !== undefined)
      return entry
    },
    set: async (key, entry) => await cache.set(key, entry),
    clear: async (prefix) => await cache.clear(prefix),
    [Symbol.asyncDispose]: async () => await cache[Symbol.asyncDispose](),
  }
}
