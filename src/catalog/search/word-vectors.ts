import { readFileSync } from 'node:fs'

/** Meanings of English words: a vector for each word stem, the longer the more the word says. NOTICE tells its origin. */
export interface WordVectors {
  readonly dimensions: number
  /** True: the term is an English word, as a search term. */
  has(term: string): boolean
  /** Adds `factor` times the term's vector to `sum`; an unknown term adds nothing. */
  add(term: string, factor: number, sum: Float32Array): void
}

const MAGIC = 'mcpo-wv1'
const HEADER_BYTES = 20
const FILE = new URL('../../../data/word-vectors.bin', import.meta.url)
/** A component is stored as -127 to 127. */
const UNIT = 127

/**
 * Reads the table (below 2 MB, some milliseconds; called with the first index, never at start). Layout, little-endian:
 * magic, uint32 words, uint32 dimensions, uint32 bytes of text; the words, one a line; a float32 length of each; their
 * int8 components.
 */
export function loadWordVectors(file: URL = FILE): WordVectors {
  const bytes = readFileSync(file)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new TypeError('this is no table of word vectors')
  const count = view.getUint32(8, true)
  const dimensions = view.getUint32(12, true)
  const textEnd = HEADER_BYTES + view.getUint32(16, true)
  const words = bytes.toString('latin1', HEADER_BYTES, textEnd).split('\n')
  const rows = new Map(words.map((word, row) => [word, row]))
  const lengths = Float32Array.from({ length: count }, (_, row) => view.getFloat32(textEnd + row * 4, true))
  const components = new Int8Array(bytes.buffer, bytes.byteOffset + textEnd + count * 4, count * dimensions)
  return {
    dimensions,
    has: (term) => rows.has(term),
    add(term, factor, sum) {
      const row = rows.get(term)
      if (row === undefined) return
      const share = (factor * (lengths[row] ?? 0)) / UNIT
      const start = row * dimensions
      for (let i = 0; i < dimensions; i++) sum[i] = (sum[i] ?? 0) + share * (components[start + i] ?? 0)
    },
  }
}
