import type { Receipt, SessionReceipt } from '../context/receipts.ts'
import type { LoopDelayReading } from '../metrics/loop-delay.ts'
import { VERSION } from '../internal/version.ts'
import type { Optimizer } from '../optimizer.ts'
import type { AuditFigures } from '../policy/audit-trail.ts'
import type { SandboxStats } from '../sandbox/sandbox.ts'
import type { UpstreamState } from '../upstream/upstream.ts'

/** What an operator should know at a glance; plain JSON for `/status`, the command line and the dashboard. */
export interface GatewayStatus {
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly uptimeSeconds: number
  readonly operations: { readonly inFlight: number }
  readonly loopDelay?: LoopDelayReading
  readonly catalog: { readonly version: string; readonly tools: number; readonly intents: number }
  readonly servers: readonly ServerStatus[]
  readonly sandbox?: SandboxStats
  readonly audit?: AuditFigures
  /** The latest sessions, at most 20. */
  readonly receipts: readonly SessionReceipt[]
  readonly total?: Receipt
}

export interface ServerStatus {
  readonly name: string
  readonly state: UpstreamState
  readonly tools: number
  readonly restarts: number
  /** For people: they may name paths of this machine. */
  readonly problems: readonly string[]
}

const MAX_RECEIPTS = 20

/** The state of a gateway now. */
export function statusOf(optimizer: Optimizer, startedAt: number, loopDelay?: LoopDelayReading): GatewayStatus {
  const { observation } = optimizer
  const catalog = optimizer.catalog()
  const tools = new Map<string, number>()
  for (const { server } of catalog.tools.values()) tools.set(server, (tools.get(server) ?? 0) + 1)
  const sandbox = optimizer.sandboxStats()
  const audit = observation.audit()
  const total = observation.receipts?.total()
  return {
    version: VERSION,
    startedAt: new Date(startedAt).toISOString(),
    uptimeSeconds: Math.round((Date.now() - startedAt) / 1_000),
    operations: { inFlight: observation.inFlight() },
    catalog: { version: catalog.version, tools: catalog.tools.size, intents: catalog.intents.size },
    servers: [...optimizer.servers()].map(([name, { state, restarts, problems }]) => ({
      name,
      state,
      tools: tools.get(name) ?? 0,
      restarts,
      problems,
    })),
    receipts: observation.receipts?.list().slice(0, MAX_RECEIPTS) ?? [],
    ...(loopDelay === undefined ? {} : { loopDelay }),
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(audit === undefined ? {} : { audit }),
    ...(total === undefined ? {} : { total }),
  }
}
