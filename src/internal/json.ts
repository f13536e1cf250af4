import { createIntegerMarks, holdsBigInt } from './bigints.ts'
import { mayHoldUnsafe, replaceUnsafeNumbers } from './unsafe-numbers.ts'

/** Any value that JSON text can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** True for a plain record: an object that is neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Parses JSON text from outside; a `__proto__` key is dropped, so that no later copy of the value can change a prototype.
 * What a number of JavaScript cannot hold comes as its text: integers beyond ±(2^53−1), and what would be Infinity.
 */
export function parseJson(text: string): unknown {
  return parsed(replaceUnsafeNumbers(text, quoted))
}

/** As {@link parseJson}, but the integers beyond ±(2^53−1) come as bigint: for what is handed on as data. */
export function parseExact(text: string): unknown {
  if (!mayHoldUnsafe(text)) return parsed(text)
  const marks = createIntegerMarks()
  const marked = replaceUnsafeNumbers(text, (literal, isInteger) =>
    isInteger && literal.length <= MAX_DIGITS ? marks.quoted(literal) : quoted(literal),
  )
  return marked === text ? parsed(text) : marks.toBigInts(parsed(marked))
}

/** Parses JSON text of a value of ours, in which such integers are texts already; see {@link parseJson}. */
export function parseValue(text: string): unknown {
  return parsed(text)
}

/** JSON text in which the numbers that JavaScript cannot hold are texts, as in values; text that is no JSON as it is. */
export function quoteIntegers(text: string): string {
  const replaced = replaceUnsafeNumbers(text, quoted)
  return replaced === text || !isJson(text) ? text : replaced
}

/** JSON text of a value, with each bigint in it as plain digits. Throws as `JSON.stringify`; `undefined` gives `null`. */
export function toJson(value: unknown): string {
  return written(value) ?? 'null'
}

/** As {@link toJson}, with the keys of objects in order. */
export function toSortedJson(value: unknown): string {
  return written(value, sortedKeys) ?? 'null'
}

/** JSON text of any value; empty for one that JSON cannot hold, such as a circular one of a library's user. */
export function jsonText(value: unknown): string {
  try {
    return written(value) ?? ''
  } catch {
    return ''
  }
}

/**
 * A value that may hold bigints as values are, with its JSON text: integers that a number cannot hold are texts. The
 * value itself where it has no bigint.
 */
export function asValue(value: unknown): { readonly json: string; readonly value: unknown } {
  if (!('toJSON' in BigInt.prototype)) {
    try {
      return { json: JSON.stringify(value) ?? 'null', value }
    } catch (thrown) {
      if (!holdsBigInt(value)) throw thrown
    }
  }
  const json = replaceUnsafeNumbers(toJson(value), quoted)
  return { json, value: JSON.parse(json) }
}

/** As {@link asValue}, the value alone. */
export function withoutBigInts(value: unknown): unknown {
  return holdsBigInt(value) ? asValue(value).value : value
}

/** Longer ones stay texts: reading digits costs more than in proportion to their number. */
const MAX_DIGITS = 1_000

function written(value: unknown, change?: (value: unknown) => unknown): string | undefined {
  // An application may have given bigints a toJSON, which makes texts of them.
  if (!('toJSON' in BigInt.prototype)) {
    try {
      return change === undefined
        ? JSON.stringify(value)
        : JSON.stringify(value, (_key, inner: unknown) => change(inner))
    } catch (thrown) {
      if (!holdsBigInt(value)) throw thrown
    }
  }
  const marks = createIntegerMarks()
  const text = marks.stringify(value, change)
  return text === undefined ? undefined : marks.toDigits(text)
}

/**
 * True when `value` nests deeper than `limit` levels, below which recursion is safe; to be asked before any recursive
 * function (`JSON.stringify` overflows the stack at some thousand levels).
 */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit < 0) return true
  if (Array.isArray(value)) {
    for (const inner of value) if (typeof inner === 'object' && isDeeperThan(inner, limit - 1)) return true
    return false
  }
  for (const inner of Object.values(value)) if (typeof inner === 'object' && isDeeperThan(inner, limit - 1)) return true
  return false
}

function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (mayNameProto(text)) dropProto(value)
  return value
}

/** Keys may be written with escapes: of the letters in it none has a shorter one. */
function mayNameProto(text: string): boolean {
  return text.includes('__proto__') || /\\u00(?:5[fF]|6[fF]|7[024])/.test(text)
}

/** In place, and not by a reviver, which takes fifty times as long. */
function dropProto(value: unknown): void {
  const open = [value]
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    if (typeof current !== 'object' || current === null) continue
    if (Object.hasOwn(current, '__proto__')) Reflect.deleteProperty(current, '__proto__')
    for (const inner of Array.isArray(current) ? current : Object.values(current))
      if (typeof inner === 'object' && inner !== null) open.push(inner)
  }
}

function quoted(literal: string): string {
  return `"${literal}"`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function sortedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
