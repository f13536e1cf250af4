import type { JsonObject } from '../internal/json.ts'
import type { Catalog, CatalogTool, Intent } from './catalog.ts'
import { docComment } from './literals.ts'
import { FULL_STYLE, TypeWriter } from './type-writer.ts'

export interface DeclarationOptions {
  /** Ids of tools and names of intents to declare. @default all */
  readonly only?: Iterable<string>
  /** The learned output of a tool that says nothing of it. */
  readonly outputOf?: (tool: CatalogTool) => JsonObject | undefined
  /** How answers are typed where nothing is known of them. @default 'unknown' */
  readonly untyped?: 'unknown' | 'any'
}

/**
 * The text of a `.d.ts` file that types what a program sees: `tools`, `intents`, `results`,
 * `resources`, `prompts`, `state`, `params`, `console`.
 * Compiles under `strict` against the plain ECMAScript library. A tool without an output schema, of which
 * nothing was learned either, answers `unknown`.
 */
export function declarations(catalog: Catalog, options: DeclarationOptions = {}): string {
  const only = options.only === undefined ? undefined : new Set(options.only)
  const isWanted = (id: string): boolean => only === undefined || only.has(id)
  const tools = [...catalog.tools.values()].filter((tool) => isWanted(tool.id))
  const intents = [...catalog.intents.values()].filter((intent) => isWanted(intent.name))
  const { untyped = 'unknown' } = options
  const page = new Page(untyped)
  const body = [
    `declare const tools: ${searchTypes(catalog)}${page.block(catalogTree(catalog, tools, options), '')}`,
    `declare const intents: ${page.block(intentTree(intents), '')}`,
    AMBIENT,
  ]
  return [...page.types, ...body].join('\n\n') + '\n'
}

/** Search inside programs, by its name in `tools`. */
const SEARCH_TYPES = {
  search: `  /** Finds tools and intents by 2 to 6 keywords, or several lists of them; best first. */
  search(
    query: string | readonly string[],
    options?: { server?: string; limit?: number },
  ): Promise<{ id: string; kind: 'tool' | 'intent'; signature: string; description: string }[]>`,
  describe: `  /** Everything about one tool or intent, by its id. */
  describe(id: string): Promise<{
    id: string
    kind: 'tool' | 'intent'
    signature: string
    description: string
    parameters: string
    inputSchema: unknown
    outputSchema?: unknown
  }>`,
} as const

/** A server that has one of these names in code keeps it. */
function searchTypes(catalog: Catalog): string {
  const taken = new Set([...catalog.servers.values()].map(({ key }) => key))
  const members = Object.entries(SEARCH_TYPES).flatMap(([name, type]) => (taken.has(name) ? [] : [type]))
  return members.length === 0 ? '' : `{\n${members.join('\n')}\n} & `
}

const AMBIENT = `/** Results that were too large to answer, by the handle that came instead. */
declare const results: {
  get(handle: string): Promise<any>
  list(): Promise<{ handle: string; bytes: number }[]>
}

/** Resources of servers: what they list, link to in results, or have templates for. */
declare const resources: {
  /** Those of all servers, or of one. */
  list(server?: string): Promise<
    {
      uri?: string
      uriTemplate?: string
      server: string
      name?: string
      description?: string
      mimeType?: string
      size?: number
    }[]
  >
  /** Bytes come as a handle for results.get. */
  read(uri: string): Promise<{
    contents: { uri: string; mimeType?: string; text?: string; bytes?: number; handle?: string }[]
  }>
}

/** Prompts of servers. */
declare const prompts: {
  list(server?: string): Promise<
    {
      /** server.name */
      name: string
      title?: string
      description?: string
      arguments: { name: string; description?: string; required?: boolean }[]
    }[]
  >
  get(
    name: string,
    args?: Record<string, string | number | boolean>,
  ): Promise<{ description?: string; messages: { role: 'user' | 'assistant'; content: any }[] }>
}

/** What this session keeps between its programs: named JSON values. */
declare const state: {
  /** null when there is no such key. */
  get(key: string): Promise<any>
  set(key: string, value: unknown): Promise<null>
  delete(key: string): Promise<boolean>
  keys(): Promise<string[]>
}

/** The input of this program. */
declare const params: any

declare const console: {
  debug(...values: unknown[]): void
  dir(...values: unknown[]): void
  error(...values: unknown[]): void
  info(...values: unknown[]): void
  log(...values: unknown[]): void
  table(...values: unknown[]): void
  trace(...values: unknown[]): void
  warn(...values: unknown[]): void
}`

