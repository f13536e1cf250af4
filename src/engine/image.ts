import type { Catalog } from '../catalog/catalog.ts'
import type { GuestFunction, GuestModule, SandboxImage } from '../sandbox/sandbox.ts'

/** Host functions that are not tools: stored results, the session's state. Names with `$` cannot collide with tool ids. */
const OWN_FUNCTIONS: readonly GuestFunction[] = [
  { path: ['results', 'get'], name: '$results.get', spread: true },
  { path: ['results', 'list'], name: '$results.list', spread: true },
  ...['get', 'set', 'delete', 'keys'].map((key) => ({ path: ['state', key], name: `$state.${key}`, spread: true })),
]

const images = new WeakMap<Catalog, SandboxImage>()

/** The primed globals for a catalog: `tools.<server>.<tool>`, `intents.<name>`, `results`, `state`. Made once a snapshot. */
export function imageOf(catalog: Catalog): SandboxImage {
  const known = images.get(catalog)
  if (known !== undefined) return known
  const image = {
    version: catalog.version,
    functions: [...functions(catalog), ...OWN_FUNCTIONS],
    modules: modules(catalog),
  }
  images.set(catalog, image)
  return image
}

function functions(catalog: Catalog): GuestFunction[] {
  return [...catalog.tools.values()].map(({ id, serverKey, key }) => ({ path: ['tools', serverKey, key], name: id }))
}

function modules(catalog: Catalog): GuestModule[] {
  return [...catalog.intents.values()].flatMap(({ name, source, aliases }) =>
    source === undefined ? [] : [{ path: ['intents', ...name.split('.')], name, source, aliases }],
  )
}
