import type { JsonValue } from '../internal/json.ts'
import { cleanText, clip, cutText } from '../internal/text.ts'

const MAX_LITERAL_CHARS = 200
// Everything that can end a line, hide, or reorder text: shown as an escape.
const ESCAPED =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e0fff}]|[\ud800-\udfff]/gu

/** A string literal in single quotes; the same string, whatever its characters. */
export function quote(text: string): string {
  const safe = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll(ESCAPED, escapeChar)
  return `'${safe}'`
}

/** A property name: as it is when it is an identifier, else quoted. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)
}

/** The type of one JSON value: its literal, or a wider type for long strings, lists and objects. */
export function literalType(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Object.is(value, -0) ? '0' : String(value)
  if (typeof value === 'string') return value.length > MAX_LITERAL_CHARS ? 'string' : quote(value)
  return Array.isArray(value) ? 'unknown[]' : '{ [key: string]: unknown }'
}

/** A JSDoc comment of one line that ends with a newline; empty when there is no text. Nothing in it can end it. */
export function docComment(text: string, indent: string, maxChars = 300): string {
  const line = oneLine(text, maxChars).replaceAll('*/', '*\\/')
  return line === '' ? '' : `${indent}/** ${line} */\n`
}

/** Text in one line: cleaned, white space collapsed, cut on a word. */
export function oneLine(text: string, maxChars: number): string {
  return clip(
    cleanText(cutText(text, maxChars * 8))
      .replaceAll(/\s+/g, ' ')
      .trim(),
    maxChars,
  )
}

function escapeChar(char: string): string {
  if (char === '\n') return '\\n'
  const code = char.codePointAt(0) ?? 0
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}
