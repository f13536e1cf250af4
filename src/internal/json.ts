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

/** Parses JSON text; a `__proto__` key is dropped, so that no later copy of the value can change a prototype. */
export function parseJson(text: string): unknown {
  return text.includes('__proto__') ? JSON.parse(text, dropProto) : JSON.parse(text)
}

/** JSON text of any value; empty for one that JSON cannot hold, such as a circular one of a library's user. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

/**
 * True when `value` nests deeper than `limit` levels. Iterative, so that it is safe before any recursive
 * function (`JSON.stringify` overflows the stack at some thousand levels).
 */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true
    level = level.flatMap(children)
  }
  return false
}

function children(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value)
  return inner.filter((item) => typeof item === 'object' && item !== null)
}

function dropProto(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}
