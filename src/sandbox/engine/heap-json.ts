import { type GuestHeap, NoRoom, type Shape, Tag } from './guest-heap.ts'

/**
 * Reads JSON text that lies in a guest's memory, with a zero byte behind it, and makes its value there. Objects with the same keys in
 * the same order, as rows of a table have, get the shape of the first of them; what is rare (escapes, exponents) is left
 * to the engine's own parser, piece by piece, and so is the whole of a text that is not JSON or too deep.
 */
export class HeapJson {
  private readonly heap: GuestHeap
  /** Values that no array or object owns yet: pairs of words. */
  private slots = new Int32Array(1_024)
  private used = 0
  private keys = new Keys(NO_KEY, 0, undefined)
  private keyCount = 0
  /** Where the key read last ends. */
  private keyEnd = 0
  /** Whether the string ended last has escapes. */
  private hasEscape = false

  constructor(heap: GuestHeap) {
    this.heap = heap
  }

  /** Shapes are gone with the memory that they were in. */
  forget(): void {
    this.keys = new Keys(NO_KEY, 0, undefined)
    this.keyCount = 0
  }

  /** The value of a text; undefined leaves it to the engine's parser. */
  parse(start: number, bytes: number): bigint | undefined {
    const { heap } = this
    heap.begin()
    this.used = 0
    try {
      const end = this.read(this.skip(start), 0)
      if (end !== FAILED && this.skip(end) === start + bytes) return heap.value
      if (end !== FAILED) this.push()
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error
    }
    this.giveUp()
    return undefined
  }

  private giveUp(): void {
    this.heap.clearException()
    for (let at = 0; at < this.used; at += 2) this.heap.free(this.slots[at] as number, this.slots[at + 1] as number)
  }

  /** Makes the value at a place; answers where it ends. */
  private read(at: number, depth: number): number {
    const first = this.heap.bytes[at] as number
    if (first === Byte.quote) return this.readString(at)
    if (first === Byte.openObject) return this.readObject(at, depth)
    if (first === Byte.openArray) return this.readArray(at, depth)
    if (first === Byte.minus || isDigit(first)) return this.readNumber(at)
    return this.readWord(at, first)
  }

  private readWord(at: number, first: number): number {
    const { heap } = this
    if (first === TRUE[0] && isAt(TRUE, heap.bytes, at)) heap.set(1, Tag.bool)
    else if (first === FALSE[0] && isAt(FALSE, heap.bytes, at)) heap.set(0, Tag.bool)
    else if (first === NULL[0] && isAt(NULL, heap.bytes, at)) heap.set(0, Tag.null)
    else return FAILED
    return at + (first === FALSE[0] ? 5 : 4)
  }

  private readNumber(start: number): number {
    const { bytes } = this.heap
    const isNegative = bytes[start] === Byte.minus
    const first = isNegative ? start + 1 : start
    let at = first
    let digits = 0
    let byte = bytes[at] as number
    while (isDigit(byte)) {
      digits = digits * 10 + (byte - Byte.zero)
      byte = bytes[++at] as number
    }
    const whole = at - first
    if (whole === 0 || (whole > 1 && bytes[first] === Byte.zero)) return FAILED
    let decimals = 0
    if (byte === Byte.point) {
      byte = bytes[++at] as number
      while (isDigit(byte)) {
        digits = digits * 10 + (byte - Byte.zero)
        decimals++
        byte = bytes[++at] as number
      }
      if (decimals === 0) return FAILED
    }
    if (byte === Byte.smallE || byte === Byte.largeE || whole + decimals > EXACT_DIGITS)
      return this.readHardNumber(start, at)
    // Both are exact, so their quotient is the nearest double (Clinger 1990).
    const value = decimals === 0 ? digits : digits / (POWERS_OF_TEN[decimals] as number)
    this.heap.setNumber(isNegative ? -value : value)
    return at
  }

  private readHardNumber(start: number, from: number): number {
    const { bytes } = this.heap
    let at = from
    while (isNumberPart(bytes[at] as number)) at++
    this.heap.setJson(start, at)
    return at
  }

  private readString(start: number): number {
    const { heap } = this
    const { bytes } = heap
    let at = start + 1
    let byte = bytes[at] as number
    while (byte !== Byte.quote) {
      if (byte === Byte.backslash || byte < 32 || byte > 127) return this.readHardString(start, at)
      byte = bytes[++at] as number
    }
    heap.setString(start + 1, at)
    return at + 1
  }

