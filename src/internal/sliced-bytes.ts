import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'

/** Characters that are encoded at once: a millisecond or two. */
const SLICE_CHARS = 512 * 1024

/** A text as UTF-8, with the start of its hash; for long ones with turns for others between. */
export interface SlicedBytes {
  readonly bytes: readonly Buffer[]
  /** 16 hex digits, as `shortHash` gives them. */
  readonly hash: string
}

export async function toBytes(text: string): Promise<SlicedBytes> {
  const hash = createHash('sha256')
  const bytes: Buffer[] = []
  for (let at = 0; at < text.length;) {
    const end = endOfSlice(text, at + SLICE_CHARS)
    const part = Buffer.from(text.slice(at, end))
    hash.update(part)
    bytes.push(part)
    at = end
    if (at < text.length) await setImmediate()
  }
  return { bytes, hash: hash.digest('hex').slice(0, 16) }
}

/** Not between the halves of a character. */
function endOfSlice(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc_00 && code <= 0xdf_ff ? at + 1 : at
}
