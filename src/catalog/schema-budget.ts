import type { JsonValue } from '../internal/json.ts'

const MAX_DEPTH = 48
const MAX_VALUES = 20_000
const MAX_CHARS = 1024 * 1024
const MAX_PROPERTIES = 2_000
const MAX_REFERENCES = 4_000
const MAX_JSON_DEPTH = 16

/** Thrown inside screening: the schema as a whole cannot be used. */
export class UnusableSchema extends Error {}

/** Counts what a schema holds and throws {@link UnusableSchema} beyond the limits. */
export class SchemaBudget {
  #values = 0
  #chars = 0
  #references = 0

  level(depth: number): void {
    if (depth > MAX_DEPTH) throw new UnusableSchema(`nests deeper than ${MAX_DEPTH} schemas`)
  }

  value(chars: number): void {
    this.#values += 1
    this.#chars += chars
    if (this.#values > MAX_VALUES) throw new UnusableSchema(`holds more than ${MAX_VALUES} values`)
    if (this.#chars > MAX_CHARS) throw new UnusableSchema(`holds more than ${MAX_CHARS} characters`)
  }

  properties(count: number): void {
    if (count > MAX_PROPERTIES)
      throw new UnusableSchema(`has an object of ${count} properties, more than ${MAX_PROPERTIES}`)
  }

  reference(): void {
    this.#references += 1
    if (this.#references > MAX_REFERENCES) throw new UnusableSchema(`holds more than ${MAX_REFERENCES} references`)
  }

  /** A copy of JSON data inside a schema (`const`, `enum`, `default`); undefined when it is not JSON or too deep. */
  json(value: unknown, depth = 0): JsonValue | undefined {
    this.value(typeof value === 'string' ? value.length : 0)
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    if (typeof value !== 'object' || depth >= MAX_JSON_DEPTH) return undefined
    return Array.isArray(value) ? this.#list(value, depth) : this.#object(value, depth)
  }

  #list(values: readonly unknown[], depth: number): JsonValue | undefined {
    const copies = values.map((value) => this.json(value, depth + 1))
    return copies.every((copy) => copy !== undefined) ? copies : undefined
  }

  #object(value: object, depth: number): JsonValue | undefined {
    const copies = Object.entries(value).map(([key, inner]) => [key, this.json(inner, depth + 1)] as const)
    if (copies.some(([key, copy]) => copy === undefined || key === '__proto__')) return undefined
    return Object.fromEntries(copies) as JsonValue
  }
}
