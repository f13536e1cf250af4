import { readdir, readFile } from 'node:fs/promises'
import { platform } from 'node:os'
import { kill } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'

/** Variable by which all that a server starts is known, wherever it goes: sessions and parents change, this is inherited. */
export const MARK = 'MCP_SERVER_GROUP'

/** The marks of a server: its own, and those of the gateways that this one runs below. */
export function markOf(id: string, outer: string | undefined): string {
  return outer === undefined || outer === '' ? id : `${outer},${id}`
}

const ROUNDS = 10
const ROUND_MS = 20
const PROCESSES = '/proc'
/** Files that are open at once. */
const AT_ONCE = 8

/**
 * Ends processes that left the group of their server; Linux only. Those who ask at once share one look at all processes.
 */
export class Strays {
  #asked = new Set<string>()
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** Resolves when no process is left that has the mark. */
  async end(id: string): Promise<void> {
    if (platform() !== 'linux') return
    this.#asked.add(id)
    // A look that has begun may be past what this one asks for.
    this.#next ??= (this.#looking ?? Promise.resolve()).then(() => this.#start())
    await this.#next
  }

  #start(): Promise<void> {
    const ids = [...this.#asked]
    this.#asked = new Set()
    this.#next = undefined
    const looking = endAll(ids).finally(() => {
      if (this.#looking === looking) this.#looking = undefined
    })
    this.#looking = looking
    return looking
  }
}

/** Again until none is left: one may have started another meanwhile. */
async function endAll(ids: readonly string[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const found = await marked(ids)
    if (found.length === 0) return
    for (const pid of found) end(pid)
    await pause(ROUND_MS)
  }
}

async function marked(ids: readonly string[]): Promise<number[]> {
  const names = await readdir(PROCESSES).catch(() => [])
  const pids = names.filter((name) => /^\d+$/.test(name))
  const found: number[] = []
  const readOn = async (): Promise<void> => {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      const environment = await environmentOf(pid)
      if (ids.some((id) => environment.includes(id))) found.push(Number(pid))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, readOn))
  return found
}

/** Empty for those of other users, and for those that are gone. */
async function environmentOf(pid: string): Promise<string> {
  return await readFile(`${PROCESSES}/${pid}/environ`, 'latin1').catch(() => '')
}

function end(pid: number): void {
  try {
    kill(pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}
