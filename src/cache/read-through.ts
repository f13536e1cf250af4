import { type Clock, systemClock } from '../internal/clock.ts'
import { createAborter } from '../internal/signal.ts'
import { type Cache, groupOf } from './cache.ts'
import { createSingleFlight } from './single-flight.ts'

/** Answers from a cache, else from the source: equal requests ask the source once. */
export interface ReadThrough extends Disposable {
  /** Rejects as `load` does, or with the signal's reason. */
  read(key: string, load: Load, signal?: AbortSignal): Promise<Read>
  /** Removes a group; what is being loaded for it is not kept. */
  clear(group: string): Promise<void>
  stats(): ReturnType<Cache['stats']>
}

/** Asks the source. `signal` aborts when nobody waits any more; `renewal`: nobody waited to begin with. */
export type Load = (signal: AbortSignal, renewal: boolean) => Promise<Loaded>

export interface Loaded {
  readonly value: string
  /** Milliseconds it may be served; 0: it is not kept. */
  readonly ttlMs: number
}

export interface Read {
  readonly value: string
  /** The layer that had it; undefined: it comes from the source. */
  readonly layer: string | undefined
}

export interface ReadThroughOptions {
  readonly cache: Cache
  readonly clock?: Clock
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number
}

/** Part of its life that an entry loses at random, so that entries made together do not end together. */
const JITTER = 0.1
/** Part of its life after which whoever reads an entry has it renewed, and is served the old one. */
const STALE_AFTER = 0.8
/** Entries that live shorter than this are not renewed ahead. */
const MIN_RENEWED_MS = 5_000

export function createReadThrough(options: ReadThroughOptions): ReadThrough {
  const { cache, clock = systemClock, random = Math.random } = options
  const once = createSingleFlight<Read>()
  const closing = createAborter()
  const clears = new Map<string, number>()
  const noteClear = (group: string): void => void clears.set(group, (clears.get(group) ?? 0) + 1)
  const clearsOf = (key: string): number => (clears.get(groupOf(key)) ?? 0) + (clears.get('') ?? 0)
  const subscription = cache.onCleared?.(noteClear)

  const loadAndKeep = async (key: string, load: Load, signal: AbortSignal, renewal: boolean): Promise<Read> => {
    const before = clearsOf(key)
    const { value, ttlMs } = await load(signal, renewal)
    if (ttlMs > 0 && clearsOf(key) === before) {
      const lifeMs = ttlMs * (1 - JITTER * random())
      const now = clock.wall()
      const entry = { value, expiresAt: now + lifeMs }
      const renewed = lifeMs >= MIN_RENEWED_MS ? { ...entry, staleAt: now + lifeMs * STALE_AFTER } : entry
      // The nearest layer has it at once; nobody waits for the others.
      void cache.set(key, renewed).catch(() => undefined)
    }
    return { value, layer: undefined }
  }

  return {
    async read(key, load, signal) {
      // A cache that breaks its promise costs a hit, never an answer.
      const hit = await cache.get(key, signal).catch(() => undefined)
      // What a clear makes invalid starts a flight of its own.
      const flight = `${clearsOf(key)} ${key}`
      if (hit === undefined)
        return await once(flight, async (shared) => await loadAndKeep(key, load, shared, false), signal)
      if (hit.staleAt !== undefined && hit.staleAt <= clock.wall() && !closing.signal.aborted) {
        const renewal = once(flight, async (shared) => await loadAndKeep(key, load, shared, true), closing.signal)
        // The old entry stays until it ends.
        renewal.catch(() => undefined)
      }
      return { value: hit.value, layer: hit.layer }
    },
    async clear(group) {
      noteClear(group)
      await cache.clear(group).catch(() => undefined)
    },
    stats: () => cache.stats(),
    [Symbol.dispose]() {
      subscription?.[Symbol.dispose]()
      closing.abort(new DOMException('the gateway is closing', 'AbortError'))
    },
  }
}
