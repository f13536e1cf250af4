import type { z } from 'zod'
import { isRecord } from '../internal/json.ts'
import { nearestNames } from '../internal/nearest.ts'
import type { ServerConfig } from './config.ts'
import { authKeys, fileSchema, httpServerSchema, stdioServerSchema } from './schema.ts'
import type { ServerShape, ShapeFault } from './shape.ts'

/** What the schema refuses of a file, servers aside. */
export function fileFaults(rest: Record<string, unknown>): readonly ShapeFault[] {
  const issues = fileSchema.safeParse(rest).error?.issues ?? []
  return issues.flatMap((issue) => {
    const [top] = issue.path
    // A wrong feature is reported once, where all layers of features are merged.
    if (top === 'features') return issue.code === 'unrecognized_keys' ? faultsOf(issue, []) : []
    return faultsOf(issue, []).map((fault) => ({ ...fault, drops: String(top ?? fault.path[0]) }))
  })
}

/** A server's entry as the schema reads it. */
export function serverShape(entry: unknown): ServerShape {
  const parsed = (isRecord(entry) && 'url' in entry ? httpServerSchema : stdioServerSchema).safeParse(entry)
  return parsed.success
    ? { server: { type: 'url' in parsed.data ? 'http' : 'stdio', ...parsed.data } as ServerConfig }
    : { faults: withoutEchoes(parsed.error.issues).flatMap((issue) => faultsOf(issue, ['servers'])) }
}

function faultsOf(issue: z.core.$ZodIssue, place: readonly string[]): ShapeFault[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path, place)
    return issue.keys.map((key) => {
      const [nearest] = nearestNames(key, known, 1)
      const all = known.length === 0 ? 'what the JSON Schema says' : `one of ${known.join(', ')}`
      const expected = nearest === undefined ? all : `"${nearest}"`
      return { path: [...path, key], message: 'is not a known key', expected }
    })
  }
  return [{ path, message: foundIn(issue), expected: expectedOf(issue) }]
}

function expectedOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `${UNITS[issue.origin] ?? 'a value of'} at least ${issue.minimum}`
    case 'too_big':
      return `${UNITS[issue.origin] ?? 'a value of'} at most ${issue.maximum}`
    case 'invalid_format':
      return issue.format === 'regex' ? `text like ${issue.pattern ?? ''}` : issue.format
    default:
      return 'what the JSON Schema says'
  }
}

/** What the bound of a value counts. */
const UNITS: Readonly<Record<string, string>> = {
  number: 'a number of',
  int: 'a number of',
  string: 'a text of a length of',
  array: 'a list of a length of',
}

/** A misspelt key is one mistake: that the right one is missing too is not said. */
function withoutEchoes(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const misspelt = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  const meant = (key: string): boolean => misspelt.some((odd) => nearestNames(odd, [key], 1).length > 0)
  return issues.filter((issue) => !isMissing(issue) || !meant(String(issue.path.at(-1))))
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

/** What zod found, without its "expected", which is told apart. */
function foundIn(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return 'is missing'
  if (issue.code === 'invalid_value') return 'is none of the known values'
  if (issue.code === 'too_small')
    return issue.origin === 'number' || issue.origin === 'int' ? 'is too small' : 'is too short'
  if (issue.code === 'too_big')
    return issue.origin === 'number' || issue.origin === 'int' ? 'is too large' : 'is too long'
  const received = issue.code === 'invalid_type' ? /received (.+)$/.exec(issue.message)?.[1] : undefined
  return received === undefined ? issue.message : `found ${received}`
}

function knownKeys(path: readonly PropertyKey[], [place]: readonly string[]): string[] {
  if (place === 'servers' && path[0] === 'auth') return authKeys()
  if (place === 'servers')
    return [...new Set([...Object.keys(stdioServerSchema.shape), ...Object.keys(httpServerSchema.shape)])]
  const { shape } = fileSchema
  return Object.keys(path.reduce<object>((inner, key) => shapeBelow(inner, key), shape))
}

/** The keys of a section inside; none where it is a list, a table by name or one of several forms. */
function shapeBelow(shape: object, key: PropertyKey): object {
  const section: unknown = Reflect.get(shape, key)
  const inner =
    isRecord(section) && typeof section['unwrap'] === 'function' ? (section['unwrap'] as () => unknown)() : section
  return isRecord(inner) && isRecord(inner['shape']) ? inner['shape'] : {}
}
