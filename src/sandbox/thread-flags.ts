import { execArgv } from 'node:process'

/**
 * The flags of Node.js for a worker thread: those of the permission model, which threads do not inherit by themselves,
 * without the one that lets a thread start more threads. None where this process has no such flags.
 */
export const THREAD_FLAGS: readonly string[] = execArgv.filter((flag) =>
  /^--(?:(?:experimental-)?permission$|allow-fs-read=)/.test(flag),
)
