import { isDeepStrictEqual } from 'node:util'
import { OptimizerError } from '../errors.ts'
import { isRecord, parseExact } from '../internal/json.ts'
import { cutText } from '../internal/text.ts'

/** The fields of a request as a caller wrote them: under our name or another one, as JSON text, or null. */
export interface Envelope {
  /** The value of a field; undefined when it is missing or null. JSON text of an object or list is that object or list. */
  get(field: string): unknown
  /** Where the caller has the field, for messages: `requests[0].arguments`. */
  path(field: string): string
  /** All other fields, as they came. */
  readonly rest: Readonly<Record<string, unknown>>
  /** Our names of the fields that a request may have. */
  readonly fields: readonly string[]
}

/** The names of each field, ours first; of several that are there the first that is not empty counts. */
export type FieldNames = Readonly<Record<string, readonly string[]>>

/** What clients and models write beside a request, for people and logs. */
const REMARKS: ReadonlySet<string> = new Set(
  (
    'description title reason reasoning rationale explanation thought thoughts comment purpose summary note label ' +
    'language lang type _meta'
  ).split(' '),
)

const MAX_ENCODINGS = 3

export interface EnvelopeOptions {
  readonly fields: FieldNames
  /** Where the request stands: empty for a whole one. */
  readonly path?: string
  /** A correct request, for messages. */
  readonly example: string
  /** Fields whose text stays text, whatever it holds. */
  readonly texts?: readonly string[]
}

/** Reads a request that is an object, or JSON text of one. Throws `INVALID_REQUEST`. */
export function readEnvelope(request: unknown, { fields, path = '', example, texts = [] }: EnvelopeOptions): Envelope {
  const given = decoded(request)
  if (!isRecord(given)) throw invalid(path === '' ? 'request' : path, example, given)
  const used = new Map<string, string>()
  const taken = new Set<string>()
  for (const [field, names] of Object.entries(fields)) {
    const present = names.filter((one) => isPresent(given[one]))
    const name = present.find((one) => !isEmpty(decoded(given[one]))) ?? present[0]
    if (name === undefined) continue
    used.set(field, name)
    taken.add(name)
    // A second name for the same field may repeat it or be empty: then it says nothing else.
    for (const other of present) if (repeats(given[other], given[name])) taken.add(other)
  }
  return {
    get(field) {
      const value = given[used.get(field) ?? '']
      return texts.includes(field) ? value : decoded(value)
    },
    path: (field) => at(path, used.get(field) ?? field),
    fields: Object.keys(fields),
    rest: Object.fromEntries(Object.entries(given).filter(([name, value]) => !taken.has(name) && isPresent(value))),
  }
}

/** Refuses what is no field, except remarks. */
export function refuseRest({ rest, fields }: Envelope, path: string, example: string): void {
  const odd = Object.keys(rest).find((name) => !REMARKS.has(name))
  if (odd === undefined) return
  // A name that begins one of ours is the old or short one of it: `timeout` says no unit.
  const meant = fields.find((field) => field !== odd && field.startsWith(odd))
  throw unknownField(at(path, odd), meant === undefined ? example : `"${meant}", or ${example}`)
}

/** True for a field that says something about a request and asks for nothing. */
export function isRemark(name: string): boolean {
  return REMARKS.has(name)
}

/** The error for a field that a request does not have. */
export function unknownField(path: string, example: string): OptimizerError {
  const shown = cutText(path, 80)
  return new OptimizerError(
    'INVALID_REQUEST',
    `cannot read this request: it has no field "${shown}"; wanted ${example}`,
    {
      details: { path: shown, expected: example },
    },
  )
}

/** The error for a field whose value is not what was wanted. */
export function invalid(path: string, expected: string, found: unknown): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `cannot read ${path}: found ${kindOf(found)}, wanted ${expected}`, {
    details: { path, expected },
  })
}

export function at(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`
}

/** A whole number within bounds, or its digits as text; undefined for all else. */
export function wholeNumber(value: unknown, least: number, most: number): number | undefined {
  const number = typeof value === 'string' && /^\s*\d+(?:\.0+)?\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= least && number <= most
    ? number
    : undefined
}

/** The object or list that a text is the JSON of, encoded once or several times; all else as it is. */
export function decoded(value: unknown): unknown {
  let text = value
  for (let times = 0; times < MAX_ENCODINGS && typeof text === 'string' && /^\s*["[{]/.test(text); times++) {
    try {
      text = parseExact(text)
    } catch {
      return value
    }
  }
  return typeof text === 'string' ? value : text
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function repeats(value: unknown, other: unknown): boolean {
  const object = decoded(value)
  return typeof object === 'object' && (isEmpty(object) || isDeepStrictEqual(object, decoded(other)))
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `"${cutText(value, 60)}"`
  if (Array.isArray(value)) return `an array of ${value.length}`
  return typeof value === 'object' ? 'an object' : cutText(String(value), 60)
}
