/**
 * Values of a guest, written where QuickJS would put them: its own allocator gives the room and counts it, the rest is some words.
 * That takes a fraction of what its functions take, which look for each property of each object anew.
 *
 * In `quickjs.wasm` 3.6.2 (QuickJS-NG 0.17; 32 bits, values of two words, the tag in the second) a block has the bytes
 *
 * - −5 kind of object for the collector, −4 references; what `js_malloc` answers is 0;
 * - string: 0 length, 4-15 nothing, 16 and 20 its neighbours in the list of strings, 24 text and a zero byte;
 * - object: 0 and 4 its neighbours in the list of the collector, 8 flags and class, 12 shape, 16 properties, 20-39 the rest;
 * - array: as an object whose only property is its length; 24 room, 28 values, 32 count;
 * - shape: 20 properties that objects of it have room for, 24 properties.
 *
 * A list's neighbours point at each other's; the first and the last point at its two ends, in the order last, first.
 */
export class GuestHeap {
  /** The value made last: its two words. */
  low = 0
  high = 0
  /** The memory; both change when it grows. */
  bytes: Uint8Array
  words: Int32Array
  private readonly exports: HeapExports
  private readonly layout: HeapLayout
  private readonly context: number
  private readonly pair = new BigInt64Array(1)
  private readonly pairWords: Int32Array
  private readonly double: Float64Array
  /** Strings of the text under way that may come again. */
  private readonly recent = new Int32Array(RECENT)

  constructor(exports: HeapExports, layout: HeapLayout) {
    this.exports = exports
    this.layout = layout
    this.context = exports.qjs_get_context_ptr()
    this.pairWords = new Int32Array(this.pair.buffer)
    this.double = new Float64Array(this.pair.buffer)
    this.bytes = new Uint8Array(exports.memory.buffer)
    this.words = new Int32Array(exports.memory.buffer)
  }

  /** Before each text: a guest may have freed what the last one left. */
  begin(): void {
    this.recent.fill(0)
    this.refresh()
  }

  /** The value made last, as the engine's functions take it. */
  get value(): bigint {
    return this.toValue(this.low, this.high)
  }

  set(low: number, high: number): void {
    this.low = low
    this.high = high
  }

  setNumber(value: number): void {
    const whole = value | 0
    if (whole === value && (whole !== 0 || 1 / value > 0)) return this.set(whole, Tag.int)
    this.double[0] = value
    this.set(this.pairWords[0] as number, ((this.pairWords[1] as number) - DOUBLE_OFFSET) | 0)
  }

  /** ASCII text between two places of the memory. */
  setString(start: number, end: number): void {
    const length = end - start
    if (length > MAX_RECENT) return this.set(this.newString(start, end), Tag.string)
    const { bytes, recent } = this
    const at = (length * 59 + (bytes[start] as number) * 7 + (bytes[end - 1] as number)) & (RECENT - 1)
    const known = recent[at] as number
    if (known !== 0 && this.isText(known, start, length)) {
      const { words } = this
      const references = (known >> 2) - 1
      words[references] = (words[references] as number) + 1
      return this.set(known, Tag.string)
    }
    this.set(this.newString(start, end), Tag.string)
    recent[at] = this.low
  }

  /** UTF-8 text between two places of the memory. */
  setWideString(start: number, end: number): void {
    this.take(this.exports.JS_NewStringLen(this.context, start, end - start))
  }

  /** What the engine's own parser makes of JSON text; it ends with a zero byte for so long. */
  setJson(start: number, end: number): void {
    const after = this.bytes[end] as number
    this.bytes[end] = 0
    const value = this.exports.JS_ParseJSON(this.context, start, end - start, end)
    this.refresh()
    this.bytes[end] = after
    this.take(value)
  }

  /** An array of `count` values, which it then owns: pairs of words in `slots` from `base` on. */
  setArray(slots: Int32Array, base: number, count: number): void {
    const { arrayFlags, arrayShape, arrayRoom } = this.layout
    const values = count === 0 ? 0 : this.allocate(count * 8)
    const object = this.newObject(arrayFlags, arrayShape, arrayRoom)
    const { words } = this
    const at = object >> 2
    words[at + 6] = count
    words[at + 7] = values
    words[at + 8] = count
    const length = (words[at + 4] as number) >> 2
    words[length] = count
    words[length + 1] = Tag.int
    copy(slots, base, words, values >> 2, count * 2)
    this.set(object, Tag.object)
  }

