import type { JsonObject, JsonValue } from '../internal/json.ts'
import { openParts } from './open-parts.ts'
import type { Schema } from './subschemas.ts'
import { mapSubschemas, subschemas } from './subschemas.ts'

/** Keywords that hostile schemas make slow, or whose meaning differs from server to server. */
const RISKY: readonly string[] = ['pattern', 'patternProperties', 'uniqueItems', 'format']

/**
 * A screened schema without its risky keywords, changed so that it never refuses what the original accepts: where less
 * checking would mean more refusing (`not`, `if`, the "exactly one" of `oneOf`, upper bounds of `contains`, "all other
 * properties"), that part is loosened as well. Nor does it refuse what no value could be made to match; see
 * {@link openParts}.
 */
export function relaxSchema(schema: JsonObject | true): JsonObject | true {
  if (schema === true) return schema
  const opened = openParts(schema)
  if (opened === schema && !isRisky(schema)) return schema
  const relaxed = relax(opened)
  return typeof relaxed === 'boolean' || Object.keys(relaxed).length === 0 ? true : relaxed
}

function relax(schema: Schema): Schema {
  if (typeof schema === 'boolean') return schema
  const parts: Record<string, JsonValue> = { ...schema }
  for (const keyword of RISKY) delete parts[keyword]
  // Names that a pattern would have allowed count as additional or unevaluated without it.
  if (schema['patternProperties'] !== undefined) delete parts['additionalProperties']
  delete parts['unevaluatedProperties']
  delete parts['unevaluatedItems']
  dropNegations(parts)
  return mapSubschemas(parts, relax)
}

function dropNegations(parts: Record<string, JsonValue>): void {
  if (dependsOnRisk(parts['not'])) delete parts['not']
  if (dependsOnRisk(parts['contains'])) delete parts['maxContains']
  if (dependsOnRisk(parts['if'])) for (const keyword of ['if', 'then', 'else']) delete parts[keyword]
  if (!Array.isArray(parts['oneOf']) || !parts['oneOf'].some(dependsOnRisk)) return
  const branches = { anyOf: parts['oneOf'] }
  parts['allOf'] = [...(Array.isArray(parts['allOf']) ? parts['allOf'] : []), branches]
  delete parts['oneOf']
}

/** References count as risky: what they lead to may be. */
function dependsOnRisk(schema: JsonValue | undefined): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  return isRisky(schema as JsonObject) || hasReference(schema as JsonObject)
}

function isRisky(schema: Schema): boolean {
  if (typeof schema === 'boolean') return false
  if (RISKY.some((keyword) => schema[keyword] !== undefined)) return true
  for (const [, inner] of subschemas(schema)) if (isRisky(inner)) return true
  return false
}

function hasReference(schema: Schema): boolean {
  if (typeof schema === 'boolean') return false
  if (schema['$ref'] !== undefined) return true
  for (const [, inner] of subschemas(schema)) if (hasReference(inner)) return true
  return false
}
