import type { JsonObject, JsonValue } from '../internal/json.ts'
import { isRecord } from '../internal/json.ts'

/** A JSON Schema of the one dialect that screening leaves: a subset of 2020-12 without `$id` and with `$defs` at the root only. */
export type Schema = JsonObject | boolean

/** How a keyword holds further schemas. */
export const HOLDERS: ReadonlyMap<string, 'one' | 'list' | 'map'> = new Map([
  ['additionalProperties', 'one'],
  ['allOf', 'list'],
  ['anyOf', 'list'],
  ['contains', 'one'],
  ['dependentSchemas', 'map'],
  ['else', 'one'],
  ['if', 'one'],
  ['items', 'one'],
  ['not', 'one'],
  ['oneOf', 'list'],
  ['patternProperties', 'map'],
  ['prefixItems', 'list'],
  ['properties', 'map'],
  ['propertyNames', 'one'],
  ['then', 'one'],
  ['unevaluatedItems', 'one'],
  ['unevaluatedProperties', 'one'],
  ['$defs', 'map'],
] as const)

/** Keywords whose schemas apply to the same value as the schema that holds them. */
export const IN_PLACE: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
])

/** The schemas directly inside `schema`, each with the keyword that holds it. */
export function* subschemas(schema: JsonObject): Generator<readonly [keyword: string, schema: Schema]> {
  for (const [keyword, value] of Object.entries(schema)) {
    const holder = HOLDERS.get(keyword)
    if (holder === undefined) continue
    if (holder === 'one') yield [keyword, value as Schema]
    else for (const inner of Object.values(value as JsonObject | JsonValue[])) yield [keyword, inner as Schema]
  }
}

/** The schema and all schemas inside it. */
export function countSchemas(schema: Schema): number {
  if (typeof schema === 'boolean') return 1
  let count = 1
  for (const [, inner] of subschemas(schema)) count += countSchemas(inner)
  return count
}

/** A copy of `schema` with each schema directly inside it replaced by what `change` answers. */
export function mapSubschemas(schema: JsonObject, change: (inner: Schema, keyword: string) => Schema): JsonObject {
  const copy: Record<string, JsonValue> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    const holder = HOLDERS.get(keyword)
    if (holder === 'one') copy[keyword] = change(value as Schema, keyword)
    else if (holder === 'list') copy[keyword] = (value as Schema[]).map((inner) => change(inner, keyword))
    else if (holder === 'map')
      copy[keyword] = mapValues(value as JsonObject, (inner) => change(inner as Schema, keyword))
    else copy[keyword] = value
  }
  return copy
}

/** The types a schema names; undefined when it allows all. */
export function typesOf(schema: JsonObject): readonly string[] | undefined {
  const { type } = schema
  if (type === undefined) return undefined
  return Array.isArray(type) ? (type as string[]) : [type as string]
}

/** A keyword's value as a map of schemas; empty when absent. */
export function schemaMap(value: JsonValue | undefined): Readonly<Record<string, Schema>> {
  return isRecord(value) ? (value as Record<string, Schema>) : {}
}

/** The schema of one named property; undefined when it is not named. */
export function propertySchema(schema: JsonObject, name: string): Schema | undefined {
  const properties = schemaMap(schema['properties'])
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}

/** A keyword's value as a list; empty when absent. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : []
}

/** A keyword's value as a list of schemas; empty when absent. */
export function schemaList(value: JsonValue | undefined): readonly Schema[] {
  return listOf(value) as readonly Schema[]
}

/** A keyword's value as a list of names; empty when absent. */
export function nameList(value: JsonValue | undefined): readonly string[] {
  return listOf(value) as readonly string[]
}

/** The schema that a reference of a screened schema means. */
export function resolveRef(root: JsonObject, reference: string): Schema {
  if (reference === '#') return root
  return schemaMap(root['$defs'])[reference.slice('#/$defs/'.length)] ?? true
}

function mapValues(map: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]))
}
