import type { Catalog } from '../catalog/catalog.ts'
import type { GuestAlias, GuestFunction, GuestModule, SandboxImage } from '../sandbox/sandbox.ts'

/** Host functions that are not tools: stored results, resources and prompts, the session's state. Names with `$` cannot collide with tool ids. */
const OWN_FUNCTIONS: readonly GuestFunction[] = [
  { path: ['results', 'get'], name: '$results.get', spread: true },
  { path: ['results', 'list'], name: '$results.list', spread: true },
  { path: ['resources', 'list'], name: '$resources.list', spread: true },
  { path: ['resources', 'read'], name: '$resources.read', spread: true },
  { path: ['prompts', 'list'], name: '$prompts.list', spread: true },
  { path: ['prompts', 'get'], name: '$prompts.get', spread: true },
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

/** The primed globals for a catalog: `tools.<server>.<tool>`, `tools.search`, `intents.<name>`, `results`, `resources`, `prompts`, `state`. To be made once a snapshot. */
export function toImage(catalog: Catalog): SandboxImage {
  return {
    version: catalog.version,
    functions: [...functions(catalog), ...OWN_FUNCTIONS, ...SEARCH_FUNCTIONS],
    modules: modules(catalog),
    aliases: aliases(catalog),
  }
}

function functions(catalog: Catalog): GuestFunction[] {
  return [...catalog.tools.values()].map(({ id, serverKey, key }) => ({ path: ['tools', serverKey, key], name: id }))
}

/** The servers' and tools' own names, where our identifiers are more than another spelling of them. */
function aliases(catalog: Catalog): GuestAlias[] {
  return [
    ...[...catalog.servers.values()].flatMap(({ name, key }) => aliasOf(['tools', key], name)),
    ...[...catalog.tools.values()].flatMap(({ serverKey, key, tool }) => aliasOf(['tools', serverKey, key], tool)),
  ]
}

function aliasOf(path: readonly string[], name: string): GuestAlias[] {
  return isSpelling(path.at(-1) ?? '', name) ? [] : [{ path, name }]
}

/** True when programs find the one name by the other: as `findSpelled` in the guest compares them. */
function isSpelling(key: string, name: string): boolean {
  return key === name || plain(key) === plain(name)
}

function plain(name: string): string {
  // oxlint-disable-next-line no-control-regex
  return name.toLowerCase().replaceAll(/[\0-/:-`{-\x7f]/g, '')
}

function modules(catalog: Catalog): GuestModule[] {
  return [...catalog.intents.values()].flatMap(({ name, source, aliases }) =>
    source === undefined ? [] : [{ path: ['intents', ...name.split('.')], name, source, aliases }],
  )
}
