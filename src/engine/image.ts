import type { Catalog } from '../catalog/catalog.ts'
import type { GuestFunction, GuestModule, SandboxImage } from '../sandbox/sandbox.ts'

/** Host functions that are not tools: stored results, the session's state. Names with `$` cannot collide with tool ids. */
const OWN_FUNCTIONS: readonly GuestFunction[] = [
  { path: ['results', 'get'], name: '$results.get', spread: true },
  { path: ['results', 'list'], name: '$results.list', spread: true },
  ...['get', 'set', 'delete', 'keys'].map((key) => ({ path: ['state', key], name: `$state.${key}`, spread: true })),
]

/**
 * Search inside programs. They come last: a configured server that is called "search" or "describe" in code keeps its
 * name, and its tools.
 */
export const SEARCH_FUNCTIONS: readonly GuestFunction[] = [
  { path: ['tools', 'search'], name: '$tools.search', spread: true },
  { path: ['tools', 'describe'], name: '$tools.describe', spread: true },
]

/** The primed globals for a catalog: `tools.<server>.<tool>`, `tools.search`, `intents.<name>`, `results`, `state`. To be made once a snapshot. */
export function toImage(catalog: Catalog): SandboxImage {
  return {
    version: catalog.version,
    functions: [...functions(catalog), ...OWN_FUNCTIONS, ...SEARCH_FUNCTIONS],
    modules: modules(catalog),
  }
}

function functions(catalog: Catalog): GuestFunction[] {
  return [...catalog.tools.values()].map(({ id, serverKey, key }) => ({ path: ['tools', serverKey, key], name: id }))
}

function modules(catalog: Catalog): GuestModule[] {
  return [...catalog.intents.values()].flatMap(({ name, source, aliases }) =>
    source === undefined ? [] : [{ path: ['intents', ...name.split('.')], name, source, aliases }],
  )
}
