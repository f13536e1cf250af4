import { isDeepStrictEqual } from 'node:util'
import { nameList, resolveRef, type Schema, schemaList, schemaMap, typesOf, listOf } from '../../catalog/subschemas.ts'
import type { JsonObject, JsonValue } from '../../internal/json.ts'

/** A schema with what its references and its `allOf` say beside it. */
export interface Joined {
  /** Without `$ref`, `allOf`, `const` and alternatives. */
  readonly keywords: JsonObject
  /** One of each group applies. */
  readonly groups: readonly (readonly Schema[])[]
  /** References that were followed. */
  readonly references: ReadonlySet<string>
  /** True where no value fits. */
  readonly isNever: boolean
}

/** Thrown where a schema is larger than what may be shown. */
export class TooLarge extends Error {}

const MAX_STEPS = 40_000
const MAX_IN_PLACE = 40
const NOTHING: Joined = { keywords: {}, groups: [], references: new Set(), isNever: false }

/** Joins the schemas that apply to one value. Throws {@link TooLarge} after a bounded number of steps. */
export class Joiner {
  readonly #root: JsonObject
  #steps = 0

  constructor(root: JsonObject) {
    this.#root = root
  }

  join(schema: Schema, depth = 0): Joined {
    if (++this.#steps > MAX_STEPS || depth > MAX_IN_PLACE) throw new TooLarge()
    if (schema === true) return NOTHING
    if (schema === false) return { ...NOTHING, isNever: true }
    const { $ref, allOf, anyOf, oneOf, $defs: _definitions, ...own } = schema
    const groups = [anyOf, oneOf].map(schemaList).filter((group) => group.length > 0)
    let all: Joined = { ...NOTHING, keywords: withoutConst(own), groups }
    if (typeof $ref === 'string') {
      const meant = this.join(resolveRef(this.#root, $ref), depth + 1)
      all = both(all, { ...meant, references: new Set([...meant.references, $ref]) })
    }
    for (const part of schemaList(allOf)) all = both(all, this.join(part, depth + 1))
    return all
  }
}

/** What two schemas of one value say together. */
export function both(one: Joined, other: Joined): Joined {
  return {
    keywords: together(one.keywords, other.keywords),
    groups: [...one.groups, ...other.groups],
    references: new Set([...one.references, ...other.references]),
    isNever: one.isNever || other.isNever,
  }
}

function withoutConst(schema: JsonObject): JsonObject {
  const { const: only, ...rest } = schema
  return only === undefined ? schema : { ...rest, enum: [only] }
}

function together(one: JsonObject, other: JsonObject): JsonObject {
  const all: Record<string, JsonValue> = { ...other, ...one }
  for (const keyword of Object.keys(other)) {
    if (!(keyword in one)) continue
    const [a, b] = [one[keyword] ?? null, other[keyword] ?? null]
    const join = JOINS[keyword]
    if (join !== undefined && !isDeepStrictEqual(a, b)) all[keyword] = join(a, b)
  }
  return all
}

const JOINS: Readonly<Record<string, (a: JsonValue, b: JsonValue) => JsonValue>> = {
  type: (a, b) => commonTypes(a, b),
  enum: (a, b) => {
    const shared = listOf(a).filter((value) => listOf(b).some((one) => isDeepStrictEqual(one, value)))
    return shared.length === 0 ? a : shared
  },
  required: (a, b) => [...new Set([...nameList(a), ...nameList(b)])],
  properties: (a, b) => {
    const [mine, yours] = [schemaMap(a), schemaMap(b)]
    const shared = Object.keys(yours).map((name): [string, Schema] => {
      const [first, second] = [Object.hasOwn(mine, name) ? mine[name] : undefined, yours[name] ?? true]
      return [name, first === undefined || isDeepStrictEqual(first, second) ? second : { allOf: [first, second] }]
    })
    return { ...mine, ...Object.fromEntries(shared) }
  },
  items: (a, b) => ({ allOf: [a, b] }),
  description: (a, b) => (String(a).includes(String(b)) || String(a).length > 1_000 ? a : `${String(a)} ${String(b)}`),
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
}

function larger(a: JsonValue, b: JsonValue): JsonValue {
  return Math.max(Number(a), Number(b))
}

function smaller(a: JsonValue, b: JsonValue): JsonValue {
  return Math.min(Number(a), Number(b))
}

function commonTypes(a: JsonValue, b: JsonValue): JsonValue {
  const [mine, yours] = [typesOf({ type: a }) ?? [], typesOf({ type: b }) ?? []]
  const shared = mine.filter((type) => yours.includes(type) || (type === 'integer' && yours.includes('number')))
  const narrower = yours.filter((type) => type === 'integer' && mine.includes('number'))
  const all = [...new Set([...shared, ...narrower])]
  return all.length === 0 ? a : all.length === 1 ? (all[0] ?? a) : all
}
