import { type Tokens } from './tokens.ts'

/** A text that is put into a source, or in the place of `length` characters of it; it changes no lines. */
export interface Edit {
  readonly at: number
  readonly length: number
  readonly text: string
}

export function applyEdits(source: string, edits: readonly Edit[]): string {
  let text = ''
  let at = 0
  for (const edit of edits) {
    text += source.slice(at, edit.at) + edit.text
    at = edit.at + edit.length
  }
  return text + source.slice(at)
}

/** The column that a place of the edited source had before; 1-based, and edits change no lines. */
export function columnBefore(source: string, edits: readonly Edit[], line: number, column: number): number {
  let start = 0
  for (let left = line - 1; left > 0; left--) start = source.indexOf('\n', start) + 1
  const end = source.indexOf('\n', start)
  let before = column
  for (const { at, length, text } of edits) {
    if (at < start || (end !== -1 && at > end)) continue
    const first = at - start + 1
    if (before < first + text.length) return Math.min(before, first)
    before -= text.length - length
  }
  return before
}

/** A text in the place of a token. */
export function replaced(tokens: Tokens, index: number, text: string): Edit {
  const at = tokens.start(index)
  return { at, length: tokens.end(index) - at, text }
}

/** Spaces in the place of all that is from one token up to before another: no line is lost. */
export function blanked(tokens: Tokens, first: number, end: number): Edit {
  const at = tokens.start(first)
  const text = tokens.source.slice(at, tokens.end(end - 1))
  return { at, length: text.length, text: text.replace(/[^\n]/g, ' ') }
}

export function placeAt(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
