import type { JsonObject, JsonValue } from '../internal/json.ts'
import { isRecord } from '../internal/json.ts'
import { cleanText, clip, cutText, modelText } from '../internal/text.ts'
import { modernise } from './dialect.ts'
import { breakLoops } from './expansion.ts'
import { assignKeys } from './names.ts'
import { createReferenceFinder, nameOfTarget, type ReferenceTarget } from './references.ts'
import { relaxSchema } from './relax.ts'
import { SchemaBudget, UnusableSchema } from './schema-budget.ts'
import type { Schema } from './subschemas.ts'
import { HOLDERS } from './subschemas.ts'

export interface ScreenedSchema {
  /** In the one dialect described at {@link screenSchema}; `true` (allows everything) when the schema was unusable. */
  readonly schema: JsonObject | true
  /** What was dropped or repaired, for people; at most 6 lines. */
  readonly problems: readonly string[]
}

const MAX_PROBLEMS = 5
const MAX_DESCRIPTION_CHARS = 4_000
const MAX_PATTERN_CHARS = 1_000
const TYPES: ReadonlySet<unknown> = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'])

/**
 * Makes a JSON Schema of unknown origin harmless and uniform. Never throws.
 *
 * The result is bounded in depth (48 schemas), size (20,000 values, 1 MiB of text), properties of one object (2,000)
 * and in what its references unfold to; beyond that it is `true`. Its dialect is a subset of 2020-12: older drafts and
 * OpenAPI's `nullable` are rewritten, `$ref` is `#` or `#/$defs/<identifier>` with `$defs` at the root only, references
 * that leave the document or only lead back to themselves are dropped, as are invalid and unknown keywords.
 * Descriptions are cleaned. Screening a screened schema changes nothing.
 */
export function screenSchema(raw: unknown): ScreenedSchema {
  if (raw === true) return { schema: true, problems: [] }
  if (!isRecord(raw)) return { schema: true, problems: [`is ${kindOf(raw)}, not an object`] }
  const screen = new Screen(raw)
  try {
    return { schema: screen.run(), problems: screen.problems }
  } catch (thrown) {
    if (thrown instanceof UnusableSchema) return { schema: true, problems: [thrown.message] }
    throw thrown
  }
}

/**
 * What of a schema is safe and useful to validate with: screened, and without `pattern`, `patternProperties`,
 * `uniqueItems` and `format`, whose cost a hostile schema decides. Accepts whatever the schema accepts, and more.
 */
export function validationSchema(schema: JsonObject | true): JsonObject | true {
  return relaxSchema(screenSchema(schema).schema)
}

/** One screening: what was met so far. */
class Screen {
  readonly problems: string[] = []
  readonly #root: Readonly<Record<string, unknown>>
  readonly #find: (reference: string) => ReferenceTarget | undefined
  readonly #budget = new SchemaBudget()
  /** Reference targets by pointer, in the order in which they were met. */
  readonly #targets = new Map<string, unknown>()
  #unreported = 0

  constructor(root: Readonly<Record<string, unknown>>) {
    this.#root = root
    this.#find = createReferenceFinder(root)
  }

