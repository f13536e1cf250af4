import type { JsonObject, JsonValue } from '../internal/json.ts'
import { docComment, literalType, propertyName } from './literals.ts'
import { toIdentifier } from './names.ts'
import type { Schema } from './subschemas.ts'
import {
  listOf,
  nameList,
  propertySchema,
  resolveRef,
  schemaList,
  schemaMap,
  subschemas,
  typesOf,
} from './subschemas.ts'
import type { TypeText } from './type-text.ts'
import { arrayOf, atom, intersect, NEVER, text, unite, UNKNOWN } from './type-text.ts'

/** How types are written. */
export interface TypeStyle {
  /** True: a property a line, with JSDoc, and named declarations; false: all in one line. */
  readonly docs: boolean
  /** Stands for what is beyond the limits: `unknown`, or `…` where the text is only for reading. */
  readonly cut: string
  /** Levels of nested objects and lists. */
  readonly maxDepth: number
  /** Characters of all text written; overrun by at most one enumeration. */
  readonly maxChars: number
  /** Values of one enumeration; more are `cut`, or the wider type in a style that compiles. */
  readonly maxEnum: number
}

export const FULL_STYLE: TypeStyle = { docs: true, cut: 'unknown', maxDepth: 24, maxChars: 40_000, maxEnum: 200 }

const MAX_NAME_CHARS = 200
const MAX_TUPLE = 32
/** Schemas open at the same time, references included: keeps the call stack small. */
const MAX_NESTING = 300
/** A type used more than once gets a name when its text is longer. */
const INLINE_CHARS = 60
/** What a short type is reckoned to cost. */
const TYPE_CHARS = 8

/** Writes the type of one screened schema. */
export class TypeWriter {
  /** `type Name = …`; complete once {@link TypeWriter.write} has returned. */
  readonly declarations: string[] = []
  readonly #root: JsonObject | true
  readonly #style: TypeStyle
  readonly #prefix: string
  readonly #taken: Set<string>
  /** Reference → type that stands for it from now on. */
  readonly #named = new Map<string, TypeText>()
  readonly #open = new Set<string>()
  readonly #uses: ReadonlyMap<string, number>
  #charsLeft: number
  #nesting = 0

  constructor(root: JsonObject | true, style: TypeStyle, prefix: string, taken: Set<string> = new Set()) {
    this.#root = root
    this.#style = style
    this.#prefix = prefix
    this.#taken = taken
    this.#charsLeft = style.maxChars
    this.#uses = style.docs ? countReferences(root) : new Map()
  }

