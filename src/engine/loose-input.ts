import { isRecord, type JsonObject } from '../internal/json.ts'
import { decoded, isRemark, unknownField } from './envelope.ts'
import type { NamedRequest } from './requests.ts'
import type { Routed, Target } from './route.ts'

/**
 * The input of a request, now that it is known what it names: its params; or its other fields, where it has no params and each
 * of them is a parameter; or what lies in an object of that name once more. Throws `INVALID_REQUEST`.
 */
export function inputFor(
  { target, isOfServer }: Routed,
  { params, loose: others, server, example }: NamedRequest,
): Readonly<Record<string, unknown>> {
  const loose = isOfServer ? others : { ...others, server }
  const names = Object.keys(loose)
  if (names.length === 0) return unwrapped(params, target)
  if (!isOfServer && Object.keys(params).length > 0) throw unknownField('server', example)
  const known = parametersOf(target)
  const isParameter = (name: string): boolean => (known === undefined ? !isRemark(name) : known.has(name))
  const odd = names.find((name) => !isParameter(name) && !isRemark(name))
  if (odd !== undefined) throw unknownField(odd, example)
  return Object.fromEntries(Object.entries(loose).filter(([name]) => isParameter(name)))
}

/** Names of parameters that a request has a field for, so that models wrap them twice. */
const WRAPPERS: ReadonlySet<string> = new Set(['params', 'arguments', 'args', 'parameters', 'input'])

function unwrapped(params: Readonly<Record<string, unknown>>, target: Target): Readonly<Record<string, unknown>> {
  const [name = '', more] = Object.keys(params)
  if (more !== undefined || !WRAPPERS.has(name)) return params
  const known = parametersOf(target)
  if (known === undefined || known.has(name)) return params
  const inner = decoded(params[name])
  return isRecord(inner) ? inner : params
}

/** Undefined where the schema names none and takes any. */
function parametersOf(target: Target): ReadonlySet<string> | undefined {
  const names = new Set(namesIn(inputSchemaOf(target)))
  return names.size === 0 ? undefined : names
}

/** Parameters of a schema and of those that it is put together from. */
function namesIn(schema: unknown): readonly string[] {
  if (!isRecord(schema)) return []
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((key) =>
    Array.isArray(schema[key]) ? (schema[key] as unknown[]) : [],
  )
  const { properties } = schema
  return [...(isRecord(properties) ? Object.keys(properties) : []), ...parts.flatMap(namesIn)]
}

function inputSchemaOf(target: Target): JsonObject | true {
  if (target.kind === 'tool') return target.tool.inputSchema
  return target.kind === 'intent' ? target.intent.input : target.builtin.intent.input
}
