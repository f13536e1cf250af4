import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { read } from '../../hardening/runner/processes.ts'

/** Variable by which all that comes from one gateway is known, whoever its parent is by now. */
export const MARK = 'MCPO_CAMPAIGN'

/** Processes whose environment has this mark; none on systems without `/proc`. */
export function marked(mark: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/environ`).includes(`${MARK}=${mark}`) && !isZombie(pid))
}

/** What is left of a mark after this time, as command lines. */
export async function leftOvers(mark: string, withinMs: number): Promise<string[]> {
  const deadline = performance.now() + withinMs
  while (marked(mark).length > 0 && performance.now() < deadline) await pause(50)
  return marked(mark).map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 160)}`)
}

/** Ends what is left, so that no run disturbs the next one. */
export function endAll(mark: string): void {
  for (const pid of marked(mark)) signal(pid, 'SIGKILL')
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone.
  }
}

function isZombie(pid: number): boolean {
  return /^State:\s+Z/m.test(read(`/proc/${pid}/status`))
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}
