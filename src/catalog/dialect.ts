import { isRecord } from '../internal/json.ts'

type RawSchema = Readonly<Record<string, unknown>>

/**
 * Rewrites the keywords of draft-04 to 2019-09 and of OpenAPI that 2020-12 spells otherwise, one level deep:
 * list-form `items`, `additionalItems`, boolean `exclusiveMinimum`, `dependencies`, `nullable`, `type: 'any'`,
 * recursive and dynamic references. Answers the schema itself when there is nothing to do.
 */
export function modernise(raw: RawSchema): RawSchema {
  if (!isLegacy(raw)) return raw
  const schema: Record<string, unknown> = { ...raw }
  rewriteItems(schema)
  rewriteBound(schema, 'exclusiveMinimum', 'minimum')
  rewriteBound(schema, 'exclusiveMaximum', 'maximum')
  rewriteDependencies(schema)
  if (schema['type'] === 'any') delete schema['type']
  schema['$ref'] ??= schema['$dynamicRef'] ?? schema['$recursiveRef']
  if (schema['$ref'] === undefined) delete schema['$ref']
  return schema['nullable'] === true ? withNull(schema) : schema
}

function isLegacy(raw: RawSchema): boolean {
  return (
    Array.isArray(raw['items']) ||
    typeof raw['exclusiveMinimum'] === 'boolean' ||
    typeof raw['exclusiveMaximum'] === 'boolean' ||
    raw['nullable'] === true ||
    raw['type'] === 'any' ||
    raw['dependencies'] !== undefined ||
    raw['$dynamicRef'] !== undefined ||
    raw['$recursiveRef'] !== undefined
  )
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
