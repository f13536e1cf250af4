import type { JsonObject, JsonValue } from '../internal/json.ts'
import { clip } from '../internal/text.ts'
import { oneLine, propertyName } from './literals.ts'
import type { Schema } from './subschemas.ts'
import { nameList, resolveRef, schemaMap } from './subschemas.ts'
import { toShortType } from './typings.ts'

const MAX_DEPTH = 3
const MAX_LINES = 80
const MAX_LINE_CHARS = 320

/**
 * The parameters of a tool or intent, a line each: `filter.status?: 'open' | 'closed' - which issues. Default: "open"`.
 * Nested to 3 levels, at most 80 lines and about `maxChars` characters; empty when there are none.
 */
export function parameterDocs(input: JsonObject | true, maxChars = 6_000): string {
  if (input === true) return ''
  const lines = [...linesOf(input, input, '', 1)].slice(0, MAX_LINES + 1)
  const shown = lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), '…'] : lines
  let left = maxChars
  const fitting = shown.filter((line) => (left -= line.length + 1) >= 0)
  return (fitting.length < shown.length ? [...fitting, '…'] : fitting).join('\n')
}

function* linesOf(schema: JsonObject, root: JsonObject, path: string, depth: number): Generator<string> {
  const required = new Set(nameList(schema['required']))
  for (const [name, value] of Object.entries(schemaMap(schema['properties']))) {
    const property = followed(value, root)
    const nested = nestedIn(property, root)
    const isList = nested !== property
    const at = `${path}${propertyName(name)}`
    yield line(at, property, root, required.has(name))
    if (nested !== undefined && depth < MAX_DEPTH)
      yield* linesOf(nested, root, `${at}${isList ? '[]' : ''}.`, depth + 1)
  }
}

function line(at: string, schema: Schema, root: JsonObject, isRequired: boolean): string {
  const type = clip(toShortType(schema, 0, root), 160)
  const notes = typeof schema === 'boolean' ? [] : notesOf(schema)
  return clip(
    `${at}${isRequired ? '' : '?'}: ${type}${notes.length === 0 ? '' : ` - ${notes.join(' ')}`}`,
    MAX_LINE_CHARS,
  )
}

function notesOf(schema: JsonObject): readonly string[] {
  const description = typeof schema['description'] === 'string' ? oneLine(schema['description'], 220) : ''
  const bounds = BOUNDS.filter(([keyword]) => schema[keyword] !== undefined)
  const limits = bounds.map(([keyword, sign]) => `${sign} ${shortJson(schema[keyword] ?? null)}`).join(', ')
  const preset = schema['default'] === undefined ? '' : `Default: ${shortJson(schema['default'])}`
  return [description.replace(/(?<=\w)$/, '.'), limits === '' ? '' : `(${limits})`, preset].filter(
    (note) => note !== '',
  )
}

const BOUNDS: readonly (readonly [keyword: string, sign: string])[] = [
  ['minimum', '≥'],
  ['exclusiveMinimum', '>'],
  ['maximum', '≤'],
  ['exclusiveMaximum', '<'],
  ['maxLength', 'length ≤'],
  ['maxItems', 'items ≤'],
]

function shortJson(value: JsonValue): string {
  return oneLine(JSON.stringify(value), 60)
}

/** What a reference leads to; its own description wins. */
function followed(schema: Schema, root: JsonObject): Schema {
  if (typeof schema === 'boolean' || typeof schema['$ref'] !== 'string') return schema
  const target = resolveRef(root, schema['$ref'])
  if (typeof target === 'boolean') return target
  const { $ref: _reference, ...own } = schema
  return { ...target, ...own }
}

/** The object whose properties deserve lines of their own: the schema itself, or the items of a list. */
function nestedIn(schema: Schema, root: JsonObject): JsonObject | undefined {
  if (typeof schema === 'boolean') return undefined
  if (schema['properties'] !== undefined) return schema
  const { items } = schema
  if (items === undefined) return undefined
  const inner = followed(items as Schema, root)
  return typeof inner === 'object' && inner['properties'] !== undefined ? inner : undefined
}
