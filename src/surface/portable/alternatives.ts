import { isDeepStrictEqual } from 'node:util'
import { listOf, nameList, type Schema, schemaMap, typesOf } from '../../catalog/subschemas.ts'
import type { JsonObject, JsonValue } from '../../internal/json.ts'
import { both, type Joined, type Joiner, TooLarge } from './joined.ts'
import { json, typeWords } from './words.ts'

/** One schema in place of alternatives: it takes whatever is most of one of them can say; words tell the rest. */
export interface Chosen {
  readonly keywords: JsonObject
  readonly words: readonly string[]
  /** True where null is one of the alternatives. */
  readonly takesNull: boolean
  readonly references: ReadonlySet<string>
  readonly isNever: boolean
}

const MAX_GROUPS = 40
const MAX_BRANCHES = 400
const MAX_NESTED = 8

/** Decides each group of alternatives of a joined schema, and those that the chosen ones bring. */
export function choose(given: Joined, joiner: Joiner, root: JsonObject): Chosen {
  let all = given
  let takesNull = false
  const words: string[] = []
  for (let count = 0; all.groups.length > 0; count++) {
    if (count > MAX_GROUPS) throw new TooLarge()
    const [group = [], ...others] = all.groups
    const rest = { ...all, groups: others }
    const branches = group.flatMap((branch) => spread(joiner.join(branch), joiner))
    if (branches.length > MAX_BRANCHES) throw new TooLarge()
    const real = distinct(branches.filter((branch) => !isNull(branch)))
    takesNull ||= real.length < branches.length && branches.some(isNull)
    const [only] = real
    if (only === undefined) all = rest
    else if (real.length === 1) all = both(rest, only)
    else {
      const one = ofSeveral(rest, real, group, root)
      words.push(...one.words)
      all = both(rest, one.joined)
    }
  }
  const types = typesOf(all.keywords) ?? []
  return {
    keywords: all.keywords,
    words,
    takesNull: takesNull || types.includes('null'),
    references: all.references,
    isNever: all.isNever,
  }
}

/** Alternatives of an alternative are alternatives; those that nothing fits are none. */
function spread(branch: Joined, joiner: Joiner, depth = 0): readonly Joined[] {
  if (branch.isNever) return []
  const [inner, ...others] = branch.groups
  if (inner === undefined || others.length > 0 || depth > MAX_NESTED || Object.keys(branch.keywords).length > 0)
    return [branch]
  return inner.flatMap((one) => {
    const joined = joiner.join(one)
    return spread({ ...joined, references: new Set([...branch.references, ...joined.references]) }, joiner, depth + 1)
  })
}

interface OfSeveral {
  readonly joined: Joined
  readonly words: readonly string[]
}

function ofSeveral(rest: Joined, branches: readonly Joined[], group: readonly Schema[], root: JsonObject): OfSeveral {
  const needs = requirements(branches)
  if (needs !== undefined) return { joined: nothing(branches), words: [needs] }
  if (branches.every(({ keywords }) => keywords['enum'] !== undefined)) return ofValues(branches)
  const kinds = branches.map(({ keywords, groups }) => kindOf({ ...rest.keywords, ...keywords }, groups))
  const areObjects = kinds.every((kind) => kind === 'object')
  // Properties of objects are shown as well: which of them belong together is enough.
  const words = [typeWords({ anyOf: group as JsonValue[] }, root, areObjects ? 1 : 2)]
  if (areObjects) return { joined: ofObjects(branches), words }
  const [kind = 'any'] = kinds
  if (kinds.every((one) => one === kind)) return { joined: ofAlike(branches, kind), words }
  const worths = branches.map((branch) => worth(branch, kinds))
  const best = branches[worths.indexOf(Math.max(...worths))] ?? nothing(branches)
  const { enum: _values, description: _words, ...keywords } = best.keywords
  return { joined: { ...best, keywords: withType(keywords, kindOf(best.keywords, best.groups)) }, words }
}

/** What alternatives ask for that name required properties and nothing else. */
function requirements(branches: readonly Joined[]): string | undefined {
  const isNeed = ({ keywords, groups }: Joined): boolean =>
    groups.length === 0 &&
    nameList(keywords['required']).length > 0 &&
    Object.keys(keywords).every((key) => key === 'required' || key === 'type' || key === 'not')
  if (!branches.every(isNeed)) return undefined
  return `needs ${branches.map(({ keywords }) => nameList(keywords['required']).join(' and ')).join(', or ')}`
}

function nothing(branches: readonly Joined[]): Joined {
  return { keywords: {}, groups: [], references: referencesOf(branches), isNever: false }
}

/** Constants and enumerations beside each other are one; each may say what it means. */
function ofValues(branches: readonly Joined[]): OfSeveral {
  const values = branches.flatMap(({ keywords }) => listOf(keywords['enum']))
  const words = branches.flatMap(({ keywords }) => {
    const { description, enum: own } = keywords
    return typeof description === 'string' ? [`${listOf(own).map(json).join(', ')}: ${description}`] : []
  })
  return { joined: { ...nothing(branches), keywords: { enum: unique(values) } }, words }
}

