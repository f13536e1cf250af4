import { isRecord, type JsonObject, type JsonValue, parseExact, toSortedJson } from '../internal/json.ts'
import { listOf, nameList, propertySchema, resolveRef, type Schema, schemaList, typesOf } from './subschemas.ts'

/** Tells whether a schema inside the root accepts a value. */
export type Accepts = (schema: JsonObject, value: unknown) => boolean

/**
 * A value that its schema refuses, in the form that the schema wants, where that leaves no doubt: numbers, booleans, lists
 * and objects that came as text, texts that came as numbers, one value where a list of such is wanted, null and undefined
 * for what may be left out, the default of what must be there and is not, names and choices in another spelling, a list of one
 * where its value is wanted. All else stays as it is, and so does the given value itself: what changes is copied. Answers
 * the same value where there is nothing to do.
 */
export function adaptValue(root: JsonObject, value: unknown, accepts: Accepts): unknown {
  return new Adaptation(root, accepts, false).adapt(root, value)
}

/**
 * As {@link adaptValue}, but nothing changes except texts of integers that a number cannot hold, which are values' own form
 * of these: what is left was wrong before.
 */
export function restoreIntegers(root: JsonObject, value: unknown, accepts: Accepts): unknown {
  return new Adaptation(root, accepts, true).adapt(root, value)
}

/** True for a property that takes texts (or null) and nothing else. */
export function takesOnlyText(root: JsonObject, name: string): boolean {
  return new Adaptation(root, () => true, false).takesOnlyText(name)
}

/** Schemas looked at for one value: alternatives inside alternatives multiply. */
const MAX_STEPS = 5_000
/** … and for one of a server, which may be a long list. */
const MAX_STEPS_OF_RESULT = 100_000
/** Schemas of one value inside each other. */
const MAX_IN_PLACE = 32

class Adaptation {
  readonly #root: JsonObject
  readonly #accepts: Accepts
  readonly #onlyIntegers: boolean
  #steps: number

  constructor(root: JsonObject, accepts: Accepts, onlyIntegers: boolean) {
    this.#root = root
    this.#accepts = accepts
    this.#onlyIntegers = onlyIntegers
    this.#steps = onlyIntegers ? MAX_STEPS_OF_RESULT : MAX_STEPS
  }

