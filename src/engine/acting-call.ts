import type { CatalogTool } from '../catalog/catalog.ts'
import { type ErrorCode, OptimizerError } from '../errors.ts'
import { randomId } from '../internal/ids.ts'
import type { Operation } from './operation.ts'

/** Faults after which a call may have taken effect: it was sent, and no answer that can be read came back. */
const UNCERTAIN: ReadonlySet<ErrorCode> = new Set([
  'OUTCOME_UNKNOWN',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_PROTOCOL',
  'CANCELLED',
  'TIMEOUT',
])

/**
 * Makes a call that may act, once. Until its outcome is known, the operation holds it as unsettled; when it never will be
 * known, the error says so, with the call's id.
 */
export async function actOnce<T>(tool: CatalogTool, operation: Operation, call: () => Promise<T>): Promise<T> {
  const callId = `c_${randomId(8)}`
  operation.unsettled.set(callId, tool.id)
  try {
    const value = await call()
    operation.unsettled.delete(callId)
    return value
  } catch (thrown) {
    const code = codeOf(thrown)
    if (UNCERTAIN.has(code)) throw unknownOutcome(code, thrown, tool, callId)
    operation.unsettled.delete(callId)
    throw thrown
  }
}

function unknownOutcome(code: ErrorCode, thrown: unknown, tool: CatalogTool, callId: string): OptimizerError {
  const [what, details] = OptimizerError.is(thrown) ? [thrown.message, thrown.details] : [FOREIGN[code], {}]
  const message = `${what ?? FOREIGN.OUTCOME_UNKNOWN}; whether ${tool.id} took effect is unknown (call ${callId})`
  const { suggestion } = new OptimizerError('OUTCOME_UNKNOWN', '')
  return new OptimizerError(code, message, {
    cause: thrown,
    details: { ...details, tool: tool.id, outcome: 'unknown', callId },
    suggestion,
  })
}

/** What is said of errors that are not ours: their text stays inside. */
const FOREIGN: Readonly<Partial<Record<ErrorCode, string>>> = {
  TIMEOUT: 'the call did not end within its deadline',
  CANCELLED: 'the call was cancelled',
  OUTCOME_UNKNOWN: 'the call failed inside the gateway',
}

/** What ends a wait from outside is no error of ours; neither says what the server did. */
function codeOf(thrown: unknown): ErrorCode {
  if (OptimizerError.is(thrown)) return thrown.code
  const name = thrown instanceof Error ? thrown.name : ''
  if (name === 'TimeoutError') return 'TIMEOUT'
  return name === 'AbortError' ? 'CANCELLED' : 'OUTCOME_UNKNOWN'
}
