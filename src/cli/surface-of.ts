import type { OptimizerConfig } from '../config/config.ts'
import { VERSION } from '../optimizer.ts'
import { estimateTokens } from '../tokens/estimate.ts'
import { createSurface, type Surface } from '../surface/surface.ts'

/** Estimated tokens of what an agent sees of a surface before it asks anything. */
export function surfaceTokens({ tools, instructions }: Surface): number {
  const shown = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
  return estimateTokens(JSON.stringify(shown) + instructions)
}

/** The surface of a configuration. */
export function surfaceOf(config: OptimizerConfig): Surface {
  const servers = Object.entries(config.servers).flatMap(([name, { disabled }]) => (disabled === true ? [] : [name]))
  return createSurface({ servers, compact: config.compact, programs: config.features.enableSandbox, version: VERSION })
}
