import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import { previewOf } from './preview.ts'
import { cutText } from '../internal/text.ts'

export interface ValueDiff {
  readonly equal: boolean
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** The first ones, values shortened. Items of lists of records are named by their key: `issues[id=7].state`. */
  readonly changes: readonly ValueChange[]
}

export interface ValueChange {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  readonly from?: unknown
  readonly to?: unknown
}

const MAX_CHANGES = 50
const MAX_DEPTH = 300
const KEYS = ['id', 'key', 'uid', 'uuid', 'number', 'name', 'slug', 'path', 'url'] as const

/** What changed from one value to the other. */
export async function diffValues(from: unknown, to: unknown): Promise<ValueDiff> {
  if (isDeeperThan(from, MAX_DEPTH) || isDeeperThan(to, MAX_DEPTH)) {
    throw new OptimizerError('LIMIT_EXCEEDED', `cannot compare values that nest deeper than ${MAX_DEPTH} levels`)
  }
  const { default: diff } = await import('microdiff')
  const differences = diff({ $: keyed(from, to) }, { $: keyed(to, from) }, { cyclesFix: false })
  const kinds = { CREATE: 'added', REMOVE: 'removed', CHANGE: 'changed' } as const
  const counts = { added: 0, removed: 0, changed: 0 }
  const changes: ValueChange[] = []
  for (const difference of differences) {
    const kind = kinds[difference.type]
    counts[kind]++
    if (changes.length >= MAX_CHANGES) continue
    changes.push({
      path: pathText(difference.path.slice(1)),
      kind,
      ...('oldValue' in difference ? { from: shortened(difference.oldValue) } : {}),
      ...('value' in difference ? { to: shortened(difference.value) } : {}),
    })
  }
  return { equal: differences.length === 0, ...counts, changes }
}

/** Lists of records whose items have a key of their own become objects by that key, so that order does not count. */
function keyed(value: unknown, other: unknown): unknown {
  if (Array.isArray(value)) {
    const twin: readonly unknown[] = Array.isArray(other) ? other : []
    const key = keyOf(value, twin)
    if (key === undefined) return value.map((item, index) => keyed(item, twin[index]))
    const twins = new Map(twin.map((item) => [nameOf(item, key), item]))
    return Object.fromEntries(value.map((item) => [nameOf(item, key), keyed(item, twins.get(nameOf(item, key)))]))
  }
  if (!isRecord(value)) return value
  const twin = isRecord(other) ? other : {}
  return Object.fromEntries(Object.keys(value).map((key) => [key, keyed(value[key], twin[key])]))
}

function nameOf(item: unknown, key: string): string {
  return `${key}=${String(isRecord(item) ? item[key] : undefined)}`
}

/** A property that names each item of both lists. */
function keyOf(items: readonly unknown[], twin: readonly unknown[]): string | undefined {
  return KEYS.find((key) => isKeyOf(items, key) && isKeyOf(twin, key))
}

function isKeyOf(items: readonly unknown[], key: string): boolean {
  const names = new Set<unknown>()
  for (const item of items) {
    const name = isRecord(item) ? item[key] : undefined
    if (typeof name !== 'string' && typeof name !== 'number') return false
    names.add(String(name))
  }
  return names.size === items.length
}

function pathText(path: readonly (string | number)[]): string {
  const steps = path.map((step) => (typeof step === 'number' || step.includes('=') ? `[${step}]` : `.${step}`))
  return cutText(steps.join('').replace(/^\./, ''), 300)
}

function shortened(value: unknown): unknown {
  return previewOf(value, (json) => json.length <= 200)
}
