import { Ajv } from 'ajv'
import type { CatalogTool } from '../catalog/catalog.ts'
import { isRecord } from '../internal/json.ts'

/** What clients and the APIs of models take as the schema of arguments. */
export function shownInputSchema(schema: CatalogTool['inputSchema']): object {
  return schema === true ? { type: 'object' } : objectSchema(withoutUnions(schema))
}

/** The schema of structured results, where clients can check by it: they refuse the whole list of tools for one that they cannot compile. */
export function shownOutputSchema(schema: CatalogTool['outputSchema']): object | undefined {
  if (!isRecord(schema) || !isObjectType(schema['type'])) return undefined
  const shown = objectSchema(schema)
  try {
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

const UNIONS = ['anyOf', 'oneOf', 'allOf'] as const

/**
 * APIs of models refuse alternatives at the root: the properties of all of them, the requirements that all share; the
 * server judges the rest.
 */
function withoutUnions(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!UNIONS.some((key) => Array.isArray(schema[key]))) return schema
  const { anyOf, oneOf, allOf, ...root } = schema
  const all = branches(allOf, schema)
  const alternatives = [branches(anyOf, schema), branches(oneOf, schema)]
  const parts = [root, ...all, ...alternatives.flat()]
  const shared = alternatives.flatMap((some) =>
    namesIn(some[0]).filter((name) => some.every((one) => namesIn(one).includes(name))),
  )
  const required = [...new Set([root, ...all].flatMap(namesIn).concat(shared))]
  const properties = Object.assign(
    {},
    ...parts.toReversed().map((part) => (isRecord(part['properties']) ? part['properties'] : {})),
  ) as object
  return { ...root, properties, required }
}

function branches(list: unknown, root: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  return (Array.isArray(list) ? list : []).map((branch: unknown) => resolved(branch, root)).filter(isRecord)
}

function resolved(branch: unknown, root: Readonly<Record<string, unknown>>): unknown {
  const reference = isRecord(branch) ? branch['$ref'] : undefined
  const [, keyword = '', name = ''] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(reference)) ?? []
  const definitions = root[keyword]
  return isRecord(definitions) ? (definitions[name] ?? branch) : branch
}

function namesIn(schema: Readonly<Record<string, unknown>> | undefined): string[] {
  const required = schema?.['required']
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
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
