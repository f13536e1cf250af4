import { toJson } from '../internal/json.ts'
import { completeConfig } from '../config/complete-config.ts'
import type { ServerConfig } from '../config/config.ts'
import type { Client, Places } from '../config/clients/client.ts'
import { readText } from '../config/clients/file-reader.ts'
import { expandAll } from '../config/expand.ts'
import type { OwnEntry } from '../config/setup/translate.ts'
import { createOptimizer, type Optimizer } from '../optimizer.ts'
import { openSurface } from '../surface/open-surface.ts'
import { loadBestTokenizer } from '../tokens/exact.ts'

/** What one server puts into each request of a client. */
export interface ServerCost {
  readonly tools: number
  /** Tokens of its definitions as a client sends them. */
  readonly tokens: (client: Client) => number
  /** Why its tools are not known. */
  readonly problem?: string
  /** Only a login that its client has opens it. */
  readonly needsLogin: boolean
}

export interface Costs {
  readonly servers: ReadonlyMap<string, ServerCost>
  /** Tokens of our surface as a client sends it. */
  readonly ours: (client: Client) => number
  readonly tokenizer: string
  /** False: the figures are estimates. */
  readonly exact: boolean
}

interface Definition {
  readonly name: string
  readonly description?: string
  readonly inputSchema: unknown
}

/** Starts the servers of our file, by name, and counts what they and our surface cost. What they tell is remembered for the gateway. */
export async function measureCosts(
  entries: ReadonlyMap<string, OwnEntry>,
  places: Places,
  untilListed: (optimizer: Optimizer) => Promise<void>,
): Promise<Costs> {
  const tokenizer = await loadBestTokenizer('cl100k_base')
  const [known, unset] = configured(entries, places)
  await using optimizer = createOptimizer(completeConfig({ servers: known }))
  await untilListed(optimizer)
  const catalog = optimizer.catalog()
  const count = (client: Client, server: string, tools: readonly Definition[]): number =>
    tools.length === 0 ? 0 : tokenizer.count(toJson(tools.map((tool) => asSent(client, server, tool))))
  const servers = new Map<string, ServerCost>()
  for (const name of Object.keys(known)) {
    const tools = [...catalog.tools.values()]
      .filter(({ server }) => server === name)
      .map(({ definition }) => definition)
    const state = catalog.servers.get(name)
    const problem =
      tools.length > 0 ? undefined : (state?.failure?.message ?? optimizer.servers().get(name)?.problems[0])
    servers.set(name, {
      tools: tools.length,
      tokens: (client) => count(client, name, tools),
      needsLogin: state?.state === 'unauthorized',
      ...(problem === undefined ? {} : { problem }),
    })
  }
  for (const [name, problem] of unset) servers.set(name, { tools: 0, tokens: () => 0, needsLogin: false, problem })
  const { tools, instructions } = await openSurface(optimizer)
  return {
    servers,
    ours: (client) =>
      count(client, 'mcp-optimizer', tools) + (SHOW_INSTRUCTIONS.has(client.name) ? tokenizer.count(instructions) : 0),
    tokenizer: tokenizer.name,
    exact: tokenizer.exact,
  }
}

/** Entries with their variables expanded, and those whose variables are not set here. */
function configured(
  entries: ReadonlyMap<string, OwnEntry>,
  { env, cwd, home }: Places,
): [Record<string, ServerConfig>, Map<string, string>] {
  const known: Record<string, ServerConfig> = {}
  const unset = new Map<string, string>()
  for (const [name, entry] of entries) {
    const { value, missing } = expandAll(entry, 'own', { env, cwd, home, readText })
    if (missing.length > 0) unset.set(name, `${missing.join(', ')} is not set here`)
    else known[name] = { type: 'url' in entry ? 'http' : 'stdio', ...(value as object) } as ServerConfig
  }
  return [known, unset]
}

/** A definition in the words of the API that a client speaks, with the name under which it offers the tool. */
function asSent(client: Client, server: string, { name, description, inputSchema }: Definition): object {
  switch (client.name) {
    case 'codex':
    case 'copilot-cli':
    case 'opencode':
    case 'goose':
    case 'zed':
      return { type: 'function', function: { name: `${server}_${name}`, description, parameters: inputSchema } }
    case 'gemini-cli':
    case 'antigravity':
      return { name: `mcp_${server}_${name}`, description, parametersJsonSchema: inputSchema }
    default:
      return { name: `mcp__${server}__${name}`, description, input_schema: inputSchema }
  }
}

/** Clients seen to hand the server's instructions to the model. */
const SHOW_INSTRUCTIONS = new Set(['claude-code', 'codex', 'opencode', 'gemini-cli'])

/**
 * Clients that send names by default and definitions when the model looks them up, seen in Claude Code 2.1.332 and Qwen Code
 * 0.24.4; Copilot CLI does from about 30 tools on (https://docs.github.com/copilot/concepts/agents/copilot-cli/tool-search).
 */
const ON_DEMAND = new Set(['claude-code', 'copilot-cli', 'qwen-code'])

/** True where a client may send fewer definitions than it is configured with. */
export function sendsOnDemand({ name }: Client): boolean {
  return ON_DEMAND.has(name)
}