  /** An object of a shape with `count` properties, which it then owns. */
  setObject(shape: Shape, slots: Int32Array, base: number, count: number): void {
    const object = this.newObject(shape.flags, shape.address, shape.room)
    const { words } = this
    copy(slots, base, words, (words[(object >> 2) + 4] as number) >> 2, count * 2)
    this.set(object, Tag.object)
  }

  setEmptyObject(): void {
    this.take(this.exports.JS_NewObject(this.context))
  }

  /** Defines a property of an object; takes the value made last. */
  define(object: number, atom: number): void {
    const value = this.toValue(object, Tag.object)
    const defined = this.exports.JS_DefinePropertyValue(this.context, value, atom, this.value, ENUMERABLE_DATA)
    this.refresh()
    if (defined < 0) throw new NoRoom()
  }

  /** Keeps the shape of an object for others like it; undefined where it does not have one property for each of `count` keys. */
  shapeOf(object: number, count: number): Shape | undefined {
    const { words } = this
    const at = object >> 2
    const address = words[at + 3] as number
    if (words[(address >> 2) + 6] !== count) return undefined
    retain(words, address)
    return { address, flags: words[at + 2] as number, room: words[(address >> 2) + 5] as number }
  }

  /** The name of a property from ASCII text. */
  newAtom(start: number, end: number): number {
    return this.named(this.exports.JS_NewAtomLen(this.context, start, end - start))
  }

  /** The name of a property from the value made last, a string that this takes. */
  takeAtom(): number {
    const { value } = this
    const atom = this.exports.JS_ValueToAtom(this.context, value)
    this.exports.JS_FreeValue(this.context, value)
    return this.named(atom)
  }

  freeAtom(atom: number): void {
    this.exports.JS_FreeAtom(this.context, atom)
  }

  free(low: number, high: number): void {
    this.exports.JS_FreeValue(this.context, this.toValue(low, high))
    this.refresh()
  }

  clearException(): void {
    this.exports.qjs_free_value(this.exports.qjs_get_exception())
    this.refresh()
  }

  private named(atom: number): number {
    this.refresh()
    if (atom === 0) throw new NoRoom()
    return atom
  }

  private newString(start: number, end: number): number {
    const length = end - start
    const string = this.allocate(STRING_BYTES + length + 1)
    const { words, bytes } = this
    const at = string >> 2
    words[at - 1] = 1
    words[at] = length
    words[at + 1] = 0
    words[at + 2] = 0
    words[at + 3] = 0
    append(words, this.layout.strings, string + STRING_LINK)
    const text = string + STRING_BYTES
    if (length > 64) bytes.copyWithin(text, start, end)
    else for (let i = 0; i < length; i++) bytes[text + i] = bytes[start + i] as number
    bytes[text + length] = 0
    return string
  }

  private isText(string: number, start: number, length: number): boolean {
    const { words, bytes } = this
    if (words[string >> 2] !== length) return false
    for (let i = 0; i < length; i++) if (bytes[string + STRING_BYTES + i] !== bytes[start + i]) return false
    return true
  }

  private newObject(flags: number, shape: number, room: number): number {
    const properties = this.allocate(room * 8)
    const object = this.allocate(OBJECT_BYTES)
    const { words } = this
    const at = object >> 2
    this.bytes[object - 5] = this.layout.objectKind
    words[at - 1] = 1
    append(words, this.layout.objects, object)
    words[at + 2] = flags
    words[at + 3] = shape
    retain(words, shape)
    words[at + 4] = properties
    for (let i = 5; i < 10; i++) words[at + i] = 0
    return object
  }

  private allocate(bytes: number): number {
    const pointer = this.exports.js_malloc(this.context, bytes)
    if (this.words.length === 0) this.refresh()
    if (pointer === 0) throw new NoRoom()
    return pointer
  }

  private take(value: bigint): void {
    this.refresh()
    this.pair[0] = value
    this.low = this.pairWords[0] as number
    this.high = this.pairWords[1] as number
    if (this.high === Tag.exception) throw new NoRoom()
  }

  private toValue(low: number, high: number): bigint {
    this.pairWords[0] = low
    this.pairWords[1] = high
    return this.pair[0] as bigint
  }

