import type { Progress } from '../upstream/upstream.ts'

/**
 * Progress as a client gets it. The protocol wants growing numbers: those of one call are passed on with their total; where
 * several calls of one program report side by side their reports are counted, and the message has their own numbers.
 */
export function createProgress(): (given: Progress) => Progress {
  let last = -Infinity
  let known: Progress | undefined
  let isOne = true
  return (given) => {
    known ??= given
    isOne &&= given.progress > last && given.total === known.total
    if (isOne) {
      last = given.progress
      return withMessage(given)
    }
    last = Math.floor(Math.max(last, 0)) + 1
    return { progress: last, message: messageOf(given) }
  }
}

function withMessage(given: Progress): Progress {
  return { ...given, message: messageOf(given) }
}

function messageOf({ message, progress, total }: Progress): string {
  return message ?? `${progress}${total === undefined ? '' : ` of ${total}`}`
}
