import { type Schema, listOf, nameList, schemaList, schemaMap, typesOf } from '../../catalog/subschemas.ts'
import type { JsonObject, JsonValue } from '../../internal/json.ts'
import { choose, type Chosen, itemKind, kindOf } from './alternatives.ts'
import { Joiner, TooLarge } from './joined.ts'
import { type Renamed, renamed, shownNames } from './names.ts'
import { json, typeWords, wordsFor } from './words.ts'

/** A schema in the keywords that the APIs of all vendors take. */
export interface PortableSchema {
  readonly schema: PlainSchema
  /** How names that vendors refuse were written otherwise; undefined where none was. */
  readonly names: Renamed | undefined
}

/** `type` is one type, each list has `items`, an enumeration has texts alone, and each required name is a property. */
export interface PlainSchema {
  readonly type: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, PlainSchema>>
  readonly required?: readonly string[]
  readonly items?: PlainSchema
  readonly enum?: readonly string[]
}

/** How much of a schema is written. */
export interface Extent {
  /** Levels of objects and lists, of which OpenAI's strict mode takes 10. */
  readonly levels: number
  /** References inside each other that are put in place: each may hold all others. */
  readonly references: number
}

/** OpenAI's strict mode takes 5,000 properties; a definition of that size helps no model. */
const MAX_NODES = 2_000
/** OpenAI's strict mode takes 1,000 values in all, and 15,000 characters of one enumeration of more than 250. */
const MAX_VALUES = 1_000
const MAX_VALUES_OF_ONE = 250
const ANYTHING = 'any JSON value'

interface Written {
  readonly schema: PlainSchema
  readonly names: Renamed | undefined
}

/** Writes one schema to an extent. Throws {@link TooLarge}. */
export class Writer {
  readonly #root: JsonObject
  readonly #joiner: Joiner
  readonly #extent: Extent
  #nodes = 0
  #values = 0

  constructor(root: JsonObject, extent: Extent) {
    this.#root = root
    this.#extent = extent
    this.#joiner = new Joiner(root)
  }

