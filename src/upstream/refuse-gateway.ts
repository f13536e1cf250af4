import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'

/** Our own name in a handshake, see `name` of the engine. */
const NAME = 'mcp-optimizer'

/**
 * Throws where the one who answers a handshake is a gateway of ours: it may be this very one, or have this one behind it,
 * and every request would go round without end.
 */
export function refuseGateway(name: string, serverInfo: unknown): void {
  if (!isRecord(serverInfo) || serverInfo['name'] !== NAME) return
  throw new OptimizerError(
    'CONFIG_INVALID',
    `${name} is an mcp-optimizer itself: it is left out, so that no gateway asks itself`,
    {
      suggestion: 'take it out of the configuration, and name the servers behind it instead',
    },
  )
}
