import type { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonObject } from '../internal/json.ts'
import type { Schema } from './subschemas.ts'
import { listOf, mapSubschemas } from './subschemas.ts'

/** What a validation may still spend. */
export interface StepsLeft {
  left: number
}

/** Thrown out of a compiled schema when a validation has spent its steps. */
export class StepLimitReached extends Error {}

const KEYWORD = 'x-steps'
const FANNING: readonly string[] = ['allOf', 'anyOf', 'oneOf', 'enum', 'required']

/**
 * Marks every schema that makes work out of proportion to the value (references, alternatives, long lists) with what
 * passing it costs. References and alternatives that recurse into the value can multiply at each of its levels, so no
 * bound on schema and value alone bounds the time.
 */
export function withSteps(schema: JsonObject): JsonObject {
  const counted = mapSubschemas(schema, (inner: Schema) => (typeof inner === 'boolean' ? inner : withSteps(inner)))
  const cost = costOf(schema)
  return cost === 0 ? counted : { [KEYWORD]: cost, ...counted }
}

/** Teaches `ajv` the mark: it counts down `steps` and throws {@link StepLimitReached}. */
export function addStepsKeyword(ajv: Ajv2020, steps: StepsLeft): void {
  ajv.addKeyword({
    keyword: KEYWORD,
    schemaType: 'number',
    before: '$ref',
    errors: false,
    validate: (cost: number): boolean => {
      steps.left -= cost
      if (steps.left < 0) throw new StepLimitReached()
      return true
    },
  })
}

function costOf(schema: JsonObject): number {
  const fan = FANNING.reduce((total, keyword) => total + listOf(schema[keyword]).length, 0)
  const named = Object.keys((schema['properties'] ?? {}) as JsonObject).length
  const size = fan + named
  if (schema['$ref'] !== undefined) return size + 1
  return size > 8 || schema['anyOf'] !== undefined || schema['oneOf'] !== undefined || schema['allOf'] !== undefined
    ? size
    : 0
}