  private readHardString(start: number, from: number): number {
    const end = this.stringEnd(from)
    if (end === FAILED) return FAILED
    if (this.hasEscape) this.heap.setJson(start, end)
    else this.heap.setWideString(start + 1, end - 1)
    return end
  }

  /** Where a string ends, from within it. */
  private stringEnd(from: number): number {
    const { bytes } = this.heap
    this.hasEscape = false
    for (let at = from; ; at++) {
      const byte = bytes[at] as number
      if (byte === Byte.quote) return at + 1
      if (byte < 32) return FAILED
      if (byte !== Byte.backslash) continue
      this.hasEscape = true
      at++
      if ((bytes[at] as number) < 32) return FAILED
    }
  }

  private readArray(start: number, depth: number): number {
    if (depth > MAX_DEPTH) return FAILED
    const base = this.used
    let at = this.skip(start + 1)
    if (this.heap.bytes[at] === Byte.closeArray) at++
    else
      for (;;) {
        at = this.readItem(at, depth)
        if (at === FAILED) return FAILED
        const byte = this.heap.bytes[at++]
        if (byte === Byte.closeArray) break
        if (byte !== Byte.comma) return FAILED
        at = this.skip(at)
      }
    this.heap.setArray(this.slots, base, (this.used - base) / 2)
    this.used = base
    return at
  }

  private readObject(start: number, depth: number): number {
    if (depth > MAX_DEPTH) return FAILED
    const base = this.used
    let keys = this.keys
    let at = this.skip(start + 1)
    if (this.heap.bytes[at] === Byte.closeObject) at++
    else
      for (;;) {
        const next = this.follow(keys, at)
        if (next === undefined) return this.readWideObject(keys, base, at, depth)
        keys = next
        at = this.readMember(this.keyEnd, depth)
        if (at === FAILED) return FAILED
        const byte = this.heap.bytes[at++]
        if (byte === Byte.closeObject) break
        if (byte !== Byte.comma) return FAILED
        at = this.skip(at)
      }
    if (keys.shape === undefined) this.makeObject(keys, base)
    else this.heap.setObject(keys.shape, this.slots, base, keys.count)
    this.used = base
    return at
  }

  /** The first object with its keys: made property by property. It stays in the slot at `base`. */
  private makeObject(keys: Keys, base: number): void {
    const { heap } = this
    heap.setEmptyObject()
    const object = heap.low
    const path: Keys[] = []
    for (let at = keys; at.before !== undefined; at = at.before) path.push(at)
    path.reverse()
    const values = this.slots.slice(base, this.used)
    this.used = base
    this.push()
    path.forEach(({ atom }, i) => {
      heap.set(values[i * 2] as number, values[i * 2 + 1] as number)
      heap.define(object, atom)
    })
    if (!keys.isTried) keys.shape = heap.shapeOf(object, keys.count)
    keys.isTried = true
    heap.set(object, Tag.object)
  }

  /** An object with more keys, or more different ones, than are worth keeping: property by property from here on. */
  private readWideObject(keys: Keys, base: number, start: number, depth: number): number {
    const { heap } = this
    this.makeObject(keys, base)
    const object = heap.low
    let at = start
    for (;;) {
      const atom = this.readKey(at)
      if (atom === FAILED) return FAILED
      at = this.readMember(this.keyEnd, depth)
      if (at === FAILED) return FAILED
      this.used -= 2
      heap.set(this.slots[this.used] as number, this.slots[this.used + 1] as number)
      heap.define(object, atom)
      heap.freeAtom(atom)
      const byte = heap.bytes[at++]
      if (byte === Byte.closeObject) break
      if (byte !== Byte.comma) return FAILED
      at = this.skip(at)
    }
    this.used = base
    heap.set(object, Tag.object)
    return at
  }

  /** The value after a key, from its colon on. */
  private readMember(from: number, depth: number): number {
    const at = this.skip(from)
    return this.heap.bytes[at] === Byte.colon ? this.readItem(this.skip(at + 1), depth) : FAILED
  }

