import type { JsonObject, JsonValue } from '../internal/json.ts'
import { UnusableSchema } from './schema-budget.ts'
import type { Schema } from './subschemas.ts'
import { IN_PLACE, resolveRef, subschemas } from './subschemas.ts'

/** How many schemas may apply to one value once references are followed. */
const MAX_EXPANSION = 5_000
/** References in a row without descending into the value. */
const MAX_CHAIN = 400

/**
 * Removes each reference of a screened schema that leads back to itself without descending into the value: nothing can
 * say whether a value matches it. Answers where. Throws `UnusableSchema` when the references that apply to one value
 * unfold to more than 5,000 schemas.
 */
export function breakLoops(root: Record<string, JsonValue>): readonly string[] {
  if (root['$defs'] === undefined && !refersToRoot(root)) return []
  const search = new Search(root)
  search.visit(root, '#')
  return search.broken
}

function refersToRoot(schema: Schema): boolean {
  if (typeof schema === 'boolean') return false
  if (schema['$ref'] === '#') return true
  for (const [, inner] of subschemas(schema)) if (refersToRoot(inner)) return true
  return false
}

class Search {
  readonly broken: string[] = []
  readonly #root: Record<string, JsonValue>
  readonly #sizes = new Map<Schema, number>()
  readonly #open = new Set<Schema>()

  constructor(root: Record<string, JsonValue>) {
    this.#root = root
  }

  /** Visits everything inside; descending into the value opens a new chain. */
  visit(schema: Schema, at: string): void {
    if (typeof schema === 'boolean') return
    this.#size(schema, at)
    for (const [keyword, inner] of subschemas(schema)) this.visit(inner, `${at}/${keyword}`)
  }

  /** Number of schemas that apply to one value. */
  #size(schema: Schema, at: string): number {
    if (typeof schema === 'boolean') return 1
    const known = this.#sizes.get(schema)
    if (known !== undefined) return known
    this.#open.add(schema)
    if (this.#open.size > MAX_CHAIN) throw new UnusableSchema(`chains more than ${MAX_CHAIN} references for one value`)
    let size = 1 + this.#referenceSize(schema, at)
    for (const [keyword, inner] of subschemas(schema)) {
      if (IN_PLACE.has(keyword)) size += this.#size(inner, `${at}/${keyword}`)
    }
    this.#open.delete(schema)
    if (size > MAX_EXPANSION) throw new UnusableSchema(`unfolds to more than ${MAX_EXPANSION} schemas for one value`)
    this.#sizes.set(schema, size)
    return size
  }

  #referenceSize(schema: JsonObject, at: string): number {
    const reference = schema['$ref']
    if (typeof reference !== 'string') return 0
    const target = resolveRef(this.#root, reference)
    if (!this.#open.has(target)) return this.#size(target, reference)
    // Screening made this object: nobody else holds it yet.
    delete (schema as Record<string, JsonValue>)['$ref']
    this.broken.push(at)
    return 0
  }
}
