import type { JsonObject } from '../internal/json.ts'
import { screenSchema } from './schema.ts'
import type { Schema } from './subschemas.ts'
import { FULL_STYLE, TypeWriter } from './type-writer.ts'

export interface TypeScriptOptions {
  /** Levels of nested objects and lists; what lies deeper is `unknown`. @default 24 */
  readonly maxDepth?: number
  /** Characters of all text, roughly; what is beyond is `unknown`. @default 40000 */
  readonly maxChars?: number
  /** Begins the names of the declarations. @default 'Schema' */
  readonly name?: string
}

export interface TypeScriptType {
  /** A type expression; may span lines. Uses only the names declared below. */
  readonly type: string
  /** `type Name = …`, one for each schema that is recursive or used more than once. */
  readonly declarations: readonly string[]
  /** What of the schema was unusable. */
  readonly problems: readonly string[]
}

/**
 * The TypeScript type of the values that a JSON Schema accepts; wider where TypeScript has no words for it (`not`,
 * `if`, patterns, bounds). Understands draft-04 to 2020-12 and OpenAPI's `nullable`. Compiles under `strict`, whatever
 * the schema; never throws.
 *
 * @example toTypeScript({ type: 'object', properties: { a: { enum: ['x', null] } } }).type // "{\n  a?: 'x' | null\n}"
 */
export function toTypeScript(schema: unknown, options: TypeScriptOptions = {}): TypeScriptType {
  const screened = screenSchema(schema)
  const style = { ...FULL_STYLE, ...definedOf(options) }
  const writer = new TypeWriter(screened.schema, style, options.name ?? 'Schema')
  // In this order: writing the type collects the declarations.
  const type = schema === false ? 'never' : writer.write()
  return { type, declarations: writer.declarations, problems: screened.problems }
}

/**
 * A short type expression in one line for people and models: `…` stands for what was left out, so it may not compile.
 * `schema` is screened, or part of the screened schema `root`.
 */
export function toShortType(schema: Schema, maxDepth: number, root: JsonObject | true = rootOf(schema)): string {
  const style = { docs: false, cut: '…', maxDepth, maxChars: 400, maxEnum: 8 }
  return new TypeWriter(root, style, '').write('', schema)
}

function rootOf(schema: Schema): JsonObject | true {
  return typeof schema === 'boolean' ? true : schema
}

function definedOf(options: TypeScriptOptions): { maxDepth?: number; maxChars?: number } {
  const { maxDepth, maxChars } = options
  return { ...(maxDepth === undefined ? {} : { maxDepth }), ...(maxChars === undefined ? {} : { maxChars }) }
}
