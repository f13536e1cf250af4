import { isRecord } from '../internal/json.ts'
import { cleanText, clip } from '../internal/text.ts'
import type { Catalog, CatalogTool, Intent } from './catalog.ts'
import { resolveReference } from './schema.ts'

export interface TypeOptions {
  /** Nesting shown; deeper is `unknown`. @default 12 */
  readonly maxDepth?: number
  /** Characters of the whole type; a longer one is `unknown` from there on. @default 20000 */
  readonly maxChars?: number
  /** Enum values shown; beyond, the base type. @default 200 */
  readonly maxEnum?: number
  /** With descriptions as JSDoc, on several lines. @default false */
  readonly documented?: boolean
  /** Names of declarations begin with this. @default '' */
  readonly prefix?: string
}

export interface TypeText {
  readonly type: string
  /** `interface`s and `type`s that `type` names (recursive schemas). */
  readonly declarations: readonly string[]
}

/** TypeScript for a JSON Schema of any draft. Never throws; what it does not understand is `unknown`. */
export function toTypeScript(schema: unknown, options: TypeOptions = {}): TypeText {
  const writer = new TypeWriter(schema, options)
  const type = writer.write(schema, 0)
  return { type, declarations: writer.declarations() }
}

class TypeWriter {
  readonly #root: unknown
  readonly #maxDepth: number
  readonly #maxEnum: number
  readonly #documented: boolean
  readonly #prefix: string
  #charsLeft: number
  /** References that are being written: meeting one again makes it a named declaration. */
  readonly #open = new Map<string, string>()
  readonly #declared = new Map<string, string>()
  readonly #recursive = new Set<string>()
  readonly #names = new Map<string, string>()

  constructor(
    root: unknown,
    { maxDepth = 12, maxChars = 20_000, maxEnum = 200, documented = false, prefix = '' }: TypeOptions,
  ) {
    this.#root = root
    this.#maxDepth = maxDepth
    this.#charsLeft = maxChars
    this.#maxEnum = maxEnum
    this.#documented = documented
    this.#prefix = prefix
  }

  declarations(): readonly string[] {
    return [...this.#declared].map(([name, type]) => `type ${name} = ${type}`)
  }

  write(schema: unknown, depth: number): string {
    if (!isRecord(schema) || depth > this.#maxDepth || this.#charsLeft <= 0)
      return schema === false ? 'never' : 'unknown'
    const type = this.#nullable(schema, this.#plain(schema, depth))
    this.#charsLeft -= type.length
    return type
  }

  #plain(schema: Record<string, unknown>, depth: number): string {
    const { $ref, const: only, enum: values, allOf, anyOf, oneOf } = schema
    if (typeof $ref === 'string') return this.#intersect([this.#reference($ref, depth), this.#siblings(schema, depth)])
    if ('const' in schema) return literal(only)
    if (Array.isArray(values)) return this.#enumeration(values, schema, depth)
    const parts: string[] = []
    if (Array.isArray(allOf)) parts.push(...allOf.map((part) => this.write(part, depth + 1)))
    for (const choice of [anyOf, oneOf])
      if (Array.isArray(choice)) parts.push(union(choice.map((part) => this.write(part, depth + 1))))
    if (parts.length === 0) return this.#typed(schema, depth)
    return this.#intersect([...parts, this.#siblings(schema, depth)])
  }

  /** What stands beside a reference or a choice; nothing unless it says something of its own. */
  #siblings(schema: Record<string, unknown>, depth: number): string {
    return isRecord(schema['properties']) ? this.#object(schema, depth) : 'unknown'
  }

