import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../internal/clock.ts'
import { OptimizerError } from '../../errors.ts'
import { shortHash } from '../../internal/hash.ts'
import { createKeyedQueue } from '../../internal/keyed-queue.ts'
import { toBytes } from '../../internal/sliced-bytes.ts'
import { type LockTimes, takeLock } from '../../internal/lock-file.ts'
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
/** A lock is held for one read and one write. */
const LOCK_TIMES: LockTimes = { beatMs: 1_000, pollMs: 3, silentLooks: 5_000 }
const LOCK_WAIT_MS = 30_000
/** A write takes milliseconds: what is older was left by a process that was killed. */
const LEFT_OVER_MS = 3_600_000

/**
 * One file an entry, readable by its owner alone; survives restarts. A file's time of change is when it expires. Torn
 * and foreign files count as none. Gateways may share a folder: writes that depend on the text before hold a lock beside
 * the entry.
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
      const { bytes, hash } = await toBytes(text)
      await writeFile(temporary, [`${HEADER}${hash}\n`, ...bytes], { mode: 0o600 })
      await expireAt(temporary, clock.wall() + ttlMs)
      await rename(temporary, file)
      if (removes) own.add(file)
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw cannotWrite(cause)
    }
  }

  /** Alone with the entry, among all processes that share the folder. */
  const alone = async <T>(file: string, work: () => Promise<T>): Promise<T> =>
    await inTurn(file, async () => {
      using _lock = await lockOf(file)
      return await work()
    })

  const keep = async (file: string, group: string, text: string, ttlMs: number): Promise<void> => {
    await makeRoom(Buffer.byteLength(text) + HEADER_CHARS)
    await write(file, group, text, ttlMs)
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
      if (replaces === undefined) {
        await inTurn(file, async () => await keep(file, group, text, ttlMs))
        return true
      }
      return await alone(file, async () => {
        if (((await read(file)) ?? null) !== replaces) return false
        await keep(file, group, text, ttlMs)
        return true
      })
    },
    async update(group, id, ttlMs, change) {
      if (!isStoreId(id)) throw new TypeError('an id of a store is letters, digits, _ and -')
      const file = fileOf(group, id)
      return await alone(file, async () => {
        const made = change(await read(file))
        await keep(file, group, made.text, ttlMs)
        return made
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

async function lockOf(file: string): Promise<Disposable | undefined> {
  try {
    return await takeLock([`${file}.lock`], AbortSignal.timeout(LOCK_WAIT_MS), LOCK_TIMES)
  } catch (cause) {
    throw new OptimizerError(
      'STORE_UNAVAILABLE',
      'cannot change this on disk: another gateway changes it all the time',
      {
        cause,
      },
    )
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
  for (const group of groups.filter((entry) => entry.isDirectory())) {
    files.push(...(await filesIn(join(folder, group.name))))
    await removeLeftOvers(join(folder, group.name), now)
  }
  let left = files.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { path, bytes, expiresAt } of files.toSorted((a, b) => a.expiresAt - b.expiresAt)) {
    if (expiresAt > now && left <= maxBytes) break
    await rm(path, { force: true })
    left -= bytes
  }
  return left
}

async function removeLeftOvers(folder: string, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((name) => /\.(?:tmp|lock)$/.test(name))) {
    const file = join(folder, name)
    const { ctimeMs } = await stat(file).catch(() => ({ ctimeMs: now }))
    if (now - ctimeMs > LEFT_OVER_MS) await rm(file, { force: true }).catch(() => undefined)
  }
}
