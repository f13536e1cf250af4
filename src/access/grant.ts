import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import type { AccessRule, Effects } from './access.ts'

/** Grant of a token: what its holder may use, how often, until when. */
export interface Grant extends AccessRule {
  /** Name of a profile of the configuration, which narrows further. */
  readonly profile?: string
  /** Requests of its principal, counted together. @default no limit */
  readonly rate?: Rate
  /** ISO 8601; from then on the token is not valid. @default never */
  readonly expires?: string
}

export interface Rate {
  readonly requests: number
  readonly seconds: number
}

export const EFFECTS: readonly Effects[] = ['read', 'write', 'destructive']
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  m: 60,
  min: 60,
  minute: 60,
  h: 3_600,
  hour: 3_600,
  d: 86_400,
  day: 86_400,
}
const MAX_NUMBER = 1_000_000_000

/** Reads `60/min`, `5/s`, `1000/hour`. Throws `INVALID_REQUEST`. */
export function parseRate(text: string): Rate {
  const [, count = '', unit = ''] = /^\s*(\d{1,9})\s*\/\s*(?:1\s*)?([a-z]+)\s*$/i.exec(text) ?? []
  const seconds = Object.hasOwn(SECONDS, unit.toLowerCase()) ? SECONDS[unit.toLowerCase()] : undefined
  if (seconds === undefined || Number(count) < 1) throw wrong('a rate', text, '60/min, 5/s or 1000/hour')
  return { requests: Number(count), seconds }
}

/** Reads `30d`, `12h`, `90min` or a date of ISO 8601 as the time from which a token is not valid. Throws `INVALID_REQUEST`. */
export function parseExpiry(text: string, now: number): string {
  const [, count = '', unit = ''] = /^\s*(\d{1,6})\s*([a-z]+)\s*$/i.exec(text) ?? []
  const lower = unit.toLowerCase().replace(/s$/, '') || unit.toLowerCase()
  const seconds = Object.hasOwn(SECONDS, lower)
    ? SECONDS[lower]
    : lower === 'w' || lower === 'week'
      ? 604_800
      : undefined
  const at =
    seconds === undefined
      ? Date.parse(/^\d{4}-\d\d-\d\d/.test(text.trim()) ? text : '')
      : now + Number(count) * seconds * 1_000
  if (!Number.isFinite(at) || at <= now || at - now > MAX_NUMBER * 10_000)
    throw wrong('when a token ends', text, '30d, 12h, or a date to come such as 2027-01-31')
  return new Date(at).toISOString()
}

/** Reads what may be done. Throws `INVALID_REQUEST`. */
export function parseEffects(text: string): Effects {
  const found = EFFECTS.find((one) => one === text)
  if (found === undefined) throw wrong('effects', text, EFFECTS.join(', '))
  return found
}

/** A grant as it stands in a file; undefined for what is none: whatever it was meant to narrow must not be guessed. */
export function readGrant(value: unknown): Grant | undefined {
  if (!isRecord(value)) return undefined
  const { servers, tools, effects, profile, rate, expires } = value
  const isWhole =
    isNames(servers) &&
    isNames(tools) &&
    (effects === undefined || EFFECTS.includes(effects as Effects)) &&
    (profile === undefined || typeof profile === 'string') &&
    (rate === undefined || isRate(rate)) &&
    (expires === undefined || (typeof expires === 'string' && Number.isFinite(Date.parse(expires))))
  if (!isWhole) return undefined
  return Object.fromEntries(
    Object.entries({ servers, tools, effects, profile, rate, expires }).filter(([, given]) => given !== undefined),
  )
}

function isNames(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every((one) => typeof one === 'string'))
}

function isRate(value: unknown): boolean {
  return isRecord(value) && isCount(value['requests']) && isCount(value['seconds'])
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_NUMBER
}

function wrong(what: string, text: string, wanted: string): OptimizerError {
  return new OptimizerError(
    'INVALID_REQUEST',
    `cannot read ${what}: found ${JSON.stringify(text.slice(0, 60))}, wanted ${wanted}`,
  )
}
