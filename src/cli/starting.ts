import type { Catalog } from '../catalog/catalog.ts'
import type { UpstreamStatus } from '../upstream/upstream.ts'
import type { Progress } from './output.ts'

interface Starting {
  readonly name: string
  readonly state: UpstreamStatus['state']
  readonly phase?: string
}

const MAX_NAMED = 2

/** First starts of many servers download for minutes, a few at a time; each has a limit of its own. */
export const MAX_READY_MS = 1_800_000

/** How far the lists of a gateway's servers are, and which are awaited. */
export function listsOf({ catalog }: { catalog(): Catalog }): {
  readonly title: string
  readonly total: number
  readonly look: () => Progress
} {
  const look = (): Progress => {
    const all = [...catalog().servers.values()]
    const starting = all.filter(({ state }) => state === 'starting')
    return { done: all.length - starting.length, awaited: awaitedText(starting) }
  }
  return { title: 'reading tool lists', total: catalog().servers.size, look }
}

/** `npx is installing @scope/server for memory`; servers that fetch something first, since they take longest. */
export function awaitedText(servers: readonly Starting[]): string {
  const starting = servers
    .filter(({ state }) => state === 'starting')
    .toSorted((a, b) => Number(a.phase === undefined) - Number(b.phase === undefined))
  const named = starting
    .slice(0, MAX_NAMED)
    .map(({ name, phase }) => (phase === undefined ? `${name} is starting` : `${phase} for ${name}`))
  const more = starting.length - named.length
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
