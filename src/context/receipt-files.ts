import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../internal/atomic-file.ts'
import { isRecord } from '../internal/json.ts'
import { randomId } from '../internal/ids.ts'
import type { Receipts, SessionReceipt } from './receipts.ts'

/** Keeps a gateway's receipts on disk, so that they can be read while it runs and when it is gone. */
export interface SavedReceipts {
  /** Writes them a last time. */
  save(): Promise<void>
}

/** What one gateway kept. */
export interface GatewayReceipts {
  /** Newest session first. */
  readonly sessions: readonly SessionReceipt[]
}

const EVERY_MS = 2_000
const MAX_FILES = 50
const MAX_SESSIONS = 100

/** Writes the receipts into a file of their own, at most every two seconds, and only after something happened. */
export function saveReceipts(
  receipts: Receipts | undefined,
  folder: string,
  onFailure: (error: unknown) => void,
): SavedReceipts {
  if (receipts === undefined) return { save: async () => undefined }
  const file = join(folder, `${Date.now()}-${randomId(8)}.json`)
  let saved = 0
  const write = async (): Promise<void> => {
    const { operations } = receipts.total()
    if (operations === saved) return
    saved = operations
    await writeAtomically(file, JSON.stringify({ sessions: receipts.list().slice(0, MAX_SESSIONS) }))
    await removeOld(folder)
  }
  let failing = false
  const tryWrite = async (): Promise<void> => {
    try {
      await write()
      failing = false
    } catch (thrown) {
      saved = -1
      if (!failing) onFailure(thrown)
      failing = true
    }
  }
  let writing: Promise<void> = Promise.resolve()
  const save = async (): Promise<void> => {
    writing = writing.then(tryWrite)
    await writing
  }
  const timer = setInterval(() => void save(), EVERY_MS)
  timer.unref()
  return {
    async save() {
      clearInterval(timer)
      await save()
    },
  }
}

/** Receipts of all gateways of a folder, latest session first. Files that are no receipts are passed over. */
export async function readReceipts(folder: string): Promise<SessionReceipt[]> {
  const files = await namesIn(folder)
  const sessions = await Promise.all(files.map(async (name) => await readSessions(join(folder, name))))
  return sessions.flat().toSorted((a, b) => (a.until > b.until ? -1 : 1))
}

/** Where the receipts of a configuration are. */
export function receiptFolder({ cacheDir }: { readonly cacheDir: string }): string {
  return join(cacheDir, 'receipts')
}

async function readSessions(path: string): Promise<readonly SessionReceipt[]> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    // We wrote it; what else may lie there has no list of sessions.
    return isRecord(value) && Array.isArray(value['sessions']) ? (value as unknown as GatewayReceipts).sessions : []
  } catch {
    return []
  }
}

async function removeOld(folder: string): Promise<void> {
  const names = await namesIn(folder)
  for (const name of names.slice(0, Math.max(0, names.length - MAX_FILES)))
    await rm(join(folder, name), { force: true })
}

/** Oldest first: names begin with the time. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => /^\d+-[\da-f]+\.json$/.test(name)).toSorted()
}
