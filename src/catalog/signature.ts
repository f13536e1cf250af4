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
    text = `${name}(${parameters(input, attempt)})${result(output, attempt)}`
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
  /** Optional parameters are named, or left out. */
  readonly optional: 'typed' | 'named' | 'none'
}

const ATTEMPTS: readonly Attempt[] = [
  { depth: 3, outputDepth: 4, optional: 'typed' },
  { depth: 3, outputDepth: 2, optional: 'typed' },
  { depth: 2, outputDepth: 1, optional: 'typed' },
  { depth: 1, outputDepth: 0, optional: 'typed' },
  { depth: 1, outputDepth: -1, optional: 'named' },
  { depth: 1, outputDepth: -1, optional: 'none' },
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

function parameters(input: JsonObject | true, { depth, optional }: Attempt): string {
  if (input === true) return '{…}'
  const written = optional === 'typed' ? toShortType(input, depth) : brief(input, depth, optional === 'named')
  return written === '{}' || written === 'object' ? '' : written
}

function result(output: JsonObject | true | undefined, { outputDepth }: Attempt): string {
  if (output === undefined || output === true || outputDepth < 0) return ''
  return `: Promise<${toShortType(output, outputDepth)}>`
}

/** The required parameters with their types, the optional ones as names or as `…`. */
function brief(input: JsonObject, depth: number, namesOptional: boolean): string {
  const required = nameList(input['required'])
  const typed = required.map(
    (name) => `${propertyName(name)}: ${toShortType(propertySchema(input, name) ?? true, depth - 1, input)}`,
  )
  const optional = Object.keys(schemaMap(input['properties'])).filter((name) => !required.includes(name))
  const rest = namesOptional ? optional.map((name) => `${propertyName(name)}?`) : optional.length > 0 ? ['…'] : []
  return `{${[...typed, ...rest].join('; ')}}`
}
