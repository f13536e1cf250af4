import { randomUUID } from 'node:crypto'

/**
 * Texts that stand for integers while JSON text is made or read by what knows no bigint: each holds a mark that nobody
 * can guess, so that no text from outside is taken for one.
 */
export interface IntegerMarks {
  /** JSON text that stands for the integer of these digits. */
  quoted(digits: string): string
  /** True once {@link stringify} wrote such a text. */
  hasWritten(): boolean
  /** JSON text of a value, with such a text for each bigint in it. */
  stringify(value: unknown, change?: (value: unknown) => unknown): string | undefined
  /** The JSON text with plain digits for each of these texts. */
  toDigits(json: string): string
  /** The value itself, with a bigint in place of each of these texts. */
  toBigInts(value: unknown): unknown
}

export function createIntegerMarks(): IntegerMarks {
  const mark = `${randomUUID()}:`
  const marked = new RegExp(`"${mark}(-?\\d+)"`, 'g')
  const integer = (value: unknown): bigint | undefined =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : undefined
  let hasWritten = false
  return {
    hasWritten: () => hasWritten,
    quoted: (digits) => `"${mark}${digits}"`,
    stringify: (value, change) =>
      JSON.stringify(value, function (this: Record<string, unknown>, key, inner: unknown) {
        const held = this[key]
        if (typeof held === 'bigint') {
          hasWritten = true
          return `${mark}${held}`
        }
        return change === undefined ? inner : change(inner)
      }),
    toDigits: (json) => json.replaceAll(marked, '$1'),
    toBigInts(value) {
      const whole = integer(value)
      if (whole !== undefined) return whole
      for (const item of objectsIn(value)) {
        for (const key of Object.keys(item)) {
          const made = integer(item[key])
          if (made !== undefined) item[key] = made
        }
      }
      return value
    },
  }
}

/** The value itself, with the nearest number in place of each bigint: for definitions, whose bounds only explain. */
export function toNumbers(value: unknown): unknown {
  for (const item of objectsIn(value)) {
    for (const key of Object.keys(item)) if (typeof item[key] === 'bigint') item[key] = Number(item[key])
  }
  return value
}

/** True where a bigint is anywhere inside. */
export function holdsBigInt(value: unknown): boolean {
  if (typeof value === 'bigint') return true
  for (const item of objectsIn(value)) {
    for (const key of Object.keys(item)) if (typeof item[key] === 'bigint') return true
  }
  return false
}

/** The value and all inside it that hold further values, each once. Iterative, for values of any depth. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  const open: object[] = [value]
  const seen = new Set(open)
  for (const item of open) {
    yield item as Record<string, unknown>
    for (const inner of Object.values(item) as unknown[]) {
      if (typeof inner !== 'object' || inner === null || seen.has(inner)) continue
      seen.add(inner)
      open.push(inner)
    }
  }
}
