import { endOfString } from './json-depth.ts'

/**
 * What to write in place of a number that JavaScript cannot hold: `literal` is its text, `isInteger` says that it is an
 * integer beyond ±(2^53−1) and not one that overflows.
 */
export type Rewrite = (literal: string, isInteger: boolean) => string

/**
 * JSON text with each number in it replaced that `JSON.parse` would change: integers beyond ±(2^53−1) that are written
 * without fraction and exponent, and all that would overflow to Infinity. Nothing else changes, and text that is no JSON
 * stays none: only what stands where a value stands is replaced.
 */
export function replaceUnsafeNumbers(text: string, rewrite: Rewrite): string {
  if (!mayHoldUnsafe(text)) return text
  let written = ''
  let from = 0
  for (const { start, end } of candidates(text)) {
    const literal = text.slice(start, end)
    const isInteger = INTEGER.test(literal)
    if (!isUnsafe(literal, isInteger) || !standsAsValue(text, start, end)) continue
    written += text.slice(from, start) + rewrite(literal, isInteger)
    from = end
  }
  return from === 0 ? text : written + text.slice(from)
}

/**
 * False where no such number can be in `text`. Written out, since V8 then skips ahead by the whole pattern: 3.7 µs for
 * 20 KB that `JSON.parse` reads in 68 µs, where `\d{16}` takes 18 µs.
 */
export function mayHoldUnsafe(text: string): boolean {
  return /\d(?:\d\d\d\d\d\d\d\d\d\d\d\d\d\d\d|[eE]\+?\d\d\d)/.test(text)
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

function isUnsafe(literal: string, isInteger: boolean): boolean {
  if (isInteger) return !Number.isSafeInteger(Number(literal))
  return NUMBER.test(literal) && !Number.isFinite(Number(literal))
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Runs of the characters of numbers, outside of strings, that hold what {@link mayHoldUnsafe} looks for. */
function* candidates(text: string): Generator<Span> {
  const searched = /\d(?:\d{15}|[eE]\+?\d{3})/g
  let quote = text.indexOf('"')
  for (let match = searched.exec(text); match !== null; match = searched.exec(text)) {
    let after = -1
    while (quote >= 0 && quote < match.index) {
      after = endOfString(text, quote) + 1
      quote = text.indexOf('"', after)
    }
    if (after > match.index) searched.lastIndex = after
    else {
      const span = { start: startOfNumber(text, match.index), end: endOfNumber(text, match.index) }
      searched.lastIndex = span.end
      yield span
    }
  }
}

function startOfNumber(text: string, at: number): number {
  let start = at
  while (start > 0 && isOfNumber(text.charCodeAt(start - 1))) start--
  return start
}

function endOfNumber(text: string, at: number): number {
  let end = at
  while (end < text.length && isOfNumber(text.charCodeAt(end))) end++
  return end
}

/** Digits, signs, point, `e` and `E`. */
function isOfNumber(code: number): boolean {
  return (code >= ZERO && code <= NINE) || code === 45 || code === 46 || code === 43 || code === 101 || code === 69
}

function standsAsValue(text: string, start: number, end: number): boolean {
  let before = start - 1
  while (isSpace(text.charCodeAt(before))) before--
  let after = end
  while (isSpace(text.charCodeAt(after))) after++
  return (
    (before < 0 || '[,:'.includes(text.charAt(before))) && (after >= text.length || ',]}'.includes(text.charAt(after)))
  )
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

const ZERO = 48
const NINE = 57
