import { matchesGlob } from '../internal/glob.ts'
import type { ErrorBody } from '../errors.ts'
import { shortHash } from '../internal/hash.ts'
import { isRecord, type JsonObject, toJson } from '../internal/json.ts'
import { inTurns } from '../internal/json-slices.ts'
import { cleanText, clip, cutText } from '../internal/text.ts'
import type { ToolDefinition, UpstreamState } from '../upstream/upstream.ts'
import type { CatalogProblem, CatalogTool } from './catalog.ts'
import { asObjectSchema } from './dialect.ts'
import { oneLine } from './literals.ts'
import { assignKeys, nameProblem, shownName, toIdentifier } from './names.ts'
import { screenSchema } from './schema.ts'
import { typesOf } from './subschemas.ts'

/** One configured server as the catalog needs it. */
export interface ServerInput {
  /** As configured. */
  readonly name: string
  /** The configured description; wins over the instructions. */
  readonly description?: string
  /** The server's words about itself. */
  readonly instructions?: string
  readonly state: UpstreamState
  readonly tools: readonly ToolDefinition[]
  /** Names of tools to show; `*` matches any text. @default all */
  readonly include?: readonly string[]
  /** Names of tools to hide, after `include`. */
  readonly exclude?: readonly string[]
}

/** A server whose definitions were screened; what `createCatalog` joins. Made by {@link prepareServer}. */
export interface PreparedServer {
  readonly name: string
  /** The key when no other server claims it. */
  readonly key: string
  readonly description: string
  readonly state: UpstreamState
  /** Work that has to end before the server can start. */
  readonly phase?: string
  /** Why it is not there, or does not list its tools. */
  readonly failure?: ErrorBody
  /** By key, sorted; with ids under {@link PreparedServer.key}. */
  readonly tools: readonly CatalogTool[]
  readonly problems: readonly CatalogProblem[]
  /** 16 hex digits over the keys and definitions of `tools`. */
  readonly digest: string
  /** By original name: what the next preparation may take over. */
  readonly prepared: ReadonlyMap<string, PreparedTool>
}

interface PreparedTool {
  readonly tool: CatalogTool
  /** Over the definition. */
  readonly hash: string
  /** What is wrong with the definition itself. */
  readonly problems: readonly string[]
}

const MAX_DESCRIPTION_CHARS = 50_000
const MAX_SERVER_DESCRIPTION_CHARS = 2_048

/**
 * Screens the tools of one server. Tools whose definition equals one of `previous` are taken over as they are, same
 * objects, so that a server's change costs only what changed. Never throws because of a definition.
 */
export function prepareServer(
  input: ServerInput,
  previous?: PreparedServer,
  screening: Screening = createScreening(),
): PreparedServer {
  const report = new Report(shownName(input.name))
  const definitions = selected(input, usable(input.tools, report), report)
  const keys = assignKeys(definitions.keys())
  const key = toIdentifier(input.name)
  const home = { server: input.name, serverKey: key }
  const prepared = new Map<string, PreparedTool>()
  for (const [name, definition] of definitions) {
    const toolKey = keys.get(name) ?? name
    const entry =
      takeOver(previous?.prepared.get(name), definition, home, toolKey) ??
      prepareTool(screening.of(definition), definition, home, toolKey)
    prepared.set(name, entry)
    report.tool(entry)
  }
  const sorted = [...prepared.values()].toSorted((a, b) => (a.tool.key < b.tool.key ? -1 : 1))
  return {
    name: input.name,
    key,
    description: oneDescription(input),
    state: input.state,
    tools: sorted.map(({ tool }) => tool),
    problems: report.problems,
    digest: shortHash(sorted.map(({ tool, hash }) => `${tool.key} ${hash}`).join('\n')),
    prepared,
  }
}

/** The same tool under another key of its server. */
export function rehome(tool: CatalogTool, serverKey: string): CatalogTool {
  return { ...tool, serverKey, id: `${serverKey}.${tool.key}` }
}

/** Collects what people should know about one server's tools. */
class Report {
  readonly problems: CatalogProblem[] = []
  readonly #server: string

  constructor(server: string) {
    this.#server = server
  }

