import { randomFillSync } from 'node:crypto'

const POOL = Buffer.allocUnsafe(4_096)
/** Bytes made hex at once: a call into the library for each id costs more than all else about it. An id keeps them in memory. */
const PIECE = 256
let next = POOL.length
let piece = ''
let used = 0

/** A random id of `bytes` bytes in hex, never all zeros: 8 for an operation or call, 16 for a trace (W3C sizes). */
export function randomId(bytes: 8 | 16): string {
  const digits = bytes * 2
  if (used + digits > piece.length) refill()
  const id = piece.slice(used, used + digits)
  used += digits
  return /[^0]/.test(id) ? id : randomId(bytes)
}

function refill(): void {
  if (next === POOL.length) {
    randomFillSync(POOL)
    next = 0
  }
  piece = POOL.toString('hex', next, next + PIECE)
  next += PIECE
  used = 0
}
