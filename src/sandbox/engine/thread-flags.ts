import { execArgv } from 'node:process'
import { type WorkerOptions } from 'node:worker_threads'

/**
 * The flags of Node.js for a worker thread: those of the permission model, which threads do not inherit by themselves,
 * without the one that lets a thread start more threads. None where this process has no such flags.
 */
const THREAD_FLAGS: readonly string[] = execArgv.filter((flag) =>
  /^--(?:(?:experimental-)?permission$|allow-fs-read=)/.test(flag),
)

/** What a thread with programs is started with: nothing to read, nowhere to print, and a heap of so many MB. */
export function threadOptions(heapMb: number): WorkerOptions {
  return {
    env: {},
    argv: [],
    execArgv: [...THREAD_FLAGS],
    stdin: false,
    // Captured, so that it does not reach the streams of this process.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
  }
}

/** Heap of a thread with slots: the memory of engines lies outside of it. */
export const SLOTS_HEAP_MB = 512
