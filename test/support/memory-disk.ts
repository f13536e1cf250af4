import { basename, dirname } from 'node:path'
import type { Disk } from '../../src/config/setup/disk.ts'

/** The process has ended in the middle of its work. */
class Killed extends Error {
  override readonly name = 'Killed'
}

/** Files in memory, and a process that can be killed at any change of them, as a lost machine would leave it. */
export interface MemoryDisk extends Disk {
  readonly files: Map<string, Buffer>
  /** Ends the process at its nth change from now on; a file being created then has a part of its content. */
  killAt(changes: number): void
  isDead(): boolean
  /** A new process. */
  revive(): void
}

export function memoryDisk(): MemoryDisk {
  const files = new Map<string, Buffer>()
  let left = Number.POSITIVE_INFINITY
  /** Whoever is dead changes nothing more, and cleans nothing up. */
  const change = (halfway: () => void = () => undefined): void => {
    left--
    if (left === 0) halfway()
    if (left <= 0) throw new Killed()
  }
  return {
    files,
    killAt(changes) {
      left = changes
    },
    isDead: () => left <= 0,
    revive() {
      left = Number.POSITIVE_INFINITY
    },
    read: async (path) => files.get(path),
    follow: async (path) => path,
    mode: async (path) => (files.has(path) ? 0o600 : undefined),
    list: async (folder) => [...files.keys()].flatMap((path) => (dirname(path) === folder ? [basename(path)] : [])),
    async create(path, bytes) {
      if (files.has(path)) throw new Error(`EEXIST: ${path}`)
      change(() => files.set(path, Buffer.from(bytes.subarray(0, bytes.length / 2))))
      files.set(path, Buffer.from(bytes))
    },
    async rename(from, to) {
      change()
      const bytes = files.get(from)
      if (bytes === undefined) throw new Error(`ENOENT: ${from}`)
      files.set(to, bytes)
      files.delete(from)
    },
    async remove(path) {
      change()
      files.delete(path)
    },
  }
}
