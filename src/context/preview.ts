import { isRecord } from '../internal/json.ts'
import { cutText } from '../internal/text.ts'
import { beginningOf } from './base64.ts'

/**
 * The beginning of a JSON value with the same structure: long arrays, records and texts cut, each cut marked; base64 is
 * named, not shown. The largest of a few sizes for which `fits` (the JSON text is given to it) holds; null when none fits.
 */
export function previewOf(value: unknown, fits: (json: string) => boolean): unknown {
  for (const size of SIZES) {
    const preview = cut(value, size, size.depth)
    if (fits(JSON.stringify(preview))) return preview
  }
  return null
}

interface Size {
  readonly items: number
  readonly keys: number
  readonly chars: number
  readonly depth: number
}

const SIZES: readonly Size[] = [
  { items: 200, keys: 200, chars: 8_000, depth: 12 },
  { items: 50, keys: 80, chars: 4_000, depth: 10 },
  { items: 20, keys: 40, chars: 1_000, depth: 8 },
  { items: 10, keys: 30, chars: 400, depth: 6 },
  { items: 5, keys: 24, chars: 160, depth: 5 },
  { items: 3, keys: 16, chars: 80, depth: 4 },
  { items: 2, keys: 10, chars: 40, depth: 3 },
  { items: 1, keys: 6, chars: 24, depth: 2 },
]

function cut(value: unknown, size: Size, depth: number): unknown {
  if (typeof value === 'string') return shortened(value, size.chars)
  if (Array.isArray(value)) return cutArray(value, size, depth)
  if (isRecord(value)) return cutRecord(value, size, depth)
  return value
}

function shortened(text: string, chars: number): string {
  const { shown, rest } = beginningOf(text, chars)
  return rest === 0 ? shown : `${shown}…(+${rest} chars)`
}

function cutArray(items: readonly unknown[], size: Size, depth: number): unknown {
  if (depth === 0) return `…Array(${items.length})`
  const shown: unknown[] = items.slice(0, size.items).map((item) => cut(item, size, depth - 1))
  if (items.length > size.items) shown.push(`…(+${items.length - size.items} items)`)
  return shown
}

function cutRecord(record: Record<string, unknown>, size: Size, depth: number): unknown {
  const keys = Object.keys(record)
  if (depth === 0) return `…{${keys.length} keys}`
  const shown = keys.slice(0, size.keys).map((key) => [cutText(key, 100), cut(record[key], size, depth - 1)] as const)
  if (keys.length > size.keys) shown.push(['…', `+${keys.length - size.keys} keys`])
  return Object.fromEntries(shown)
}
