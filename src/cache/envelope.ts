import { isRecord } from '../internal/json.ts'
import { seal, unseal } from '../internal/seal.ts'
import type { CacheEntry } from './cache.ts'

/** How far another writer's clock may be ahead; an entry from later than that is of a clock that was turned back since. */
const CLOCK_SKEW_MS = 60_000

/** An entry as it is kept outside this process: sealed, and with its key, so that nothing is taken for something else. */
export function toEnvelope(key: string, { value, expiresAt, staleAt }: CacheEntry, now: number): string {
  return seal(`${JSON.stringify({ key, storedAt: now, expiresAt, staleAt })}\n${value}`)
}

/** The entry of `key`; undefined when the text is torn, damaged, of another key, from the future or expired. */
export function fromEnvelope(key: string, text: string, now: number): CacheEntry | undefined {
  const body = unseal(text)
  if (body === undefined) return undefined
  const end = body.indexOf('\n')
  const head = parseHead(body.slice(0, end))
  if (head === undefined || head['key'] !== key) return undefined
  const { storedAt, expiresAt, staleAt } = head
  if (typeof storedAt !== 'number' || typeof expiresAt !== 'number') return undefined
  if (expiresAt <= now || storedAt > now + CLOCK_SKEW_MS) return undefined
  const value = body.slice(end + 1)
  return typeof staleAt === 'number' ? { value, expiresAt, staleAt } : { value, expiresAt }
}

function parseHead(text: string): Record<string, unknown> | undefined {
  try {
    const head: unknown = JSON.parse(text)
    return isRecord(head) ? head : undefined
  } catch {
    return undefined
  }
}
