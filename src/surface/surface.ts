import { shownName } from '../catalog/names.ts'
import { estimateTokens } from '../tokens/estimate.ts'
import type { ExactCounter } from '../tokens/exact-counter.ts'
import { BATCH, CALL, CODE, DESCRIBE, FIND, INTENT, LIST, type OwnTool, SEARCH, SMALL_SEARCH } from './own-tools.ts'
import type { ShownTools } from './shown-tools.ts'

/** What an agent sees before it asks anything: the gateway's own tools and instructions, the same bytes for one configuration. */
export interface Surface {
  readonly tools: readonly OwnTool[]
  readonly instructions: string
  readonly name: string
  readonly version: string
  /** Tools of servers that are offered beside them: pinned ones, or all when they are passed through. */
  readonly shown?: ShownTools
  /** True: what servers offer beside tools (resources, prompts, completion) passes through. */
  readonly offers?: boolean
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

/** Tokens of names: the surface costs about the same with two servers and with two hundred. */
const MAX_NAMES_TOKENS = 18
const MAX_NAMES_TOKENS_COMPACT = 12

/** Builds the surface; its own tools depend on the configuration alone, never on which server is up. */
export function createSurface(options: SurfaceOptions): Surface {
  const { mode = 'code_execution', compact, servers, version, shown } = options
  const isSmall = mode === 'code_execution' && compact
  return {
    // Not every client shows a model the instructions.
    tools: ownTools(mode, options).map((tool) =>
      withServers(tool, servers, isSmall ? MAX_NAMES_TOKENS_COMPACT : MAX_NAMES_TOKENS),
    ),
    instructions: isSmall ? '' : FIRST[mode],
    name: 'mcp-optimizer',
    version,
    compactAnswers: options.compactAnswers ?? true,
    exactTokens: options.exactTokens,
    ...(shown === undefined ? {} : { shown }),
    ...(mode === 'traditional' ? { offers: true } : {}),
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
      return compact ? [SMALL_SEARCH, CODE] : [SEARCH, INTENT, BATCH, CODE]
  }
}

/** Tools that find others. */
const FINDERS: ReadonlySet<string> = new Set([SEARCH.name, LIST.name, FIND.name])

const FIRST: Readonly<Record<SurfaceMode, string>> = {
  code_execution: 'Search first.',
  lazy_loading: 'List names, describe, then call.',
  server_side: 'Find tools, then call.',
  traditional: '',
}

/** The tool that finds others says which servers there are. */
function withServers(tool: OwnTool, servers: readonly string[], room: number): OwnTool {
  if (servers.length === 0 || !FINDERS.has(tool.name)) return tool
  const names = servers.toSorted().map(shownName)
  return { ...tool, description: `${tool.description}. Servers: ${someOf(names, room)}` }
}

/** As many names as fit; search finds the others. */
function someOf(names: readonly string[], room: number): string {
  let left = room
  const shown = names.filter((name) => (left -= costOf(name)) >= 0)
  const rest = names.length - shown.length
  return rest === 0 ? shown.join(', ') : [...shown, `${rest} more`].join(', ')
}

/** Tokens of a name in the list. The estimate is made for text; each mark of a name may be a token. */
function costOf(name: string): number {
  return estimateTokens(`, ${name}`) + (name.match(/[^\p{L}\p{N}\s._-]/gu)?.length ?? 0)
}
