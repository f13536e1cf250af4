import { isRecord } from '../internal/json.ts'
import { cleanText, clip } from '../internal/text.ts'
import type { CatalogEntry } from './catalog.ts'
import { toTypeScript } from './typings.ts'

const MAX_SIGNATURE = 260
const MAX_SUMMARY = 100

/** One line: `github.create_issue({title: string; body?: string})`, with `: Promise<…>` when the result's type is known. */
export function signature(entry: CatalogEntry): string {
  const { name, input, output } = partsOf(entry)
  const parameters = parameterType(input)
  const result = output === undefined ? '' : `: ${shortType(output, 120, 2)}`
  return `${name}(${parameters})${result}`
}

function parameterType(input: unknown): string {
  if (!isRecord(input) || !isRecord(input['properties']) || Object.keys(input['properties']).length === 0) return ''
  return shortType(input, MAX_SIGNATURE, 3)
}

/** A type in at most `maxChars` characters: required members first, depth reduced until it fits, then optional ones left out. */
function shortType(schema: unknown, maxChars: number, depth: number): string {
  const sorted = requiredFirst(schema)
  for (let maxDepth = depth; maxDepth >= 1; maxDepth--) {
    const { type } = toTypeScript(sorted, { maxDepth, maxEnum: 8 })
    const line = oneLine(type)
    if (line.length <= maxChars) return line
  }
  const required = oneLine(toTypeScript(onlyRequired(sorted), { maxDepth: 1, maxEnum: 8 }).type)
  return required.length <= maxChars
    ? required.replace(/\}$/, '; …}').replace('{; …', '{…').replace('{[key: string]: unknown; …}', '{…}')
    : clip(required, maxChars)
}

function requiredFirst(schema: unknown): unknown {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return schema
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  const members = Object.entries(schema['properties']).toSorted(
    ([a], [b]) => Number(required.has(b)) - Number(required.has(a)),
  )
  // A rest of unnamed members says nothing in a signature.
  return {
    ...schema,
    properties: Object.fromEntries(members),
    additionalProperties: undefined,
    patternProperties: undefined,
  }
}

function onlyRequired(schema: unknown): unknown {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return schema
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  return {
    ...schema,
    properties: Object.fromEntries(Object.entries(schema['properties']).filter(([name]) => required.has(name))),
  }
}

/** First sentence of a description, at most 100 characters. */
export function summary(description: string): string {
  const line = oneLine(description)
  const end = /[.!?](?=\s|$)|\s[-–—:]\s/.exec(line)
  return clip(end !== null && end.index > 15 ? line.slice(0, end.index) : line, MAX_SUMMARY)
}

/** Parameter documentation of several lines, for `detail: "full"`. At most about 3,000 characters. */
export function documentation(entry: CatalogEntry): string {
  const { input, description } = partsOf(entry)
  const properties = isRecord(input) && isRecord(input['properties']) ? input['properties'] : {}
  const required = new Set(isRecord(input) && Array.isArray(input['required']) ? input['required'] : [])
  const lines = Object.entries(properties).map(([name, schema]) => parameterLine(name, schema, required.has(name)))
  return clip([clip(oneLine(description), 1_000), ...lines].filter((line) => line !== '').join('\n'), 3_000)
}

function parameterLine(name: string, schema: unknown, required: boolean): string {
  const { description, default: preset } = (isRecord(schema) ? schema : {}) as {
    description?: unknown
    default?: unknown
  }
  const type = clip(oneLine(toTypeScript(schema, { maxDepth: 3, maxEnum: 20 }).type), 200)
  const text = typeof description === 'string' ? ` - ${clip(oneLine(description), 200)}` : ''
  const value = preset === undefined ? '' : ` = ${clip(JSON.stringify(preset), 40)}`
  return `  ${oneLine(name)}${required ? '' : '?'}: ${type}${value}${text}`
}

function partsOf(entry: CatalogEntry): {
  readonly name: string
  readonly description: string
  readonly input: unknown
  readonly output: unknown
} {
  if (entry.kind === 'intent') {
    const { name, description, input, output } = entry.intent
    return { name, description, input, output }
  }
  const { id, description, title, inputSchema, outputSchema } = entry.tool
  return { name: id, description: description === '' ? title : description, input: inputSchema, output: outputSchema }
}

function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim()
}
