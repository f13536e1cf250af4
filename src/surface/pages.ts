import { shortHash } from '../internal/hash.ts'

/** One page of a list. */
export interface Page<T> {
  readonly entries: readonly T[]
  readonly nextCursor?: string
}

/** Bounds of one page: no list that is known has more, and a page stays far below what clients read as one message. */
const MAX_ENTRIES = 1_000
const MAX_CHARS = 4_000_000

/**
 * The page after a cursor, which names the last entry of the page before it, so that a list that changed meanwhile goes on at
 * the right place. Undefined for a cursor of no entry of the list.
 */
export function pageOf<T extends object>(list: readonly T[], cursor: unknown): Page<T> | undefined {
  const start = cursor === undefined || cursor === null ? 0 : startAfter(list, cursor)
  if (start === undefined) return undefined
  let end = start
  for (let chars = 0; end < list.length && end - start < MAX_ENTRIES; end++) {
    chars += JSON.stringify(list[end]).length
    if (chars > MAX_CHARS && end > start) break
  }
  const entries = list.slice(start, end)
  const last = entries.at(-1)
  return { entries, ...(end < list.length && last !== undefined ? { nextCursor: `${end}.${nameOf(last)}` } : {}) }
}

function startAfter(list: readonly object[], cursor: unknown): number | undefined {
  const [place, name] = typeof cursor === 'string' ? cursor.split('.', 2) : []
  const end = Number(place)
  const last = list[end - 1]
  if (last !== undefined && nameOf(last) === name) return end
  const found = list.findIndex((entry) => nameOf(entry) === name)
  return found < 0 ? undefined : found + 1
}

/** Of an entry what no other has: its address, or its name. */
function nameOf(entry: object): string {
  const { uri, uriTemplate, name } = entry as Readonly<Record<string, unknown>>
  return shortHash(JSON.stringify([uri, uriTemplate, name]))
}
