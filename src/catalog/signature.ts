import type { JsonObject } from '../internal/json.ts'
import { clip } from '../internal/text.ts'
import type { CatalogEntry } from './catalog.ts'
import { oneLine, propertyName } from './literals.ts'
import { toShortType } from './typings.ts'
import { nameList, propertySchema, schemaMap } from './subschemas.ts'

const MAX_SIGNATURE_CHARS = 200

/**
 * What an agent needs to call a tool or intent, in one line: `github.create_issue({title: string; labels?: string[]})`,
 * with `: Promise<…>` when the result is described. At most 8 values of an enumeration; `…` stands for what was left
 * out. Nested objects are cut first, then optional parameters, so that it stays within about `maxChars` characters.
 */
export function signature(entry: CatalogEntry, maxChars: number = MAX_SIGNATURE_CHARS): string {
  const { name, input, output } = partsOf(entry)
  let text = ''
  for (const attempt of ATTEMPTS) {
    text = `${name}(${parameters(input, attempt, maxChars - name.length - 2)})${result(output, attempt)}`
    if (text.length <= maxChars) return text
  }
  return clip(text, maxChars)
}

/** The first sentence of a description, in one line, cut on a word at `maxChars` characters. */
export function summary(description: string, maxChars = 100): string {
  const start = description
    .slice(0, 2_000)
    .trimStart()
    .replace(/^#+\s+/, '')
  const paragraph = start.split(/\n\s*\n|\n(?=\s*[-*#•])/, 1)[0] ?? ''
  const line = oneLine(paragraph, 1_000)
  const end = line.search(SENTENCE_END)
  return clip(end < 0 ? line : line.slice(0, end + 1), maxChars).replace(/[.:;,\s]+$/, '')
}

// A full stop that ends a sentence: not after "e.g", "i.e", "etc", "vs" or a single letter.
const SENTENCE_END = /(?<!\b(?:e\.g|i\.e|etc|vs|approx|incl|\w))[.!?。](?=\s|$)/u

interface Attempt {
  readonly depth: number
  readonly outputDepth: number
  /** All optional parameters with their types, or as many as there is room for. */
  readonly optional: 'typed' | 'some'
}

const ATTEMPTS: readonly Attempt[] = [
  { depth: 3, outputDepth: 4, optional: 'typed' },
  { depth: 3, outputDepth: 2, optional: 'typed' },
  { depth: 2, outputDepth: 1, optional: 'typed' },
  { depth: 1, outputDepth: 0, optional: 'typed' },
  { depth: 1, outputDepth: -1, optional: 'some' },
]

function partsOf(entry: CatalogEntry): {
  name: string
  input: JsonObject | true
  output: JsonObject | true | undefined
} {
  if (entry.kind === 'intent')
    return { name: entry.intent.name, input: entry.intent.input, output: entry.intent.output }
  return { name: entry.tool.id, input: entry.tool.inputSchema, output: entry.tool.outputSchema }
}

function parameters(input: JsonObject | true, { depth, optional }: Attempt, room: number): string {
  if (input === true) return '{…}'
  const written = optional === 'typed' ? toShortType(input, depth) : brief(input, depth, room)
  return written === '{}' || written === 'object' ? '' : written
}

function result(output: JsonObject | true | undefined, { outputDepth }: Attempt): string {
  if (output === undefined || output === true || outputDepth < 0) return ''
  return `: Promise<${toShortType(output, outputDepth)}>`
}

/** The required parameters with their types, then optional ones with theirs while there is room, names of others, `…`. */
function brief(input: JsonObject, depth: number, room: number): string {
  const required = nameList(input['required'])
  const optional = Object.keys(schemaMap(input['properties'])).filter((name) => !required.includes(name))
  const typed = (name: string, mark: string): string =>
    `${propertyName(name)}${mark}: ${toShortType(propertySchema(input, name) ?? true, depth - 1, input)}`
  const parts = required.map((name) => typed(name, ''))
  // Braces, and the mark for what is left out.
  let left = room - parts.join('; ').length - 4
  const take = (part: string): boolean => {
    if (part.length + 2 > left) return false
    left -= part.length + 2
    parts.push(part)
    return true
  }
  const untyped = optional.filter((name) => !take(typed(name, '?')))
  const unnamed = untyped.filter((name) => !take(`${propertyName(name)}?`))
  return `{${[...parts, ...(unnamed.length > 0 ? ['…'] : [])].join('; ')}}`
}
