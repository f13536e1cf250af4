import type { Cache } from './cache.ts'

/** The same cache; tells of each question whether it was a hit. */
export function observeCache(cache: Cache, looked: (layer: string, hit: boolean) => void): Cache {
  const onCleared = cache.onCleared?.bind(cache)
  return {
    name: cache.name,
    async get(key, signal) {
      const entry = await cache.get(key, signal)
      looked(cache.name, entry !== undefined)
      return entry
    },
    set: async (key, entry) => await cache.set(key, entry),
    add: async (key, entry) => await cache.add(key, entry),
    clear: async (group) => await cache.clear(group),
    stats: () => cache.stats(),
    ...(onCleared === undefined ? {} : { onCleared }),
    [Symbol.asyncDispose]: async () => await cache[Symbol.asyncDispose](),
  }
}
