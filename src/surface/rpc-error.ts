import { OptimizerError } from '../errors.ts'
import type { RpcError } from './dispatch.ts'

/** Codes of an unknown resource, of the era before 2026 and since. */
const NO_RESOURCE = -32_002
const INVALID_PARAMS = -32_602

/** An error as JSON-RPC has it: the code and data of the server that refused, or those of our own. */
export function rpcErrorOf(thrown: unknown, modern: boolean): RpcError {
  if (!OptimizerError.is(thrown)) return { code: -32_603, message: 'the gateway failed inside' }
  const { code, message, details } = thrown
  switch (code) {
    case 'INVALID_REQUEST':
      return { code: INVALID_PARAMS, message, ...(details === undefined ? {} : { data: details }) }
    case 'UNKNOWN_PROMPT':
      return { code: INVALID_PARAMS, message, data: details }
    case 'UNKNOWN_RESOURCE':
      return { code: modern ? INVALID_PARAMS : NO_RESOURCE, message, data: details }
  }
  const { rpcCode, data } = details ?? {}
  if (!Number.isSafeInteger(rpcCode)) return { code: -32_603, message, data: thrown.toJSON() }
  const own = modern && rpcCode === NO_RESOURCE ? INVALID_PARAMS : (rpcCode as number)
  return { code: own, message, ...(data === undefined ? {} : { data }) }
}
