import { randomBytes } from 'node:crypto'
import { OptimizerError } from '../errors.ts'
import { shortHash } from '../internal/hash.ts'
import type { Store } from './store/store.ts'
import { cutText } from '../internal/text.ts'

/** Keeps results too large for the token budget, as JSON text, for the principal who made them. */
export interface ResultStore {
  /** Stores JSON text; answers its handle. The oldest results of the same session make room for it. */
  put(owner: ResultOwner, json: string): Promise<string>
  /** JSON text. Throws `UNKNOWN_HANDLE` for a handle that expired, was pushed out, or belongs to somebody else. */
  get(owner: ResultOwner, handle: string): Promise<string>
  /** Handles of one session (of a principal without one), newest first, with their sizes in bytes. */
  list(owner: ResultOwner): Promise<readonly StoredResult[]>
}

/** A result that is kept behind its handle. */
export interface StoredResult {
  readonly handle: string
  readonly bytes: number
}

/** Whose results are meant. */
export interface ResultOwner {
  readonly principal: string
  /** Id of the session that made it: its results share one allowance. Every session of the principal may read them. */
  readonly session?: string
}

export interface ResultStoreOptions {
  readonly store: Store
  /** Bytes of the results of one session; the least recently used go first. @default 33554432 */
  readonly maxSessionBytes?: number
  /** Bytes of the results of all sessions of one principal, of those made here; the oldest go first. @default 268435456 */
  readonly maxPrincipalBytes?: number
  /** Milliseconds a result is kept after its last use. @default 3600000 */
  readonly ttlMs?: number
}

const HANDLE = /^r_[0-9a-f]{14}$/
/** Digits of a handle that name its session, so that it is found without one. */
const TAG_DIGITS = 4

export function createResultStore(options: ResultStoreOptions): ResultStore {
  const { store, maxSessionBytes = 32 * 1024 * 1024, ttlMs = 3_600_000 } = options
  const { maxPrincipalBytes = 256 * 1024 * 1024 } = options
  /** By principal, the oldest first. */
  const made = new Map<string, Made[]>()

  /** Sessions cost nothing to open: what one may keep is no bound for a principal. */
  const makeRoomOfAll = async (principal: string, group: string, handle: string, bytes: number): Promise<void> => {
    const now = Date.now()
    const all = (made.get(principal) ?? []).filter(({ until }) => until > now)
    all.push({ group, handle, bytes, until: now + ttlMs })
    made.set(principal, all)
    let total = all.reduce((sum, one) => sum + one.bytes, 0)
    while (total > maxPrincipalBytes) {
      const oldest = all.shift()
      if (oldest === undefined) return
      total -= oldest.bytes
      await store.delete(oldest.group, oldest.handle)
    }
  }

  const makeRoom = async (group: string, bytes: number): Promise<void> => {
    const entries = await store.list(group)
    let total = bytes + entries.reduce((sum, entry) => sum + entry.bytes, 0)
    for (const entry of entries) {
      if (total <= maxSessionBytes) return
      await store.delete(group, entry.id)
      total -= entry.bytes
    }
  }

  return {
    async put(owner, json) {
      const bytes = Buffer.byteLength(json)
      if (bytes > maxSessionBytes)
        throw tooLarge(bytes, `a session keeps at most ${maxSessionBytes} bytes (results.maxSessionBytes)`)
      if (bytes > maxPrincipalBytes)
        throw tooLarge(bytes, `nobody keeps more than ${maxPrincipalBytes} bytes (results.maxPrincipalBytes)`)
      const tag = tagOf(owner)
      const group = groupOf(owner.principal, tag)
      await makeRoom(group, bytes)
      const handle = `r_${tag}${randomBytes(5).toString('hex')}`
      await makeRoomOfAll(owner.principal, group, handle, bytes)
      await store.set(group, handle, json, { ttlMs })
      return handle
    },
    async get({ principal }, handle) {
      const group = groupOf(principal, handle.slice(2, 2 + TAG_DIGITS))
      const json = HANDLE.test(handle) ? await store.get(group, handle, ttlMs) : undefined
      if (json !== undefined) return json
      throw new OptimizerError(
        'UNKNOWN_HANDLE',
        `cannot read result "${cutText(handle, 40)}": no such handle is kept for you`,
      )
    },
    async list(owner) {
      const entries = await store.list(groupOf(owner.principal, tagOf(owner)))
      return entries.toReversed().map(({ id, bytes }) => ({ handle: id, bytes }))
    },
  }
}

function tagOf({ session }: ResultOwner): string {
  return session === undefined ? '0000' : shortHash(session).slice(0, TAG_DIGITS)
}

function groupOf(principal: string, tag: string): string {
  return `results\n${principal}\n${tag}`
}

/** One that was stored here. */
interface Made {
  readonly group: string
  readonly handle: string
  readonly bytes: number
  readonly until: number
}

function tooLarge(bytes: number, why: string): OptimizerError {
  return new OptimizerError('LIMIT_EXCEEDED', `cannot keep a result of ${bytes} bytes: ${why}`)
}
