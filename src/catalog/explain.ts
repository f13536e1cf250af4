import type { ErrorObject } from 'ajv'
import { isRecord } from '../internal/json.ts'
import { nearestNames } from '../internal/nearest.ts'
import { cutText, modelText } from '../internal/text.ts'
import { literalType, oneLine, propertyName } from './literals.ts'
import type { Schema } from './subschemas.ts'
import { toShortType } from './typings.ts'
import type { ValidationProblem } from './validate.ts'

/** Says in our words what Ajv found: where, what is there, and what would be right. */
export function explain(errors: readonly ErrorObject[], value: unknown): ValidationProblem {
  const error = mostUseful(errors)
  if (error === undefined)
    return { path: '', message: 'the value does not match its schema', expected: 'a matching value' }
  const place = pathOf(error.instancePath, value)
  const { path, rule, expected, found } = wordsFor(error, place)
  const subject = path === '' ? 'the value' : path
  return { path, message: modelText(`${subject} ${rule}${found ?? ''}`, 500), expected: oneLine(expected, 300) }
}

interface Words {
  readonly path: string
  readonly rule: string
  readonly expected: string
  /** Ends the message. */
  readonly found?: string
}

function wordsFor(error: ErrorObject, path: string): Words {
  const { keyword, data } = error
  const schema = (error.parentSchema ?? true) as Schema
  const found = `, found ${shown(data)}`
  switch (keyword) {
    case 'required':
    case 'dependentRequired':
      return missing(error, path)
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownProperty(error, path)
    case 'type':
      return { path, rule: `must be ${typeNames(error.schema)}`, expected: toShortType(schema, 1), found }
    case 'enum':
      return oneOfValues(error, path)
    case 'const':
      return { path, rule: `must be ${shown(error.schema)}`, expected: toShortType(schema, 1), found }
    case 'anyOf':
    case 'oneOf':
      return {
        path,
        rule: keyword === 'anyOf' ? 'matches none of its forms' : oneOfRule(error),
        expected: toShortType(schema, 2),
        found,
      }
    case 'false schema':
      return { path, rule: 'is not allowed', expected: 'no value', found }
    default:
      return {
        path,
        rule: error.message ?? `breaks "${keyword}"`,
        expected: error.message?.replace(/^must (be )?/, '') ?? keyword,
        found,
      }
  }
}

/** Of alternatives that all failed, the error that got furthest into the value says most; on a tie none does. */
function mostUseful(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const last = errors.at(-1)
  if (last === undefined || errors.length === 1) return last
  if (last.keyword === 'if' || last.keyword === 'propertyNames') return mostUseful(errors.slice(0, -1))
  if (last.keyword !== 'anyOf' && last.keyword !== 'oneOf') return last
  const inner = errors.filter((error) => error !== last && error.instancePath.startsWith(last.instancePath))
  const depths = inner.map(depthOf)
  const deepest = Math.max(...depths.slice(0, 1_000))
  const best = inner.filter((error) => depthOf(error) === deepest)
  return best.length === 1 && deepest > last.instancePath.split('/').length ? best[0] : last
}

function depthOf({ instancePath, keyword }: ErrorObject): number {
  // An object of the right kind with a wrong or missing property got further than a value of another kind.
  return instancePath.split('/').length + (keyword === 'type' || keyword === 'const' || keyword === 'enum' ? 0 : 0.5)
}

function missing(error: ErrorObject, path: string): Words {
  const parent = isRecord(error.parentSchema) ? error.parentSchema : {}
  const data = isRecord(error.data) ? error.data : {}
  const required = Array.isArray(parent['required']) ? (parent['required'] as string[]) : []
  const first = String(error.params['missingProperty'])
  const names = error.keyword === 'required' ? required.filter((name) => !Object.hasOwn(data, name)) : [first]
  const known = isRecord(parent['properties']) ? parent['properties'] : {}
  const strangers = Object.keys(data)
    .filter((name) => !Object.hasOwn(known, name))
    .slice(0, 20)
  const [meant] = nearestNames(first, strangers, 1)
  const listed = names
    .slice(0, 10)
    .map((name) => `"${name}"`)
    .join(', ')
  const type = Object.hasOwn(known, first) ? toShortType(known[first] as Schema, 1) : 'a value'
  return {
    path: joinPath(path, first),
    rule: names.length > 1 ? `is missing (missing properties: ${listed})` : 'is missing',
    expected: type,
    found: `, expected ${type}${meant === undefined ? '' : `; found "${meant}" instead`}`,
  }
}

function unknownProperty(error: ErrorObject, path: string): Words {
  const name = String(error.params['additionalProperty'] ?? error.params['unevaluatedProperty'])
  const properties =
    isRecord(error.parentSchema) && isRecord(error.parentSchema['properties']) ? error.parentSchema['properties'] : {}
  const allowed = Object.keys(properties)
  const [nearest] = nearestNames(name, allowed.slice(0, 500), 1)
  const listed =
    allowed.length === 0 ? 'no properties' : `${allowed.slice(0, 20).join(', ')}${allowed.length > 20 ? ', …' : ''}`
  return {
    path: joinPath(path, name),
    rule: 'is not a known property',
    expected: listed,
    found: nearest === undefined ? `, allowed: ${listed}` : `, nearest allowed name: "${nearest}"`,
  }
}

function oneOfValues(error: ErrorObject, path: string): Words {
  const values = Array.isArray(error.schema) ? (error.schema as Parameters<typeof literalType>[0][]) : []
  const expected = values.slice(0, 8).map(literalType).join(' | ') + (values.length > 8 ? ' | …' : '')
  const [nearest] =
    typeof error.data === 'string'
      ? nearestNames(error.data, values.filter((value) => typeof value === 'string').slice(0, 500), 1)
      : []
  const hint = nearest === undefined || values.length <= 8 ? '' : `; nearest: "${nearest}"`
  return { path, rule: `must be ${expected}`, expected, found: `, found ${shown(error.data)}${hint}` }
}

function oneOfRule(error: ErrorObject): string {
  return Array.isArray(error.params['passingSchemas'])
    ? 'matches more than one of its forms'
    : 'matches none of its forms'
}

function typeNames(type: unknown): string {
  return Array.isArray(type) ? type.join(' or ') : String(type)
}

/** `/items/2/id` → `items[2].id`. */
function pathOf(pointer: string, value: unknown): string {
  let at = value
  let path = ''
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    path = Array.isArray(at) ? `${path}[${name}]` : joinPath(path, name)
    at = typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined
  }
  return path
}

function joinPath(path: string, name: string): string {
  const key = propertyName(modelText(name, 100))
  if (key.startsWith("'")) return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return modelText(typeof value === 'string' ? JSON.stringify(cutText(value, 200)) : String(value), 60)
}
