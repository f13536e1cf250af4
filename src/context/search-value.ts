import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { cutPoint, cutText } from '../internal/text.ts'
import { joinPaths, stepOf } from './page.ts'

export interface ValueSearch {
  /** Text to find, or a regular expression. */
  readonly query: string
  /** @default false */
  readonly regex?: boolean
  /** @default false */
  readonly matchCase?: boolean
  /** Matches to show. @default 20 */
  readonly limit?: number
}

export interface ValueMatches {
  /** All matches, shown or not. */
  readonly total: number
  readonly matches: readonly ValueMatch[]
  /** Set when the value is so large that only its first part was searched. */
  readonly partial?: true
}

export interface ValueMatch {
  /** Where: `issues[3].title`. */
  readonly path: string
  /** Of a text with several lines, counted from 1. */
  readonly line?: number
  /** The text or line around the match. */
  readonly text: string
}

const MAX_QUERY_CHARS = 500
const MAX_SHOWN = 200
const SHOWN_CHARS = 200
const MAX_PATH_CHARS = 500
/** Characters searched at most: about half a second. */
const MAX_CHARS = 32 * 1024 * 1024
const MAX_VALUES = 1_000_000

/**
 * Finds a text, or an RE2 regular expression (no look-around, no back-references; linear time), in the texts, numbers
 * and keys of a value, line by line.
 */
export async function searchValue(value: unknown, search: ValueSearch): Promise<ValueMatches> {
  const { limit = 20 } = search
  const find = await finder(search)
  const matches: ValueMatch[] = []
  let total = 0
  let chars = 0
  let values = 0
  const look = (text: string, path: () => string): void => {
    chars += text.length
    const hasLines = text.includes('\n')
    for (const [number, line] of (hasLines ? text.split('\n') : [text]).entries()) {
      const at = find(line)
      if (at < 0) continue
      if (total++ >= Math.min(limit, MAX_SHOWN)) continue
      matches.push({ path: path(), ...(hasLines ? { line: number + 1 } : {}), text: around(line, at) })
    }
  }
  const open: Spot[] = [{ value }]
  for (let spot = open.pop(); spot !== undefined; spot = open.pop()) {
    if (chars > MAX_CHARS || ++values > MAX_VALUES) return { total, matches, partial: true }
    const here = spot
    const { value: current, step } = here
    if (typeof step === 'string') look(step, () => pathOf(here))
    if (typeof current === 'string') look(current, () => pathOf(here))
    else if (typeof current === 'number' || typeof current === 'boolean') look(String(current), () => pathOf(here))
    else if (Array.isArray(current))
      for (let index = current.length - 1; index >= 0; index--)
        open.push({ value: current[index], step: index, above: here })
    else if (isRecord(current))
      for (const key of Object.keys(current).toReversed()) open.push({ value: current[key], step: key, above: here })
  }
  return { total, matches }
}

/** A value inside the one that is searched; paths are written for matches alone. */
interface Spot {
  readonly value: unknown
  readonly step?: string | number
  readonly above?: Spot
}

/** The path to a spot, or to the part around it where its own is too long to write down. */
function pathOf(spot: Spot): string {
  const steps: (string | number)[] = []
  for (let at: Spot | undefined = spot; at?.step !== undefined; at = at.above) steps.push(at.step)
  let path = ''
  for (const step of steps.toReversed()) {
    const longer = joinPaths(path, typeof step === 'number' ? `[${step}]` : stepOf(step))
    if (longer.length > MAX_PATH_CHARS) break
    path = longer
  }
  return path
}

/** Where a line matches; -1 for no match. */
async function finder({ query, regex = false, matchCase = false }: ValueSearch): Promise<(line: string) => number> {
  if (query === '' || query.length > MAX_QUERY_CHARS) throw wrongQuery(`1 to ${MAX_QUERY_CHARS} characters`)
  if (!regex) {
    const wanted = matchCase ? query : query.toLowerCase()
    return (line) => (matchCase ? line : line.toLowerCase()).indexOf(wanted)
  }
  const { RE2JS } = await import('re2js')
  try {
    const pattern = RE2JS.compile(query, matchCase ? 0 : RE2JS.CASE_INSENSITIVE)
    return (line) => {
      const matcher = pattern.matcher(line)
      return matcher.find() ? matcher.start() : -1
    }
  } catch (thrown) {
    const why = thrown instanceof Error ? cutText(thrown.message, 150) : 'it does not compile'
    throw wrongQuery(`an RE2 regular expression: ${why}`)
  }
}

function wrongQuery(wanted: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `cannot search the result: wanted ${wanted}`, {
    details: { path: 'query', expected: wanted },
  })
}

function around(line: string, at: number): string {
  const start = cutPoint(line, at - SHOWN_CHARS / 4)
  const end = cutPoint(line, start + SHOWN_CHARS)
  return `${start > 0 ? '…' : ''}${line.slice(start, end)}${end < line.length ? '…' : ''}`
}
