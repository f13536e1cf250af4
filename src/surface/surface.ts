/** What an agent sees before it asks anything: tools and instructions, the same bytes for one configuration. */
export interface Surface {
  readonly tools: readonly SurfaceTool[]
  readonly instructions: string
  readonly name: string
  readonly version: string
  /** True: data in answers is written as tables where that saves tokens. */
  readonly compactAnswers: boolean
}

export interface SurfaceTool {
  readonly name: SurfaceToolName
  readonly description: string
  readonly inputSchema: object
  readonly annotations: { readonly readOnlyHint: boolean; readonly openWorldHint?: boolean }
  readonly _meta: Readonly<Record<string, unknown>>
}

export type SurfaceToolName = 'search' | 'execute_intent' | 'execute_batch' | 'execute_code'

/** What the surface is made from: the configuration alone. */
export interface SurfaceOptions {
  /** Names of the configured servers. */
  readonly servers: readonly string[]
  /** True: `search` and `execute_code` alone. */
  readonly compact: boolean
  /** False: no tool that runs programs. */
  readonly programs: boolean
  /** @default true */
  readonly compactAnswers?: boolean
  readonly version: string
}

// Clients that hide tools behind a search of their own would hide these too.
const META = { 'anthropic/alwaysLoad': true }
const READS = { annotations: { readOnlyHint: true }, _meta: META }
const ACTS = { annotations: { readOnlyHint: false, openWorldHint: true }, _meta: META }
const MAX_INSTRUCTION_CHARS = 2_000

/** Builds the surface; depends on the configuration alone, never on which server is up. */
export function createSurface(options: SurfaceOptions): Surface {
  const tools = options.compact ? [SEARCH, CODE] : [SEARCH, INTENT, BATCH, CODE]
  const offered = options.programs ? tools : [SEARCH, INTENT]
  return {
    tools: offered,
    instructions: instructions(options.servers),
    name: 'mcp-optimizer',
    version: options.version,
    compactAnswers: options.compactAnswers ?? true,
  }
}

const SEARCH: SurfaceTool = {
  name: 'search',
  description: 'Find tools and intents. query: 2-6 keywords (product action object), or a list',
  inputSchema: {
    type: 'object',
    properties: { query: { type: ['string', 'array'] }, server: { type: 'string' } },
    required: ['query'],
  },
  ...READS,
}

const INTENT: SurfaceTool = {
  name: 'execute_intent',
  description: 'Run an intent, or any tool as server.tool, with the params its signature shows',
  inputSchema: {
    type: 'object',
    properties: { intent: { type: 'string' }, params: { type: 'object' } },
    required: ['intent'],
  },
  ...ACTS,
}

const BATCH: SurfaceTool = {
  name: 'execute_batch',
  description: 'Run several intents at once: [{intent, params}]',
  inputSchema: {
    type: 'object',
    properties: { requests: { type: 'array', items: { type: 'object' } } },
    required: ['requests'],
  },
  ...ACTS,
}

const CODE: SurfaceTool = {
  name: 'execute_code',
  description:
    'Run TypeScript: await tools.server.tool(args), intents.name(input), results.get(handle); return only what you need',
  inputSchema: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
  ...ACTS,
}

function instructions(servers: readonly string[]): string {
  const text = 'Search first, then run.'
  if (servers.length === 0) return text
  const names = servers.toSorted().join(', ')
  const listed = names.length <= MAX_INSTRUCTION_CHARS ? names : `${names.slice(0, MAX_INSTRUCTION_CHARS)}…`
  return `${text} Servers: ${listed}`
}
