import { isRecord } from '../internal/json.ts'
import type { ContentBlock } from '../upstream/upstream.ts'

/** A value whose long texts stand below it, as they are. */
export interface Lifted {
  /** With a mark in place of each text. */
  readonly value: unknown
  readonly blocks: readonly ContentBlock[]
}

/** Names under which servers and their libraries wrap a text that is the whole result: alone they say no more than it does. */
const WHOLE: ReadonlySet<string> = new Set(['content', 'result', 'text', 'output'])
/** Characters that JSON adds to a text; fewer cost less than a mark. */
const LEAST_GAIN = 40
const MAX_TEXTS = 20
const MAX_DEPTH = 50

/** The text that is all of a value: a text, or the only member of a record under a name that says nothing more. */
export function onlyText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!isRecord(value)) return undefined
  const [entry, ...others] = Object.entries(value)
  if (entry === undefined || others.length > 0) return undefined
  const [name, text] = entry
  return typeof text === 'string' && WHOLE.has(name) ? text : undefined
}

/**
 * Takes texts of many lines and quotes out of a value: inside JSON each of these costs a token more. Undefined where there is
 * none; what would gain least stays where there are too many.
 */
export function lift(value: unknown): Lifted | undefined {
  const found = textsIn(value)
  if (found.length === 0) return undefined
  const least = found.map(gainOf).toSorted((a, b) => b - a)[MAX_TEXTS - 1] ?? LEAST_GAIN
  const texts: string[] = []
  const isAlone = found.length === 1
  const marked = marking(value, (text) => {
    if (texts.length >= MAX_TEXTS || gainOf(text) < Math.max(least, LEAST_GAIN)) return undefined
    texts.push(text)
    return isAlone ? '[text below]' : `[text ${texts.length} below]`
  })
  return {
    value: marked,
    blocks: texts.map((text, index) => ({
      type: 'text',
      text: isAlone ? text : `[text ${index + 1}]\n${text}`,
    })),
  }
}

function textsIn(value: unknown, texts: string[] = [], depth = 0): readonly string[] {
  if (typeof value === 'string') {
    if (gainOf(value) >= LEAST_GAIN) texts.push(value)
  } else if (typeof value === 'object' && value !== null && depth <= MAX_DEPTH) {
    for (const inner of Object.values(value)) textsIn(inner, texts, depth + 1)
  }
  return texts
}

function marking(value: unknown, mark: (text: string) => string | undefined, depth = 0): unknown {
  if (typeof value === 'string') return mark(value) ?? value
  if (depth > MAX_DEPTH) return value
  if (Array.isArray(value)) return value.map((item) => marking(item, mark, depth + 1))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marking(inner, mark, depth + 1)]))
}

function gainOf(text: string): number {
  return text.length < LEAST_GAIN ? 0 : JSON.stringify(text).length - 2 - text.length
}
