import { randomFillSync } from 'node:crypto'

const POOL = Buffer.allocUnsafe(4_096)
let used = POOL.length

/** A random id of `bytes` bytes in hex, never all zeros: 8 for an operation or call, 16 for a trace (W3C sizes). */
export function randomId(bytes: 8 | 16): string {
  if (used + bytes > POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  const id = POOL.toString('hex', used, used + bytes)
  used += bytes
  return /[^0]/.test(id) ? id : randomId(bytes)
}
