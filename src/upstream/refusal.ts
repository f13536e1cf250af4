import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import { cleanData } from '../internal/server-data.ts'
import { SERVER_CHARS, serverText } from '../internal/text.ts'

export interface RefusalOptions {
  /** Server's name. */
  readonly name: string
  readonly method: string
  readonly scrub: Scrub
  /** More for `details`. */
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * The `error` of a JSON-RPC answer as an error of ours. Whatever its code and its words: the server refused, so nothing
 * took effect, and only it knows why.
 */
export function rpcRefusal(error: unknown, { name, method, scrub, details }: RefusalOptions): OptimizerError {
  const { code, message, data } = isRecord(error) ? error : { code: undefined, message: error, data: undefined }
  const kept = cleanData(data, scrub)
  const isCall = method === 'tools/call'
  const words = serverText(wordsOf(message, error), SERVER_CHARS, scrub)
  return new OptimizerError(isCall ? 'TOOL_ERROR' : 'UPSTREAM_UNAVAILABLE', `${name} refused ${method}: ${words}`, {
    details: {
      ...details,
      rpcCode: typeof code === 'number' || typeof code === 'string' ? code : null,
      ...(kept === undefined ? {} : { data: kept }),
    },
    ...(isCall
      ? {}
      : { suggestion: 'read the reason that the server gives, and set what it needs in its configuration' }),
  })
}

function wordsOf(message: unknown, error: unknown): string {
  if (typeof message === 'string' && message.trim() !== '') return message
  const told = isRecord(message) ? message : error
  const isSilent = !isRecord(told) || Object.keys(told).every((key) => key === 'code' || key === 'message')
  return isSilent && !isRecord(message) ? 'no reason given' : JSON.stringify(told)
}
