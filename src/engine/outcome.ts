import { OptimizerError, type ErrorBody, type ErrorCode } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { clip, serverText } from '../internal/text.ts'
import type { GuestError, Outcome } from '../sandbox/sandbox.ts'
import type { Operation } from './operation.ts'

const CODES: Readonly<Record<Exclude<Outcome['status'], 'ok'>, ErrorCode>> = {
  incomplete: 'PROGRAM_ERROR',
  error: 'PROGRAM_ERROR',
  timeout: 'TIMEOUT',
  memory: 'MEMORY_LIMIT',
  limit: 'LIMIT_EXCEEDED',
  cancelled: 'CANCELLED',
  lost: 'SANDBOX_LOST',
}

/** The error of a run that did not end well: what failed, where, and what had already taken effect. */
export function outcomeError(outcome: Outcome, operation: Operation): OptimizerError {
  const status = outcome.status === 'ok' ? 'error' : outcome.status
  const error: GuestError = outcome.error ?? { name: 'Error', message: status }
  const details = {
    ...error.details,
    ...(error.line === undefined ? {} : { line: error.line }),
    ...(error.column === undefined ? {} : { column: error.column }),
    ...effectsOf(operation),
  }
  const named = error.name !== 'Error' && error.name !== 'OptimizerError' && error.code === undefined
  const place =
    error.line === undefined || /\(line \d/.test(error.message) ? '' : ` (line ${error.line}:${error.column ?? 1})`
  const message = `${serverText(named ? `${error.name}: ${error.message}` : error.message)}${place}`
  return new OptimizerError(error.code ?? CODES[status], message, Object.keys(details).length === 0 ? {} : { details })
}

/** What whoever asked should know of a run that ended well. */
export function noteOf(
  { nothing, logs, hostCalls, value }: Outcome,
  { unsettled, lastTool, lastAnswer }: Pick<Operation, 'unsettled'> & Partial<Operation>,
): string | undefined {
  const notes: string[] = []
  if (unsettled.size > 0) {
    const tools = [...unsettled].slice(0, 20).map(([callId, tool]) => `${tool} (call ${callId})`)
    notes.push(`whether these calls took effect is unknown: ${tools.join(', ')}`)
  }
  if (nothing === true && logs.length === 0) {
    const calls = hostCalls === 0 ? '' : `, after ${hostCalls === 1 ? 'one call' : `${hostCalls} calls`} of tools`
    notes.push(`the program returned nothing${calls}: use return, and await a call before reading its answer`)
  }
  const isEmpty = nothing === true || (value === '{}' && hostCalls > 0)
  if (isEmpty && logs.length === 0 && lastTool !== undefined && lastAnswer !== undefined)
    notes.push(
      `${value === '{}' ? 'fields that are undefined are left out; ' : ''}${lastTool} answered ${shapeOf(lastAnswer)}`,
    )
  if (value?.includes(OBJECT_AS_TEXT) === true)
    notes.push(`"${OBJECT_AS_TEXT}" in the result is an object that was made a text: use JSON.stringify`)
  return notes.length === 0 ? undefined : notes.join('; ')
}

const OBJECT_AS_TEXT = '[object Object]'
const MAX_LOOKED_AT = 200_000

/** What an answer is, in a few words. */
function shapeOf(answer: string): string {
  if (answer.length > MAX_LOOKED_AT) return `${answer.length} characters`
  let value: unknown
  try {
    value = JSON.parse(answer)
  } catch {
    value = answer
  }
  if (typeof value === 'string') return `a text of ${value.length} characters, which has no fields`
  if (Array.isArray(value))
    return `a list of ${value.length}${isRecord(value[0]) ? `, the first is ${keysOf(value[0])}` : ''}`
  return isRecord(value) ? keysOf(value) : clip(String(value), 100)
}

function keysOf(value: object): string {
  const names = Object.keys(value)
  const shown = names.slice(0, 12).map((name) => clip(name, 40))
  return `{${shown.join(', ')}${names.length > shown.length ? ', …' : ''}}`
}

/** Any thrown value as the body of an answer. A foreign error is a defect of ours: its text stays inside. */
export function errorBody(thrown: unknown, operation: Operation): ErrorBody {
  const body = OptimizerError.is(thrown) ? toBody(thrown) : foreign(thrown)
  const effects = effectsOf(operation)
  if (Object.keys(effects).length === 0) return body
  return { ...body, details: { ...body.details, ...effects } }
}

/** What had taken effect, and what may have: calls under way, or lost. */
function effectsOf({ effects, unsettled }: Operation): Readonly<Record<string, unknown>> {
  const unknown = [...unsettled].slice(0, 20).map(([callId, tool]) => ({ tool, callId }))
  return {
    // A copy: calls under way may still end after the answer.
    ...(effects.length === 0 ? {} : { done: [...effects] }),
    ...(unknown.length === 0 ? {} : { unknown }),
  }
}

/** True when the request of this error may have changed something: it must not be repeated unseen. */
export function mayHaveActed({ details = {} }: ErrorBody): boolean {
  return details['done'] !== undefined || details['unknown'] !== undefined || details['outcome'] === 'unknown'
}

/** The code of any thrown value, as its answer would name it. */
export function errorCodeOf(thrown: unknown): ErrorCode {
  return OptimizerError.is(thrown) ? thrown.code : foreign(thrown).code
}

function toBody(error: OptimizerError): ErrorBody {
  const { code, message, suggestion, details } = error
  return { code, message: serverText(message), suggestion, ...(details === undefined ? {} : { details }) }
}

function foreign(thrown: unknown): ErrorBody {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') {
    return new OptimizerError('TIMEOUT', 'the operation did not end within its deadline').toJSON()
  }
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new OptimizerError('CANCELLED', 'the request was cancelled').toJSON()
  return new OptimizerError('INTERNAL', 'the operation failed inside the gateway').toJSON()
}