  private refresh(): void {
    if (this.words.length > 0) return
    this.bytes = new Uint8Array(this.exports.memory.buffer)
    this.words = new Int32Array(this.exports.memory.buffer)
  }
}

/** The functions of the engine in use. */
export interface HeapExports {
  readonly memory: WebAssembly.Memory
  qjs_get_context_ptr(): number
  qjs_get_exception(): number
  qjs_free_value(box: number): void
  js_malloc(context: number, bytes: number): number
  JS_NewStringLen(context: number, text: number, bytes: number): bigint
  JS_NewObject(context: number): bigint
  JS_NewAtomLen(context: number, text: number, bytes: number): number
  JS_ValueToAtom(context: number, value: bigint): number
  JS_DefinePropertyValue(context: number, object: bigint, atom: number, value: bigint, flags: number): number
  JS_FreeAtom(context: number, atom: number): void
  JS_FreeValue(context: number, value: bigint): void
  /** QuickJS' own parser; `text` ends with a zero byte, `file` too. */
  JS_ParseJSON(context: number, text: number, bytes: number, file: number): bigint
}

export const Tag = { int: 0, bool: 1, null: 2, exception: 6, object: -1, string: -7 } as const

/** The names of an object's properties and their order, which many objects have in common. */
export interface Shape {
  readonly address: number
  readonly flags: number
  readonly room: number
}

/** What all engines of an image have in common. */
export interface HeapLayout {
  /** The ends of the lists of all objects and of all strings. */
  readonly objects: number
  readonly strings: number
  readonly objectKind: number
  readonly arrayFlags: number
  readonly arrayShape: number
  readonly arrayRoom: number
}

/** The engine could not make a value: mostly as there is no memory left. It has an exception pending. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom'
}

const OBJECT_BYTES = 40
const STRING_BYTES = 24
const STRING_LINK = 16
/** What is taken off a double's upper word, so that it is no tag. */
const DOUBLE_OFFSET = 0x7ff8_000a
const ENUMERABLE_DATA = 7
const RECENT = 256
/** Bytes of a string that is looked for among the recent ones. */
const MAX_RECENT = 24

/** Reads the layout off some values that the engine made; undefined where they are not as {@link GuestHeap} has them. */
export function readLayout(exports: HeapExports): HeapLayout | undefined {
  const context = exports.qjs_get_context_ptr()
  const text = exports.js_malloc(context, 16)
  const parse = (json: string): number => {
    const memory = new Uint8Array(exports.memory.buffer)
    for (let i = 0; i < json.length; i++) memory[text + i] = json.charCodeAt(i)
    memory[text + json.length] = 0
    return Number(BigInt.asUintN(32, exports.JS_ParseJSON(context, text, json.length, text + json.length)))
  }
  const string = parse('"layout"')
  const array = parse('[7]')
  const bytes = new Uint8Array(exports.memory.buffer)
  const words = new Int32Array(exports.memory.buffer)
  const at = (address: number): number => words[address >> 2] as number
  const strings = at(string + STRING_LINK + 4)
  const objects = at(array + 4)
  const arrayShape = at(array + 12)
  const isKnown =
    at(string - 4) === 1 &&
    at(string) === 6 &&
    at(strings) === string + STRING_LINK &&
    'layout'.split('').every((letter, i) => bytes[string + STRING_BYTES + i] === letter.charCodeAt(0)) &&
    at(array - 4) === 1 &&
    at(objects) === array &&
    at(at(array) + 4) === array &&
    at(at(array + 16)) === 1 &&
    at(array + 32) === 1 &&
    at(at(array + 28) + 4) === ((0x401c_0000 - DOUBLE_OFFSET) | 0) &&
    at(arrayShape + 24) === 1
  if (!isKnown) return undefined
  return {
    objects,
    strings,
    objectKind: bytes[array - 5] as number,
    arrayFlags: at(array + 8),
    arrayShape,
    arrayRoom: at(arrayShape + 20),
  }
}

/** Appends to a list, which its end points into. */
function append(words: Int32Array, end: number, link: number): void {
  const last = words[end >> 2] as number
  const at = link >> 2
  words[at] = last
  words[at + 1] = end
  words[(last >> 2) + 1] = link
  words[end >> 2] = link
}

function retain(words: Int32Array, block: number): void {
  const references = (block >> 2) - 1
  words[references] = (words[references] as number) + 1
}

function copy(from: Int32Array, start: number, to: Int32Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number
}
