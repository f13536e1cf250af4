import { valueAt } from '../context/path.ts'
import type { ResultStore } from '../context/results.ts'
import { parseJson } from '../internal/json.ts'
import { type Builtin, builtinIntent } from './builtins.ts'

const INPUT = {
  type: 'object',
  properties: {
    handle: { type: 'string', description: 'the handle of a preview' },
    path: { type: 'string', description: 'part of it, like issues[0].title' },
    offset: { type: 'integer', minimum: 0, description: 'first item or character' },
    limit: { type: 'integer', minimum: 1, description: 'items or characters; default 50 items or 8000 characters' },
  },
  required: ['handle'],
  additionalProperties: false,
} as const

/** `read_result`: a part or a page of a stored result. */
export function createReadResult(results: ResultStore): Builtin {
  return {
    intent: builtinIntent('read_result', 'Reads a page or a part of a stored result by its handle', INPUT, true),
    async run(input, principal) {
      const {
        handle,
        path = '',
        offset = 0,
        limit,
      } = input as { handle: string; path?: string; offset?: number; limit?: number }
      return JSON.stringify(page(valueAt(parseJson(results.get(principal, handle)), path), offset, limit))
    },
  }
}

function page(value: unknown, offset: number, limit: number | undefined): unknown {
  if (Array.isArray(value)) {
    const items = value.slice(offset, offset + (limit ?? 50))
    return { items, ...rest(offset, items.length, value.length) }
  }
  if (typeof value === 'string') {
    const text = value.slice(offset, offset + (limit ?? 8_000))
    return { text, ...rest(offset, text.length, value.length) }
  }
  return value
}

function rest(offset: number, count: number, total: number): { total: number; next?: number } {
  return offset + count < total ? { total, next: offset + count } : { total }
}
