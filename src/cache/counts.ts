import { messageOf } from '../internal/text.ts'
import type { CacheStats } from './cache.ts'

/** Keeps the counters of one layer. */
export class Counts {
  readonly layer: string
  /** The last failure, until a hit shows that the layer works. */
  problem: string | undefined
  #hits = 0
  #misses = 0
  #errors = 0

  constructor(layer: string) {
    this.layer = layer
  }

  /** Counts a look-up by what it found, and hands that on. */
  found<T>(entry: T | undefined): T | undefined {
    if (entry === undefined) this.#misses++
    else {
      this.#hits++
      this.problem = undefined
    }
    return entry
  }

  failed(thrown: unknown): undefined {
    this.#errors++
    this.problem = messageOf(thrown)
    return undefined
  }

  stats(): CacheStats {
    const { layer, problem } = this
    const counters = { layer, hits: this.#hits, misses: this.#misses, errors: this.#errors }
    return problem === undefined ? counters : { ...counters, problem }
  }
}
