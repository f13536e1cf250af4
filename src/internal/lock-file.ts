import { randomUUID } from 'node:crypto'
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { kill, pid as ownPid } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { HAS_NO_LINKS } from './atomic-file.ts'
import { isRecord } from './json.ts'

export interface LockTimes {
  /** How often the owner touches its file, milliseconds. */
  readonly beatMs: number
  readonly pollMs: number
  /** Looks that find the file untouched, after which its owner counts as gone. Counted, since clocks jump. */
  readonly silentLooks: number
}

const TIMES: LockTimes = { beatMs: 1_000, pollMs: 150, silentLooks: 100 }
/** Breaking a lock takes microseconds: whoever began that so long ago has ended in between. */
const BREAKING_MS = 10_000

interface Owner {
  readonly id: string
  readonly pid: number
  readonly host: string
  /** Tells a process from one that had its number before. */
  readonly born?: number
}

const BORN = performance.timeOrigin

/**
 * Takes the first of some lock files that is free, and waits until one is; disposing gives it back. A lock whose owner
 * has ended, or has not touched it for long, is broken. Undefined: the folder cannot be written, so nobody is kept out.
 */
export async function takeLock(
  files: readonly string[],
  signal: AbortSignal,
  times: LockTimes = TIMES,
): Promise<Disposable | undefined> {
  const watches = new Map(files.map((file) => [file, new Watch(file, times.silentLooks)]))
  for (;;) {
    signal.throwIfAborted()
    for (const [file, watch] of watches) {
      const taken = tryTake(file, times.beatMs)
      if (taken !== 'held') return taken
      if (watch.isAbandoned()) breakLock(file, watch.id)
    }
    await pause(times.pollMs, undefined, { signal }).catch(() => undefined)
  }
}

function tryTake(file: string, beatMs: number): Disposable | 'held' | undefined {
  const owner: Owner = { id: randomUUID(), pid: ownPid, host: hostname(), born: BORN }
  if (touchedAt(file) > 0) return 'held'
  try {
    writeInFolder(file, JSON.stringify(owner))
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EEXIST' ? 'held' : undefined
  }
  const timer = setInterval(() => quietly(() => utimesSync(file, new Date(), new Date())), beatMs)
  timer.unref()
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      if (ownerOf(file)?.id === owner.id) quietly(() => unlinkSync(file))
    },
  }
}

function writeInFolder(file: string, text: string): void {
  try {
    writeWhole(file, text)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeWhole(file, text)
  }
}

/** A lock that names its owner from its first moment on: one who is killed while taking it leaves none without a name. */
function writeWhole(file: string, text: string): void {
  const beside = `${file}.${randomUUID()}.tmp`
  try {
    writeNew(beside, text)
    linkSync(beside, file)
  } catch (thrown) {
    if (!HAS_NO_LINKS.has((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown
    writeNew(file, text)
  } finally {
    quietly(() => unlinkSync(beside))
  }
}

function writeNew(file: string, text: string): void {
  const handle = openSync(file, 'wx', 0o600)
  try {
    writeSync(handle, text)
  } catch (thrown) {
    // On a full disk: an empty lock would keep everybody out until it is broken.
    unlinkSync(file)
    throw thrown
  } finally {
    closeSync(handle)
  }
}

/** What one who waits has seen of a lock. */
class Watch {
  /** Of the owner seen last. */
  id: string | undefined
  readonly #file: string
  readonly #silentLooks: number
  #touched = 0
  #looks = 0

  constructor(file: string, silentLooks: number) {
    this.#file = file
    this.#silentLooks = silentLooks
  }

  isAbandoned(): boolean {
    const owner = ownerOf(this.#file)
    const touched = touchedAt(this.#file)
    if (owner?.id !== this.id || touched !== this.#touched) this.#looks = 0
    this.id = owner?.id
    this.#touched = touched
    this.#looks++
    return (owner !== undefined && hasEnded(owner)) || this.#looks > this.#silentLooks
  }
}

/** A process of another machine or container has an id that says nothing here. */
function hasEnded({ pid, host, born }: Owner): boolean {
  if (host !== hostname()) return false
  // A container that starts again has the same name and number, but another birth.
  if (pid === ownPid) return born !== undefined && born !== BORN
  try {
    kill(pid, 0)
    return false
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Removes a lock if it is still the one that was seen: one breaker at a time, so that nobody removes a new one. */
function breakLock(file: string, id: string | undefined): void {
  const breaking = `${file}.breaking`
  try {
    writeNew(breaking, '')
  } catch {
    if (Date.now() - touchedAt(breaking) > BREAKING_MS) quietly(() => unlinkSync(breaking))
    return
  }
  if (ownerOf(file)?.id === id) quietly(() => unlinkSync(file))
  quietly(() => unlinkSync(breaking))
}

function ownerOf(file: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isRecord(owner)) return undefined
    const { id, pid, host, born } = owner
    if (typeof id !== 'string' || typeof pid !== 'number' || typeof host !== 'string') return undefined
    return { id, pid, host, ...(typeof born === 'number' ? { born } : {}) }
  } catch {
    return undefined
  }
}

function touchedAt(file: string): number {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // Somebody else was faster.
  }
}
