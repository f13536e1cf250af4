import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { OptimizerError } from '../errors.ts'
import { createKeyedQueue } from '../internal/keyed-queue.ts'
import { parseValue } from '../internal/json.ts'
import type { Store } from './store/store.ts'
import { cutText } from '../internal/text.ts'

/** What the gateway keeps for one agent between its programs. A session takes no memory before it keeps something. */
export interface Sessions {
  /** The handle of a new session: signed, and worth nothing to another principal. */
  open(principal: string): Promise<string>
  /** The state of a session. Throws `UNKNOWN_HANDLE` for a handle that was not made for this principal. */
  state(principal: string, handle: string): Promise<SessionState>
}

/** Named JSON values. Every use keeps the session alive; a write takes effect whole or not at all. */
export interface SessionState {
  /** JSON text. */
  get(key: string): Promise<string | undefined>
  /** Answers what was there before: nothing at all, when this is the session's first value. */
  set(key: string, json: string): Promise<{ readonly isFirst: boolean }>
  /** False when there was no such key. */
  delete(key: string): Promise<boolean>
  keys(): Promise<readonly string[]>
  /** False for a session that has expired, was pushed out, or never kept anything. */
  exists(): Promise<boolean>
}

export interface SessionsOptions {
  readonly store: Store
  /** Signs handles; gateways that share sessions share it. @default made once and kept in the store */
  readonly key?: string
  /** Milliseconds a session is kept after its last use. @default 86400000 */
  readonly ttlMs?: number
  /** Bytes of one session's keys and values. @default 262144 */
  readonly maxBytes?: number
}

const MAX_KEYS = 1_000
const MAX_KEY_CHARS = 200
/** Times a write starts again because another gateway wrote in between. */
const MAX_ATTEMPTS = 50
const KEY_TTL_MS = 10 * 365 * 86_400_000
const HANDLE = /^s_([0-9a-f]{16})([\w-]{16})$/

export function createSessions(options: SessionsOptions): Sessions {
  const { store, ttlMs = 86_400_000, maxBytes = 256 * 1024 } = options
  const inTurn = createKeyedQueue()
  let secret: Promise<Buffer> | undefined

  const sign = async (principal: string, id: string): Promise<string> => {
    secret ??= options.key === undefined ? keptSecret(store) : Promise.resolve(Buffer.from(options.key))
    const key = await secret.catch((thrown: unknown) => {
      secret = undefined
      throw thrown
    })
    return createHmac('sha256', key).update(`session\n${id}\n${principal}`).digest('base64url').slice(0, 16)
  }

  const stateOf = (principal: string, id: string): SessionState => {
    const group = `session\n${principal}`
    const read = async (): Promise<string | undefined> => await store.get(group, id, ttlMs)
    const change = async <T>(work: (values: Map<string, unknown>) => T): Promise<{ done: T; isFirst: boolean }> =>
      await inTurn(`${group}\n${id}`, async () => {
        const changed = (before: string | undefined): { done: T; isFirst: boolean; text: string } => {
          const values = parseValues(before)
          const done = work(values)
          const text = JSON.stringify([...values])
          checkSize(text, values, maxBytes)
          return { done, isFirst: before === undefined, text }
        }
        return await (store.update?.(group, id, ttlMs, changed) ?? replace(changed))
      })
    const replace = async <T extends { readonly text: string }>(
      changed: (before: string | undefined) => T,
    ): Promise<T> => {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const before = await read()
        const made = changed(before)
        if (await store.set(group, id, made.text, { ttlMs, replaces: before ?? null })) return made
      }
      throw new OptimizerError('STORE_UNAVAILABLE', 'cannot change the state: others change it all the time')
    }
    return {
      async get(key) {
        const value = parseValues(await read()).get(checkKey(key))
        return value === undefined ? undefined : JSON.stringify(value)
      },
      async set(key, json) {
        const value = parseValue(json)
        const { isFirst } = await change((values) => values.set(checkKey(key), value))
        return { isFirst }
      },
      async delete(key) {
        if (!parseValues(await read()).has(checkKey(key))) return false
        return (await change((values) => values.delete(key))).done
      },
      keys: async () => [...parseValues(await read()).keys()],
      exists: async () => (await read()) !== undefined,
    }
  }

  return {
    async open(principal) {
      const id = randomBytes(8).toString('hex')
      return `s_${id}${await sign(principal, id)}`
    },
    async state(principal, handle) {
      const match = HANDLE.exec(handle)
      const [, id = '', mac = ''] = match ?? []
      const wanted = await sign(principal, id)
      if (match === null || !timingSafeEqual(Buffer.from(mac), Buffer.from(wanted))) throw unknownSession(handle)
      return stateOf(principal, id)
    },
  }
}

/** The error for a handle that is not one of the principal's. */
function unknownSession(handle: string): OptimizerError {
  return new OptimizerError('UNKNOWN_HANDLE', `cannot use session "${cutText(handle, 40)}": it is not one of yours`, {
    details: { path: 'session' },
    suggestion: 'leave "session" out to begin a new one',
  })
}

/** The error for a session that is gone. */
export function expiredSession(handle: string): OptimizerError {
  return new OptimizerError('UNKNOWN_HANDLE', `cannot use session "${cutText(handle, 40)}": it has expired`, {
    details: { path: 'session' },
    suggestion: 'leave "session" out to begin a new one',
  })
}

/** Made by the first gateway that needs it. */
async function keptSecret(store: Store): Promise<Buffer> {
  const group = 'secret'
  const id = 'session-key'
  const fresh = randomBytes(32).toString('hex')
  await store.set(group, id, fresh, { ttlMs: KEY_TTL_MS, replaces: null })
  return Buffer.from((await store.get(group, id, KEY_TTL_MS)) ?? fresh, 'hex')
}

function parseValues(text: string | undefined): Map<string, unknown> {
  return new Map(text === undefined ? [] : (JSON.parse(text) as [string, unknown][]))
}

function checkKey(key: string): string {
  if (key !== '' && key.length <= MAX_KEY_CHARS) return key
  throw new OptimizerError(
    'INVALID_REQUEST',
    `cannot use a key of ${key.length} characters: wanted 1 to ${MAX_KEY_CHARS}`,
  )
}

function checkSize(text: string, values: ReadonlyMap<string, unknown>, maxBytes: number): void {
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxBytes && values.size <= MAX_KEYS) return
  throw new OptimizerError(
    'LIMIT_EXCEEDED',
    `cannot keep this: the state would have ${values.size} keys and ${bytes} bytes, at most ${MAX_KEYS} and ${maxBytes} are kept`,
    { suggestion: 'delete keys that are not needed, or keep the handle of a stored result instead of the result' },
  )
}
