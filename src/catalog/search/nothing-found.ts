import { nearestNames } from '../../internal/nearest.ts'
import type { Catalog } from '../catalog.ts'
import { type Unavailable, unavailableLine } from './unavailable.ts'

const MAX_WORDS = 20
const MAX_NAMES = 5
const MAX_SERVERS = 30

/** Why a search found nothing, and what is there instead, so that an agent stops searching. */
export function nothingFound(
  queries: readonly string[],
  catalog: Catalog,
  missing: readonly Unavailable[],
  only: string | undefined,
): string {
  const tools = [...catalog.tools.values()].filter(({ serverKey }) => only === undefined || serverKey === only)
  const words = queries.flatMap((query) => query.split(/\s+/)).slice(0, MAX_WORDS)
  const near = [...new Set(words.flatMap((word) => nearestNames(word, new Set(tools.map(({ key }) => key)), 2)))]
  const ids = near.slice(0, MAX_NAMES).flatMap((key) => tools.find((tool) => tool.key === key)?.id ?? [])
  const servers = [...catalog.servers.values()].filter(({ toolCount }) => toolCount > 0)
  const listed = servers.slice(0, MAX_SERVERS).map(({ key, toolCount }) => `${key} (${toolCount})`)
  if (servers.length > MAX_SERVERS) listed.push('…')
  return [
    only === undefined
      ? 'Nothing matches. Searching again with similar words will not help.'
      : `Nothing on ${only} matches. Searching again with similar words will not help; search without server.`,
    ids.length === 0 ? '' : `Nearest names: ${ids.join(', ')}`,
    `Servers: ${listed.join(', ') || 'none with tools'}`,
    missing.length === 0 ? '' : unavailableLine(missing),
  ]
    .filter(Boolean)
    .join('\n')
}