  run(): JsonObject | true {
    if (hasBadType(modernise(this.#root))) throw new UnusableSchema(badType(this.#root['type']))
    const root = this.object(this.#root, '#', 0)
    const bodies = new Map<string, Schema>()
    for (const [pointer, target] of this.#targets) bodies.set(pointer, this.schema(target, pointer, 0))
    const joined = bodies.size === 0 ? root : this.#withDefinitions(root, bodies)
    for (const where of breakLoops(joined)) this.report(where, '"$ref" only leads back to itself; dropped')
    if (this.#unreported > 0) this.problems.push(`and ${this.#unreported} more`)
    return Object.keys(joined).length === 0 ? true : joined
  }

  schema(raw: unknown, at: string, depth: number): Schema {
    if (typeof raw === 'boolean') return raw
    if (isRecord(raw)) return this.object(raw, at, depth)
    this.report(at, `is ${kindOf(raw)}, not a schema; allows everything instead`)
    return true
  }

  object(raw: Readonly<Record<string, unknown>>, at: string, depth: number): Record<string, JsonValue> {
    this.#budget.level(depth)
    const schema: Record<string, JsonValue> = {}
    for (const [keyword, value] of Object.entries(modernise(raw))) {
      this.#budget.value(typeof value === 'string' ? value.length : 0)
      const clean = this.#keyword(keyword, value, at, depth)
      if (clean !== undefined) schema[keyword] = clean
    }
    return schema
  }

  report(at: string, what: string): void {
    if (this.problems.length >= MAX_PROBLEMS) this.#unreported += 1
    else this.problems.push(`${clip(cleanText(cutText(at, 400)), 160)}: ${what}`)
  }

  #keyword(keyword: string, value: unknown, at: string, depth: number): JsonValue | undefined {
    if (value === undefined || keyword === '$defs') return undefined
    if (keyword === '$ref') return this.#reference(value, at)
    if (HOLDERS.has(keyword)) return this.#holder(keyword, value, `${at}/${keyword}`, depth)
    const read = READERS.get(keyword)
    if (read === undefined) return undefined
    const clean = read(value, this.#budget)
    const isOfParent = keyword === 'required' && typeof value === 'boolean'
    if (clean === undefined && !isOfParent && !SILENT.has(keyword)) this.report(at, reasonFor(keyword, value))
    return clean
  }

  #holder(keyword: string, value: unknown, at: string, depth: number): JsonValue | undefined {
    switch (HOLDERS.get(keyword)) {
      case 'list':
        return this.#list(value, at, depth)
      case 'map':
        return this.#map(value, at, depth)
      default:
        if (typeof value === 'boolean' || isRecord(value)) return this.schema(value, at, depth + 1)
        this.report(at, `is ${kindOf(value)}, not a schema; dropped`)
        return undefined
    }
  }

  #list(value: unknown, at: string, depth: number): JsonValue | undefined {
    if (Array.isArray(value)) {
      return value.length === 0
        ? undefined
        : value.map((inner, index) => this.schema(inner, `${at}/${index}`, depth + 1))
    }
    this.report(at, `is ${kindOf(value)}, not a list of schemas; dropped`)
    return undefined
  }

  #map(value: unknown, at: string, depth: number): JsonValue | undefined {
    if (!isRecord(value)) {
      this.report(at, `is ${kindOf(value)}, not an object of schemas; dropped`)
      return undefined
    }
    const entries = Object.entries(value)
    this.#budget.properties(entries.length)
    const clean: Record<string, Schema> = {}
    for (const [name, inner] of entries) {
      this.#budget.value(name.length)
      if (name === '__proto__') this.report(at, 'property "__proto__" dropped')
      else clean[name] = this.schema(inner, `${at}/${name}`, depth + 1)
    }
    return clean
  }

  #reference(value: unknown, at: string): string | undefined {
    this.#budget.reference()
    const target = typeof value === 'string' ? this.#find(value) : undefined
    if (target === undefined) {
      this.report(at, `"$ref" ${shown(value)} leads to nothing in this schema; allows everything instead`)
      return undefined
    }
    if (target.pointer === '#') return '#'
    this.#targets.set(target.pointer, target.value)
    return target.pointer
  }

  /** Hangs the reference targets under `$defs` and points the references there. */
  #withDefinitions(root: Record<string, JsonValue>, bodies: ReadonlyMap<string, Schema>): Record<string, JsonValue> {
    const names = assignNames(bodies.keys())
    const redirect = (schema: Schema): void => redirectReferences(schema, names)
    redirect(root)
    const definitions: Record<string, Schema> = {}
    for (const [pointer, body] of bodies) {
      redirect(body)
      definitions[names.get(pointer) ?? pointer] = body
    }
    return { ...root, $defs: definitions }
  }
}

/** Pointer → name under `$defs`. */
function assignNames(pointers: Iterable<string>): Map<string, string> {
  const names = new Map<string, string>()
  const taken = new Map<string, number>()
  for (const pointer of pointers) {
    const base = nameOfTarget(pointer)
    const count = (taken.get(base) ?? 0) + 1
    taken.set(base, count)
    names.set(pointer, count === 1 ? base : `${base} ${count}`)
  }
  const keys = assignKeys(names.values())
  return new Map([...names].map(([pointer, name]) => [pointer, keys.get(name) ?? name]))
}

function redirectReferences(schema: Schema, names: ReadonlyMap<string, string>): void {
  const open: JsonValue[] = [schema]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue
    for (const [keyword, inner] of Object.entries(value as Record<string, JsonValue>)) {
      const holder = HOLDERS.get(keyword)
      if (keyword === '$ref' && typeof inner === 'string' && inner !== '#') {
        const target = value as Record<string, JsonValue>
        target['$ref'] = `#/$defs/${names.get(inner) ?? ''}`
      } else if (holder === 'one') open.push(inner)
      else if (holder !== undefined) open.push(...Object.values(inner as JsonObject))
    }
  }
}

