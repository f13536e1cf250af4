import { availableParallelism } from 'node:os'
import { createPool, type PooledBackend, type PoolStats } from '../pool/pool.ts'
import { type SandboxImage } from '../sandbox.ts'
import { noThread } from '../run/stop-errors.ts'
import { UsedModules } from './thread-images.ts'
import { MAX_RUNS, Thread, type ThreadOptions } from './thread.ts'

export interface WasmBackendOptions {
  /** Worker threads. @default the number of cores, at least 2 and at most 8 */
  readonly poolSize?: number
  /** Programs that a thread holds at once; nearly all of them wait for host calls. About 5 MB each once used. @default 16 */
  readonly slotsPerWorker?: number
  /** Threads that {@link PooledBackend.warmUp} starts. @default 0 */
  readonly poolMin?: number
  /** Programs that wait for a sandbox; more are refused with `OVERLOADED`. @default 1000 */
  readonly queueLimit?: number
  /** False: host calls get a signal that never aborts, which saves making one for each program. @default true */
  readonly callSignals?: boolean
  /** Makes each program a new engine from the snapshot instead of the in-place reset: slower, by public functions only. @default false */
  readonly restoreOnly?: boolean
}

/** Primes a thread that is there before the first program. */
const NO_IMAGE: SandboxImage = { version: '', functions: [], modules: [] }

/**
 * Programs in QuickJS compiled to WebAssembly, in worker threads of this process. Needs nothing but npm.
 * Threads start when they are needed and end with the backend's disposal; idle ones keep no process alive.
 */
export function createWasmBackend(options: WasmBackendOptions = {}): PooledBackend {
  const { slotsPerWorker = 16, restoreOnly = false, queueLimit = 1_000, callSignals = true } = options
  const { poolSize = Math.min(8, Math.max(2, availableParallelism())) } = options
  const modules = new UsedModules()
  const pool = createPool({
    name: 'wasm',
    open: async (signal, image = NO_IMAGE) => {
      const start = async (): Promise<Thread | undefined> =>
        await startThread({ slots: slotsPerWorker, restoreOnly, modules }, image, signal)
      const thread = (await start()) ?? (await start())
      if (thread === undefined) throw noThread()
      return thread
    },
    min: Math.min(options.poolMin ?? 0, poolSize),
    max: poolSize,
    capacity: slotsPerWorker,
    usesPerMember: MAX_RUNS,
    isEngine: true,
    // More engines in turn miss the caches more, and a message is there at once: nothing has to wait in the thread.
    maxComputing: 1,
    idleMs: Number.POSITIVE_INFINITY,
    queueLimit,
    callSignals,
  })
  const stats = pool.stats.bind(pool)
  return Object.assign(pool, { stats: (): PoolStats => ({ ...stats(), wall: 'engine' }) })
}

/** A thread that is ready for programs of an image; undefined: it died before. */
async function startThread(
  options: ThreadOptions,
  image: SandboxImage,
  signal: AbortSignal,
): Promise<Thread | undefined> {
  const thread = new Thread(options)
  try {
    await thread.prepare(image, signal)
  } catch (thrown) {
    await thread[Symbol.asyncDispose]()
    throw thrown
  }
  return thread.accepting ? thread : undefined
}
