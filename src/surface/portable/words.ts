import { TypeWriter } from '../../catalog/type-writer.ts'
import { listOf, nameList, type Schema, schemaMap } from '../../catalog/subschemas.ts'
import { clip } from '../../internal/text.ts'
import type { JsonObject, JsonValue } from '../../internal/json.ts'

/** What keywords say that have no place in a schema for all vendors, in a few words each. */
export function wordsFor(keywords: JsonObject, root: JsonObject): string[] {
  const { description } = keywords
  const said = typeof description === 'string' ? description : ''
  return [
    ...range(keywords, 'minimum', 'maximum', '', said),
    ...bound(keywords['exclusiveMinimum'], 'above'),
    ...bound(keywords['exclusiveMaximum'], 'below'),
    ...(keywords['multipleOf'] === undefined ? [] : [`multiple of ${json(keywords['multipleOf'])}`]),
    ...range(keywords, 'minLength', 'maxLength', ' characters', said),
    ...format(keywords, said),
    ...range(keywords, 'minItems', 'maxItems', ' items', said),
    ...(keywords['uniqueItems'] === true ? ['no two alike'] : []),
    ...range(keywords, 'minProperties', 'maxProperties', ' names', said),
    ...structure(keywords, root),
    ...(keywords['deprecated'] === true && !/deprecated/i.test(said) ? ['deprecated'] : []),
    ...preset(keywords['default'], said),
  ]
}

/** The short type of a schema, for reading. */
export function typeWords(schema: Schema, root: JsonObject, depth = 2): string {
  const style = { docs: false, cut: '…', maxDepth: depth, maxChars: MAX_TYPE_CHARS, maxEnum: MAX_TYPE_VALUES }
  return clip(new TypeWriter(root, style, '').write('', schema), MAX_TYPE_CHARS * 2)
}

/** A value as JSON, bounded. */
export function json(value: JsonValue | undefined): string {
  return clip(JSON.stringify(value ?? null), MAX_VALUE_CHARS)
}

const MAX_TYPE_CHARS = 400
const MAX_TYPE_VALUES = 50
const MAX_VALUE_CHARS = 200

function structure(keywords: JsonObject, root: JsonObject): string[] {
  const { contains, propertyNames, if: condition, then, else: otherwise, not } = keywords
  const type = (schema: JsonValue | undefined): string => typeWords(schema as Schema, root)
  const others = keywords['properties'] === undefined ? 'any names' : 'other names'
  const { additionalProperties: more } = keywords
  return [
    ...(contains === undefined ? [] : [`one is ${type(contains)}`]),
    ...(isSchema(more) ? [`${others}: ${type(more)}`] : []),
    ...Object.entries(schemaMap(keywords['patternProperties'])).map(
      ([pattern, schema]) => `names like ${clip(pattern, MAX_VALUE_CHARS)}: ${type(schema)}`,
    ),
    ...(isSchema(propertyNames) ? [`names: ${nameWords(propertyNames, root)}`] : []),
    ...Object.entries(schemaMap(keywords['dependentRequired'])).map(
      ([name, needed]) => `${name} needs ${nameList(needed as JsonValue).join(', ')}`,
    ),
    ...Object.entries(schemaMap(keywords['dependentSchemas'])).map(([name, schema]) => `with ${name}: ${type(schema)}`),
    ...(isSchema(condition)
      ? [
          `if ${type(condition)}${then === undefined ? '' : ` then ${type(then)}`}${otherwise === undefined ? '' : ` else ${type(otherwise)}`}`,
        ]
      : []),
    ...(isSchema(not) ? [`not ${notWords(not, root)}`] : []),
  ]
}

function isSchema(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

function nameWords(schema: JsonObject, root: JsonObject): string {
  const words = wordsFor({ ...schema, description: '' }, root)
  const values = listOf(schema['enum'])
  return [...(values.length === 0 ? [] : [values.map(json).join(', ')]), ...words].join(', ') || 'any'
}

function notWords(schema: JsonObject, root: JsonObject): string {
  const names = nameList(schema['required'])
  if (names.length > 0 && schema['properties'] === undefined) return `with ${names.join(' and ')}`
  return typeWords(schema, root)
}

function range(keywords: JsonObject, least: string, most: string, unit: string, said: string): string[] {
  const [min, max] = [finite(keywords[least]), finite(keywords[most])]
  const isSaid = (value: number | undefined): boolean => value === undefined || hasNumber(said, value)
  if ((min === undefined && max === undefined) || (said !== '' && isSaid(min) && isSaid(max))) return []
  if (min === max) return [`exactly ${min}${unit}`]
  if (min !== undefined && max !== undefined) return [`${min} to ${max}${unit}`]
  if (min === 1 && max === undefined && unit !== '') return ['not empty']
  if (min === 0 && unit !== '') return []
  return [min === undefined ? `at most ${max}${unit}` : `at least ${min}${unit}`]
}

function bound(value: JsonValue | undefined, word: string): string[] {
  const number = finite(value)
  return number === undefined ? [] : [`${word} ${number}`]
}

/** Bounds of what a number can hold exactly are written by generators and say nothing. */
function finite(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}

function hasNumber(text: string, value: number): boolean {
  return new RegExp(`(?<![\\d.])${String(value).replaceAll(/[.+]/g, '\\$&')}(?![\\d]|\\.\\d)`).test(text)
}

/** Formats that say all that a pattern beside them says. */
const PLAIN_FORMATS: ReadonlySet<string> = new Set(
  'date-time date time duration email uri url uuid ipv4 ipv6'.split(' '),
)

function format({ format: name, pattern }: JsonObject, said: string): string[] {
  const isPlain = typeof name === 'string' && PLAIN_FORMATS.has(name)
  const isNamed = typeof name === 'string' && said.toLowerCase().includes(name.toLowerCase())
  return [
    ...(typeof name === 'string' && !isNamed ? [`format ${name}`] : []),
    ...(typeof pattern === 'string' && !isPlain && !said.includes(pattern) ? [`like ${clip(pattern, 300)}`] : []),
  ]
}

function preset(value: JsonValue | undefined, said: string): string[] {
  if (value === undefined || value === null) return []
  const text = typeof value === 'string' ? value : json(value)
  const isSaid = /default/i.test(said) && text !== '' && said.toLowerCase().includes(text.toLowerCase())
  return isSaid ? [] : [`default ${json(value)}`]
}
