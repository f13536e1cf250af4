import { clip } from '../../internal/text.ts'
import { type GuestError } from '../sandbox.ts'

const MAX_SHOWN = 5
const MAX_WORDS = 300

/**
 * The error of a program that answered, while a part of its own work failed or did not end. `failed`: the first of `total`
 * rejections that nobody caught; `cause`: the limit that cut off the rest.
 */
export function incompleteError(failed: readonly GuestError[], total: number, cause?: GuestError): GuestError {
  const [first] = failed
  const which = total === 1 ? 'this rejection' : `these ${total} rejections`
  const uncaught = total === 0 ? [] : [`nobody caught ${which}: ${words(failed, total)}`]
  const cutOff = cause === undefined ? [] : [`work that it had not awaited was cut off: ${cause.message}`]
  const { code, line, column, stack }: Partial<GuestError> = cause ?? first ?? {}
  return {
    name: cause?.name ?? 'Error',
    message: `the program returned, but ${[...cutOff, ...uncaught].join('; and ')}`,
    ...(code !== undefined && { code }),
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    ...(stack !== undefined && { stack }),
    details: {
      ...cause?.details,
      ...(total > 0 && { failed: failed.map(({ stack: _stack, ...told }) => told) }),
    },
  }
}

function words(failed: readonly GuestError[], total: number): string {
  const shown = failed.slice(0, MAX_SHOWN).map(({ name, message, code }) => {
    const named = code === undefined && name !== 'Error' ? `${name}: ${message}` : message
    return clip(named, MAX_WORDS)
  })
  return `${shown.join('; ')}${total > shown.length ? `; and ${total - shown.length} more` : ''}`
}