  /** A value that an array or object will own; answers where what follows it stands. */
  private readItem(start: number, depth: number): number {
    const at = this.read(start, depth + 1)
    if (at === FAILED) return FAILED
    this.push()
    return this.skip(at)
  }

  private push(): void {
    const { heap } = this
    if (this.used === this.slots.length) {
      const slots = new Int32Array(this.used * 2)
      slots.set(this.slots)
      this.slots = slots
    }
    this.slots[this.used++] = heap.low
    this.slots[this.used++] = heap.high
  }

  /** The keys up to the one at a place; undefined when that cannot be kept, or is none. */
  private follow(keys: Keys, at: number): Keys | undefined {
    const { likely } = keys
    const { bytes } = this.heap
    if (likely !== undefined && isAt(likely.key, bytes, at)) {
      this.keyEnd = at + likely.key.length
      return likely
    }
    for (const next of keys.next) {
      if (!isAt(next.key, bytes, at)) continue
      this.keyEnd = at + next.key.length
      keys.likely = next
      return next
    }
    return this.learn(keys, at)
  }

  private learn(keys: Keys, at: number): Keys | undefined {
    if (keys.count === MAX_KEYS || keys.next.length === MAX_NEXT || this.keyCount === MAX_KEPT) return undefined
    const atom = this.readKey(at)
    if (atom === FAILED) return undefined
    const next = new Keys(this.heap.bytes.slice(at, this.keyEnd), atom, keys)
    this.keyCount++
    keys.next.push(next)
    keys.likely = next
    return next
  }

  /** The name of the property whose key stands at a place. */
  private readKey(at: number): number {
    const { heap } = this
    if (heap.bytes[at] !== Byte.quote) return FAILED
    const end = this.stringEnd(at + 1)
    if (end === FAILED) return FAILED
    this.keyEnd = end
    let isPlain = !this.hasEscape
    for (let i = at + 1; isPlain && i < end; i++) isPlain = (heap.bytes[i] as number) < 128
    if (isPlain) return heap.newAtom(at + 1, end - 1)
    heap.setJson(at, end)
    return heap.takeAtom()
  }

  private skip(at: number): number {
    const { bytes } = this.heap
    return (bytes[at] as number) > 32 ? at : skipSpace(bytes, at)
  }
}

/** A sequence of keys that an object began with, as their bytes with quotes. */
class Keys {
  readonly key: Uint8Array
  readonly atom: number
  readonly before: Keys | undefined
  readonly count: number
  readonly next: Keys[] = []
  /** The key that followed last. */
  likely: Keys | undefined
  /** Of objects with these keys and no others. */
  shape: Shape | undefined
  isTried = false

  constructor(key: Uint8Array, atom: number, before: Keys | undefined) {
    this.key = key
    this.atom = atom
    this.before = before
    this.count = before === undefined ? 0 : before.count + 1
  }
}

const FAILED = -1
const MAX_DEPTH = 200
/** Keys of one object, keys that follow one, and keys in all: more are not kept. */
const MAX_KEYS = 64
const MAX_NEXT = 16
const MAX_KEPT = 1_024
/** Digits that a double holds. */
const EXACT_DIGITS = 15
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => Number(`1e${power}`))
const NO_KEY = new Uint8Array(0)
const Byte = {
  quote: 34,
  plus: 43,
  comma: 44,
  minus: 45,
  point: 46,
  zero: 48,
  colon: 58,
  largeE: 69,
  openArray: 91,
  backslash: 92,
  closeArray: 93,
  smallE: 101,
  openObject: 123,
  closeObject: 125,
} as const
const encoder = new TextEncoder()
const TRUE = encoder.encode('true')
const FALSE = encoder.encode('false')
const NULL = encoder.encode('null')

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}

function isNumberPart(byte: number): boolean {
  return (
    isDigit(byte) ||
    byte === Byte.point ||
    byte === Byte.smallE ||
    byte === Byte.largeE ||
    byte === Byte.plus ||
    byte === Byte.minus
  )
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  for (let byte = bytes[at]; byte === 32 || byte === 10 || byte === 13 || byte === 9; byte = bytes[at]) at++
  return at
}

function isAt(text: Uint8Array, bytes: Uint8Array, at: number): boolean {
  const { length } = text
  for (let i = 0; i < length; i++) if (bytes[at + i] !== text[i]) return false
  return true
}
