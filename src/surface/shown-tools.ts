import type { Catalog, CatalogTool } from '../catalog/catalog.ts'
import type { Engine } from '../engine/engine.ts'
import { linkedMeta } from '../engine/offers/linked.ts'
import { matchesGlob } from '../internal/glob.ts'
import { shortHash, stableJson } from '../internal/hash.ts'
import { createMemo } from '../internal/memo.ts'
import { readIcons } from '../upstream/offer-entry.ts'
import { withOwnNames } from './portable/names.ts'
import { outlinedSchema } from './portable/outline.ts'
import { portableSchema } from './portable/portable-schema.ts'
import type { PlainSchema, PortableSchema } from './portable/writer.ts'
import { shownAnnotations, shownOutputSchema } from './shown-definition.ts'

/** Tools of servers on the surface, as they are now. */
export interface ShownTools {
  /** The server's results as they are; of `pinned` tools only those that fit the token budget, others as our own answers. */
  readonly kind: 'pinned' | 'all'
  /** Waits for tool lists that are still being read. Sorted by name. */
  list(): Promise<readonly ShownTool[]>
  /** The id of the tool behind a shown name. */
  find(name: string): Promise<string | undefined>
  /** Arguments of a shown tool, by its id, under the names that its server knows. */
  ownArguments(id: string, input: unknown): unknown
  /** Called when the list has become another one. */
  onChange(listener: () => void): Disposable
}

export interface ShownTool {
  readonly name: string
  readonly title?: string
  readonly description: string
  readonly inputSchema: PlainSchema
  readonly outputSchema?: object
  readonly annotations?: object
  readonly icons?: readonly object[]
  readonly _meta?: object
}

export interface ShownToolsOptions {
  readonly kind: 'pinned' | 'all'
  /** Ids of tools to show; `*` matches any text. */
  readonly patterns: readonly string[]
  /** How long a list waits for servers, milliseconds. @default 10000 */
  readonly waitMs?: number
}

/**
 * Names that every vendor takes have letters, digits, `_` and `-`, at most 64, of which clients take `mcp__mcp-optimizer__`
 * for themselves. Cursor leaves out tools whose name and server have more than 60 together.
 */
const MAX_NAME_CHARS = 44

export function createShownTools(engine: Engine, options: ShownToolsOptions): ShownTools {
  const { kind, patterns, waitMs = 10_000 } = options
  let seen: { readonly tools: Catalog['tools']; readonly byName: ReadonlyMap<string, CatalogTool> } | undefined
  const current = (): ReadonlyMap<string, CatalogTool> => {
    const { tools } = engine.catalog()
    if (seen?.tools !== tools) seen = { tools, byName: namedTools([...tools.values()].filter(matches)) }
    return seen.byName
  }
  const matches = ({ id }: CatalogTool): boolean => patterns.some((pattern) => matchesGlob(pattern, id))
  const listed = async (): Promise<ReadonlyMap<string, CatalogTool>> => {
    await engine.ready(waitMs)
    return current()
  }
  /** A shown tool by another name that clients and models give it. */
  const spelled = (name: string): CatalogTool | undefined => {
    const { entries } = engine.catalog().names.find(name)
    const tools = entries.flatMap((entry) => (entry.kind === 'tool' && matches(entry.tool) ? [entry.tool] : []))
    return tools.length === 1 ? tools[0] : undefined
  }
  // What is too large of pinned tools comes as our own answer, which has another shape.
  const outputs = createMemo((tool: CatalogTool) => (kind === 'all' ? shownOutputSchema(tool.outputSchema) : undefined))
  const inputs = createMemo(inputOf)
  const shown = (byName: ReadonlyMap<string, CatalogTool>): ShownTool[] =>
    [...byName].map(([name, tool]) => ({
      ...shownTool(name, tool, inputs.of(tool).schema, outputs.of(tool)),
      ...(kind === 'all' ? passedOn(tool, engine) : {}),
    }))
  const hashOf = (byName: ReadonlyMap<string, CatalogTool>): string => shortHash(stableJson(shown(byName)))

  return {
    kind,
    list: async () => shown(await listed()),
    find: async (name) => (current().get(name) ?? (await listed()).get(name) ?? spelled(name))?.id,
    ownArguments(id, input) {
      const tool = engine.catalog().tools.get(id)
      return tool === undefined ? input : withOwnNames(input, inputs.of(tool).names)
    },
    onChange(listener) {
      // What a client got as its first list is no change, though servers answer one after the other.
      let known: string | undefined
      void listed().then((byName) => (known ??= hashOf(byName)))
      return engine.onCatalogChanged(() => {
        const hash = hashOf(current())
        if (known === undefined || hash === known) return
        known = hash
        listener()
      })
    },
  }
}

/** A definition that we fail at must not take the list of all others with it. */
function inputOf({ inputSchema, definition }: CatalogTool): PortableSchema {
  try {
    return inputSchema === true ? outlinedSchema(definition.inputSchema) : portableSchema(inputSchema)
  } catch {
    return portableSchema(true)
  }
}

/** The name under which a tool is shown. */
export function shownName({ serverKey, key }: Pick<CatalogTool, 'serverKey' | 'key'>): string {
  const name = `${serverKey}__${key}`
  return name.length <= MAX_NAME_CHARS ? name : `${name.slice(0, MAX_NAME_CHARS - 9)}_${shortHash(name).slice(0, 8)}`
}

function namedTools(tools: readonly CatalogTool[]): ReadonlyMap<string, CatalogTool> {
  const byName = new Map<string, CatalogTool>()
  for (const tool of tools) {
    const name = shownName(tool)
    byName.set(byName.has(name) ? `${name.slice(0, MAX_NAME_CHARS - 9)}_${shortHash(tool.id).slice(0, 8)}` : name, tool)
  }
  return byName
}

function shownTool(name: string, tool: CatalogTool, input: PlainSchema, output: object | undefined): ShownTool {
  const { title } = tool
  const annotations = shownAnnotations(tool.definition.annotations)
  return {
    name,
    ...(title === '' || title === tool.tool ? {} : { title }),
    description: describe(tool),
    inputSchema: input,
    ...(output === undefined ? {} : { outputSchema: output }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

/** What clients show to people, and the pages of MCP Apps; pinned tools stay as small as they can be. */
function passedOn({ definition, server }: CatalogTool, { offers }: Engine): Pick<ShownTool, 'icons' | '_meta'> {
  const icons = readIcons(definition.icons)
  const { _meta } = definition
  const show = (uri: string): string => offers.addressOf(server, uri)
  return { ...(icons && { icons }), ...(_meta && { _meta: linkedMeta(_meta, show) }) }
}

/** Gemini, Bedrock and VS Code refuse a tool without a description. */
function describe({ description, title, tool, server }: CatalogTool): string {
  return [description, title].find((text) => text.trim() !== '') ?? `${tool} of ${server}`
}
