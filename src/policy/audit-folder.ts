import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { kill, pid } from 'node:process'
import { OptimizerError } from '../errors.ts'

/** The file a chain is being written to; full ones are `audit-<last seq>.jsonl`. */
export const CURRENT = 'audit.jsonl'
const LOCK = 'lock'
const MAX_CHAINS = 64
/** Tells this process from one that had its number before. */
const BORN = performance.timeOrigin.toFixed(3)

/**
 * One chain of entries, ours until it is disposed: gateways that run side by side write chains of their own, a later
 * one continues the first chain that is free.
 */
export interface Chain extends Disposable {
  readonly folder: string
}

/** Takes the first free chain of an audit folder. Throws `CONFIG_INVALID` where the folder cannot be written. */
export function takeChain(folder: string): Chain {
  for (let number = 0; number < MAX_CHAINS; number++) {
    const chain = join(folder, `chain-${number}`)
    try {
      mkdirSync(chain, { recursive: true, mode: 0o700 })
      if (!lock(join(chain, LOCK))) continue
    } catch (thrown) {
      const { code = 'unknown' } = thrown as NodeJS.ErrnoException
      throw new OptimizerError('CONFIG_INVALID', `cannot write the audit trail: ${code} in its folder`, {
        cause: thrown,
        suggestion: 'set audit.folder to a folder that can be written',
      })
    }
    return { folder: chain, [Symbol.dispose]: () => rmSync(join(chain, LOCK), { force: true }) }
  }
  throw new OptimizerError('CONFIG_INVALID', `cannot write the audit trail: ${MAX_CHAINS} gateways write there already`)
}

/** Chains of a folder, in order. */
export function chainsIn(folder: string): string[] {
  const number = (name: string): number => Number(name.slice('chain-'.length))
  return entriesOf(folder)
    .filter((name) => /^chain-\d+$/.test(name))
    .toSorted((a, b) => number(a) - number(b))
    .map((name) => join(folder, name))
}

/** Files of a chain, oldest first. */
export function filesOf(chain: string): string[] {
  const names = entriesOf(chain)
  const full = names.filter((name) => /^audit-\d{12}\.jsonl$/.test(name)).toSorted()
  return [...full, ...names.filter((name) => name === CURRENT)].map((name) => join(chain, name))
}

export function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function lock(path: string): boolean {
  for (const attempt of [1, 2]) {
    try {
      const file = openSync(path, 'wx', 0o600)
      writeSync(file, `${hostname()} ${pid} ${BORN}`)
      closeSync(file)
      return true
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
      if (attempt === 2 || isHeld(path)) return false
      rmSync(path, { force: true })
    }
  }
  return false
}

/** A lock of another machine counts as held; one of this machine while its process lives. */
function isHeld(path: string): boolean {
  try {
    const [host, owner, born] = readFileSync(path, 'utf8').split(' ')
    if (host !== hostname()) return true
    // A container that starts again has the same name and number, but another birth.
    return Number(owner) === pid ? born === BORN : isAlive(Number(owner))
  } catch {
    return false
  }
}

function isAlive(process: number): boolean {
  try {
    kill(process, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
