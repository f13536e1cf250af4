import { isRecord } from '../internal/json.ts'
import { shapeOf } from './shape.ts'
import { cutText } from '../internal/text.ts'

/** What a large value holds, without the value. */
export interface Description {
  /** TypeScript-like words. */
  readonly shape: string
  /** By path pattern, e.g. `issues[].title`: how often which type, and how large. */
  readonly places: Readonly<Record<string, PlaceSummary>>
  /** Set when only a part was looked at, or not all places are listed. */
  readonly partial?: true
}

/** Counts by type, e.g. `{string: 12, null: 3, chars: '4..80'}`. */
export type PlaceSummary = Readonly<Record<string, number | string>>

const MAX_PLACES = 60
const MAX_DEPTH = 8
const MAX_VALUES = 500_000
/** Objects with more keys are described as maps, `{}` for each key. */
const MAX_KEYS = 40

interface Place {
  readonly path: string
  readonly types: Record<string, number>
  readonly below: Map<string, Place>
  least: number
  most: number
  unit: 'items' | 'chars' | 'range' | undefined
}

/** Shape, counts and types of a value, a place each: at most 60 places, 8 levels. Linear, and bounded for large values. */
export function describeValue(value: unknown): Description {
  const root = place('')
  const open: [unknown, Place, number][] = [[value, root, 0]]
  const places = [root]
  let values = 0
  let partial = false
  const below = (at: Place, step: string): Place | undefined => {
    const known = at.below.get(step)
    if (known !== undefined) return known
    if (places.length >= MAX_PLACES) return undefined
    const added = place(joined(at.path, step))
    at.below.set(step, added)
    places.push(added)
    return added
  }
  const push = (inner: unknown, at: Place, step: string, depth: number): void => {
    const next = depth >= MAX_DEPTH ? undefined : below(at, step)
    if (next === undefined) partial = true
    else open.push([inner, next, depth + 1])
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [current, at, depth] = next
    if (++values > MAX_VALUES) {
      partial = true
      break
    }
    count(at, current)
    if (Array.isArray(current))
      for (let index = current.length - 1; index >= 0; index--) push(current[index], at, '[]', depth)
    else if (isRecord(current)) {
      const keys = Object.keys(current)
      const isMap = keys.length > MAX_KEYS
      for (const key of keys.toReversed()) push(current[key], at, isMap ? '{}' : cutText(key, 60), depth)
    }
  }
  const summaries = places.map((at) => [at.path === '' ? '$' : at.path, summary(at)] as const)
  return {
    shape: shapeOf(value),
    places: Object.fromEntries(summaries),
    ...(partial ? { partial } : {}),
  }
}

function place(path: string): Place {
  return {
    path,
    types: {},
    below: new Map(),
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
    unit: undefined,
  }
}

function joined(path: string, step: string): string {
  if (step === '[]' || step === '{}') return `${path}${step}`
  const named = /^[\w-]+$/.test(step) ? step : `["${step}"]`
  return path === '' || named.startsWith('[') ? `${path}${named}` : `${path}.${named}`
}

function count(at: Place, value: unknown): void {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  at.types[type] = (at.types[type] ?? 0) + 1
  const size = Array.isArray(value) || typeof value === 'string' ? value.length : value
  if (typeof size !== 'number') return
  at.unit = Array.isArray(value) ? 'items' : typeof value === 'string' ? 'chars' : 'range'
  if (size < at.least) at.least = size
  if (size > at.most) at.most = size
}

function summary({ types, unit, least, most }: Place): PlaceSummary {
  return unit === undefined ? types : { ...types, [unit]: least === most ? least : `${least}..${most}` }
}