  server(what: string): void {
    this.problems.push({ where: this.#server, what })
  }

  named(name: string, what: string): void {
    this.problems.push({ where: `${this.#server}.${shownName(name)}`, what })
  }

  tool({ tool, problems }: PreparedTool): void {
    const odd = nameProblem(tool.tool)
    const expected = toIdentifier(tool.tool)
    if (odd !== undefined) this.named(tool.tool, `${odd}; called "${tool.key}"`)
    else if (expected !== tool.key)
      this.named(tool.tool, `another tool is already called "${expected}"; called "${tool.key}"`)
    for (const problem of problems) this.named(tool.tool, problem)
  }
}

/** By name: what has one; the first of equal names. */
function usable(tools: readonly ToolDefinition[], report: Report): Map<string, ToolDefinition> {
  const byName = new Map<string, ToolDefinition>()
  for (const tool of tools) {
    const name: unknown = tool.name
    if (typeof name !== 'string' || name.trim() === '') report.server('a tool without a name was dropped')
    else if (byName.has(name)) report.named(name, 'a second tool of the same name was dropped')
    else byName.set(name, tool)
  }
  return byName
}

function selected(
  { include, exclude = [] }: ServerInput,
  tools: ReadonlyMap<string, ToolDefinition>,
  report: Report,
): Map<string, ToolDefinition> {
  for (const pattern of tools.size === 0 ? [] : [...(include ?? []), ...exclude]) {
    const isUsed = [...tools.keys()].some((name) => matchesGlob(pattern, name))
    if (!isUsed) report.server(`no tool matches "${shownName(pattern)}" of its include and exclude lists`)
  }
  const isShown = (name: string): boolean =>
    (include === undefined || include.some((pattern) => matchesGlob(pattern, name))) &&
    !exclude.some((pattern) => matchesGlob(pattern, name))
  return new Map([...tools].filter(([name]) => isShown(name)))
}

type Home = Pick<CatalogTool, 'server' | 'serverKey'>

function takeOver(
  known: PreparedTool | undefined,
  definition: ToolDefinition,
  home: Home,
  key: string,
): PreparedTool | undefined {
  if (known === undefined || known.tool.serverKey !== home.serverKey || known.tool.server !== home.server)
    return undefined
  if (known.tool.definition !== definition && known.hash !== hashOf(definition)) return undefined
  if (known.tool.key === key) return known
  return { ...known, tool: { ...known.tool, key, id: `${home.serverKey}.${key}` } }
}

/** What screening makes of a definition, whatever its server and its key. */
interface Screened {
  readonly title: string
  readonly description: string
  readonly inputSchema: JsonObject | true
  readonly outputSchema: JsonObject | true | undefined
  readonly hash: string
  readonly problems: readonly string[]
}

/** Screens definitions, each once. */
export interface Screening {
  of(definition: ToolDefinition): Screened
  /** Screens them with turns for others between: a list may take seconds. */
  ahead(definitions: readonly ToolDefinition[]): Promise<void>
}

export function createScreening(): Screening {
  const known = new WeakMap<ToolDefinition, Screened>()
  const of = (definition: ToolDefinition): Screened => {
    const found = known.get(definition) ?? screen(definition)
    known.set(definition, found)
    return found
  }
  return {
    of,
    async ahead(definitions) {
      let at = 0
      await inTurns(() => {
        const definition = definitions[at++]
        if (definition !== undefined) of(definition)
        return definition === undefined
      })
    },
  }
}

function screen(definition: ToolDefinition): Screened {
  const problems: string[] = []
  const { annotations, title, name } = definition
  const outputSchema =
    definition.outputSchema === undefined ? undefined : screened(definition.outputSchema, 'outputSchema', problems)
  return {
    title: oneLine(firstText(title, annotations?.title, name), 200),
    description: descriptionOf(definition, problems),
    inputSchema: screened(definition.inputSchema, 'inputSchema', problems),
    outputSchema,
    hash: hashOf(definition),
    problems,
  }
}

function prepareTool(
  { title, description, inputSchema, outputSchema, hash, problems }: Screened,
  definition: ToolDefinition,
  home: Home,
  key: string,
): PreparedTool {
  const { annotations } = definition
  const tool: CatalogTool = {
    id: `${home.serverKey}.${key}`,
    ...home,
    key,
    tool: definition.name,
    title,
    description,
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...hint('readOnlyHint', annotations),
    ...hint('destructiveHint', annotations),
    ...hint('idempotentHint', annotations),
    definition,
  }
  return { tool, hash, problems }
}

function screened(raw: unknown, where: 'inputSchema' | 'outputSchema', problems: string[]): JsonObject | true {
  const { schema, problems: found } = screenSchema(where === 'inputSchema' ? asObjectSchema(raw) : raw)
  problems.push(...found.map((problem) => `${where} ${problem}`))
  if (where === 'outputSchema' || schema === true || (typesOf(schema)?.includes('object') ?? true)) return schema
  problems.push('inputSchema does not describe an object; ignored')
  return true
}

function descriptionOf(definition: ToolDefinition, problems: string[]): string {
  const { description, inputSchema } = definition
  const raw = firstText(description, isRecord(inputSchema) ? inputSchema['description'] : undefined)
  if (raw.length > MAX_DESCRIPTION_CHARS) problems.push(`description of ${raw.length} characters was cut`)
  const bounded = clip(cutText(raw, MAX_DESCRIPTION_CHARS * 2), MAX_DESCRIPTION_CHARS)
  const clean = cleanText(bounded)
  if (clean !== bounded) problems.push('description holds characters that hide or reorder text; they were replaced')
  return clean
}

function oneDescription({ description, instructions }: ServerInput): string {
  const raw = cutText(firstText(description, instructions), MAX_SERVER_DESCRIPTION_CHARS * 2)
  return clip(cleanText(raw), MAX_SERVER_DESCRIPTION_CHARS)
}

function firstText(...candidates: readonly unknown[]): string {
  return candidates.find((text): text is string => typeof text === 'string' && text !== '') ?? ''
}

type HintName = 'readOnlyHint' | 'destructiveHint' | 'idempotentHint'

function hint(name: HintName, annotations: ToolDefinition['annotations']): Partial<Record<HintName, boolean>> {
  const value: unknown = annotations?.[name]
  return typeof value === 'boolean' ? { [name]: value } : {}
}

function hashOf(definition: ToolDefinition): string {
  const { name, title, description, inputSchema, outputSchema, annotations } = definition
  try {
    return shortHash(toJson([name, title, description, annotations, inputSchema, outputSchema]))
  } catch {
    // Too deep or not JSON: its schemas are unusable too, so what is left decides.
    return shortHash(JSON.stringify([name, title, description]))
  }
}
