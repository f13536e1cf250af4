import { mkdir, open, readdir, readFile, realpath, readlink, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** What setup asks of the file system. Each of these is done whole or not at all, but for `create`. */
export interface Disk {
  /** Undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Where a path leads, links followed, to a file that need not be there. */
  follow(path: string): Promise<string>
  /** Permission bits; undefined where there is no such file. */
  mode(path: string): Promise<number | undefined>
  /** A new file; its content is on the disk when this resolves. A process that ends meanwhile leaves a part of it. */
  create(path: string, bytes: Uint8Array, mode: number): Promise<void>
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
}

export const nodeDisk: Disk = {
  async read(path) {
    try {
      return await readFile(path)
    } catch (thrown) {
      if (isMissing(thrown)) return undefined
      throw thrown
    }
  },
  async follow(path) {
    try {
      return await realpath(path)
    } catch {
      // A link to a file that is not there is written through all the same.
      const target = await readlink(path).catch(() => undefined)
      return target === undefined ? path : resolve(dirname(path), target)
    }
  },
  async mode(path) {
    try {
      return (await stat(path)).mode & 0o777
    } catch (thrown) {
      if (isMissing(thrown)) return undefined
      throw thrown
    }
  },
  async create(path, bytes, mode) {
    // A file of a client or of ours may hold secrets.
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await using handle = await open(path, 'wx', mode)
    // The process's mask must not make the file less readable than the one that it replaces.
    await handle.chmod(mode)
    await handle.writeFile(bytes)
    await handle.sync()
  },
  async list(folder) {
    return await readdir(folder).catch(() => [])
  },
  async rename(from, to) {
    await rename(from, to)
    await syncFolder(dirname(to))
  },
  async remove(path) {
    await rm(path, { force: true })
  },
}

/** Keeps a rename through a loss of power; not every system lets a folder be opened. */
async function syncFolder(path: string): Promise<void> {
  try {
    await using handle = await open(path, 'r')
    await handle.sync()
  } catch {
    return
  }
}

function isMissing(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
