import { cancelledError } from './stop-errors.ts'
import { type Outcome, type Program, type SandboxLimits } from '../sandbox.ts'
import { isLonger } from './run.ts'

/** Memory below this cannot hold the engine, the glue and the headroom. */
const MIN_MEMORY_BYTES = 8 * 1024 * 1024
/** What WebAssembly can address. */
const MAX_MEMORY_BYTES = 65_536 * 65_536
/** A larger delay of a timer counts as none. */
const MAX_TIMEOUT_MS = 2_000_000_000

const NOTHING = { logs: [], hostCalls: 0, durationMs: 0, setupMs: 0 }

/** The outcome of a program whose caller left before it began. */
export function cancelledOutcome(): Outcome {
  return { ...NOTHING, status: 'cancelled', error: cancelledError() }
}

/** The outcome of a program that is not started at all, if there is a reason. */
export function refuse(program: Program, limits: SandboxLimits, signal: AbortSignal | undefined): Outcome | undefined {
  if (signal?.aborted) return cancelledOutcome()
  if (program.kind === 'module' || !isLonger(program.source, limits.sourceBytes)) return undefined
  const message = `the program is longer than ${limits.sourceBytes} bytes`
  const details = { limit: 'sourceBytes', maximum: limits.sourceBytes }
  return { ...NOTHING, status: 'limit', error: { name: 'Error', code: 'LIMIT_EXCEEDED', message, details } }
}

/** The limits that can be kept: those beyond are held to the nearest. */
export function boundLimits(limits: SandboxLimits): SandboxLimits {
  const memoryBytes = Math.min(Math.max(limits.memoryBytes, MIN_MEMORY_BYTES), MAX_MEMORY_BYTES)
  const timeoutMs = Math.min(limits.timeoutMs, MAX_TIMEOUT_MS)
  return { ...limits, memoryBytes, timeoutMs }
}
