import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { isDeeperThan, isRecord, type JsonObject } from '../internal/json.ts'
import { nearestNames } from '../internal/nearest.ts'
import { hasManyReferences, validationSchema } from './schema.ts'

/** Why a value does not fit its schema. */
export interface Mismatch {
  /** `items[2].id`; empty for the value itself. */
  readonly path: string
  readonly message: string
  readonly expected: string
}

/** Checks values against JSON Schemas of any draft. */
export interface Validator {
  /** Undefined when the value fits, or when the schema is beyond what is safe to compile. Never throws. */
  validate(schema: JsonObject | true, value: unknown): Mismatch | undefined
}

const MAX_DEPTH = 200

/** A validator that compiles each schema once, on first use. */
export function createValidator(): Validator {
  const options = { strict: false, validateFormats: false, allErrors: false, verbose: true, logger: false } as const
  const classic = new Ajv(options)
  const modern = new Ajv2020(options)
  const compiled = new WeakMap<JsonObject, ValidateFunction | undefined>()
  const compile = (schema: JsonObject): ValidateFunction | undefined => {
    if (hasManyReferences(schema)) return undefined
    try {
      const draft = schema['$schema']
      const ajv = '$defs' in schema || (typeof draft === 'string' && /2019-09|2020-12/.test(draft)) ? modern : classic
      return ajv.compile(validationSchema(schema) as JsonObject)
    } catch {
      return undefined
    }
  }
  return {
    validate(schema, value) {
      if (schema === true) return undefined
      if (isDeeperThan(value, MAX_DEPTH))
        return { path: '', message: `nests deeper than ${MAX_DEPTH} levels`, expected: 'a flatter value' }
      if (!compiled.has(schema)) compiled.set(schema, compile(schema))
      const check = compiled.get(schema)
      if (check === undefined || check(value)) return undefined
      const [error] = check.errors ?? []
      return error === undefined ? undefined : toMismatch(error, value)
    },
  }
}

function toMismatch(error: ErrorObject, root: unknown): Mismatch {
  const path = toPath(error.instancePath)
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'required':
      return { path: join(path, String(params['missingProperty'])), message: 'is missing', expected: 'a value' }
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownProperty(path, String(params['additionalProperty'] ?? params['unevaluatedProperty']), error)
    case 'enum':
      return {
        path,
        message: `found ${shown(error.data)}, wanted one of ${list(params['allowedValues'])}`,
        expected: list(params['allowedValues']),
      }
    case 'const':
      return {
        path,
        message: `found ${shown(error.data)}, wanted ${shown(params['allowedValue'])}`,
        expected: shown(params['allowedValue']),
      }
    case 'type': {
      const wanted = String(params['type']).replaceAll(',', ' or ')
      return { path, message: `found ${shown(error.data)}, wanted ${wanted}`, expected: wanted }
    }
    default: {
      const wanted = error.message ?? error.keyword
      return { path, message: `${wanted}, found ${shown(valueOf(error, root))}`, expected: wanted }
    }
  }
}

function unknownProperty(path: string, name: string, error: ErrorObject): Mismatch {
  const { properties } = (isRecord(error.parentSchema) ? error.parentSchema : {}) as {
    properties?: Record<string, unknown>
  }
  const known = Object.keys(properties ?? {})
  const [nearest] = nearestNames(name, known, 1)
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  return {
    path: join(path, name.slice(0, 60)),
    message: `is not known${hint}`,
    expected: known.length === 0 ? 'no properties' : `one of ${known.slice(0, 20).join(', ')}`,
  }
}

function valueOf(error: ErrorObject, root: unknown): unknown {
  return error.data === undefined ? root : error.data
}

function toPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : join(path, part)), '')
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (isRecord(value)) return 'an object'
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function list(values: unknown): string {
  const items = Array.isArray(values) ? values : []
  return items.slice(0, 12).map(shown).join(', ') + (items.length > 12 ? ', …' : '')
}
