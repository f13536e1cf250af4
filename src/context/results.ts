import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { OptimizerError } from '../errors.ts'

/** Keeps results too large for the token budget, as JSON text, for the principal who made them. */
export interface ResultStore {
  /** Stores JSON text; answers its handle. */
  put(owner: string, json: string): string
  /** JSON text. Throws `UNKNOWN_HANDLE` for a handle that expired, was pushed out, or belongs to somebody else. */
  get(owner: string, handle: string): string
  /** Handles of one owner, newest first, with their sizes in bytes. */
  list(owner: string): readonly { readonly handle: string; readonly bytes: number }[]
}

export interface ResultStoreOptions {
  /** Bytes of all results; the least recently used go first. @default 67108864 */
  readonly maxBytes?: number
  /** Milliseconds a result is kept after its last use. @default 3600000 */
  readonly ttlMs?: number
}

interface Stored {
  readonly owner: string
  readonly json: string
}

export function createResultStore(options: ResultStoreOptions = {}): ResultStore {
  const { maxBytes = 64 * 1024 * 1024, ttlMs = 3_600_000 } = options
  const results = new LRUCache<string, Stored>({
    maxSize: maxBytes,
    ttl: ttlMs,
    updateAgeOnGet: true,
    sizeCalculation: ({ json }) => 2 * json.length + 128,
  })
  return {
    put(owner, json) {
      const handle = `r_${randomBytes(5).toString('hex')}`
      results.set(handle, { owner, json })
      if (!results.has(handle)) {
        throw new OptimizerError(
          'LIMIT_EXCEEDED',
          `cannot keep a result of ${json.length} characters: the store holds ${maxBytes} bytes`,
        )
      }
      return handle
    },
    get(owner, handle) {
      const stored = results.get(handle)
      if (stored?.owner === owner) return stored.json
      throw new OptimizerError(
        'UNKNOWN_HANDLE',
        `cannot read result "${handle.slice(0, 40)}": no such handle is kept for you`,
      )
    },
    list(owner) {
      return [...results.entries()]
        .filter(([, stored]) => stored.owner === owner)
        .map(([handle, { json }]) => ({ handle, bytes: json.length }))
    },
  }
}
