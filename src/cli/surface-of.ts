import type { OptimizerConfig } from '../config/config.ts'
import { toolCountsOf, VERSION } from '../optimizer.ts'
import { createSurface, type Surface } from '../surface/surface.ts'

/** The surface of a configuration. */
export function surfaceOf(config: OptimizerConfig): Surface {
  const servers = Object.entries(config.servers).flatMap(([name, { disabled }]) => (disabled === true ? [] : [name]))
  return createSurface({
    servers,
    toolCounts: toolCountsOf(config)?.read(),
    compact: config.compact,
    programs: config.features.enableSandbox,
    version: VERSION,
  })
}
