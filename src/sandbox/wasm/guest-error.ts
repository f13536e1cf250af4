import { isRecord, parseJson } from '../../internal/json.ts'
import { cleanText, modelText } from '../../internal/text.ts'
import type { ErrorCode } from '../../errors.ts'
import type { GuestError, OutcomeStatus } from '../sandbox.ts'

/** Lines that stand before the program's own source in what is compiled. */
export const WRAPPER_LINES = 1

/** Turns what the guest's glue packed into an outcome; `file` is the name the program was compiled under. */
export function readFailure(text: string, file: string): { readonly status: OutcomeStatus; readonly error: GuestError } {
  const packed = parsePacked(text)
  const name = modelText(textAt(packed, 'name'), 100)
  const message = modelText(textAt(packed, 'message'))
  if (packed['limit'] === true) return { status: 'limit', error: { name, message, code: 'LIMIT_EXCEEDED' } }
  if (name === 'InternalError' && message.includes('out of memory')) return { status: 'memory', error: outOfMemory() }
  const own = ownFrames(textAt(packed, 'stack'), file)
  const code = packed['code']
  return {
    status: 'error',
    error: {
      name,
      message,
      ...(typeof code === 'string' ? { code: code as ErrorCode } : {}),
      ...own,
      ...(isRecord(packed['details']) ? { details: packed['details'] } : {}),
    },
  }
}

export function outOfMemory(): GuestError {
  return { name: 'RangeError', message: 'the program used up its memory', code: 'MEMORY_LIMIT' }
}

/** Place and frames of a stack, in the lines of the source as it was sent. */
export function ownFrames(stack: string, file: string): { readonly line?: number; readonly column?: number; readonly stack?: string } {
  const frames = cleanText(stack)
    .split('\n')
    .map((frame) => frame.trim())
    .filter((frame) => frame.includes('.ts:'))
    .slice(0, 10)
    .map((frame) => frame.replace(/\.ts:(\d+)/, (_match, line: string) => `.ts:${Math.max(1, Number(line) - WRAPPER_LINES)}`))
  const place = frames.map((frame) => /([^()\s]+):(\d+):(\d+)\)?$/.exec(frame)).find((match) => match?.[1] === file)
  return {
    ...(place === undefined || place === null ? {} : { line: Number(place[2]), column: Number(place[3]) }),
    ...(frames.length === 0 ? {} : { stack: frames.join('\n') }),
  }
}

function parsePacked(text: string): Record<string, unknown> {
  try {
    const value = parseJson(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

function textAt(record: Record<string, unknown>, key: string): string {
  const value = record[key]
  return typeof value === 'string' ? value : ''
}
