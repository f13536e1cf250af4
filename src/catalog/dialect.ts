import { isRecord } from '../internal/json.ts'
import { HOLDERS } from './subschemas.ts'

type RawSchema = Readonly<Record<string, unknown>>

/**
 * Rewrites the keywords of draft-04 to 2019-09 and of OpenAPI that 2020-12 spells otherwise, one level deep:
 * list-form `items`, `additionalItems`, boolean `exclusiveMinimum`, `dependencies`, `nullable`, `type: 'any'`,
 * recursive and dynamic references, draft-03's `required` of a property; and properties as a list, types as other APIs and languages name them, and an `enum` of other types than `type`
 * says. Answers the schema itself when there is nothing to do.
 */
export function modernise(raw: RawSchema): RawSchema {
  if (!isLegacy(raw)) return raw
  const schema: Record<string, unknown> = { ...raw }
  rewriteProperties(schema)
  rewriteItems(schema)
  rewriteBound(schema, 'exclusiveMinimum', 'minimum')
  rewriteBound(schema, 'exclusiveMaximum', 'maximum')
  rewriteDependencies(schema)
  schema['type'] = typesIn(schema['type'])
  if (schema['type'] === undefined || schema['type'] === 'any') delete schema['type']
  schema['$ref'] ??= schema['$dynamicRef'] ?? schema['$recursiveRef']
  if (schema['$ref'] === undefined) delete schema['$ref']
  const agreed = isDivided(schema) ? withBothForms(schema) : schema
  return agreed['nullable'] === true ? withNull(agreed) : agreed
}

function isLegacy(raw: RawSchema): boolean {
  return (
    Array.isArray(raw['items']) ||
    typeof raw['exclusiveMinimum'] === 'boolean' ||
    typeof raw['exclusiveMaximum'] === 'boolean' ||
    raw['nullable'] === true ||
    raw['type'] === 'any' ||
    typesIn(raw['type']) !== raw['type'] ||
    (raw['enum'] !== undefined && isDivided(raw)) ||
    raw['dependencies'] !== undefined ||
    raw['$dynamicRef'] !== undefined ||
    raw['$recursiveRef'] !== undefined ||
    areParameters(raw['properties']) ||
    saysRequired(raw['properties'])
  )
}

/** A schema of arguments whose properties stand alone, as the properties of an object; any other value as it is. */
export function asObjectSchema(raw: unknown): unknown {
  if (!isRecord(raw)) return raw
  const isMap = Object.entries(raw).every(
    ([name, value]) =>
      isRecord(value) && 'type' in value && !HOLDERS.has(name) && !/^(?:\$|default$|const$)/.test(name),
  )
  return isMap && Object.keys(raw).length > 0 ? { type: 'object', properties: raw } : raw
}

function areParameters(value: unknown): value is readonly { readonly name: string }[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((one) => isRecord(one) && typeof one['name'] === 'string')
  )
}

function saysRequired(properties: unknown): properties is Record<string, unknown> {
  if (!isRecord(properties)) return false
  for (const name in properties) {
    const inner = properties[name]
    if (isRecord(inner) && inner['required'] === true) return true
  }
  return false
}

/** Properties as a list of parameters with names, and those that say of themselves that they are required. */
function rewriteProperties(schema: Record<string, unknown>): void {
  const given = schema['properties']
  if (areParameters(given)) schema['properties'] = Object.fromEntries(given.map(({ name, ...inner }) => [name, inner]))
  const { properties, required } = schema
  if (!saysRequired(properties)) return
  const names = Object.keys(properties).filter((name) => {
    const inner = properties[name]
    return isRecord(inner) && inner['required'] === true
  })
  schema['required'] = [...new Set([...(Array.isArray(required) ? (required as unknown[]) : []), ...names])]
}

/** The APIs of Google write types in capital letters; many servers, those of their language. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ...['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'].map((type) => [type, type] as const),
  ...['str', 'text'].map((type) => [type, 'string'] as const),
  ...['int', 'int32', 'int64', 'long'].map((type) => [type, 'integer'] as const),
  ...['float', 'double', 'decimal'].map((type) => [type, 'number'] as const),
  ...['list', 'tuple'].map((type) => [type, 'array'] as const),
  ...['dict', 'map', 'record'].map((type) => [type, 'object'] as const),
  ['bool', 'boolean'],
  ['none', 'null'],
  ['any', 'any'],
])

/** The same value where all names are those of JSON Schema, or nobody knows them. */
function typesIn(value: unknown): unknown {
  if (typeof value === 'string') return OTHER_NAMES.get(value) ?? OTHER_NAMES.get(value.toLowerCase()) ?? value
  if (!Array.isArray(value)) return value
  const types = value.map(typesIn)
  return types.some((type, index) => type !== value[index]) ? types : value
}

/** True when `type` allows none of the values in `enum`: YAML and code generators read `1`, `on` and `'1'` as they like. */
function isDivided({ type, enum: values }: RawSchema): boolean {
  if (type === undefined || type === null || !Array.isArray(values) || values.length === 0) return false
  const types = new Set([type].flat())
  return values.every((value) => !types.has(typeOf(value)) && !(typeof value === 'number' && types.has('number')))
}

/** The values as they stand there and in the type that they should have: which of them the server wants, it knows alone. */
function withBothForms({ type, enum: values, ...rest }: RawSchema): RawSchema {
  const types = new Set([type].flat())
  const others = (values as readonly unknown[]).flatMap((value): unknown[] => {
    if (typeof value !== 'string') return types.has('string') && typeof value !== 'object' ? [String(value)] : []
    const isNumber = (types.has('number') || types.has('integer')) && /^-?\d+(?:\.\d+)?$/.test(value)
    return isNumber ? [Number(value)] : types.has('boolean') && /^(?:true|false)$/.test(value) ? [value === 'true'] : []
  })
  return { ...rest, enum: [...(values as readonly unknown[]), ...others] }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

function rewriteItems(schema: Record<string, unknown>): void {
  if (!Array.isArray(schema['items'])) return
  schema['prefixItems'] = schema['items']
  schema['items'] = schema['additionalItems'] ?? true
}

function rewriteBound(schema: Record<string, unknown>, exclusive: string, inclusive: string): void {
  if (typeof schema[exclusive] !== 'boolean') return
  const isExclusive = schema[exclusive]
  delete schema[exclusive]
  if (!isExclusive || typeof schema[inclusive] !== 'number') return
  schema[exclusive] = schema[inclusive]
  delete schema[inclusive]
}

function rewriteDependencies(schema: Record<string, unknown>): void {
  const { dependencies } = schema
  if (!isRecord(dependencies)) return
  const entries = Object.entries(dependencies)
  const names = entries.filter(([, value]) => Array.isArray(value))
  const schemas = entries.filter(([, value]) => !Array.isArray(value))
  if (names.length > 0) schema['dependentRequired'] = Object.fromEntries(names)
  if (schemas.length > 0) schema['dependentSchemas'] = Object.fromEntries(schemas)
}

function withNull(schema: Record<string, unknown>): RawSchema {
  const { nullable: _nullable, ...rest } = schema
  if (Array.isArray(rest['enum']) && !rest['enum'].includes(null)) rest['enum'] = [...(rest['enum'] as unknown[]), null]
  if (rest['type'] !== undefined) return { ...rest, type: [rest['type'], 'null'].flat() }
  return rest['enum'] === undefined ? { anyOf: [rest, { type: 'null' }] } : rest
}
