import { toJson } from '../internal/json.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Engine } from '../engine/engine.ts'
import type { Optimizer } from '../optimizer.ts'
import { estimateTokens } from '../tokens/estimate.ts'
import { createShownTools } from './shown-tools.ts'
import { surfaceOptions } from './plain-surface.ts'
import { createSurface, type Surface, type SurfaceMode, type SurfaceOptions } from './surface.ts'

/**
 * Tokens of definitions at which a whole task costs the same with all definitions in the agent's context and with our
 * surface instead, for the task of `bench/tasks.mjs` in which we pay off last; from there on no task was dearer with us.
 */
export const BREAK_EVEN_TOKENS = 600

/** How long `auto` waits for tool lists before it decides, milliseconds. */
const DECISION_WAIT_MS = 10_000

/**
 * The surface of a gateway, as its configuration says. `auto` is decided here, once, from the tool lists: a surface that
 * changed its kind in the middle of a conversation would cost the agent its prompt cache and its way to the tools.
 */
export async function openSurface(optimizer: Optimizer, view: SurfaceView = {}): Promise<Surface> {
  const { features, pinned } = optimizer.config
  const { engine = optimizer, mode: wanted = features.executionMode } = view
  const mode = wanted === 'auto' ? await decide(engine) : wanted
  const shown =
    mode === 'traditional'
      ? createShownTools(engine, { kind: 'all', patterns: ['*'] })
      : pinned.length > 0
        ? createShownTools(engine, { kind: 'pinned', patterns: pinned })
        : undefined
  const options = surfaceOptions(optimizer.config)
  const servers = [...engine.servers().keys()]
  return createSurface({
    ...options,
    ...view.options,
    // Those of the library's user are in no configuration file, and a view has but those it may use.
    servers: engine === optimizer ? [...new Set([...options.servers, ...servers])] : servers,
    exactTokens: optimizer.exactTokens,
    mode,
    ...(shown === undefined ? {} : { shown }),
  })
}

/** Where a surface is not the one that the configuration alone makes. */
export interface SurfaceView {
  /** Of somebody who may not use everything. @default the gateway itself */
  readonly engine?: Engine
  /** @default that of the configuration */
  readonly mode?: SurfaceMode | 'auto'
  readonly options?: Partial<Pick<SurfaceOptions, 'compact' | 'programs'>>
}

async function decide(engine: Engine): Promise<SurfaceMode> {
  await engine.ready(DECISION_WAIT_MS)
  const catalog = engine.catalog()
  // What a server that gave no list yet would add is not known: ours is right for any size.
  const unknown = [...catalog.servers.values()].some(({ toolCount, state }) => toolCount === 0 && state !== 'ready')
  return !unknown && definitionTokens(catalog) < BREAK_EVEN_TOKENS ? 'traditional' : 'code_execution'
}

/** Tokens of all definitions of a catalog, estimated. */
function definitionTokens(catalog: Catalog): number {
  const definitions = [...catalog.tools.values()].map(({ tool, description, definition }) => ({
    name: tool,
    description,
    inputSchema: definition.inputSchema,
  }))
  return definitions.length === 0 ? 0 : estimateTokens(toJson(definitions))
}
