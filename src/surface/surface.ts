import type { ExactCounter } from '../tokens/exact-counter.ts'
import { BATCH, CALL, CODE, DESCRIBE, FIND, INTENT, LIST, type OwnTool, SEARCH } from './own-tools.ts'
import type { ShownTools } from './shown-tools.ts'

/** What an agent sees before it asks anything: the gateway's own tools and instructions, the same bytes for one configuration. */
export interface Surface {
  readonly tools: readonly OwnTool[]
  readonly instructions: string
  readonly name: string
  readonly version: string
  /** Tools of servers that are offered beside them: pinned ones, or all when they are passed through. */
  readonly shown?: ShownTools
  /** True: data in answers is written as tables where that saves tokens. */
  readonly compactAnswers: boolean
  /** Counts what a table saves, where tokens are counted exactly. */
  readonly exactTokens?: ExactCounter | undefined
}

/** How agents get at tools; `auto` is decided before a surface is made. */
export type SurfaceMode = 'code_execution' | 'traditional' | 'lazy_loading' | 'server_side'

/** What the surface is made from: the configuration alone. */
export interface SurfaceOptions {
  /** Names of the configured servers. */
  readonly servers: readonly string[]
  /** Tools of a server, by its name, as they are remembered for this configuration. @default none is told */
  readonly toolCounts?: ReadonlyMap<string, number> | undefined
  /** True: `search` and `execute_code` alone. */
  readonly compact: boolean
  /** False: no tool that runs programs. */
  readonly programs: boolean
  /** @default true */
  readonly compactAnswers?: boolean
  readonly exactTokens?: ExactCounter | undefined
  readonly version: string
  /** @default 'code_execution' */
  readonly mode?: SurfaceMode
  readonly shown?: ShownTools
}

/** The surface costs about the same with two servers and with two hundred. */
const MAX_NAMES_CHARS = 90

/** Builds the surface; its own tools depend on the configuration alone, never on which server is up. */
export function createSurface(options: SurfaceOptions): Surface {
  const { mode = 'code_execution', servers, toolCounts, version, shown } = options
  return {
    // Not every client shows a model the instructions. The compact surface has no room for names; search finds them.
    tools: ownTools(mode, options).map((tool) => withServers(tool, options.compact ? [] : servers, toolCounts)),
    instructions: FIRST[mode],
    name: 'mcp-optimizer',
    version,
    compactAnswers: options.compactAnswers ?? true,
    exactTokens: options.exactTokens,
    ...(shown === undefined ? {} : { shown }),
  }
}

function ownTools(mode: SurfaceMode, { compact, programs }: SurfaceOptions): readonly OwnTool[] {
  switch (mode) {
    case 'traditional':
      return []
    case 'lazy_loading':
      return [LIST, DESCRIBE, CALL]
    case 'server_side':
      return [FIND, CALL]
    case 'code_execution':
      if (!programs) return [SEARCH, INTENT]
      return compact ? [SEARCH, CODE] : [SEARCH, INTENT, BATCH, CODE]
  }
}

/** Tools that find others. */
const FINDERS: ReadonlySet<string> = new Set([SEARCH.name, LIST.name, FIND.name])

const FIRST: Readonly<Record<SurfaceMode, string>> = {
  code_execution: 'Search first, then run.',
  lazy_loading: 'List names, describe, then call.',
  server_side: 'Find tools, then call.',
  traditional: '',
}

/** The tool that finds others says which servers there are. */
function withServers(
  tool: OwnTool,
  servers: readonly string[],
  toolCounts: ReadonlyMap<string, number> | undefined,
): OwnTool {
  if (servers.length === 0 || !FINDERS.has(tool.name)) return tool
  const named = servers.toSorted().map((name) => {
    const count = toolCounts?.get(name)
    return count === undefined ? name : `${name} (${count})`
  })
  return { ...tool, description: `${tool.description}. Servers: ${someOf(named)}` }
}

/** As many names as fit; search finds the others. */
function someOf(names: readonly string[]): string {
  let length = 0
  const shown = names.filter((name) => (length += name.length + 2) <= MAX_NAMES_CHARS)
  const rest = names.length - shown.length
  return rest === 0 ? shown.join(', ') : [...shown, `${rest} more`].join(', ')
}
