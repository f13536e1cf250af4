import { setImmediate } from 'node:timers/promises'
import { parseExact } from './json.ts'
import { endOfString } from './json-depth.ts'

/** Bounds of a text that is parsed in slices. */
export interface SliceBounds {
  /** Levels of nesting, as `isDeeperThan` counts them. */
  readonly maxDepth: number
  /** Values in it, those inside of others too. */
  readonly maxValues: number
}

/** A text that holds more than it may; `by` names the bound. */
export class TooMuchJson extends Error {
  override readonly name = 'TooMuchJson'
  readonly by: keyof SliceBounds

  constructor(by: TooMuchJson['by']) {
    super(by)
    this.by = by
  }
}

/** Characters of a text from which parsing it at once keeps others waiting. */
export const LARGE_JSON: number = 256 * 1024
/** Characters that are parsed at once; a single text may be longer. */
const SLICE_CHARS = 64 * 1024
/** Milliseconds of work after which others have their turn. */
const TURN_MS = 8

/** Calls `step` until it is done, with turns for others between. */
export async function inTurns(step: () => boolean): Promise<void> {
  let since = performance.now()
  while (!step()) {
    if (performance.now() - since < TURN_MS) continue
    await setImmediate()
    since = performance.now()
  }
}

/**
 * As `parseExact`, for a text of any length, with turns for others between. Throws what `JSON.parse` throws, and
 * {@link TooMuchJson}.
 */
export async function parseInSlices(text: string, bounds: SliceBounds): Promise<unknown> {
  const parser = new SliceParser(text, bounds)
  await inTurns(() => parser.step())
  return parser.value
}

type Container = unknown[] | Record<string, unknown>

/** A list or an object that is longer than a slice. */
interface Open {
  readonly made: Container
  /** Name of the member of an object that is read. */
  key: string
}

/** Reads the members of what is longer than a slice together, as many as one slice holds; what is shorter is one of them. */
class SliceParser {
  readonly #text: string
  readonly #bounds: SliceBounds
  readonly #open: Open[] = []
  #at = 0
  #values = 0
  /** A comma came last. */
  #needsMember = false
  value: unknown

  constructor(text: string, bounds: SliceBounds) {
    this.#text = text
    this.#bounds = bounds
    this.#long()
  }

  /** Reads one slice; true: that was the last. */
  step(): boolean {
    const inner = this.#open.at(-1)
    if (inner !== undefined) this.#members(inner)
    if (this.#open.length > 0) return false
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.#unexpected()
    return true
  }

  /** The members up to the end of `inner`, or of the slice. */
  #members(inner: Open): void {
    const text = this.#text
    const most = this.#at + SLICE_CHARS
    let depth = 0
    let values = 1
    let lastComma = -1
    let valuesThere = 0
    let at = this.#at
    for (; at < most; at++) {
      if (at >= text.length) throw this.#unexpected(at)
      const code = text.charCodeAt(at)
      if (code === QUOTE) at = endOfString(text, at)
      else if (code === COMMA) {
        values++
        if (depth === 0) [lastComma, valuesThere] = [at, values]
      } else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
        depth++
        values++
        if (depth + this.#open.length > this.#bounds.maxDepth + 1) throw new TooMuchJson('maxDepth')
      } else if ((code === CLOSE_BRACKET || code === CLOSE_BRACE) && --depth < 0) {
        this.#take(inner, at, values)
        return this.#close(inner, code)
      }
    }
    if (lastComma < 0) return this.#longMember(inner)
    this.#take(inner, lastComma, valuesThere)
    this.#at = lastComma + 1
    this.#needsMember = true
  }

  /** What stands before `end` goes into `inner`. */
  #take(inner: Open, end: number, values: number): void {
    const batch = this.#text.slice(this.#at, end)
    this.#at = end
    if (batch.trim() === '') {
      if (this.#needsMember) throw this.#unexpected()
      return
    }
    this.#count(values)
    this.#needsMember = false
    const { made } = inner
    if (Array.isArray(made)) for (const item of parseExact(`[${batch}]`) as unknown[]) made.push(item)
    else Object.assign(made, parseExact(`{${batch}}`))
  }

  #close(inner: Open, code: number): void {
    if ((code === CLOSE_BRACKET) !== Array.isArray(inner.made)) throw this.#unexpected()
    this.#at++
    this.#open.pop()
    this.#give(inner.made)
  }

  #longMember(inner: Open): void {
    if (!Array.isArray(inner.made)) {
      this.#skipSpace()
      const end = this.#endOfText()
      inner.key = JSON.parse(this.#text.slice(this.#at, end)) as string
      this.#at = end
      this.#skipSpace()
      if (this.#text.charCodeAt(this.#at++) !== COLON) throw this.#unexpected()
    }
    this.#long()
  }

  /** A value that is longer than a slice, or stands alone. */
  #long(): void {
    this.#skipSpace()
    this.#count(1)
    const code = this.#text.charCodeAt(this.#at)
    if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      if (this.#open.length > this.#bounds.maxDepth) throw new TooMuchJson('maxDepth')
      this.#open.push({ made: code === OPEN_BRACKET ? [] : {}, key: '' })
      this.#needsMember = false
      this.#at++
      return
    }
    const end = code === QUOTE ? this.#endOfText() : this.#endOfWord()
    const value = parseExact(this.#text.slice(this.#at, end))
    this.#at = end
    this.#give(value)
  }

  #give(value: unknown): void {
    this.#needsMember = false
    const outer = this.#open.at(-1)
    if (outer === undefined) {
      this.value = value
      return
    }
    if (Array.isArray(outer.made)) outer.made.push(value)
    // As `parseExact` has it.
    else if (outer.key !== '__proto__') outer.made[outer.key] = value
    this.#skipSpace()
    const code = this.#text.charCodeAt(this.#at)
    if (code === COMMA) {
      this.#at++
      this.#needsMember = true
    } else if (code !== CLOSE_BRACKET && code !== CLOSE_BRACE) throw this.#unexpected()
  }

  #count(values: number): void {
    this.#values += values
    if (this.#values > this.#bounds.maxValues) throw new TooMuchJson('maxValues')
  }

  #skipSpace(): void {
    while (SPACE.has(this.#text.charCodeAt(this.#at))) this.#at++
  }

  #endOfText(): number {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#unexpected()
    return endOfString(this.#text, this.#at) + 1
  }

  #endOfWord(): number {
    const rest = /[,\]}]/g
    rest.lastIndex = this.#at
    return rest.exec(this.#text)?.index ?? this.#text.length
  }

  #unexpected(at = this.#at): SyntaxError {
    return new SyntaxError(`no JSON at position ${at}`)
  }
}

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const SPACE: ReadonlySet<number> = new Set([9, 10, 13, 32])
