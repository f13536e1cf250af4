import type { FieldName } from './fields.ts'
import type { WordVectors } from './word-vectors.ts'

/** The meaning of each document: one small vector a slot. */
export interface Meanings {
  set(slot: number, fields: FieldTerms): void
  /** How near each slot is to what `terms` mean, -1 to 1; undefined when nothing is known of them. */
  nearness(terms: Iterable<string>): ((slot: number) => number) | undefined
}

/** The terms of each field of a document. */
export type FieldTerms = Readonly<Record<FieldName, readonly string[]>>

/** How much a field says of the meaning; parameter texts say least. */
const SHARES: readonly [field: FieldName, share: number][] = [
  ['name', 1],
  ['server', 1],
  ['description', 1],
  ['serverDescription', 0.5],
  ['params', 0.2],
]
/** Long fields do not drown short ones. */
const LENGTH_POWER = 0.3
const UNIT = 127

export function createMeanings(vectors: WordVectors): Meanings {
  const { dimensions } = vectors
  const sum = new Float32Array(dimensions)
  let rows = new Int8Array(0)
  return {
    set(slot, fields) {
      const start = slot * dimensions
      if (start + dimensions > rows.length) rows = grown(rows, start + dimensions)
      sum.fill(0)
      for (const [field, share] of SHARES) {
        const terms = fields[field]
        const each = share / Math.max(1, terms.length) ** LENGTH_POWER
        for (const term of terms) vectors.add(term, each, sum)
      }
      const unit = UNIT / (lengthOf(sum) || 1)
      for (let i = 0; i < dimensions; i++) rows[start + i] = Math.round(unit * (sum[i] ?? 0))
    },
    nearness(terms) {
      const asked = new Float32Array(dimensions)
      for (const term of terms) vectors.add(term, 1, asked)
      const length = lengthOf(asked)
      if (length === 0) return undefined
      return (slot) => {
        let dot = 0
        const start = slot * dimensions
        for (let i = 0; i < dimensions; i++) dot += (asked[i] ?? 0) * (rows[start + i] ?? 0)
        return dot / (length * UNIT)
      }
    },
  }
}

function lengthOf(vector: Float32Array): number {
  let sum = 0
  for (let i = 0; i < vector.length; i++) sum += (vector[i] ?? 0) ** 2
  return Math.sqrt(sum)
}

function grown(rows: Int8Array, needed: number): Int8Array<ArrayBuffer> {
  const larger = new Int8Array(Math.max(needed, Math.ceil(rows.length * 1.5)))
  larger.set(rows)
  return larger
}