  #enumeration(values: readonly unknown[], schema: Record<string, unknown>, depth: number): string {
    if (values.length === 0) return 'never'
    return values.length <= this.#maxEnum ? union(values.map(literal)) : this.#typed(schema, depth)
  }

  #typed(schema: Record<string, unknown>, depth: number): string {
    const { type } = schema
    if (Array.isArray(type))
      return type.length === 0 ? 'unknown' : union(type.map((name) => this.#ofType(String(name), schema, depth)))
    if (typeof type === 'string') return this.#ofType(type, schema, depth)
    if (isRecord(schema['properties']) || schema['additionalProperties'] !== undefined)
      return this.#object(schema, depth)
    return schema['items'] === undefined && schema['prefixItems'] === undefined ? 'unknown' : this.#array(schema, depth)
  }

  #ofType(type: string, schema: Record<string, unknown>, depth: number): string {
    switch (type) {
      case 'string':
      case 'boolean':
      case 'null':
      case 'number':
        return type
      case 'integer':
        return 'number'
      case 'array':
        return this.#array(schema, depth)
      case 'object':
        return this.#object(schema, depth)
      default:
        return 'unknown'
    }
  }

  #array(schema: Record<string, unknown>, depth: number): string {
    const { items, prefixItems, additionalItems } = schema
    const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined
    if (tuple === undefined) return `${grouped(this.write(items, depth + 1))}[]`
    const rest = Array.isArray(prefixItems) ? items : additionalItems
    const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0
    const shown = tuple.map((item, index) =>
      index < least ? this.write(item, depth + 1) : `(${this.write(item, depth + 1)})?`,
    )
    if (rest === false) return `[${shown.join(', ')}]`
    return `[${[...shown, `...${grouped(this.write(rest, depth + 1))}[]`].join(', ')}]`
  }

  #object(schema: Record<string, unknown>, depth: number): string {
    const properties = isRecord(schema['properties']) ? schema['properties'] : {}
    const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
    const members = Object.entries(properties).map(([name, inner]) =>
      this.#member(name, inner, required.has(name), depth),
    )
    for (const name of required) {
      if (typeof name === 'string' && !Object.hasOwn(properties, name)) members.push(`${key(name)}: unknown`)
    }
    if (members.length === 0) return this.#record(schema, depth)
    // An index signature must admit the types of the named members.
    const open = isRecord(schema['additionalProperties']) || isRecord(schema['patternProperties'])
    if (open) members.push('[key: string]: unknown')
    return this.#documented ? `{\n${indent(members.join('\n'))}\n}` : `{${members.join('; ')}}`
  }

  #member(name: string, schema: unknown, required: boolean, depth: number): string {
    const member = `${key(name)}${required ? '' : '?'}: ${this.write(schema, depth + 1)}`
    const description = isRecord(schema) ? schema['description'] : undefined
    if (!this.#documented || typeof description !== 'string' || description.trim() === '') return member
    return `${comment(description)}\n${member}`
  }

  #record(schema: Record<string, unknown>, depth: number): string {
    const { additionalProperties, patternProperties } = schema
    if (isRecord(additionalProperties)) return `{[key: string]: ${this.write(additionalProperties, depth + 1)}}`
    if (isRecord(patternProperties)) {
      return `{[key: string]: ${union(Object.values(patternProperties).map((inner) => this.write(inner, depth + 1)))}}`
    }
    return additionalProperties === false ? '{}' : '{[key: string]: unknown}'
  }

  #reference(reference: string, depth: number): string {
    const open = this.#open.get(reference)
    if (open !== undefined) {
      this.#recursive.add(reference)
      return open
    }
    const known = this.#names.get(reference)
    if (known !== undefined && this.#declared.has(known)) return known
    const target = resolveReference(this.#root, reference)
    if (target === undefined) return 'unknown'
    const name = this.#nameOf(reference)
    this.#open.set(reference, name)
    const type = this.write(target, depth + 1)
    this.#open.delete(reference)
    if (!this.#recursive.has(reference)) return type
    this.#declared.set(name, refersDirectly(type, name) ? 'unknown' : type)
    return name
  }

  #nameOf(reference: string): string {
    const known = this.#names.get(reference)
    if (known !== undefined) return known
    const last = reference.split('/').at(-1) ?? ''
    const plain = last
      .replace(/[^A-Za-z0-9_]/g, '_')
      .replace(/^#?_*/, '')
      .slice(0, 60)
    const base = `${this.#prefix}${plain === '' ? 'Root' : plain[0]?.toUpperCase() + plain.slice(1)}`
    const safe = /^\d/.test(base) || BUILT_IN.has(base) ? `T${base}` : base
    const taken = new Set(this.#names.values())
    let name = safe
    for (let number = 2; taken.has(name); number++) name = `${safe}${number}`
    this.#names.set(reference, name)
    return name
  }

  #intersect(types: readonly string[]): string {
    const useful = [...new Set(types.filter((type) => type !== 'unknown'))]
    if (useful.length === 0) return 'unknown'
    return useful.length === 1 ? (useful[0] ?? 'unknown') : useful.map(grouped).join(' & ')
  }

  #nullable(schema: Record<string, unknown>, type: string): string {
    return schema['nullable'] === true && type !== 'unknown' ? union([type, 'null']) : type
  }
}

/** `type A = A | null` does not compile: a type may only refer to itself from inside an object, an array, or a tuple without optional members. */
function refersDirectly(type: string, name: string): boolean {
  let text = type.replace(/"(?:[^"\\]|\\.)*"/g, '@')
  for (let before = ''; before !== text;) {
    before = text
    text = text
      .replace(/\{[^{}]*\}|\[[^[\]?]+\]|\([^()]*\)\[\]|[\w@]+\[\]/g, '@')
      .replace(/\(([^()]*)\)(?!\[\])/g, '$1')
  }
  return text.split(/[^\w]+/).includes(name)
}

