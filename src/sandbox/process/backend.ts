import { availableParallelism, platform } from 'node:os'
import { type Layer, type StandingWall } from '../sandbox.ts'
import { createPool, type PooledBackend, type PoolShape, type PoolStats } from '../pool/pool.ts'
import { ENGINES_ENTRY, RUNNER_ENTRY, runnerFiles } from '../remote/runner-files.ts'
import { toRunnerArgument } from '../remote/runner-options.ts'
import { Launcher, type RunnerLaunch } from './launcher.ts'
import { checkRequired, type Wall } from '../walls.ts'
import { describeLayers, standingWall } from './layers.ts'

export interface ProcessBackendOptions {
  /**
   * Engines, each a thread of the process that holds 16 programs at once, of which one computes. Blocked engines do not
   * count, up to four times as many. @default the number of cores, at least 2 and at most 8
   */
  readonly poolSize?: number
  /** Engines kept ready for the next programs from the first use on. @default 1, at most `poolSize` */
  readonly poolMin?: number
  /** Programs that wait for a sandbox; more are refused with `OVERLOADED`. @default 1000 */
  readonly queueLimit?: number
  /** Memory of a program in MB that engines are prepared for; programs with other amounts start a little later. @default 64 */
  readonly memoryMb?: number
  /** False: without bubblewrap, also where it is installed. @default where it works */
  readonly namespaces?: boolean
  /** The least wall; programs are refused behind a weaker one. @default the strictest that works here */
  readonly require?: Wall
  readonly onChange?: (stats: PoolStats) => void
  /** Told behind which wall programs run from now on, when that is found out. */
  readonly onWall?: (standing: StandingWall) => void
}

export interface ProcessBackend extends PooledBackend {
  /** What really stands around programs here; starts a process if none is there yet. */
  layers(): Promise<readonly Layer[]>
}

/** Programs at once in an engine; nearly all of them wait for host calls. */
const PLACES = 16
/** Programs after which an engine is replaced, so that nothing can pile up in it. */
const USES_PER_ENGINE = 100_000
/** Where a stream cannot be read without waiting for it, an engine needs threads of its own to go on while a program computes. */
const NEEDS_THREADS = platform() === 'win32'

/** Programs in subprocesses that may do nothing but compute: no environment, files, network, processes. */
export function createProcessBackend(options: ProcessBackendOptions = {}): ProcessBackend {
  const { queueLimit = 1_000, poolSize = Math.min(8, Math.max(2, availableParallelism())) } = options
  checkRequired('process', options.require)
  const launcher = new Launcher(toLaunchOptions(poolSize, options.memoryMb), {
    namespaces: options.namespaces ?? true,
    required: options.require,
    onFound: (found) => options.onWall?.(standingWall(found)),
  })
  const pool = createPool({
    name: 'process',
    open: async (signal, image) => {
      const backend = await launcher.open(signal)
      // Ahead of the program that will need it.
      if (image !== undefined) await backend.prepare(image, signal)
      return backend
    },
    ...shapeOf(poolSize, options.poolMin),
    queueLimit,
    ...(options.onChange !== undefined && { onChange: options.onChange }),
  })
  const close = pool[Symbol.asyncDispose].bind(pool)
  const stats = pool.stats.bind(pool)
  return Object.assign(pool, {
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await close()
      await launcher.close()
    },
    stats: () => ({ ...stats(), ...(launcher.found !== undefined && standingWall(launcher.found)) }),
    layers: async (): Promise<readonly Layer[]> => {
      if (launcher.found === undefined) await (await launcher.open(new AbortController().signal))[Symbol.asyncDispose]()
      return describeLayers(launcher.found)
    },
  })
}

/** How many engines there are, and what each of them holds. */
function shapeOf(poolSize: number, poolMin: number | undefined): PoolShape {
  if (NEEDS_THREADS) return { min: 1, max: 1, capacity: poolSize * PLACES, usesPerMember: USES_PER_ENGINE }
  const min = Math.min(Math.max(1, poolMin ?? 1), poolSize)
  return { min, max: poolSize, capacity: PLACES, usesPerMember: USES_PER_ENGINE, isEngine: true }
}

function toLaunchOptions(poolSize: number, memoryMb = 64): RunnerLaunch {
  return {
    argument: toRunnerArgument({ threads: poolSize, slots: PLACES, memoryMb }),
    hasEngines: !NEEDS_THREADS,
    entry: NEEDS_THREADS ? RUNNER_ENTRY : ENGINES_ENTRY,
    files: runnerFiles(),
    memoryBytes: memoryMb * 1024 * 1024,
  }
}