  /** The type of the root, or of a schema inside it. */
  write(indent = '', schema: Schema = this.#root): string {
    const isRoot = schema === this.#root
    if (isRoot && !this.#style.docs) this.#open.add('#')
    const isNamed = isRoot && this.#uses.has('#')
    return isNamed ? this.#reference('#', 0, indent).text : this.#type(schema, 0, indent).text
  }

  #type(schema: Schema, depth: number, indent: string): TypeText {
    if (schema === true) return UNKNOWN
    if (schema === false) return NEVER
    if (this.#charsLeft <= 0 || this.#nesting >= MAX_NESTING) return this.#cut()
    this.#nesting += 1
    const type = this.#whole(schema, depth, indent)
    this.#nesting -= 1
    return type
  }

  #whole(schema: JsonObject, depth: number, indent: string): TypeText {
    const own = this.#own(schema, depth, indent)
    const parts = [own, ...schemaList(schema['allOf']).map((inner) => this.#type(inner, depth, indent))]
    for (const keyword of ['anyOf', 'oneOf']) {
      if (schema[keyword] === undefined) continue
      const branches = schemaList(schema[keyword]).map((inner) => this.#branch(inner, schema, depth, indent))
      parts.push(unite(branches))
    }
    return intersect(parts)
  }

  /** A branch of `anyOf` says only what it adds: the types that its parent names go for it too. */
  #branch(inner: Schema, parent: JsonObject, depth: number, indent: string): TypeText {
    if (typeof inner === 'boolean' || inner['type'] !== undefined || parent['type'] === undefined) {
      return this.#type(inner, depth, indent)
    }
    const isPlain = Object.keys(inner).every(
      (keyword) => !['$ref', 'enum', 'const', 'anyOf', 'oneOf', 'allOf'].includes(keyword),
    )
    const addsShape =
      inner['properties'] !== undefined || inner['required'] !== undefined || inner['items'] !== undefined
    return isPlain && !addsShape ? UNKNOWN : this.#type(inner, depth, indent)
  }

  #own(schema: JsonObject, depth: number, indent: string): TypeText {
    if (typeof schema['$ref'] === 'string') {
      const { $ref: reference, ...rest } = schema
      return intersect([this.#reference(reference, depth, indent), this.#own(rest, depth, indent)])
    }
    if (schema['const'] !== undefined) return this.#values([schema['const']])
    if (schema['enum'] !== undefined) return this.#values(enumValues(schema))
    const types = typesOf(schema) ?? impliedTypes(schema)
    if (types === undefined) return UNKNOWN
    return unite(types.map((type) => this.#ofType(type, schema, depth, indent)))
  }

  #ofType(type: string, schema: JsonObject, depth: number, indent: string): TypeText {
    switch (type) {
      case 'integer':
        return atom('number')
      case 'array':
        return this.#array(schema, depth, indent)
      case 'object':
        return this.#object(schema, depth, indent)
      default:
        return atom(type)
    }
  }

  #values(values: readonly JsonValue[]): TypeText {
    const { maxEnum, docs } = this.#style
    const shown = unite(values.slice(0, maxEnum).map((value) => atom(literalType(value))))
    this.#charsLeft -= shown.text.length
    if (values.length <= maxEnum && this.#charsLeft > 0) return shown
    return docs
      ? unite(values.map((value) => atom(wideType(value))))
      : text(`${shown.text} | …`, 'union', shown.members)
  }

  #array(schema: JsonObject, depth: number, indent: string): TypeText {
    const prefix = schemaList(schema['prefixItems'])
    const { maxDepth, docs } = this.#style
    if (depth >= maxDepth && docs) return atom('unknown[]')
    const inner = Math.min(depth + 1, maxDepth)
    const rest = this.#type((schema['items'] ?? true) as Schema, inner, indent)
    if (prefix.length === 0) return arrayOf(rest)
    const items = prefix.map((item) => this.#type(item, inner, indent))
    return prefix.length > MAX_TUPLE ? arrayOf(unite([...items, rest])) : atom(tuple(items, rest, schema))
  }

  #object(schema: JsonObject, depth: number, indent: string): TypeText {
    const properties = Object.entries(schemaMap(schema['properties']))
    const required = new Set(nameList(schema['required']))
    const isEmpty = properties.length === 0 && required.size === 0
    if (isEmpty) return this.#record(schema, depth, indent)
    if (depth >= this.#style.maxDepth) return this.#cutObject()
    const inner = `${indent}  `
    const lines: string[] = []
    for (const [name, value] of properties) {
      if (this.#charsLeft <= 0 || name.length > MAX_NAME_CHARS) continue
      lines.push(this.#property(name, value, required.has(name), depth, inner))
    }
    for (const name of required) {
      if (this.#charsLeft <= 0 || name.length > MAX_NAME_CHARS || propertySchema(schema, name) !== undefined) continue
      lines.push(this.#property(name, true, true, depth, inner))
    }
    const isWhole = lines.length >= new Set([...properties.map(([name]) => name), ...required]).size
    if (!isWhole || allowsOthers(schema, properties.length === 0)) lines.push(this.#others(isWhole, inner))
    return atom(this.#style.docs ? `{\n${lines.join('\n')}\n${indent}}` : `{${lines.filter(Boolean).join('; ')}}`)
  }

  #property(name: string, schema: Schema, isRequired: boolean, depth: number, indent: string): string {
    const key = `${propertyName(name)}${isRequired ? '' : '?'}: `
    const doc = this.#style.docs ? docComment(documentation(schema), indent) : ''
    this.#charsLeft -= key.length + doc.length + indent.length + TYPE_CHARS
    // For the compiler every object literal has an inherited member of such a name, of a type that would not fit.
    const isInherited = this.#style.docs && !isRequired && name in {}
    const { text: type } = isInherited ? UNKNOWN : this.#type(schema, depth + 1, indent)
    return this.#style.docs ? `${doc}${indent}${key}${type}` : `${key}${type}`
  }

  /** Stands for properties that have no line of their own. */
  #others(isWhole: boolean, indent: string): string {
    if (this.#style.docs) return `${indent}[key: string]: unknown`
    return isWhole ? '' : '…'
  }

  /** An object without named properties. */
  #record(schema: JsonObject, depth: number, indent: string): TypeText {
    const patterns = Object.values(schemaMap(schema['patternProperties']))
    const additional = schema['additionalProperties'] as Schema | undefined
    if (additional === false && patterns.length === 0) return atom(this.#style.docs ? 'Record<string, never>' : '{}')
    if (depth >= this.#style.maxDepth) return this.#cutObject()
    const others = additional === false ? [] : [additional ?? patterns.length === 0]
    const values = [...patterns, ...others].map((value) => this.#type(value, depth + 1, indent))
    const value = unite(values)
    if (!this.#style.docs && value.text === 'unknown') return atom('object')
    return atom(this.#style.docs ? `{ [key: string]: ${value.text} }` : `{[key: string]: ${value.text}}`)
  }

  /**
   * A reference is written in place, unless it is met again inside itself, or is long and used elsewhere too: then it
   * gets a name.
   */
  #reference(reference: string, depth: number, indent: string): TypeText {
    const known = this.#named.get(reference)
    if (known !== undefined) return known
    if (this.#root === true || (!this.#style.docs && (this.#open.has(reference) || depth > this.#style.maxDepth)))
      return this.#cut()
    if (this.#open.has(reference)) return this.#name(reference)
    this.#open.add(reference)
    const before = this.#charsLeft
    const written = this.#type(resolveRef(this.#root, reference), depth, indent)
    this.#open.delete(reference)
    if (before <= 0) return written
    return this.#declare(reference, written, indent)
  }

  #declare(reference: string, written: TypeText, indent: string): TypeText {
    const isShared = (this.#uses.get(reference) ?? 0) > 1 && written.text.length > INLINE_CHARS
    if (!this.#named.has(reference) && !isShared) return written
    const name = this.#name(reference)
    this.declarations.push(`type ${name.text} = ${written.text.replaceAll(`\n${indent}`, '\n')}`)
    const settled = { ...name, members: written.members }
    this.#named.set(reference, settled)
    return settled
  }

  #name(reference: string): TypeText {
    const known = this.#named.get(reference)
    if (known !== undefined) return known
    const own = reference === '#' ? 'Root' : reference.slice('#/$defs/'.length)
    const base = `${this.#prefix}_${toIdentifier(own)}`
    let name = base
    for (let count = 2; this.#taken.has(name); count++) name = `${base}_${count}`
    this.#taken.add(name)
    const type = atom(name)
    this.#named.set(reference, type)
    return type
  }

  #cut(): TypeText {
    return this.#style.cut === 'unknown' ? UNKNOWN : atom(this.#style.cut)
  }

  #cutObject(): TypeText {
    return atom(this.#style.docs ? '{ [key: string]: unknown }' : '{…}')
  }
}

/** Values that the schema's own `type` allows; all of them when it allows none. */
function enumValues(schema: JsonObject): readonly JsonValue[] {
  const values = listOf(schema['enum'])
  const types = typesOf(schema)
  if (types === undefined) return values
  const allowed = values.filter(
    (value) => types.includes(typeName(value)) || (types.includes('integer') && typeof value === 'number'),
  )
  return allowed.length === 0 ? values : allowed
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function wideType(value: JsonValue): string {
  return typeof value === 'string' || typeof value === 'number' ? typeof value : literalType(value)
}

const OBJECT_KEYWORDS: readonly string[] = [
  'properties',
  'required',
  'additionalProperties',
  'patternProperties',
  'minProperties',
]
const ARRAY_KEYWORDS: readonly string[] = ['items', 'prefixItems', 'minItems', 'maxItems']

/** What a schema without `type` is about, as its author means it. */
function impliedTypes(schema: JsonObject): readonly string[] | undefined {
  if (OBJECT_KEYWORDS.some((keyword) => schema[keyword] !== undefined)) return ['object']
  if (ARRAY_KEYWORDS.some((keyword) => schema[keyword] !== undefined)) return ['array']
  return undefined
}

function allowsOthers(schema: JsonObject, isUnnamed: boolean): boolean {
  const { additionalProperties, patternProperties } = schema
  if (additionalProperties === undefined) return isUnnamed || patternProperties !== undefined
  return additionalProperties !== false || patternProperties !== undefined
}

function tuple(items: readonly TypeText[], rest: TypeText, schema: JsonObject): string {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema as { minItems?: number; maxItems?: number }
  const members = items
    .slice(0, maxItems)
    .map((item, index) => (index < minItems ? item.text : `${parenthesized(item)}?`))
  const isOpen = rest.text !== 'never' && maxItems > items.length
  return `[${[...members, ...(isOpen ? [`...${arrayOf(rest).text}`] : [])].join(', ')}]`
}

function parenthesized(type: TypeText): string {
  return type.form === 'atom' ? type.text : `(${type.text})`
}

function documentation(schema: Schema): string {
  if (typeof schema === 'boolean') return ''
  const description = typeof schema['description'] === 'string' ? schema['description'] : ''
  const preset = schema['default'] === undefined ? '' : JSON.stringify(schema['default'])
  return preset === '' || preset.length > 60 ? description : `${description} Default: ${preset}`
}

function countReferences(root: JsonObject | true): ReadonlyMap<string, number> {
  const uses = new Map<string, number>()
  const count = (schema: Schema): void => {
    if (typeof schema === 'boolean') return
    const reference = schema['$ref']
    if (typeof reference === 'string') uses.set(reference, (uses.get(reference) ?? 0) + 1)
    for (const [, inner] of subschemas(schema)) count(inner)
  }
  count(root)
  return uses
}
