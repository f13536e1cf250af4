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
/** A word that is repeated says no more than this. */
const MOST = 3
const UNIT = 127

export function createMeanings(vectors: WordVectors): Meanings {
  const { dimensions } = vectors
  let rows = new Int8Array(0)
  return {
    set(slot, fields) {
      if ((slot + 1) * dimensions > rows.length) rows = grown(rows, (slot + 1) * dimensions)
      const sum = new Float32Array(dimensions)
      for (const [term, share] of shares(fields)) vectors.add(term, Math.min(share, MOST), sum)
      const length = lengthOf(sum)
      for (let i = 0; i < dimensions; i++)
        rows[slot * dimensions + i] = length === 0 ? 0 : Math.round((UNIT * (sum[i] ?? 0)) / length)
    },
    nearness(terms) {
      const sum = new Float32Array(dimensions)
      for (const term of terms) vectors.add(term, 1, sum)
      const length = lengthOf(sum)
      if (length === 0) return undefined
      return (slot) => {
        let dot = 0
        const start = slot * dimensions
        for (let i = 0; i < dimensions; i++) dot += (sum[i] ?? 0) * (rows[start + i] ?? 0)
        return dot / (length * UNIT)
      }
    },
  }
}

function shares(fields: FieldTerms): Map<string, number> {
  const found = new Map<string, number>()
  for (const [field, share] of SHARES) {
    const terms = fields[field]
    const each = share / Math.max(1, terms.length) ** LENGTH_POWER
    for (const term of terms) found.set(term, (found.get(term) ?? 0) + each)
  }
  return found
}

function lengthOf(vector: Float32Array): number {
  let sum = 0
  for (const component of vector) sum += component * component
  return Math.sqrt(sum)
}

function grown(rows: Int8Array, needed: number): Int8Array<ArrayBuffer> {
  const larger = new Int8Array(Math.max(needed, Math.ceil(rows.length * 1.5)))
  larger.set(rows)
  return larger
}