/** A function to declare, and functions below its name. */
interface Branch {
  readonly members: Map<string, Branch>
  description: string
  operation?: Operation
}

interface Operation {
  /** Begins the names of its types. */
  readonly typeName: string
  readonly input: JsonObject | true
  readonly output: JsonObject | true
}

function catalogTree(catalog: Catalog, tools: readonly CatalogTool[], { outputOf }: DeclarationOptions): Branch {
  const root = branch()
  for (const { key, description } of catalog.servers.values()) root.members.set(key, { ...branch(), description })
  for (const tool of tools) {
    const { description, inputSchema: input, serverKey, key } = tool
    const output = tool.outputSchema ?? outputOf?.(tool) ?? true
    place(root, [serverKey, key], description, { typeName: `${serverKey}_${key}`, input, output })
  }
  return root
}

function intentTree(intents: readonly Intent[]): Branch {
  const root = branch()
  for (const { name, description, input, output = true } of intents) {
    const path = name.split('.')
    place(root, path, description, { typeName: ['intents', ...path].join('_'), input, output })
  }
  return root
}

function place(root: Branch, path: readonly string[], description: string, operation: Operation): void {
  let at = root
  for (const name of path) {
    const next = at.members.get(name) ?? branch()
    at.members.set(name, next)
    at = next
  }
  at.description = description
  at.operation = operation
}

function branch(): Branch {
  return { members: new Map(), description: '' }
}

/** One file of declarations: the names it has used, and its type aliases. */
class Page {
  readonly types: string[] = []
  readonly #taken = new Set<string>()
  readonly #untyped: 'unknown' | 'any'

  constructor(untyped: 'unknown' | 'any') {
    this.#untyped = untyped
  }

  block(tree: Branch, indent: string): string {
    if (tree.members.size === 0) return '{}'
    const inner = `${indent}  `
    const members = [...tree.members].map(([name, member]) => this.#member(name, member, inner))
    return `{\n${members.join('\n')}\n${indent}}`
  }

  #member(name: string, { description, operation, members }: Branch, indent: string): string {
    const doc = docComment(description, indent)
    if (operation === undefined)
      return `${doc}${indent}readonly ${name}: ${this.block({ description, members }, indent)}`
    const { parameters, result } = this.#call(operation, indent)
    if (members.size === 0) return `${doc}${indent}${name}(${parameters}): ${result}`
    return `${doc}${indent}readonly ${name}: ((${parameters}) => ${result}) & ${this.block({ description, members }, indent)}`
  }

  #call({ typeName, input, output }: Operation, indent: string): { parameters: string; result: string } {
    const argument = this.#type(input, `${typeName}_input`, indent)
    const isOptional = input === true || canBeEmpty(input)
    const type = argument === 'unknown' ? '{ [key: string]: unknown }' : argument
    const answer = this.#type(output, `${typeName}_output`, indent, this.#untyped)
    return { parameters: `input${isOptional ? '?' : ''}: ${type}`, result: `Promise<${answer}>` }
  }

  #type(schema: JsonObject | true, name: string, indent: string, untyped = 'unknown'): string {
    const writer = new TypeWriter(schema, FULL_STYLE, name, this.#taken)
    const type = writer.write(indent)
    const texts = [type, ...writer.declarations].map((text) => (untyped === 'any' ? unknownToAny(text) : text))
    this.types.push(...texts.slice(1))
    return texts[0] ?? untyped
  }
}

/** The type `unknown`, not the word in comments, texts and names of properties. */
function unknownToAny(text: string): string {
  return text.replaceAll(/\/\*\*[^]*?\*\/|'(?:\\.|[^'\\])*'|\bunknown\b(?!\??:)/g, (found) =>
    found === 'unknown' ? 'any' : found,
  )
}

/** True when `{}` is certainly a valid input. */
function canBeEmpty(input: JsonObject): boolean {
  const demands = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'const', 'enum', 'minProperties']
  return (
    demands.every((keyword) => input[keyword] === undefined) &&
    !(Array.isArray(input['required']) && input['required'].length > 0)
  )
}
