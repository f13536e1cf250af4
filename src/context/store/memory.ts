import { LRUCache } from 'lru-cache'
import { type Clock, systemClock } from '../../internal/clock.ts'
import type { Store, StoreEntry } from './store.ts'

export interface MemoryStoreOptions {
  /** Bytes of all entries; the least recently used go first. @default 67108864 */
  readonly maxBytes?: number
  readonly clock?: Clock
}

interface Kept {
  readonly group: string
  readonly id: string
  /** UTF-8: half the bytes of a text with a single wide character, and outside the heap. */
  readonly body: Buffer
  readonly expiresAt: number
}

/** Bytes that an entry takes beside its text; measured in `bench/memory.mjs`. */
const ENTRY_BYTES = 700
const SWEEP_MS = 60_000

/** In this process's memory; ends with it. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { maxBytes = 64 * 1024 * 1024, clock = systemClock } = options
  const groups = new Map<string, Set<string>>()
  const entries = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ body }) => body.byteLength + ENTRY_BYTES,
    dispose: ({ group, id }, _key, reason) => {
      if (reason !== 'set') forget(groups, group, id)
    },
  })
  let swept = clock.wall()

  const alive = (group: string, id: string): Kept | undefined => {
    const key = keyOf(group, id)
    const entry = entries.get(key)
    if (entry === undefined || entry.expiresAt > clock.wall()) return entry
    entries.delete(key)
    return undefined
  }
  const keep = (entry: Kept): void => {
    const { group, id } = entry
    const ids = groups.get(group) ?? new Set()
    groups.set(group, ids.add(id))
    entries.set(keyOf(group, id), entry)
    // What is larger than the whole store is not kept.
    if (!entries.has(keyOf(group, id))) forget(groups, group, id)
  }
  const sweep = (): void => {
    const now = clock.wall()
    if (now - swept < SWEEP_MS) return
    swept = now
    for (const [key, { expiresAt }] of entries) if (expiresAt <= now) entries.delete(key)
  }

  return {
    name: 'memory',
    async get(group, id, renewMs) {
      const entry = alive(group, id)
      if (entry === undefined) return undefined
      if (renewMs !== undefined) keep({ ...entry, expiresAt: clock.wall() + renewMs })
      return entry.body.toString()
    },
    async set(group, id, text, { ttlMs, replaces }) {
      sweep()
      if (replaces !== undefined && (alive(group, id)?.body.toString() ?? null) !== replaces) return false
      keep({ group, id, body: Buffer.from(text), expiresAt: clock.wall() + ttlMs })
      return true
    },
    async delete(group, id) {
      entries.delete(keyOf(group, id))
    },
    async list(group) {
      const found: StoreEntry[] = []
      for (const id of groups.get(group) ?? []) {
        const entry = entries.peek(keyOf(group, id))
        if (entry === undefined || entry.expiresAt <= clock.wall()) continue
        found.push({ id, bytes: entry.body.byteLength, expiresAt: entry.expiresAt })
      }
      return found.toSorted((a, b) => a.expiresAt - b.expiresAt)
    },
    async [Symbol.asyncDispose]() {
      entries.clear()
      groups.clear()
    },
  }
}

function keyOf(group: string, id: string): string {
  return `${group}\n${id}`
}

function forget(groups: Map<string, Set<string>>, group: string, id: string): void {
  const ids = groups.get(group)
  ids?.delete(id)
  if (ids?.size === 0) groups.delete(group)
}
