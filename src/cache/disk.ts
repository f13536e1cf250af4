import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Clock, systemClock } from '../internal/clock.ts'
import { longHash, shortHash } from '../internal/hash.ts'
import { type Cache, type CacheEntry, groupOf } from './cache.ts'
import { Counts } from './counts.ts'
import { fromEnvelope, toEnvelope } from './envelope.ts'

export interface DiskCacheOptions {
  /** Folder of its own; made when it is needed. Several processes may share it. */
  readonly folder: string
  /** Bytes of all files; those that end soonest go first. @default 268435456 */
  readonly maxBytes?: number
  readonly clock?: Clock
}

const TEMPORARY = '.tmp'
const REMOVED = 'removed-'
/** A temporary file older than this was left behind by a process that died. */
const ABANDONED_MS = 60_000

/**
 * The layer that survives a restart: one file an entry, one folder a group. Files appear whole (written beside, then
 * renamed), and carry format, checksum and key: whatever is not exactly what was written counts as none.
 */
export function createDiskCache(options: DiskCacheOptions): Cache {
  return new DiskCache(options)
}

class DiskCache implements Cache {
  readonly name = 'disk'
  readonly #folder: string
  readonly #maxBytes: number
  readonly #clock: Clock
  readonly #counts = new Counts('disk')
  /** Clears of a group; a write that began before one does not end after it. */
  readonly #clears = new Map<string, number>()
  /** Folders of groups that could not be cleared: not read until they are. */
  readonly #uncleared = new Set<string>()
  readonly #background = new Set<Promise<unknown>>()
  /** Bytes that the last sweep left, unknown until the first one, and bytes written since it began. */
  #left = Number.POSITIVE_INFINITY
  #written = 0
  #sweeping: Promise<void> | undefined

  constructor({ folder, maxBytes = 256 * 1024 * 1024, clock = systemClock }: DiskCacheOptions) {
    this.#folder = folder
    this.#maxBytes = maxBytes
    this.#clock = clock
  }

  async get(key: string): ReturnType<Cache['get']> {
    const isClear = await this.#clearRest(folderOf(groupOf(key)))
    const entry = this.#counts.found(isClear ? await this.#read(key, this.#fileOf(key)) : undefined)
    return entry === undefined ? undefined : { ...entry, layer: this.name }
  }

