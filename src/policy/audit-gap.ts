import { closeSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const NAME = 'gap'
const BYTES = 64

/**
 * Remembers beside a chain what it could not take: nothing in the chain itself tells of it before the next entry comes.
 * The file is written in full when the chain is opened, so that a full disk has room for it.
 */
export class GapFile implements Disposable {
  #file: number | undefined

  constructor(chain: string) {
    try {
      this.#file = openSync(join(chain, NAME), openFlags(chain), 0o600)
      if (fstatSync(this.#file).size < BYTES) writeSync(this.#file, ' '.repeat(BYTES), 0)
    } catch {
      // Without it the gap is seen when the chain goes on.
    }
  }

  /** `seq`: number of the latest entry that is missing. */
  note(seq: number): void {
    this.#write(String(seq))
  }

  /** The chain goes on behind the gap, and its numbers show it. */
  clear(): void {
    this.#write('')
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #write(text: string): void {
    try {
      if (this.#file !== undefined) writeSync(this.#file, text.padEnd(BYTES), 0)
    } catch {
      // As above.
    }
  }
}

/** Number of the last entry that the last writer of a chain could not write; 0: none, or nobody knows. */
export function gapOf(chain: string): number {
  try {
    const [, seq = '0'] = /^(\d{1,15}) *$/.exec(readFileSync(join(chain, NAME), 'utf8')) ?? []
    return Number(seq)
  } catch {
    return 0
  }
}

function openFlags(chain: string): 'r+' | 'w+' {
  return gapOf(chain) === 0 ? 'w+' : 'r+'
}