/** All properties of all of them, required where all require them. */
function ofObjects(branches: readonly Joined[]): Joined {
  const byName = new Map<string, Schema[]>()
  for (const { keywords } of branches)
    for (const [name, schema] of Object.entries(schemaMap(keywords['properties']))) {
      const known = byName.get(name) ?? []
      if (!known.some((one) => isDeepStrictEqual(one, schema))) known.push(schema)
      byName.set(name, known)
    }
  const properties = [...byName].map(([name, known]): [string, Schema] => [
    name,
    known.length === 1 ? (known[0] ?? true) : { anyOf: known },
  ])
  const [first, ...others] = branches.map(({ keywords }) => nameList(keywords['required']))
  const required = (first ?? []).filter((name) => others.every((names) => names.includes(name)))
  const groups = branches.flatMap(({ groups: inner }) => inner)
  return {
    ...nothing(branches),
    keywords: {
      type: 'object',
      ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
      ...(required.length === 0 ? {} : { required }),
    },
    groups,
  }
}

/** Of one type: its type, and the items of all. */
function ofAlike(branches: readonly Joined[], kind: string): Joined {
  const items = unique(branches.flatMap(({ keywords }) => (keywords['items'] === undefined ? [] : [keywords['items']])))
  return {
    ...nothing(branches),
    keywords: withType(
      items.length === 0 ? {} : { items: items.length === 1 ? (items[0] ?? true) : { anyOf: items } },
      kind,
    ),
  }
}

/**
 * What can say more of the others is worth more: an object has its properties, a list stands for one item as well, a text for
 * any value in words.
 */
function worth({ keywords, groups }: Joined, kinds: readonly string[]): number {
  switch (kindOf(keywords, groups)) {
    case 'object':
      return Object.keys(schemaMap(keywords['properties'])).length === 0 ? 2 : 5
    case 'array':
      return kinds.every((kind) => kind === 'array' || kind === 'object' || kind === itemKind(keywords)) ? 4 : 2
    case 'string':
      return 3
    case 'number':
    case 'integer':
      return 1
    default:
      return 0
  }
}

/** The type of a list's items. */
export function itemKind({ items }: JsonObject): string {
  return typeof items === 'object' && items !== null ? kindOf(items as JsonObject) : 'any'
}

/** The type of a schema, or what its keywords are about. */
export function kindOf(keywords: JsonObject, groups: Joined['groups'] = []): string {
  const types = (typesOf(keywords) ?? []).filter((type) => type !== 'null')
  const [only, ...others] = types
  if (only !== undefined && others.length === 0) return only
  if (only !== undefined) return bestOf(types, keywords)
  const all = listOf(keywords['enum'])
  const values = all.filter((value) => value !== null)
  if (all.length > 0 && values.length === 0) return 'null'
  if (values.length > 0) return values.map(typeOfValue).reduce((one, other) => (one === other ? one : 'string'))
  const about = ABOUT.find(([, keys]) => keys.some((key) => keywords[key] !== undefined))
  if (about !== undefined) return about[0]
  const [group] = groups
  return group !== undefined && group.every((branch) => typeof branch === 'object' && kindOf(branch) === 'object')
    ? 'object'
    : 'any'
}

const ABOUT = [
  ['object', ['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames', 'minProperties']],
  ['array', ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains']],
  ['string', ['minLength', 'maxLength', 'pattern', 'format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
] as const

/** Of several types the one whose values stand for most of the others'. */
function bestOf(types: readonly string[], keywords: JsonObject): string {
  if (types.every((type) => type === 'number' || type === 'integer')) return 'number'
  if (types.includes('object') && Object.keys(schemaMap(keywords['properties'])).length > 0) return 'object'
  if (types.includes('array') && types.every((type) => type === 'array' || type === itemKind(keywords))) return 'array'
  return ['string', 'array', 'object', 'number'].find((type) => types.includes(type)) ?? types[0] ?? 'string'
}

function typeOfValue(value: JsonValue): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'object') return 'object'
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value
}

function isNull({ keywords, groups }: Joined): boolean {
  const values = listOf(keywords['enum'])
  const types = typesOf(keywords)
  return (
    groups.length === 0 &&
    ((types !== undefined && types.every((type) => type === 'null')) ||
      (values.length > 0 && values.every((value) => value === null)))
  )
}

function distinct(branches: readonly Joined[]): readonly Joined[] {
  const seen = new Set<string>()
  return branches.filter((branch) => {
    const text = JSON.stringify([branch.keywords, branch.groups])
    return !seen.has(text) && seen.add(text)
  })
}

function unique(values: readonly JsonValue[]): JsonValue[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

function referencesOf(branches: readonly Joined[]): ReadonlySet<string> {
  return new Set(branches.flatMap(({ references }) => [...references]))
}

function withType(keywords: JsonObject, kind: string): JsonObject {
  return kind === 'any' ? keywords : { ...keywords, type: kind }
}