  adapt(schema: Schema, value: unknown): unknown {
    if (typeof schema === 'boolean' || --this.#steps < 0) return value
    const parts = this.#partsOf(schema)
    let made = this.#converted(parts, value)
    for (const { anyOf, oneOf } of parts) made = this.#chosen(schemaList(anyOf ?? oneOf), made)
    if (typeof made === 'string' && !this.#onlyIntegers) made = chosenText(parts, made)
    if (isRecord(made)) return this.#object(parts, made)
    return Array.isArray(made) ? this.#list(parts, made) : made
  }

  takesOnlyText(name: string): boolean {
    return propertySchemas(this.#partsOf(this.#root), name).some((schema) => this.#isOnlyText(schema))
  }

  #isOnlyText(schema: Schema): boolean {
    if (--this.#steps < 0) return false
    const parts = this.#partsOf(schema)
    const types = wantedTypes(parts)
    if (types !== undefined) return isTextAlone(types)
    return parts.some(({ anyOf, oneOf }) => {
      const branches = schemaList(anyOf ?? oneOf)
      const isNull = (branch: Schema): boolean => typeof branch === 'object' && branch['type'] === 'null'
      return (
        branches.some((branch) => !isNull(branch)) &&
        branches.every((branch) => isNull(branch) || this.#isOnlyText(branch))
      )
    })
  }

  /** The schema and all that apply beside it, whatever the value. */
  #partsOf(schema: Schema, depth = 0): JsonObject[] {
    if (typeof schema === 'boolean' || depth > MAX_IN_PLACE) return []
    const { $ref, allOf } = schema
    const others = schemaList(allOf).flatMap((part) => this.#partsOf(part, depth + 1))
    const meant = typeof $ref === 'string' ? this.#partsOf(resolveRef(this.#root, $ref), depth + 1) : []
    return [schema, ...meant, ...others]
  }

  /** Of alternatives that all refuse the value: what all that can be made to accept it make of it. */
  #chosen(branches: readonly Schema[], value: unknown): unknown {
    if (branches.length === 0 || branches.some((branch) => this.#fits(branch, value))) return value
    const found = new Map<string, unknown>()
    for (const branch of branches) {
      const made = this.adapt(branch, value)
      if (made !== value && this.#fits(branch, made)) found.set(toSortedJson(made), made)
    }
    const [only] = found.values()
    return found.size === 1 ? only : value
  }

  #fits(schema: Schema, value: unknown): boolean {
    return typeof schema === 'boolean' ? schema : this.#accepts(schema, value)
  }

  #converted(parts: readonly JsonObject[], value: unknown): unknown {
    const types = wantedTypes(parts)
    if (types === undefined || types.has(typeOf(value)) || (typeOf(value) === 'integer' && types.has('number')))
      return value
    if (this.#onlyIntegers) return restored(value, types)
    if (typeof value === 'string') {
      const made = fromText(value, types)
      if (made !== undefined) return made
    }
    if (types.has('array') && value !== null) return this.#listOfOne(parts, value)
    if (Array.isArray(value) && value.length === 1 && !Array.isArray(value[0]) && !types.has('object')) {
      const only = this.#converted(parts, value[0])
      return types.has(typeOf(only)) || (typeOf(only) === 'integer' && types.has('number')) ? only : value
    }
    return isTextAlone(types) && isScalar(value) ? String(value) : value
  }

  #listOfOne(parts: readonly JsonObject[], value: unknown): unknown {
    const items = parts.flatMap(({ items: schema }) => (isRecord(schema) ? [schema] : []))
    if (items.length === 0) return value
    const item = this.#through(items, value)
    return items.every((schema) => this.#fits(schema, item)) ? [item] : value
  }

  #through(schemas: readonly Schema[], value: unknown): unknown {
    return schemas.reduce((made: unknown, schema) => this.adapt(schema, made), value)
  }

  #object(parts: readonly JsonObject[], written: Record<string, unknown>): Record<string, unknown> {
    const required = new Set(parts.flatMap((part) => nameList(part['required'])))
    const given = this.#onlyIntegers ? written : respelled(parts, written, required)
    const made = new Map<string, unknown>()
    for (const name of Object.keys(given)) {
      const schemas = propertySchemas(parts, name)
      const value = given[name]
      if (!required.has(name) && !this.#onlyIntegers && this.#mayBeLeftOut(schemas, value)) made.set(name, undefined)
      else if (value !== undefined) {
        const adapted = this.#through(schemas, value)
        if (adapted !== value) made.set(name, adapted)
      }
    }
    for (const name of this.#onlyIntegers ? [] : required) {
      const schemas = propertySchemas(parts, name)
      const isThere = Object.hasOwn(given, name) && given[name] !== undefined
      if (isThere && !(given[name] === null && this.#mayBeLeftOut(schemas, null))) continue
      const found = this.#defaultOf(schemas)
      if (found !== undefined) made.set(name, structuredClone(found))
    }
    return made.size === 0 ? given : changed(given, made)
  }

  /** True for what says that there is no value, where the schema has no other meaning for it. */
  #mayBeLeftOut(schemas: readonly Schema[], value: unknown): boolean {
    if (value === undefined) return true
    if (value === null) return schemas.some((schema) => !this.#fits(schema, null))
    if (typeof value !== 'string' || !NOTHING.has(value)) return false
    return schemas.some((schema) => this.#takesNoText(schema, value))
  }

  #takesNoText(schema: Schema, text: string): boolean {
    const parts = this.#partsOf(schema)
    const types = wantedTypes(parts)
    const isChoice =
      text === '' && parts.some((part) => part['enum'] !== undefined && !listOf(part['enum']).includes(''))
    return isChoice || (types !== undefined && !types.has('string') && !(text === 'null' && types.has('null')))
  }

  #defaultOf(schemas: readonly Schema[]): JsonValue | undefined {
    const parts = schemas.flatMap((schema) => this.#partsOf(schema))
    const found = parts.find((part) => part['default'] !== undefined)?.['default']
    return found !== undefined && schemas.every((schema) => this.#fits(schema, found)) ? found : undefined
  }

  #list(parts: readonly JsonObject[], given: readonly unknown[]): readonly unknown[] {
    let made: unknown[] | undefined
    for (const [index, item] of given.entries()) {
      const schemas = parts.flatMap((part) => itemSchemas(part, index))
      const adapted = schemas.length === 0 ? item : this.#through(schemas, item)
      if (adapted === item) continue
      made ??= [...given]
      made[index] = adapted
    }
    return made ?? given
  }
}

/** Texts that forms and models write for an absent value. */
const NOTHING: ReadonlySet<string> = new Set(['', 'null', 'None', 'undefined'])

/** One of some texts, where only its letters' case and blanks differ. */
function chosenText(parts: readonly JsonObject[], text: string): string {
  const plain = (one: string): string => one.trim().toLowerCase()
  for (const { enum: values } of parts) {
    const options = listOf(values).filter((value) => typeof value === 'string')
    if (options.length === 0 || options.includes(text)) continue
    const [only, ...others] = options.filter((option) => plain(option) === plain(text))
    if (only !== undefined && others.length === 0) return only
  }
  return text
}

/** The object with its known names, where what it has instead differs in case, `_` and `-` alone and could not stay. */
function respelled(
  parts: readonly JsonObject[],
  given: Record<string, unknown>,
  required: ReadonlySet<string>,
): Record<string, unknown> {
  const known = new Set(parts.flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : [])))
  const unknown = Object.keys(given).filter((name) => !known.has(name))
  if (unknown.length === 0 || known.size === 0) return given
  const isClosed = parts.some(
    (part) => part['additionalProperties'] === false && part['patternProperties'] === undefined,
  )
  const names = new Map<string, string>()
  for (const wanted of known) {
    if (Object.hasOwn(given, wanted) || !(isClosed || required.has(wanted))) continue
    const [only, ...others] = unknown.filter((name) => spelling(name) === spelling(wanted))
    if (only !== undefined && others.length === 0 && !names.has(only)) names.set(only, wanted)
  }
  return names.size === 0
    ? given
    : Object.fromEntries(Object.entries(given).map(([name, value]) => [names.get(name) ?? name, value]))
}

function spelling(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, '')
}

function propertySchemas(parts: readonly JsonObject[], name: string): Schema[] {
  return parts.flatMap((part) => {
    const own = propertySchema(part, name)
    if (own !== undefined) return [own]
    const others = part['additionalProperties'] as Schema | undefined
    return others === undefined || part['patternProperties'] !== undefined ? [] : [others]
  })
}

function itemSchemas(part: JsonObject, index: number): Schema[] {
  const first = schemaList(part['prefixItems'])
  const schema = index < first.length ? first[index] : (part['items'] as Schema | undefined)
  return schema === undefined ? [] : [schema]
}

/** A copy with other values; undefined leaves a name out. */
function changed(given: Record<string, unknown>, made: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const all = { ...given }
  for (const [name, value] of made) {
    if (value === undefined) delete all[name]
    else all[name] = value
  }
  return all
}

/** The types that all parts allow; undefined when none says. */
function wantedTypes(parts: readonly JsonObject[]): ReadonlySet<string> | undefined {
  let wanted: ReadonlySet<string> | undefined
  for (const part of parts) {
    const types = typesOf(part) ?? typesOfValues(part)
    if (types !== undefined) wanted = wanted === undefined ? new Set(types) : common(wanted, new Set(types))
  }
  return wanted
}

function isTextAlone(types: ReadonlySet<string>): boolean {
  return types.has('string') && [...types].every((type) => type === 'string' || type === 'null')
}

function typesOfValues(part: JsonObject): readonly string[] | undefined {
  if (part['const'] !== undefined) return [typeOf(part['const'])]
  return part['enum'] === undefined ? undefined : listOf(part['enum']).map(typeOf)
}

function common(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  const has = (types: ReadonlySet<string>, type: string): boolean =>
    types.has(type) || (type === 'integer' && types.has('number'))
  return new Set([...one, ...other].filter((type) => has(one, type) && has(other, type)))
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function isScalar(value: unknown): value is number | bigint | boolean {
  return (
    typeof value === 'bigint' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  )
}

/** Value of one of the types that a text writes; undefined when it writes none of them, or more than one. */
function fromText(text: string, types: ReadonlySet<string>): unknown {
  const bare = text.trim()
  const number = types.has('number') || types.has('integer') ? numberIn(bare, types.has('number')) : undefined
  if (number !== undefined) return number
  if (types.has('boolean') && /^(?:true|false)$/i.test(bare)) return bare.toLowerCase() === 'true'
  if (types.has('null') && bare === 'null') return null
  const inner = types.has('object') || types.has('array') ? dataIn(bare) : undefined
  return (isRecord(inner) && types.has('object')) || (Array.isArray(inner) && types.has('array')) ? inner : undefined
}

function restored(value: unknown, types: ReadonlySet<string>): unknown {
  const made = typeof value === 'string' ? fromText(value, types) : undefined
  return typeof made === 'bigint' ? made : value
}

const WHOLE = /^[+-]?\d{1,1000}(?:\.0*)?$/
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A number, or a bigint where a number would be another one. */
function numberIn(text: string, mayHaveFraction: boolean): number | bigint | undefined {
  if (!NUMBER.test(text)) return undefined
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  if (WHOLE.test(text)) return BigInt(text.replace(/^\+|\.0*$/g, ''))
  return mayHaveFraction && Number.isFinite(number) ? number : undefined
}

function dataIn(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}
