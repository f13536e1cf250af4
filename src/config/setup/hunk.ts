/** What a change replaced in a text, with what stood around it, so that it can be taken back in a text that changed elsewhere. */
export interface Hunk {
  readonly lead: string
  readonly before: string
  readonly after: string
  readonly tail: string
}

/** Characters around a change by which its place is found again. */
const CONTEXT = 64

export function hunkBetween(before: string, after: string): Hunk {
  const limit = Math.min(before.length, after.length)
  let start = 0
  while (start < limit && before[start] === after[start]) start++
  let end = 0
  while (end < limit - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  return {
    lead: before.slice(Math.max(0, start - CONTEXT), start),
    before: before.slice(start, before.length - end),
    after: after.slice(start, after.length - end),
    tail: before.slice(before.length - end, before.length - end + CONTEXT),
  }
}

/** The text with the change taken back; undefined where its place is not found, or found twice. */
export function takenBack(text: string, { lead, before, after, tail }: Hunk): string | undefined {
  const there = `${lead}${after}${tail}`
  const at = text.indexOf(there)
  if (there === '' || at < 0 || text.includes(there, at + 1)) return undefined
  return `${text.slice(0, at)}${lead}${before}${tail}${text.slice(at + there.length)}`
}
