import type { CatalogTool } from '../catalog/catalog.ts'
import { matchesGlob } from '../internal/glob.ts'
import { createMemo } from '../internal/memo.ts'

export interface ReadRulesOptions {
  /** Servers whose hints are believed. */
  readonly trusted: ReadonlySet<string>
  /** Ids of tools that only read, whatever their server says; `*` matches any text. */
  readonly cacheable: readonly string[]
  /** Seconds that an answer is kept, by pattern of tool ids; the first that matches counts. 0: never. */
  readonly ttlSeconds: Readonly<Record<string, number>>
  /** For tools without such a rule, milliseconds. */
  readonly ttlMs: number
}

/** Which tools only read, so that their calls may be repeated and their answers kept, and how long. */
export interface ReadRules {
  /** True where the configuration says so, or a server does whose hints are believed. */
  isRead(tool: CatalogTool): boolean
  /** Milliseconds that an answer may be kept; 0: never. */
  ttlMs(tool: CatalogTool): number
  /** True when some tool of this tool's server may only read. */
  readsFrom(tool: CatalogTool): boolean
}

export function createReadRules(options: ReadRulesOptions): ReadRules {
  const rules = Object.entries(options.ttlSeconds)
  const known = createMemo((tool: CatalogTool) => {
    const named = options.cacheable.some((pattern) => matchesGlob(pattern, tool.id))
    const [, seconds] = rules.find(([pattern]) => matchesGlob(pattern, tool.id)) ?? []
    return {
      isRead: named || (tool.readOnlyHint === true && options.trusted.has(tool.server)),
      ttlMs: seconds === undefined ? options.ttlMs : seconds * 1_000,
    }
  })
  return {
    isRead: (tool) => known.of(tool).isRead,
    ttlMs: (tool) => known.of(tool).ttlMs,
    readsFrom: ({ server, serverKey }) =>
      options.trusted.has(server) || options.cacheable.some((pattern) => mayMatch(pattern, `${serverKey}.`)),
  }
}

/** True when a pattern can match a text that begins so. */
function mayMatch(pattern: string, beginning: string): boolean {
  const [literal = ''] = pattern.split('*', 1)
  return literal.startsWith(beginning) || beginning.startsWith(literal)
}