  async set(key: string, entry: CacheEntry): Promise<void> {
    const file = this.#fileOf(key)
    try {
      if (entry.expiresAt <= this.#clock.wall()) return await rm(file, { force: true })
      const temporary = await this.#write(key, entry)
      if (temporary !== undefined) await rename(temporary, file)
    } catch (thrown) {
      // The folder was cleared away in the meantime: then the entry is not wanted.
      if (!isMissing(thrown)) this.#counts.failed(thrown)
    }
  }

  async add(key: string, entry: CacheEntry): ReturnType<Cache['add']> {
    const file = this.#fileOf(key)
    try {
      if (!(await this.#clearRest(folderOf(groupOf(key))))) return 'unavailable'
      for (let attempt = 0; attempt < 5; attempt++) {
        const temporary = await this.#write(key, entry)
        if (temporary === undefined) continue
        try {
          // A link, unlike a rename, fails when the name is taken.
          await link(temporary, file)
          return 'added'
        } catch (thrown) {
          if (codeOf(thrown) !== 'EEXIST') throw thrown
        } finally {
          await rm(temporary, { force: true })
        }
        const known = (await this.#read(key, file)) ?? (await this.#removeDead(key, file))
        if (known !== undefined) return known
      }
    } catch (thrown) {
      this.#counts.failed(thrown)
    }
    return 'unavailable'
  }

  async clear(group: string): Promise<void> {
    const names = group === '' ? await this.#groups() : [folderOf(group)]
    for (const name of names) {
      this.#clears.set(name, (this.#clears.get(name) ?? 0) + 1)
      this.#uncleared.add(name)
    }
    await Promise.all(names.map(async (name) => await this.#clearRest(name)))
  }

  stats(): ReturnType<Cache['stats']> {
    return [this.#counts.stats()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#background)
  }

  #fileOf(key: string): string {
    return join(this.#folder, folderOf(groupOf(key)), longHash(key))
  }

  async #read(key: string, file: string): Promise<CacheEntry | undefined> {
    try {
      return fromEnvelope(key, await readFile(file, 'utf8'), this.#clock.wall())
    } catch (thrown) {
      return isMissing(thrown) ? undefined : this.#counts.failed(thrown)
    }
  }

  /** A temporary file with the entry, beside where it belongs; undefined when its group was cleared in the meantime. */
  async #write(key: string, entry: CacheEntry): Promise<string | undefined> {
    const name = folderOf(groupOf(key))
    const clears = this.#clears.get(name)
    const temporary = join(this.#folder, name, randomUUID() + TEMPORARY)
    const text = toEnvelope(key, entry, this.#clock.wall())
    await writeEnding(temporary, text, entry.expiresAt).catch(async (thrown: unknown) => {
      if (!isMissing(thrown)) throw thrown
      await mkdir(dirname(temporary), { recursive: true, mode: 0o700 })
      await writeEnding(temporary, text, entry.expiresAt)
    })
    this.#written += text.length
    this.#sweepIfNeeded()
    if (this.#clears.get(name) === clears) return temporary
    await rm(temporary, { force: true })
    return undefined
  }

  /**
   * Removes a file that holds no live entry. It is first moved away and read again: another process may have put a live
   * one there in between, which is then moved back.
   */
  async #removeDead(key: string, file: string): Promise<CacheEntry | undefined> {
    const aside = `${file}-${randomUUID()}${TEMPORARY}`
    try {
      await rename(file, aside)
      const entry = await this.#read(key, aside)
      if (entry !== undefined) await link(aside, file).catch(() => undefined)
      return entry
    } catch (thrown) {
      return isMissing(thrown) ? undefined : this.#counts.failed(thrown)
    } finally {
      await rm(aside, { force: true }).catch(() => undefined)
    }
  }

  /** True when nothing of the group is left from before a clear. */
  async #clearRest(name: string): Promise<boolean> {
    if (!this.#uncleared.has(name)) return true
    try {
      await this.#remove(name)
      this.#uncleared.delete(name)
      return true
    } catch (thrown) {
      this.#counts.failed(thrown)
      return false
    }
  }

  /** Away at once by a rename; its files are deleted without anybody waiting. */
  async #remove(name: string): Promise<void> {
    const aside = join(this.#folder, REMOVED + randomUUID())
    try {
      await rename(join(this.#folder, name), aside)
    } catch (thrown) {
      if (isMissing(thrown)) return
      throw thrown
    }
    this.#track(rm(aside, { recursive: true, force: true }))
  }

  async #groups(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => [])
    return names.filter((name) => !name.startsWith(REMOVED))
  }

  #sweepIfNeeded(): void {
    if (this.#left + this.#written <= this.#maxBytes || this.#sweeping !== undefined) return
    this.#written = 0
    this.#sweeping = this.#sweep().then(
      (left) => this.#swept(left),
      (thrown: unknown) => this.#swept(0, thrown),
    )
    this.#track(this.#sweeping)
  }

  #swept(left: number, thrown?: unknown): void {
    this.#left = left
    this.#sweeping = undefined
    if (thrown === undefined) this.#sweepIfNeeded()
    else this.#counts.failed(thrown)
  }

  /** Removes what has expired and, while there is too much, what expires soonest; a file's time says when it ends. Bytes left. */
  async #sweep(): Promise<number> {
    const now = this.#clock.wall()
    const files = await this.#files()
    const isDead = ({ endsAt, file }: FoundFile): boolean =>
      file.endsWith(TEMPORARY) ? endsAt < now - ABANDONED_MS : endsAt <= now
    const kept = files.filter((found) => !isDead(found)).toSorted((a, b) => b.endsAt - a.endsAt)
    // To nine tenths, so that the next write does not sweep again.
    let bytes = 0
    const surplus = kept.filter((found) => (bytes += found.bytes) > this.#maxBytes * 0.9)
    const doomed = [...files.filter(isDead), ...surplus]
    for (const { file } of doomed) await rm(file, { force: true })
    return kept.reduce((sum, found) => sum + found.bytes, 0) - surplus.reduce((sum, found) => sum + found.bytes, 0)
  }

  async #files(): Promise<FoundFile[]> {
    const found: FoundFile[] = []
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      const folder = join(this.#folder, entry.name)
      if (entry.name.startsWith(REMOVED)) await rm(folder, { recursive: true, force: true })
      else if (entry.isDirectory()) {
        for (const name of await readdir(folder).catch(() => [])) {
          const file = join(folder, name)
          const about = await stat(file).catch(() => undefined)
          if (about !== undefined) found.push({ file, bytes: about.size, endsAt: about.mtimeMs })
        }
      }
    }
    return found
  }

  #track(work: Promise<unknown>): void {
    const settled = work.catch((thrown: unknown) => this.#counts.failed(thrown))
    this.#background.add(settled)
    void settled.finally(() => this.#background.delete(settled))
  }
}

interface FoundFile {
  readonly file: string
  readonly bytes: number
  /** Wall-clock milliseconds: its modification time. */
  readonly endsAt: number
}

/** A name that any file system takes, and that no other group has. */
function folderOf(group: string): string {
  return `${group.replaceAll(/[^\w-]/g, '_').slice(0, 40)}-${shortHash(group)}`
}

async function writeEnding(file: string, text: string, endsAt: number): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.utimes(endsAt / 1_000, endsAt / 1_000)
  } catch (thrown) {
    // A full disk keeps no half files.
    await rm(file, { force: true })
    throw thrown
  } finally {
    await handle.close()
  }
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}

function isMissing(thrown: unknown): boolean {
  return codeOf(thrown) === 'ENOENT'
}
