import type { OptimizerConfig } from '../config/config.ts'
import { VERSION } from '../optimizer.ts'
import { createSurface, type Surface } from '../surface/surface.ts'

/** The surface of a configuration. */
export function surfaceOf(config: OptimizerConfig): Surface {
  const servers = Object.entries(config.servers).flatMap(([name, { disabled }]) => (disabled === true ? [] : [name]))
  const { enableSandbox: programs, compactAnswers } = config.features
  return createSurface({ servers, compact: config.compact, programs, compactAnswers, version: VERSION })
}
