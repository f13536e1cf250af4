import type { OptimizerConfig } from '../config/config.ts'
import { VERSION } from '../internal/version.ts'
import { estimateTokens } from '../tokens/estimate.ts'
import { createSurface, type Surface, type SurfaceOptions } from './surface.ts'

/** What the configuration says of a surface. */
export function surfaceOptions({ servers, compact, features }: OptimizerConfig): SurfaceOptions {
  return {
    servers: Object.entries(servers).flatMap(([name, { disabled }]) => (disabled === true ? [] : [name])),
    compact,
    programs: features.enableSandbox,
    compactAnswers: features.compactAnswers,
    version: VERSION,
  }
}

/** The surface of a configuration whose surface needs no engine: undefined where it shows tools of servers or counts exactly. */
export function plainSurface(config: OptimizerConfig): Surface | undefined {
  const { executionMode: mode, exactTokens } = config.features
  if (mode === 'auto' || mode === 'traditional' || exactTokens || config.pinned.length > 0) return undefined
  return createSurface({ ...surfaceOptions(config), mode })
}

/** Estimated tokens of what an agent sees of a surface before it asks anything, shown tools of servers not counted. */
export function surfaceTokens({ tools, instructions }: Surface): number {
  const shown = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
  return estimateTokens(JSON.stringify(shown) + instructions)
}
