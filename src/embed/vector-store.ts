import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../internal/atomic-file.ts'
import { shortHash } from '../internal/hash.ts'

/** Vectors of texts that were embedded before, in memory and on disk, by the hash of the text. */
export interface VectorStore {
  /** Reads the file once; a torn or foreign one counts as empty. */
  open(): Promise<void>
  get(hash: string): Float32Array | undefined
  /** Keeps vectors; resolves when they are on disk. */
  add(entries: readonly (readonly [hash: string, vector: Float32Array])[]): Promise<void>
}

const HASH_CHARS = 16
/** A file that would hold more begins anew: it is a cache. */
const MAX_BYTES = 128 * 1024 * 1024

/**
 * One file for each embedder: records of a hash (16 characters) and its numbers, appended. The first line tells the
 * dimension; a record that was cut off at the end is ignored.
 */
export function createVectorStore(folder: string | undefined, embedder: string): VectorStore {
  const file = folder === undefined ? undefined : join(folder, 'vectors', `${shortHash(embedder)}.bin`)
  const vectors = new Map<string, Float32Array>()
  let opening: Promise<void> | undefined
  let bytes = 0
  let dimensions = 0
  let writing = Promise.resolve()

  const read = async (): Promise<void> => {
    const content = file === undefined ? undefined : await readFile(file).catch(() => undefined)
    const header = content === undefined ? -1 : content.indexOf(10)
    const found = Number(content?.toString('latin1', 0, header))
    if (content === undefined || header < 0 || !Number.isInteger(found) || found < 1) return
    const size = HASH_CHARS + found * 4
    for (let at = header + 1; at + size <= content.length; at += size) {
      const hash = content.toString('latin1', at, at + HASH_CHARS)
      // Another gateway's append was cut off there.
      if (!/^[ -~]+$/.test(hash)) return
      const numbers = content.buffer.slice(content.byteOffset + at + HASH_CHARS, content.byteOffset + at + size)
      vectors.set(hash, new Float32Array(numbers))
    }
    dimensions = found
    // After a record that was cut off, nothing can be appended.
    bytes = (content.length - header - 1) % size === 0 ? content.length : 0
  }

  const write = async (entries: readonly (readonly [string, Float32Array])[]): Promise<void> => {
    if (file === undefined) return
    const first = entries[0]?.[1].length ?? 0
    const records = Buffer.concat(
      entries.flatMap(([hash, vector]) => [
        Buffer.from(hash, 'latin1'),
        Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength),
      ]),
    )
    if (bytes === 0 || first !== dimensions || bytes + records.length > MAX_BYTES) {
      await writeAtomically(file, `${first}\n`)
      dimensions = first
      bytes = String(first).length + 1
    }
    const before = bytes
    // Whatever an append that fails leaves behind, nothing is appended to.
    bytes = 0
    await appendFile(file, records, { mode: 0o600 })
    bytes = before + records.length
  }

  return {
    async open() {
      opening ??= read()
      await opening
    },
    get: (hash) => vectors.get(hash),
    async add(entries) {
      for (const [hash, vector] of entries) vectors.set(hash, vector)
      // One after the other: two appends side by side could tear a record. Without a disk the memory serves.
      writing = writing.then(() => write(entries)).catch(() => {})
      await writing
    },
  }
}
