/**
 * Changes one entry in the text of a configuration file and nothing else: comments, order, indentation and line ends stay.
 * `path` names the map that holds the entries. What a format cannot express at that place comes back as text that reads as
 * something else; `client-file.ts` compares both and refuses it.
 */
export interface Editor {
  /** Adds the entry, or replaces the one of this name; makes the map where it is missing. */
  put(text: string, path: readonly string[], name: string, entry: object): string
  /** Adds an entry as its text once stood, comments within it too; a map that is missing is not made. */
  putText(text: string, path: readonly string[], name: string, entry: string): string
  /** Takes the entry out; a text without it comes back as it is. */
  remove(text: string, path: readonly string[], name: string): string
  /** The text of an entry; undefined where there is none. */
  textOf(text: string, path: readonly string[], name: string): string | undefined
  /** Where the value at a path begins; undefined where it is missing. */
  offsetOf(text: string, path: readonly string[]): number | undefined
}

/** Whitespace of the first indented line: one level. @default two spaces */
export function indentOf(text: string): string {
  const [, first = '  '] = /^([ \t]+)\S/m.exec(text) ?? []
  return first
}

export function lineEndOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** Where the line of a place begins. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** The part of a text from `start` to `end` replaced. */
export function spliced(text: string, start: number, end: number, by: string): string {
  return `${text.slice(0, start)}${by}${text.slice(end)}`
}
