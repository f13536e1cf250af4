import type { Catalog, CatalogServer } from '../catalog.ts'

/** A server whose tools cannot be found, or cannot be called, and why. */
export interface Unavailable {
  readonly key: string
  readonly why: string
  /** Its tools are known all the same, from an earlier run. */
  readonly isListed: boolean
}

const REASONS = {
  failed: 'did not start',
  unauthorized: 'needs authorization',
  disabled: 'is disabled',
  starting: 'is still starting',
} as const

/** All servers that are not there; `disabled` are those the configuration switches off. */
export function unavailable(catalog: Catalog, disabled: readonly string[]): Unavailable[] {
  const missing = [...catalog.servers.values()].flatMap(({ key, state, toolCount }) =>
    isBad(state) && !(state === 'starting' && toolCount > 0)
      ? [{ key, why: REASONS[state], isListed: toolCount > 0 }]
      : [],
  )
  return [...missing, ...disabled.map((key) => ({ key, why: 'is disabled in the configuration', isListed: false }))]
}

/** Those that the queries name: by name, or by each word of it. */
export function namedIn(servers: readonly Unavailable[], queries: readonly string[]): Unavailable[] {
  const words = new Set(queries.flatMap((query) => query.toLowerCase().split(/[^\p{L}\p{N}]+/u)))
  return servers.filter(({ key }) =>
    key
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .every((word) => words.has(word)),
  )
}

function isBad(state: CatalogServer['state']): state is keyof typeof REASONS {
  return Object.hasOwn(REASONS, state)
}
