/**
 * A keyed store of text. Layers, tiers and wrappers share this interface. Contract: `test/contracts/cache.ts`.
 *
 * The part of a key before its first `:` is its group; groups are removed as a whole. A layer's own faults (a full disk, a
 * Redis that is away) never reject: they are misses, counted in {@link CacheStats}.
 */
export interface Cache extends AsyncDisposable {
  /** The layer's name in metrics and metadata: `memory`, `disk`, `redis`. */
  readonly name: string
  get(key: string, signal?: AbortSignal): Promise<CacheHit | undefined>
  /** Keeps an entry. One that has expired already removes the key. */
  set(key: string, entry: CacheEntry): Promise<void>
  /**
   * Keeps an entry unless the key has one, which it answers then; atomic among all who share the layer.
   * `unavailable`: the layer can neither keep nor tell.
   */
  add(key: string, entry: CacheEntry): Promise<CacheEntry | 'added' | 'unavailable'>
  /** Removes every key of a group; the empty group removes all. */
  clear(group: string): Promise<void>
  /** What the layer did since it was made; one for each layer of a tiered cache. */
  stats(): readonly CacheStats[]
  /** For layers that are shared: called with the group that another instance has cleared. */
  onCleared?(listener: (group: string) => void): Disposable
}

export interface CacheEntry {
  readonly value: string
  /** Wall-clock milliseconds after which the entry is not served. */
  readonly expiresAt: number
  /** Wall-clock milliseconds after which it is served still, while somebody renews it. */
  readonly staleAt?: number
}

export interface CacheHit extends CacheEntry {
  /** Name of the layer that had it. */
  readonly layer: string
}

/** Counters of one layer. */
export interface CacheStats {
  readonly layer: string
  readonly hits: number
  readonly misses: number
  /** Operations that the layer failed. */
  readonly errors: number
  /** What is wrong with the layer now, for people. */
  readonly problem?: string
}

/** The group that a key belongs to. */
export function groupOf(key: string): string {
  const end = key.indexOf(':')
  return end < 0 ? key : key.slice(0, end)
}
