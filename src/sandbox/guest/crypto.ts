import type { GuestTools } from './guest-tools.ts'

/** `crypto`, from the run's own sequence: a run that starts again has the same numbers. They are unlike others, not secret. */
export function createCrypto({ random, hide }: GuestTools): object {
  const byte = (): number => Math.trunc(random() * 256)
  const isInteger = /^(?:Ui|I)nt(?:8|8Clamped|16|32)Array$|^Big(?:Ui|I)nt64Array$/
  const crypto = {
    getRandomValues(target: ArrayBufferView): ArrayBufferView {
      const kind = ArrayBuffer.isView(target) ? Object.prototype.toString.call(target).slice(8, -1) : ''
      if (!isInteger.test(kind))
        throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError')
      const { byteLength } = target
      if (byteLength > 65_536) {
        const message = `The requested length exceeds 65,536 bytes, found ${byteLength}`
        throw new DOMException(message, 'QuotaExceededError')
      }
      const bytes = new Uint8Array(target.buffer, target.byteOffset, byteLength)
      for (let i = 0; i < byteLength; i++) bytes[i] = byte()
      return target
    },
    randomUUID(): string {
      let text = ''
      for (let i = 0; i < 16; i++) {
        const value = i === 6 ? (byte() & 15) | 64 : i === 8 ? (byte() & 63) | 128 : byte()
        text += (i === 4 || i === 6 || i === 8 || i === 10 ? '-' : '') + (value < 16 ? '0' : '') + value.toString(16)
      }
      return text
    },
  }
  hide(crypto, Symbol.toStringTag, 'Crypto')
  return { crypto }
}