const BUILT_IN = new Set(
  'Array Boolean Date Error Function Map Number Object Promise Record RegExp Set String Symbol Any Unknown Never'.split(
    ' ',
  ),
)

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)]
  if (distinct.length === 0 || distinct.includes('unknown')) return 'unknown'
  return distinct.length === 1
    ? (distinct[0] ?? 'unknown')
    : distinct.map((type) => (/ & /.test(type) ? `(${type})` : type)).join(' | ')
}

/** In parentheses where an operator follows. */
function grouped(type: string): string {
  return /^[\w.]+(\[\])*$|^\{[^{}]*\}$|^"[^"]*"$/.test(type) ? type : `(${type})`
}

function literal(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(cleanText(value).slice(0, 500))
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value)
  if (Array.isArray(value)) return 'unknown[]'
  return isRecord(value) ? '{[key: string]: unknown}' : 'unknown'
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(cleanText(name).slice(0, 200))
}

function comment(text: string, maxChars = 400): string {
  const plain = clip(cleanText(text).replaceAll('*/', '* /').replace(/\s+/g, ' ').trim(), maxChars)
  return `/** ${plain} */`
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}

/** Declarations of all globals a program sees, for a type checker or an editor: `tools`, `intents`, `results`, `params`. */
export function declarations(catalog: Catalog, only?: ReadonlySet<string>): string {
  const shared: string[] = []
  const byServer = new Map<string, string[]>()
  for (const tool of catalog.tools.values()) {
    if (only !== undefined && !only.has(tool.id)) continue
    const members = byServer.get(tool.serverKey) ?? []
    members.push(toolMember(tool, shared))
    byServer.set(tool.serverKey, members)
  }
  const servers = [...byServer].map(([server, members]) => `${server}: {\n${indent(members.join('\n'))}\n}`)
  return `${[...shared, `declare const tools: {\n${indent(servers.join('\n'))}\n}`, intentDeclarations(catalog, shared), FIXED].join('\n')}\n`
}

function toolMember(tool: CatalogTool, shared: string[]): string {
  const prefix = `${pascal(tool.serverKey)}_${pascal(tool.key)}_`
  const input = toTypeScript(tool.inputSchema, { documented: true, prefix: `${prefix}In` })
  const output =
    tool.outputSchema === undefined ? undefined : toTypeScript(tool.outputSchema, { prefix: `${prefix}Out` })
  shared.push(...input.declarations, ...(output?.declarations ?? []))
  const member = `${tool.key}(input${isOptional(tool.inputSchema) ? '?' : ''}: ${input.type}): Promise<${output?.type ?? 'any'}>`
  return tool.description === '' ? member : `${comment(tool.description)}\n${member}`
}

function intentDeclarations(catalog: Catalog, shared: string[]): string {
  const tree: Record<string, unknown> = {}
  for (const intent of catalog.intents.values()) {
    const path = intent.name.split('.')
    const last = path.pop() ?? intent.name
    const scope = path.reduce<Record<string, unknown>>(
      (inner, part) => (inner[part] = isRecord(inner[part]) ? inner[part] : {}),
      tree,
    )
    scope[last] ??= intentMember(intent, shared)
  }
  return `declare const intents: ${writeTree(tree)}`
}

function intentMember(intent: Intent, shared: string[]): string {
  const prefix = `Intent_${pascal(intent.name.replaceAll('.', '_'))}_`
  const input = toTypeScript(intent.input, { prefix: `${prefix}In` })
  const output = intent.output === undefined ? undefined : toTypeScript(intent.output, { prefix: `${prefix}Out` })
  shared.push(...input.declarations, ...(output?.declarations ?? []))
  return `(input${isOptional(intent.input) ? '?' : ''}: ${input.type}) => Promise<${output?.type ?? 'any'}>`
}

function writeTree(tree: Record<string, unknown>): string {
  const members = Object.entries(tree).map(
    ([name, value]) => `${key(name)}: ${isRecord(value) ? writeTree(value) : String(value)}`,
  )
  return members.length === 0 ? '{}' : `{\n${indent(members.join('\n'))}\n}`
}

function isOptional(schema: unknown): boolean {
  return !isRecord(schema) || !Array.isArray(schema['required']) || schema['required'].length === 0
}

function pascal(name: string): string {
  return name.replace(/(^|_)([a-z])/g, (_match, _start, letter: string) => letter.toUpperCase())
}

const FIXED = `declare const results: {
  get(handle: string): Promise<any>
  list(): Promise<{ handle: string; bytes: number }[]>
}
declare const params: any
declare const console: { log(...values: unknown[]): void; info(...values: unknown[]): void; debug(...values: unknown[]): void; warn(...values: unknown[]): void; error(...values: unknown[]): void }`
