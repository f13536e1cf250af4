import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OptimizerError } from '../../errors.ts'
import { writeAtomically } from '../../internal/atomic-file.ts'
import { longHash } from '../../internal/hash.ts'
import { isRecord } from '../../internal/json.ts'
import { type LockTimes, takeLock } from '../../internal/lock-file.ts'
import { messageOf } from '../../internal/text.ts'
import type { TokenStore } from './token-store.ts'

export interface FileTokenStoreOptions {
  readonly folder: string
  /** Encrypts what stands in the files. @default they are readable for their owner alone */
  readonly cipher?: Cipher
  /** Whether `cipher` takes its key from the OS keychain. */
  readonly keychain?: boolean
}

/** Turns texts into unreadable ones and back. */
export interface Cipher {
  encrypt(text: string): string
  /** Undefined: not written with this key. */
  decrypt(text: string): string | undefined
}

/** A lock is held while the authorization server answers, up to 30 s: its owner touches the file each second. */
const LOCK: LockTimes = { beatMs: 1_000, pollMs: 25, silentLooks: 600 }
const WRITE_WAIT_MS = 20_000

/**
 * One file of mode 0600 for each login, replaced in one step and flushed to the disk before it is: a crash leaves the old
 * login or the new one.
 */
export function createFileTokenStore({ folder, cipher, keychain = false }: FileTokenStoreOptions): TokenStore {
  const fileOf = (key: string): string => join(folder, `${longHash(key)}.json`)
  const lock = async (name: string, signal: AbortSignal): Promise<Disposable> =>
    (await takeLock([join(folder, name)], signal, LOCK)) ?? { [Symbol.dispose]: () => undefined }

  const read = async (key: string): Promise<string | undefined> => {
    const entry = await readEntry(fileOf(key), cipher)
    return entry?.key === key ? entry.value : undefined
  }
  const change = async (
    key: string,
    replaces: string | undefined,
    work: (file: string) => Promise<void>,
  ): Promise<boolean> => {
    try {
      using _held = await lock(`${longHash(key)}.write`, AbortSignal.timeout(WRITE_WAIT_MS))
      if ((await read(key)) !== replaces) return false
      await work(fileOf(key))
      return true
    } catch (thrown) {
      throw storeError(thrown)
    }
  }

  return {
    read,
    async write(key, value, replaces) {
      const text = JSON.stringify({ key, value })
      const content = cipher === undefined ? text : JSON.stringify({ sealed: cipher.encrypt(text) })
      return await change(key, replaces, async (file) => await writeAtomically(file, `${content}\n`, { durable: true }))
    },
    async delete(key, replaces) {
      return await change(key, replaces, async (file) => await rm(file, { force: true }))
    },
    async keys() {
      const names = await readdir(folder).catch(() => [])
      const entries = names
        .filter((name) => name.endsWith('.json'))
        .map(async (name) => await readEntry(join(folder, name), cipher))
      return (await Promise.all(entries)).flatMap((entry) => (entry === undefined ? [] : [entry.key]))
    },
    async lock(key, signal) {
      return await lock(`${longHash(key)}.lock`, signal)
    },
    place: { folder, keychain },
  }
}

interface StoredEntry {
  readonly key: string
  readonly value: string
}

/** A file that is no entry counts as none: a login replaces it. */
async function readEntry(file: string, cipher: Cipher | undefined): Promise<StoredEntry | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw storeError(thrown)
  }
  const outer = parsed(text)
  const sealed = isRecord(outer) && typeof outer['sealed'] === 'string' ? cipher?.decrypt(outer['sealed']) : undefined
  const entry = sealed === undefined ? outer : parsed(sealed)
  if (!isRecord(entry) || typeof entry['key'] !== 'string' || typeof entry['value'] !== 'string') return undefined
  return { key: entry['key'], value: entry['value'] }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function storeError(thrown: unknown): OptimizerError {
  if (OptimizerError.is(thrown)) return thrown
  return new OptimizerError('STORE_UNAVAILABLE', `cannot read or write the logins of this user: ${messageOf(thrown)}`, {
    cause: thrown,
    suggestion: 'make the folder of logins readable and writable for this user alone',
  })
}
