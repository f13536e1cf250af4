import { createRequire } from 'node:module'
import type * as ajv from 'ajv'
import type { CatalogTool } from '../catalog/catalog.ts'
import { isRecord } from '../internal/json.ts'

/** The schema of structured results, where clients can check by it: they refuse the whole list of tools for one that they cannot compile. */
export function shownOutputSchema(schema: CatalogTool['outputSchema']): object | undefined {
  if (!isRecord(schema) || !isObjectType(schema['type'])) return undefined
  const shown = objectSchema(schema)
  try {
    const { Ajv } = createRequire(import.meta.url)('ajv') as typeof ajv
    new Ajv({ strict: false, validateSchema: false, logger: false }).compile(withoutDialect(shown))
    return shown
  } catch {
    return undefined
  }
}

/** Hints of the kinds that the protocol knows. */
export function shownAnnotations(annotations: unknown): object | undefined {
  if (!isRecord(annotations)) return undefined
  const known = Object.entries(annotations).filter(([key, value]) =>
    key === 'title' ? typeof value === 'string' : !key.endsWith('Hint') || typeof value === 'boolean',
  )
  return Object.fromEntries(known.filter(([, value]) => value !== null))
}

function objectSchema(schema: Readonly<Record<string, unknown>>): object {
  const { properties, required, ...rest } = withoutNulls(schema)
  const named = isRecord(properties) ? Object.entries(properties) : []
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
  return {
    ...rest,
    type: 'object',
    ...(isRecord(properties)
      ? { properties: Object.fromEntries(named.map(([name, inner]) => [name, subschema(inner)])) }
      : {}),
    ...(names.length === 0 ? {} : { required: names }),
  }
}

/** Clients want an object for each property; `true` and `false` are schemas as well. */
function subschema(schema: unknown): object {
  if (isRecord(schema)) return schema
  return schema === false ? { not: {} } : {}
}

function isObjectType(type: unknown): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'))
}

/** Keywords whose values are data, in which null has a meaning. */
const DATA = new Set(['default', 'const', 'enum', 'examples', 'example'])
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

/** Null for a keyword says nothing; the screening bounded how deep this goes. */
function withoutNulls(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const said = Object.entries(schema).filter(([key, value]) => value !== null || key === 'default' || key === 'const')
  return Object.fromEntries(
    said.map(([key, value]) => {
      if (DATA.has(key)) return [key, value]
      if (NAMED.has(key) && isRecord(value))
        return [
          key,
          Object.fromEntries(
            Object.entries(value).map(([name, inner]) => [name, inner === null ? {} : inSchema(inner)]),
          ),
        ]
      return [key, inSchema(value)]
    }),
  )
}

function inSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSchema)
  return isRecord(value) ? withoutNulls(value) : value
}

/** The dialect that clients know by name is one; they take the others for it. */
function withoutDialect(schema: object): object {
  const { $schema: _dialect, $id: _id, ...rest } = schema as Record<string, unknown>
  return rest
}
