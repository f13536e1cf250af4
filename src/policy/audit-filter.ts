import type { AuditEntry } from './audit-entry.ts'
import type { AuditQuery } from './audit-query.ts'

/** The filters of an audit search as people write them: on the command line, and in the dashboard. */
export type AuditFilter = Readonly<Partial<Record<keyof AuditQuery, string>>>

/** A filter that cannot be understood. */
export interface FilterProblem {
  readonly name: keyof AuditQuery
  readonly found: string
  readonly wanted: string
}

export const AUDIT_KINDS: readonly AuditEntry['kind'][] = [
  'intent',
  'batch',
  'code',
  'search',
  'call',
  'begin',
  'start',
  'gap',
]
export const AUDIT_OUTCOMES: readonly AuditEntry['outcome'][] = ['ok', 'error']

/** Reads filters; times are absolute (`2026-11-25T08:00Z`) or ages (`90s`, `15m`, `2h`, `7d`). An empty text is no filter. */
export function readAuditFilter(
  filter: AuditFilter,
  now: number,
): { readonly query: AuditQuery } | { readonly problems: readonly FilterProblem[] } {
  const problems: FilterProblem[] = []
  const read = <T>(
    name: keyof AuditQuery,
    wanted: string,
    parse: (text: string) => T | undefined,
  ): Record<string, T> => {
    const text = filter[name]
    if (text === undefined || text === '') return {}
    const value = parse(text)
    if (value === undefined) problems.push({ name, found: text, wanted })
    return value === undefined ? {} : { [name]: value }
  }
  const time = (text: string): number | undefined => timeOf(text, now)
  const asIs = (text: string): string => text
  const query: AuditQuery = {
    ...read('since', TIMES, time),
    ...read('until', TIMES, time),
    ...read('tool', '', asIs),
    ...read('principal', '', asIs),
    ...read('session', '', asIs),
    ...read('outcome', oneOf(AUDIT_OUTCOMES), (text) => AUDIT_OUTCOMES.find((known) => known === text)),
    ...read('kind', oneOf(AUDIT_KINDS), (text) => AUDIT_KINDS.find((known) => known === text)),
    ...read('operation', '', asIs),
    ...read('limit', 'a whole number ≥ 1', wholeNumber),
  }
  return problems.length > 0 ? { problems } : { query }
}

const TIMES = 'a time such as 2026-11-25T08:00Z or an age such as 2h'
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function timeOf(text: string, now: number): number | undefined {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? []
  const time = count === undefined ? Date.parse(text) : now - Number(count) * (UNIT_MS[unit] ?? 0)
  return Number.isNaN(time) ? undefined : time
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text)
  return Number.isSafeInteger(value) && value >= 1 ? value : undefined
}

function oneOf(known: readonly string[]): string {
  return `one of ${known.join(', ')}`
}
