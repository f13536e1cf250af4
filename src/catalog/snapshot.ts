import { shortHash, stableJson } from '../internal/hash.ts'
import { cleanText, clip } from '../internal/text.ts'
import type { ToolDefinition, UpstreamState } from '../upstream/upstream.ts'
import type { Catalog, CatalogProblem, CatalogServer, CatalogTool, Intent } from './catalog.ts'
import { uniqueIdentifiers } from './names.ts'
import { screenSchema } from './schema.ts'

export interface ServerListing {
  /** As configured. */
  readonly name: string
  readonly description?: string
  /** The server's own words about itself. */
  readonly instructions?: string
  readonly state: UpstreamState
  readonly tools: readonly ToolDefinition[]
  /** Tool names to show; `*` matches any text. */
  readonly include?: readonly string[]
  /** Tool names to hide, after `include`. */
  readonly exclude?: readonly string[]
}

const MAX_DESCRIPTION = 4_000

/** Joins the servers' lists and the intents to one immutable snapshot; equal content gives equal versions. */
export function createCatalog(input: {
  readonly servers: readonly ServerListing[]
  readonly intents: readonly Intent[]
}): Catalog {
  const listings = input.servers.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const { keys } = uniqueIdentifiers(listings.map(({ name }) => name))
  const servers = new Map<string, CatalogServer>()
  const tools = new Map<string, CatalogTool>()
  const problems: CatalogProblem[] = []
  const versions: string[] = []
  for (const listing of listings) {
    const key = keys.get(listing.name) ?? listing.name
    const prepared = prepare(listing, key)
    for (const tool of prepared.tools) tools.set(tool.id, tool)
    problems.push(...prepared.problems)
    versions.push(prepared.version)
    const description = clip(cleanText(listing.description ?? listing.instructions ?? ''), MAX_DESCRIPTION)
    servers.set(listing.name, {
      name: listing.name,
      key,
      description,
      toolCount: prepared.tools.length,
      state: listing.state,
    })
  }
  const intents = new Map(
    input.intents.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((intent) => [intent.name, intent]),
  )
  return { version: shortHash(versions.join() + stableJson([...intents.values()])), servers, tools, intents, problems }
}

interface Prepared {
  readonly tools: readonly CatalogTool[]
  readonly problems: readonly CatalogProblem[]
  readonly version: string
}

/** By the list a server gave: one server's change costs no work for the others. */
const preparedLists = new WeakMap<readonly ToolDefinition[], Map<string, Prepared>>()

function prepare(listing: ServerListing, serverKey: string): Prepared {
  const known = preparedLists.get(listing.tools) ?? new Map<string, Prepared>()
  preparedLists.set(listing.tools, known)
  const variant = JSON.stringify([listing.name, serverKey, listing.include, listing.exclude])
  const prepared = known.get(variant) ?? prepareTools(listing, serverKey)
  known.set(variant, prepared)
  return prepared
}

function prepareTools(listing: ServerListing, serverKey: string): Prepared {
  const problems: CatalogProblem[] = []
  const report = (name: string, what: string): void =>
    void problems.push({ where: `${listing.name}.${clip(cleanText(name), 60)}`, what })
  const byName = new Map<string, ToolDefinition>()
  const isShown = filterOf(listing)
  for (const definition of listing.tools) {
    const { name } = definition
    if (typeof name !== 'string' || name.trim() === '' || name.length > 512)
      report(String(name), 'left out: its name is not a text of 1 to 512 characters')
    else if (byName.has(name)) report(name, 'left out: a tool of this name came before')
    else if (isShown(name)) byName.set(name, definition)
  }
  const { keys, collisions } = uniqueIdentifiers([...byName.keys()])
  for (const name of collisions) report(name, `named ${keys.get(name)} in code: another tool has the same plain name`)
  const tools = [...byName].map(([name, definition]) =>
    toTool(definition, listing.name, serverKey, keys.get(name) ?? name, report),
  )
  tools.sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    tools,
    problems,
    version: shortHash(serverKey + stableJson(tools.map(({ id, definition }) => [id, definition]))),
  }
}

function toTool(
  definition: ToolDefinition,
  server: string,
  serverKey: string,
  key: string,
  report: (name: string, what: string) => void,
): CatalogTool {
  const { name, title, description, annotations = {} } = definition
  const input = screenSchema(definition.inputSchema)
  if (input.problem !== undefined) report(name, `offered without types: ${input.problem}`)
  const output = definition.outputSchema === undefined ? undefined : screenSchema(definition.outputSchema).schema
  return {
    id: `${serverKey}.${key}`,
    server,
    serverKey,
    key,
    tool: name,
    title: cleanText(textOf(title ?? annotations?.title)).slice(0, 200),
    description: cleanText(textOf(description)).slice(0, MAX_DESCRIPTION),
    inputSchema: input.schema,
    ...(output === undefined ? {} : { outputSchema: output }),
    ...hint('readOnlyHint', annotations?.readOnlyHint),
    ...hint('destructiveHint', annotations?.destructiveHint),
    ...hint('idempotentHint', annotations?.idempotentHint),
    definition,
  }
}

function hint<K extends string>(name: K, value: unknown): { [P in K]?: boolean } {
  return (typeof value === 'boolean' ? { [name]: value } : {}) as { [P in K]?: boolean }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function filterOf({ include, exclude }: ServerListing): (name: string) => boolean {
  const shown = include?.map(toPattern)
  const hidden = (exclude ?? []).map(toPattern)
  return (name) =>
    (shown === undefined || shown.some((pattern) => pattern.test(name))) &&
    !hidden.some((pattern) => pattern.test(name))
}

function toPattern(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  )
}