  root(): PortableSchema {
    const chosen = choose(this.#joiner.join(this.#root), this.#joiner, this.#root)
    const { type: _type, ...keywords } = chosen.keywords
    const one = { ...chosen, takesNull: false, keywords: { ...keywords, type: 'object' } }
    const { schema, names } = this.#object(one, new Set(['#']), 0)
    return { schema: { ...schema, properties: schema.properties ?? {} }, names }
  }

  #write(schema: Schema, open: ReadonlySet<string>, depth: number): Written {
    if (++this.#nodes > MAX_NODES) throw new TooLarge()
    const chosen = choose(this.#joiner.join(schema), this.#joiner, this.#root)
    if (chosen.isNever) return { schema: { type: 'string', description: 'never given' }, names: undefined }
    const kind = kindOf(chosen.keywords)
    const isNested = kind === 'object' || kind === 'array'
    if (isNested && this.#isTooFar(chosen.references, open, depth))
      return { schema: this.#cut(schema, chosen, kind), names: undefined }
    const inside = chosen.references.size === 0 ? open : new Set([...open, ...chosen.references])
    switch (kind) {
      case 'object':
        return this.#object(chosen, inside, depth)
      case 'array':
        return this.#array(chosen, inside, depth)
      default:
        return { schema: this.#scalar(chosen, kind), names: undefined }
    }
  }

  #isTooFar(references: ReadonlySet<string>, open: ReadonlySet<string>, depth: number): boolean {
    if (depth >= this.#extent.levels) return true
    // The root is open as well.
    if (references.size > 0 && open.size > this.#extent.references) return true
    return [...references].some((one) => open.has(one))
  }

  #object(chosen: Chosen, open: ReadonlySet<string>, depth: number): Written {
    const { keywords } = chosen
    const given = Object.entries(schemaMap(keywords['properties']))
    const shown = shownNames(given.map(([name]) => name))
    const written = given.map(([name, schema]): [string, Written] => [
      shown.get(name) ?? name,
      this.#property(name, shown.get(name) ?? name, schema, open, depth),
    ])
    const required = nameList(keywords['required']).flatMap((name) => shown.get(name) ?? [])
    const unlisted = nameList(keywords['required']).filter((name) => !shown.has(name) && name !== '')
    const words = [
      ...(unlisted.length === 0 ? [] : [`also needs ${unlisted.slice(0, 20).map(json).join(', ')}`]),
      ...constants(keywords),
    ]
    return {
      schema: {
        type: 'object',
        ...this.#description(chosen, words),
        ...(written.length === 0
          ? {}
          : { properties: Object.fromEntries(written.map(([name, { schema }]) => [name, schema])) }),
        ...(required.length === 0 ? {} : { required }),
      },
      names: renamed(
        shown,
        written.map(([name, { names }]) => [name, names]),
        undefined,
      ),
    }
  }

  #property(name: string, shown: string, schema: Schema, open: ReadonlySet<string>, depth: number): Written {
    const written = this.#write(schema, open, depth + 1)
    if (name === shown) return written
    const { description } = written.schema
    const words = `sent as ${json(name)}`
    return {
      ...written,
      schema: { ...written.schema, description: description === undefined ? words : `${description} (${words})` },
    }
  }

  #array(chosen: Chosen, open: ReadonlySet<string>, depth: number): Written {
    const { keywords } = chosen
    const first = schemaList(keywords['prefixItems'])
    const { items: given } = keywords
    const rest = given === undefined || given === false ? [] : [given as Schema]
    // All that a list without `items` holds is more items of its first kinds, or anything.
    const kinds: Schema[] = first.length === 0 ? rest : [...first, ...rest.filter((schema) => schema !== true)]
    const { schema, names } = this.#write(
      kinds.length < 2 ? (kinds[0] ?? true) : { anyOf: kinds as JsonValue[] },
      open,
      depth + 1,
    )
    // The type of a tuple says how long it is.
    const { minItems: _least, maxItems: _most, ...plain } = keywords
    const tuple = first.length === 0 ? [] : [typeWords(tupleOf(keywords), this.#root)]
    const said = first.length === 0 ? chosen : { ...chosen, keywords: plain }
    return {
      schema: { type: 'array', ...this.#description(said, [...tuple, ...constants(keywords)]), items: schema },
      names: names === undefined ? undefined : renamed(new Map(), [], names),
    }
  }

  #scalar(chosen: Chosen, kind: string): PlainSchema {
    const values = listOf(chosen.keywords['enum']).filter((value) => value !== null)
    const texts = values.filter((value) => typeof value === 'string' && value.trim() !== '') as string[]
    const hasOthers = values.some((value) => typeof value !== 'string')
    const isShown = texts.length > 0 && !hasOthers && this.#hasRoomFor(texts)
    const words = [
      ...(kind === 'any' && chosen.words.length === 0 ? [ANYTHING] : []),
      ...(kind === 'null' ? ['only null'] : []),
      ...(values.length > 0 && !isShown ? [valueWords(values)] : []),
      ...(isShown && texts.length < values.length ? ['or ""'] : []),
    ]
    return {
      type: kind === 'any' || kind === 'null' ? 'string' : kind,
      ...this.#description(chosen, words),
      ...(isShown ? { enum: [...new Set(texts)] } : {}),
    }
  }

  #hasRoomFor(texts: readonly string[]): boolean {
    if (texts.length > MAX_VALUES_OF_ONE || this.#values + texts.length > MAX_VALUES) return false
    this.#values += texts.length
    return true
  }

  /** What is too deep, or inside itself: its type in words. */
  #cut(schema: Schema, chosen: Chosen, kind: string): PlainSchema {
    const words = [typeWords(schema, this.#root, 1)]
    const description = this.#description({ ...chosen, keywords: descriptionOf(chosen), words: [] }, words)
    return kind === 'array'
      ? {
          type: 'array',
          ...description,
          items: { type: SIMPLE.has(itemKind(chosen.keywords)) ? itemKind(chosen.keywords) : 'string' },
        }
      : { type: 'object', ...description }
  }

  #description(chosen: Chosen, more: readonly string[]): { readonly description?: string } {
    const { keywords, words, takesNull } = chosen
    const { description } = keywords
    const said = typeof description === 'string' ? description.trim() : ''
    const types = words.some((word) => /\bnull\b/.test(word)) || more.includes('only null')
    const kinds = (typesOf(keywords) ?? []).filter((type) => type !== 'null')
    const notes = [
      ...new Set([
        ...(kinds.length > 1 && words.length === 0 ? [typeWords({ ...keywords, type: kinds }, this.#root)] : []),
        ...words,
        ...more,
        ...(takesNull && !types && !/\bnull\b/i.test(said) ? ['or null'] : []),
        ...wordsFor(keywords, this.#root),
      ]),
    ].filter((word) => word !== '')
    if (notes.length === 0) return said === '' ? {} : { description: said }
    return { description: said === '' ? notes.join(', ') : `${said} (${notes.join(', ')})` }
  }
}

const TUPLE: ReadonlySet<string> = new Set(['type', 'prefixItems', 'items', 'minItems', 'maxItems'])

function tupleOf(keywords: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(keywords).filter(([keyword]) => TUPLE.has(keyword)))
}

function descriptionOf({ keywords }: Chosen): JsonObject {
  const { description } = keywords
  return description === undefined ? {} : { description }
}

/** Types that need nothing more to be said. */
const SIMPLE: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'object'])

/** The values of a list or an object that has to be one of some. */
function constants(keywords: JsonObject): readonly string[] {
  const values = listOf(keywords['enum']).filter((value) => value !== null)
  return values.length === 0 ? [] : [valueWords(values)]
}

const MAX_VALUE_WORDS = 4_000

/** Values that no enumeration of texts can hold, as many as there is room for. */
function valueWords(values: readonly JsonValue[]): string {
  let left = MAX_VALUE_WORDS
  const shown = values.map(json).filter((text) => (left -= text.length + 2) >= 0)
  const rest = values.length - shown.length
  if (values.length === 1) return `only ${shown[0] ?? '…'}`
  return `one of ${[...shown, ...(rest === 0 ? [] : [`… (${rest} more)`])].join(', ')}`
}
