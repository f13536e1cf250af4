import { isRecord } from '../internal/json.ts'
import { cutText } from '../internal/text.ts'

const MAX_KEYS = 12
const MAX_DEPTH = 4

/**
 * The structure of a JSON value in TypeScript-like words, with array lengths:
 * `{issues: Array<{id: string; count: number}>(4213)}`. At most about 400 characters.
 */
export function shapeOf(value: unknown): string {
  const shape = describe(value, MAX_DEPTH)
  return shape.length <= 400 ? shape : describe(value, 1)
}

function describe(value: unknown, depth: number): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return describeArray(value, depth)
  if (isRecord(value)) return describeRecord(value, depth)
  return typeof value === 'string' && value.length > 200 ? `string(${value.length})` : typeof value
}

function describeArray(items: readonly unknown[], depth: number): string {
  if (items.length === 0) return 'Array(0)'
  if (depth === 0) return `Array(${items.length})`
  const sample = items.slice(0, 20).filter(isRecord)
  const item = sample.length > 0 ? mergeRecords(sample) : items[0]
  return `Array<${describe(item, depth - 1)}>(${items.length})`
}

function describeRecord(record: Record<string, unknown>, depth: number): string {
  const keys = Object.keys(record)
  if (depth === 0) return `{${keys.length} keys}`
  const shown = keys.slice(0, MAX_KEYS).map((key) => `${cutText(key, 40)}: ${describe(record[key], depth - 1)}`)
  if (keys.length > MAX_KEYS) shown.push(`…${keys.length - MAX_KEYS} more`)
  return `{${shown.join('; ')}}`
}

function mergeRecords(records: readonly Record<string, unknown>[]): Record<string, unknown> {
  return Object.assign({}, ...records.toReversed()) as Record<string, unknown>
}
