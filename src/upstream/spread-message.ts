import { isRecord } from '../internal/json.ts'
import { findMessages } from './find-messages.ts'

/** Messages that a server writes over several lines, as people like to read JSON. */
export interface SpreadMessage {
  /** Takes the next line, trimmed and as it came. */
  add(line: string, raw: string): SpreadPart
}

/** `messages`: these are whole now. `noise`: what came so far belongs to none. Neither: more is to come. */
export interface SpreadPart {
  readonly messages?: readonly unknown[]
  readonly noise?: string
}

const MAX_CHARS = 32 * 1024 * 1024

/** Such a message begins with a bracket alone on its line, and ends with one at the beginning of a line. */
export function createSpreadMessage(): SpreadMessage {
  const lines: string[] = []
  let chars = 0
  return {
    add(line, raw) {
      if (lines.length === 0 && line !== '{' && line !== '[') return { noise: line }
      const messages = findMessages(line)?.filter(isMessage) ?? []
      if (messages.length > 0) return { messages, noise: lines.join('\n') }
      lines.push(line)
      chars += line.length
      if (!/^[}\]]/.test(raw)) return chars > MAX_CHARS ? { noise: lines.join('\n') } : {}
      const text = lines.join('\n')
      const found = findMessages(text)
      return found === undefined ? { noise: text } : { messages: found }
    },
  }
}

/** True for a message that stands on a line of its own: what came before it was none. */
function isMessage(value: unknown): boolean {
  return isRecord(value) && ('jsonrpc' in value || 'method' in value || ('id' in value && 'result' in value))
}
