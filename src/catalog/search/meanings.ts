import type { FieldName } from './fields.ts'
import type { WordVectors } from './word-vectors.ts'

/** The meaning of each document: one small vector a slot. */
export interface Meanings {
  set(slot: number, fields: FieldTerms): void
  /** How near each slot is to what `terms` mean, -1 to 1; undefined when nothing is known of them. */
  nearness(terms: ReadonlyMap<string, number>): ((slot: number) => number) | undefined
}

/** The terms of each field of a document. */
export type FieldTerms = Readonly<Record<FieldName, readonly string[]>>

/** How much a field says of the meaning; parameter texts say least. */
const SHARES: readonly [field: FieldName, share: number][] = [
  ['name', 1],
  ['description', 1],
  ['params', 0.2],
]
/** The same for all tools of a server: their sum is kept from one document to the next. */
const SERVER_SHARES: typeof SHARES = [
  ['server', 1],
  ['serverDescription', 0.5],
]
/** Long fields do not drown short ones. */
const LENGTH_POWER = 0.3
const UNIT = 127

export function createMeanings(vectors: WordVectors): Meanings {
  const { dimensions } = vectors
  const sum = new Float32Array(dimensions)
  const ofServer = new Float32Array(dimensions)
  let lastServer: readonly unknown[] = []
  let rows = new Int8Array(0)

  const addFields = (fields: FieldTerms, parts: typeof SHARES, to: Float32Array): void => {
    for (const [field, share] of parts) {
      const terms = fields[field]
      const each = share / Math.max(1, terms.length) ** LENGTH_POWER
      for (const term of terms) vectors.add(term, each, to)
    }
  }
  return {
    set(slot, fields) {
      const start = slot * dimensions
      if (start + dimensions > rows.length) rows = grown(rows, start + dimensions)
      if (fields.server !== lastServer[0] || fields.serverDescription !== lastServer[1]) {
        ofServer.fill(0)
        addFields(fields, SERVER_SHARES, ofServer)
        lastServer = [fields.server, fields.serverDescription]
      }
      sum.set(ofServer)
      addFields(fields, SHARES, sum)
      const unit = UNIT / (lengthOf(sum) || 1)
      for (let i = 0; i < dimensions; i++) rows[start + i] = Math.round(unit * (sum[i] ?? 0))
    },
    nearness(terms) {
      const asked = new Float32Array(dimensions)
      for (const [term, weight] of terms) vectors.add(term, weight, asked)
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
