import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../internal/clock.ts'
import { OptimizerError } from '../../errors.ts'
import { shortHash } from '../../internal/hash.ts'
import { createKeyedQueue } from '../../internal/keyed-queue.ts'
import { isStoreId, type Store, type StoreEntry } from './store.ts'

export interface DiskStoreOptions {
  readonly folder: string
  /** Bytes of all files; those whose time ends first go first. @default 1073741824 */
  readonly maxBytes?: number
  /** True: what this store wrote is removed when it is disposed of. @default false */
  readonly removes?: boolean
  readonly clock?: Clock
}

const HEADER = 'mcp-optimizer 1 '
const HEADER_CHARS = HEADER.length + 17
/** A full folder is emptied to this part of its bytes, so that not every write has to look at all files. */
const AFTER_PRUNING = 0.9

/**
 * One file an entry, readable by its owner alone; survives restarts. A file's time of change is when it expires. Torn
 * and foreign files count as none. Gateways may share a folder, but not write the same session at the same moment.
 */
export function createDiskStore(options: DiskStoreOptions): Store {
  const { folder, maxBytes = 1024 * 1024 * 1024, removes = false, clock = systemClock } = options
  const inTurn = createKeyedQueue()
  const own = new Set<string>()
  let known: Promise<number> | undefined
  let written = 0

  const fileOf = (group: string, id: string): string => join(folder, groupFolder(group), `${id}.txt`)

  const read = async (file: string): Promise<string | undefined> => {
    try {
      const { mtimeMs } = await stat(file)
      if (mtimeMs <= clock.wall()) return undefined
      return bodyOf(await readFile(file, 'utf8'))
    } catch {
      return undefined
    }
  }

  const write = async (file: string, group: string, text: string, ttlMs: number): Promise<void> => {
    const temporary = `${file}.${randomUUID()}.tmp`
    try {
      await mkdir(join(folder, groupFolder(group)), { recursive: true, mode: 0o700 })
      await writeFile(temporary, `${HEADER}${shortHash(text)}\n${text}`, { mode: 0o600 })
      await expireAt(temporary, clock.wall() + ttlMs)
      await rename(temporary, file)
      if (removes) own.add(file)
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw cannotWrite(cause)
    }
  }

  const makeRoom = async (bytes: number): Promise<void> => {
    known ??= prune(folder, maxBytes, clock.wall())
    written += bytes
    if ((await known) + written <= maxBytes) return
    written = bytes
    known = prune(folder, maxBytes * AFTER_PRUNING - bytes, clock.wall())
    await known
  }

  return {
    name: 'disk',
    async get(group, id, renewMs) {
      if (!isStoreId(id)) return undefined
      const file = fileOf(group, id)
      const text = await read(file)
      if (text !== undefined && renewMs !== undefined)
        await expireAt(file, clock.wall() + renewMs).catch(() => undefined)
      return text
    },
    async set(group, id, text, { ttlMs, replaces }) {
      if (!isStoreId(id)) throw new TypeError('an id of a store is letters, digits, _ and -')
      const file = fileOf(group, id)
      return await inTurn(file, async () => {
        if (replaces !== undefined && ((await read(file)) ?? null) !== replaces) return false
        await makeRoom(Buffer.byteLength(text) + HEADER_CHARS)
        await write(file, group, text, ttlMs)
        return true
      })
    },
    async delete(group, id) {
      if (!isStoreId(id)) return
      own.delete(fileOf(group, id))
      await rm(fileOf(group, id), { force: true }).catch((cause: NodeJS.ErrnoException) => {
        // Nothing can be there.
        if (cause.code !== 'ENOTDIR') throw cannotWrite(cause)
      })
    },
    async list(group) {
      const files = await filesIn(join(folder, groupFolder(group)))
      const entries = files.map(({ name, bytes, expiresAt }): StoreEntry => ({
        id: name.slice(0, -4),
        bytes: bytes - HEADER_CHARS,
        expiresAt,
      }))
      return entries.filter(({ expiresAt }) => expiresAt > clock.wall()).toSorted((a, b) => a.expiresAt - b.expiresAt)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...own].map(async (file) => await rm(file, { force: true }).catch(() => undefined)))
      own.clear()
    },
  }
}

function cannotWrite(cause: unknown): OptimizerError {
  return new OptimizerError('STORE_UNAVAILABLE', 'cannot keep this on disk: the cache folder cannot be written', {
    cause,
  })
}

function groupFolder(group: string): string {
  return createHash('sha256').update(group).digest('hex').slice(0, 40)
}

/** The text of a file; undefined for one that is torn or somebody else's. */
function bodyOf(content: string): string | undefined {
  const text = content.slice(HEADER_CHARS)
  return content.startsWith(`${HEADER}${shortHash(text)}\n`) ? text : undefined
}

async function expireAt(file: string, wallMs: number): Promise<void> {
  const date = new Date(wallMs)
  await utimes(file, date, date)
}

interface StoredFile {
  readonly path: string
  readonly name: string
  readonly bytes: number
  readonly expiresAt: number
}

async function filesIn(folder: string): Promise<StoredFile[]> {
  const names = await readdir(folder).catch(() => [])
  const files = await Promise.all(
    names.map(async (name): Promise<StoredFile[]> => {
      if (!name.endsWith('.txt')) return []
      const path = join(folder, name)
      try {
        const { size, mtimeMs } = await stat(path)
        return [{ path, name, bytes: size, expiresAt: Math.round(mtimeMs) }]
      } catch {
        return []
      }
    }),
  )
  return files.flat()
}

/** Removes what has expired, then what expires first until at most `maxBytes` are left; answers the bytes left. */
async function prune(folder: string, maxBytes: number, now: number): Promise<number> {
  const groups = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const files: StoredFile[] = []
  for (const group of groups) if (group.isDirectory()) files.push(...(await filesIn(join(folder, group.name))))
  let left = files.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { path, bytes, expiresAt } of files.toSorted((a, b) => a.expiresAt - b.expiresAt)) {
    if (expiresAt > now && left <= maxBytes) break
    await rm(path, { force: true })
    left -= bytes
  }
  return left
}
