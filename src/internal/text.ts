import type { Scrub } from './scrub.ts'

const HOST_PATH =
  /(?:file:\/\/)?(?:\/(?:home|root|Users|tmp|var|usr|opt|etc|work|mnt|srv|private|app)\/[^\s'"`)<>\]]*|[A-Za-z]:\\[^\s'"`)<>\]]*)/g
// Control characters except tab and newline, line separators, bidirectional controls, tag characters.
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu

/** Replaces characters that can hide or reorder text (control, bidirectional, tag characters) by U+FFFD. */
export function cleanText(text: string): string {
  return text.replace(UNSAFE, '\ufffd')
}

// Colours and cursor moves of a terminal.
const TERMINAL = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g
/** Characters of one text of a server; a message that holds it and is passed on may have twice as many. */
export const SERVER_CHARS = 4_000
/** For what stands in the place of the middle. */
const MARK_CHARS = 32
/** Read of a longer text at each end: more than is ever shown of it. */
const READ_CHARS = 64_000

/**
 * The words of whoever knew: a server, a tool, an agent's own program. Paths and addresses stay; what can hide or
 * reorder text is replaced, and of a text longer than `maxChars` both ends are kept.
 */
export function serverText(text: string, maxChars: number = 2 * SERVER_CHARS, scrub?: Scrub): string {
  const read = text.length <= 2 * READ_CHARS ? text : text.slice(0, READ_CHARS) + text.slice(-READ_CHARS)
  // Before and after: a colour may stand within a secret.
  const shown = (scrub === undefined ? read : scrub(read)).replace(TERMINAL, '')
  const known = scrub === undefined || shown.length === read.length ? shown : scrub(shown)
  const clean = cleanText(known.replace(/\r+\n?/g, '\n')).trim()
  if (clean.length <= maxChars || maxChars < 2 * MARK_CHARS) return clip(clean, maxChars)
  const left = maxChars - MARK_CHARS
  const head = cutPoint(clean, Math.floor(left * 0.4))
  const tail = cutPoint(clean, clean.length - Math.floor(left * 0.6))
  return `${clean.slice(0, head)}… (+${tail - head + text.length - read.length} characters) …${clean.slice(tail)}`
}

/** Text of ours that may reach a model: cleaned, without host paths, at most `maxChars` characters. */
export function modelText(text: string, maxChars = 2_000): string {
  return clip(cleanText(cutText(text, maxChars * 4)).replace(HOST_PATH, '<path>'), maxChars)
}

/** Any path of two names and more that begins at the root; addresses, and parts of longer names, are none. */
const ANY_PATH = /(?<![\w:/.<~])(?:file:\/\/)?\/(?:[\w.@+~-]+\/)+[\w.@+~-]*(?::\d+)*/g

/** Text of an error that is neither ours nor a server's, such as Node.js': it may name any path of this machine. */
export function foreignText(text: string, maxChars = 2_000): string {
  return modelText(cutText(text, maxChars * 4).replace(ANY_PATH, '<path>'), maxChars)
}

/** Cuts to `maxChars` characters, on a word where one is near, and marks the cut. */
export function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const cut = cutText(text, maxChars - 1)
  const space = cut.lastIndexOf(' ')
  return `${space > maxChars * 0.7 ? cut.slice(0, space) : cut}…`
}

/** Cuts to `maxChars` characters at most, never inside one. */
export function cutText(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : text.slice(0, cutPoint(text, maxChars))
}

/** Marks, joiners and skin tones: a cut goes before what they belong to. */
const JOINED = /^[\p{M}\p{Emoji_Modifier}\u200d]/u
/** Code points that one character may take; longer runs of marks are cut. */
const MAX_JOINED = 12

/** Where a text can be cut at or shortly before `at`: not inside a surrogate pair, nor between a letter and its marks. */
export function cutPoint(text: string, at: number): number {
  if (at <= 0) return 0
  if (at >= text.length) return text.length
  const outside = isInsidePair(text, at) ? at - 1 : at
  let point = outside
  for (let steps = 0; point > 0 && isJoined(text, point); steps++) {
    if (steps === MAX_JOINED) return outside
    point -= isInsidePair(text, point - 1) ? 2 : 1
  }
  return point > 0 ? point : outside
}

function isInsidePair(text: string, at: number): boolean {
  return isHighSurrogate(text.charCodeAt(at - 1)) && isLowSurrogate(text.charCodeAt(at))
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}

function isJoined(text: string, at: number): boolean {
  // Most texts have nothing beyond Latin here.
  if (text.charCodeAt(at) < 0x300 && text.charCodeAt(at - 1) < 0x300) return false
  return text[at - 1] === '\u200d' || JOINED.test(text.slice(at, at + 2))
}

/**
 * JSON text that every reader takes. Half of a surrogate pair becomes U+FFFD: a server may send one, and clients in Python or
 * Rust fail to read it or to write it. U+2028 and U+2029 are escaped: what reads line by line with Node.js 24 ends a line there.
 */
export function wellFormedJson(json: string): string {
  const whole = json.includes('\\ud')
    ? json.replace(ESCAPES, (escape, half) => (half === undefined ? escape : '\ufffd'))
    : json
  return whole.includes('\u2028') || whole.includes('\u2029')
    ? whole.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)
    : whole
}

/** Pairs, lone halves (the group) and all other escapes; `JSON.stringify` writes lone halves as escapes. */
const ESCAPES = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\(u[dD][89a-fA-F][\da-fA-F]{2})|\\[\s\S]/g

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
