import type { JsonObject, JsonValue } from '../internal/json.ts'
import { IN_PLACE, listOf, mapSubschemas, resolveRef, type Schema, schemaList, schemaMap } from './subschemas.ts'

/**
 * A screened schema without each `additionalProperties` that refuses what a schema beside it names: by the letter nothing
 * could match both, and no server that offers such a tool means that. Accepts whatever the schema accepts, and more.
 */
export function openParts(root: JsonObject): JsonObject {
  if (!JSON.stringify(root).includes('"additionalProperties"')) return root
  const opening = new Opening(root)
  let opened = opening.run()
  // A definition may turn out to stand beside others only where another definition refers to it.
  for (let round = 0; opening.hasLearned && round < MAX_ROUNDS; round++) opened = opening.run()
  return opening.changes === 0 ? root : withoutExactlyOne(opened)
}

const MAX_ROUNDS = 20
const MAX_IN_PLACE = 32
/** Keywords that negate: a schema below them that accepts more makes the whole refuse more. */
const NEGATING: ReadonlySet<string> = new Set(['not', 'if', 'contains'])
type Names = ReadonlySet<string>
const NONE: Names = new Set()

class Opening {
  hasLearned = false
  changes = 0
  readonly #root: JsonObject
  /** Names that stand beside each definition, somewhere. */
  readonly #beside = new Map<string, Set<string>>()

  constructor(root: JsonObject) {
    this.#root = root
  }

  run(): JsonObject {
    this.hasLearned = false
    this.changes = 0
    const { $defs, ...own } = this.#open(this.#root, NONE)
    if ($defs === undefined) return own
    const defs = Object.entries(schemaMap(this.#root['$defs'])).map(
      ([name, schema]) => [name, this.#opened(schema, this.#beside.get(name) ?? NONE)] as const,
    )
    return { ...own, $defs: Object.fromEntries(defs) }
  }

  #opened(schema: Schema, outside: Names): Schema {
    return typeof schema === 'boolean' ? schema : this.#open(schema, outside)
  }

  /** `outside`: what schemas beside this one name. */
  #open(schema: JsonObject, outside: Names): JsonObject {
    const own = Object.keys(schemaMap(schema['properties']))
    const groups = inPlace(schema)
    const named = groups.map((group) => this.#namesIn(group))
    const meant = this.#namesIn(typeof schema['$ref'] === 'string' ? [{ $ref: schema['$ref'] }] : [])
    const all = new Set([...outside, ...meant, ...named.flatMap((names) => [...names])])
    const isShut = isClosed(schema) && [...all].some((name) => !own.includes(name))
    const { additionalProperties: _shut, ...open } = schema
    if (isShut) this.changes++
    const others = (group: number): Names => {
      const inner = named.flatMap((names, index) => (index === group ? [] : [...names]))
      return new Set([...outside, ...own, ...inner, ...(group < 0 ? [] : meant)])
    }
    if (typeof schema['$ref'] === 'string') this.#learn(schema['$ref'], others(-1))
    return mapSubschemas(isShut ? open : schema, (inner, keyword) => {
      // Definitions are opened on their own.
      if (NEGATING.has(keyword) || keyword === '$defs') return inner
      if (!IN_PLACE.has(keyword)) return this.#opened(inner, NONE)
      return this.#opened(inner, others(groups.findIndex((members) => members.includes(inner))))
    })
  }

  #learn(reference: string, names: Names): void {
    const name = reference.slice('#/$defs/'.length)
    const known = this.#beside.get(name) ?? new Set()
    this.#beside.set(name, known)
    for (const beside of names) {
      if (known.has(beside)) continue
      known.add(beside)
      this.hasLearned = true
    }
  }

  #namesIn(schemas: readonly Schema[], seen = new Set<string>(), depth = 0): Names {
    const names = new Set<string>()
    for (const schema of schemas) {
      if (typeof schema === 'boolean' || depth > MAX_IN_PLACE) continue
      for (const name of Object.keys(schemaMap(schema['properties']))) names.add(name)
      const inner = [...inPlace(schema).flat(), ...this.#meant(schema['$ref'], seen)]
      for (const name of this.#namesIn(inner, seen, depth + 1)) names.add(name)
    }
    return names
  }

  /** Schemas that a reference leads to, each once: definitions may refer to each other in a circle. */
  #meant(reference: JsonValue | undefined, seen: Set<string>): readonly Schema[] {
    if (typeof reference !== 'string' || seen.has(reference)) return []
    seen.add(reference)
    return [resolveRef(this.#root, reference)]
  }
}

/** Schemas that apply to the same value: each of `allOf`, and alternatives together, since one of them is enough. */
function inPlace(schema: JsonObject): readonly (readonly Schema[])[] {
  const alternatives = ['anyOf', 'oneOf'].map((keyword) => schemaList(schema[keyword]))
  const conditions = ['then', 'else'].flatMap((keyword) => (schema[keyword] === undefined ? [] : [schema[keyword]]))
  const groups = [...schemaList(schema['allOf']).map((part) => [part]), ...alternatives, conditions as Schema[]]
  return groups.filter((group) => group.length > 0)
}

function isClosed({ additionalProperties, patternProperties }: JsonObject): boolean {
  return additionalProperties !== undefined && additionalProperties !== true && patternProperties === undefined
}

/** Alternatives that were opened may match together. */
function withoutExactlyOne(schema: JsonObject): JsonObject {
  const copy = mapSubschemas(schema, (inner, keyword) =>
    typeof inner === 'boolean' || NEGATING.has(keyword) ? inner : withoutExactlyOne(inner),
  )
  const { oneOf, ...rest } = copy
  return oneOf === undefined ? copy : { ...rest, allOf: [...listOf(rest['allOf']), { anyOf: oneOf }] }
}
