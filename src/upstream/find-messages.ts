import { parseExact } from '../internal/json.ts'

// Colours and cursor moves of a terminal.
const TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]/g
const START = /\{\s*"(?:jsonrpc|id|result|error|method|params)"/g
/** Beginnings that are tried on one line and turn out to be none: each may cost a look at the rest of the line. */
const MAX_FALSE = 5

/**
 * The JSON-RPC messages in one line of a server: the line itself, several in a row, or between what a program logged on
 * the same line. Undefined: there is none.
 */
export function findMessages(line: string): unknown[] | undefined {
  const whole = parsed(line)
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole]
  const found = [...between(line.replace(TERMINAL, ''))]
  return found.length === 0 ? undefined : found
}

function* between(text: string): Generator {
  let from = 0
  let wrong = 0
  while (wrong < MAX_FALSE) {
    START.lastIndex = from
    const start = START.exec(text)?.index
    if (start === undefined) return
    const end = endOfObject(text, start)
    const message = end === undefined ? undefined : parsed(text.slice(start, end))
    if (message === undefined) wrong++
    else yield message
    from = message === undefined || end === undefined ? start + 1 : end
  }
}

/** Behind the bracket that closes the one at `start`. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  let inText = false
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (inText) {
      if (code === BACKSLASH) index++
      else if (code === QUOTE) inText = false
    } else if (code === QUOTE) inText = true
    else if (code === OPEN) depth++
    else if (code === CLOSE && --depth === 0) return index + 1
  }
  return undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d

function parsed(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}
