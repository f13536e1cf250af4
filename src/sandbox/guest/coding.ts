import type { GuestTools } from './guest-tools.ts'

/** `TextEncoder` and `TextDecoder`, for the character sets of the thread around the guest. */
export function createCoding({ ask, hide }: GuestTools): object {
  interface Base64 {
    fromBase64(text: string): Uint8Array
  }
  const Bytes = Uint8Array
  const { fromBase64 } = Bytes as unknown as Base64
  const { toBase64 } = Bytes.prototype as unknown as { toBase64: (this: Uint8Array) => string }

  const bytesOf = (input: unknown): Uint8Array => {
    if (ArrayBuffer.isView(input)) return new Bytes(input.buffer, input.byteOffset, input.byteLength)
    if (input instanceof ArrayBuffer) return new Bytes(input)
    throw new TypeError('The "input" argument must be an instance of ArrayBuffer or a view of one')
  }

  class TextEncoder {
    get encoding(): string {
      return 'utf-8'
    }
    encode(text: unknown = ''): Uint8Array {
      const content = String(text)
      return content === '' ? new Bytes(0) : fromBase64.call(Bytes, ask('encode', content) as string)
    }
    encodeInto(text: unknown, target: Uint8Array): { read: number; written: number } {
      const content = String(text)
      let read = 0
      let written = 0
      // By characters, because one that does not fit is not begun.
      for (const character of content) {
        const bytes = this.encode(character)
        if (written + bytes.length > target.length) break
        target.set(bytes, written)
        written += bytes.length
        read += character.length
      }
      return { read, written }
    }
  }

  class TextDecoder {
    #label: string
    #encoding: string
    #fatal: boolean
    #ignoreBOM: boolean
    #left: Uint8Array = new Bytes(0)
    #isInside = false

    constructor(label: unknown = 'utf-8', options: { fatal?: unknown; ignoreBOM?: unknown } = {}) {
      this.#label = String(label)
      this.#fatal = Boolean(options?.fatal)
      this.#ignoreBOM = Boolean(options?.ignoreBOM)
      try {
        this.#encoding = (ask('decode', { label: this.#label }) as { encoding: string }).encoding
      } catch {
        const error = new RangeError(`The "${this.#label}" encoding is not supported`)
        hide(error, 'code', 'ERR_ENCODING_NOT_SUPPORTED')
        throw error
      }
    }
    get encoding(): string {
      return this.#encoding
    }
    get fatal(): boolean {
      return this.#fatal
    }
    get ignoreBOM(): boolean {
      return this.#ignoreBOM
    }
    decode(input?: unknown, options: { stream?: unknown } = {}): string {
      const isStream = Boolean(options?.stream)
      const bytes = this.#join(input === undefined ? new Bytes(0) : bytesOf(input))
      const end = isStream ? this.#completeEnd(bytes) : bytes.length
      this.#left = bytes.slice(end)
      // A mark at the beginning of a later piece is text.
      const ignoreBOM = this.#ignoreBOM || this.#isInside
      this.#isInside = isStream && (this.#isInside || end > 0)
      if (end === 0) return ''
      const content = toBase64.call(bytes.subarray(0, end))
      const request = { label: this.#label, fatal: this.#fatal, ignoreBOM, bytes: content }
      try {
        return (ask('decode', request) as { text: string }).text
      } catch (cause) {
        if (cause instanceof RangeError) throw cause
        const error = new TypeError(`The encoded data was not valid for encoding ${this.#encoding}`)
        hide(error, 'code', 'ERR_ENCODING_INVALID_ENCODED_DATA')
        throw error
      }
    }
    #join(bytes: Uint8Array): Uint8Array {
      if (this.#left.length === 0) return bytes
      const joined = new Bytes(this.#left.length + bytes.length)
      joined.set(this.#left)
      joined.set(bytes, this.#left.length)
      return joined
    }
    /** Where the last whole character ends. */
    #completeEnd(bytes: Uint8Array): number {
      const { length } = bytes
      if (this.#encoding.startsWith('utf-16')) {
        const even = length - (length % 2)
        const high = bytes[this.#encoding === 'utf-16le' ? even - 1 : even - 2] ?? 0
        return high >= 0xd8 && high < 0xdc ? even - 2 : even
      }
      if (this.#encoding !== 'utf-8') {
        if (/^(?:gb|big5|euc|shift|iso-2022)/.test(this.#encoding)) {
          throw new TypeError(`pieces of ${this.#encoding} cannot be decoded here: decode all bytes at once`)
        }
        return length
      }
      for (let back = 1; back <= 3 && back <= length; back++) {
        const byte = bytes[length - back] ?? 0
        if (byte < 0x80) return length
        if (byte < 0xc0) continue
        const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
        return back < size ? length - back : length
      }
      return length
    }
  }
  hide(TextEncoder.prototype, Symbol.toStringTag, 'TextEncoder')
  hide(TextDecoder.prototype, Symbol.toStringTag, 'TextDecoder')
  return { TextDecoder, TextEncoder }
}