type Reader = (value: unknown, budget: SchemaBudget) => JsonValue | undefined

const asCount: Reader = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
const asNumber: Reader = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)
const asFlag: Reader = (value) => (typeof value === 'boolean' ? value : undefined)
const asJson: Reader = (value, budget) => budget.json(value)

/** Keywords without schemas inside: answers the value, cleaned, or undefined when it is invalid. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['const', asJson],
  ['default', asJson],
  ['dependentRequired', asNameLists],
  ['deprecated', asFlag],
  ['description', (value) => (typeof value === 'string' ? cleanDescription(value) : undefined)],
  ['enum', (value, budget) => (Array.isArray(value) && value.length > 0 ? budget.json(value) : undefined)],
  ['exclusiveMaximum', asNumber],
  ['exclusiveMinimum', asNumber],
  ['format', (value) => (typeof value === 'string' && value.length <= 100 ? value : undefined)],
  ['maxContains', asCount],
  ['maxItems', asCount],
  ['maxLength', asCount],
  ['maxProperties', asCount],
  ['maximum', asNumber],
  ['minContains', asCount],
  ['minItems', asCount],
  ['minLength', asCount],
  ['minProperties', asCount],
  ['minimum', asNumber],
  ['multipleOf', (value) => (typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined)],
  ['pattern', (value) => (typeof value === 'string' && value.length <= MAX_PATTERN_CHARS ? value : undefined)],
  ['required', asNames],
  ['type', asType],
  ['uniqueItems', asFlag],
])

/** Keywords that may vanish without a word: they do not decide what is valid. */
const SILENT: ReadonlySet<string> = new Set(['default', 'deprecated', 'description', 'format', 'pattern'])

function asType(value: unknown): JsonValue | undefined {
  if (TYPES.has(value)) return value as string
  if (!Array.isArray(value) || value.length === 0 || !value.every((type) => TYPES.has(type))) return undefined
  const types = [...new Set(value as string[])]
  return types.length === 1 ? types[0] : types
}

function asNames(value: unknown, budget: SchemaBudget): JsonValue | undefined {
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) return undefined
  budget.properties(value.length)
  return [...new Set(value)].filter((name) => name !== '__proto__')
}

function asNameLists(value: unknown, budget: SchemaBudget): JsonValue | undefined {
  if (!isRecord(value)) return undefined
  budget.properties(Object.keys(value).length)
  const lists = Object.entries(value).map(([name, names]) => [name, asNames(names, budget)] as const)
  const usable = lists.filter(([name, names]) => names !== undefined && name !== '__proto__')
  return Object.fromEntries(usable) as JsonObject
}

function cleanDescription(text: string): string {
  return clip(cleanText(cutText(text, MAX_DESCRIPTION_CHARS * 2)), MAX_DESCRIPTION_CHARS)
}

function hasBadType(raw: Readonly<Record<string, unknown>>): boolean {
  return raw['type'] !== undefined && raw['type'] !== 'any' && asType(raw['type']) === undefined
}

function badType(value: unknown): string {
  return `type ${shown(value)} is no JSON Schema type`
}

function reasonFor(keyword: string, value: unknown): string {
  return keyword === 'type' ? `${badType(value)}; dropped` : `"${keyword}" is invalid (${shown(value)}); dropped`
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return kindOf(value)
  return modelText(typeof value === 'string' ? `"${cutText(value, 200)}"` : String(value), 60)
}
