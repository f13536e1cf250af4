import { setPriority } from 'node:os'
import { platform } from 'node:process'

/** Niceness of threads that run programs: at 3 they get half of what a thread of the gateway gets that wants the same core. */
const NICENESS = 3

/**
 * Makes the calling thread go behind the event loop that feeds it and the servers that answer it: programs take as long, but
 * nothing waits for them that they wait for themselves. Only on Linux, where each thread has a priority of its own.
 */
export function runBehindHost(): void {
  if (platform !== 'linux') return
  try {
    setPriority(NICENESS)
  } catch {
    // A jail may refuse it: then they are as urgent as all others.
  }
}
