/** A keyed store of JSON text. Tiers and single-flight are wrappers of the same interface. Contract: `test/contracts/cache.ts`. */
export interface Cache extends AsyncDisposable {
  /** The layer's name in metrics and metadata: `memory`, `disk`, `redis`. */
  readonly name: string
  get(key: string, signal?: AbortSignal): Promise<CacheEntry | undefined>
  set(key: string, entry: CacheEntry): Promise<void>
  /** Removes every key that begins with `prefix`; an empty prefix removes all. */
  clear(prefix: string): Promise<void>
}

export interface CacheEntry {
  /** JSON text. */
  readonly value: string
  /** Wall-clock milliseconds after which the entry is not served. */
  readonly expiresAt: number
}
