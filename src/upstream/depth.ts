import { OptimizerError } from '../errors.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** How many gateways stand above a process; handed to every server that is started. */
const DEPTH = 'MCP_OPTIMIZER_DEPTH'
/** An agent behind a gateway may have a gateway of its own; nobody needs more than that. */
const MAX_DEPTH = 3

export function deeper(env: Variables): Record<string, string> {
  return { [DEPTH]: String(depthOf(env) + 1) }
}

/**
 * Throws `CONFIG_INVALID` for a gateway below too many others: one of its servers starts mcp-optimizer in a way that does
 * not show in its command, and each would start the next before anyone notices.
 */
export function refuseDepth(env: Variables): void {
  if (depthOf(env) < MAX_DEPTH) return
  const why = `${MAX_DEPTH} gateways stand above this one, each started by the one before`
  throw new OptimizerError('CONFIG_INVALID', `cannot serve: ${why}`, {
    suggestion: 'take the server that starts mcp-optimizer out of the configuration: "mcp-optimizer doctor" names it',
  })
}

function depthOf(env: Variables): number {
  const depth = Number(env[DEPTH])
  return Number.isInteger(depth) && depth > 0 ? depth : 0
}
