import { availableParallelism, platform } from 'node:os'
import { OptimizerError } from '../../errors.ts'
import { type CreateOptions, type Layer, type Sandbox, type SandboxImage, type StandingWall } from '../sandbox.ts'
import { createPool, type PooledBackend, type PoolShape, type PoolStats } from '../pool.ts'
import { runnerFiles } from '../remote/runner-files.ts'
import { type RunnerOptions, toRunnerArgument } from '../remote/runner-options.ts'
import { Launcher, type RunnerLaunch } from './launcher.ts'
import { checkRequired, type Wall } from '../walls.ts'
import { describeLayers, standingWall } from './layers.ts'

export interface ProcessBackendOptions {
  /**
   * `quickjs`: the engine of the `wasm` backend, in a jailed process that programs share. `v8`: plain Node.js with its
   * compiler, one program a process; for programs that compute much, and for npm packages. @default 'quickjs'
   */
  readonly engine?: 'quickjs' | 'v8'
  /**
   * `quickjs`: engines, each a thread of the process that holds 16 programs at once, of which one computes; those that a
   * program keeps for long do not count, up to four times as many. `v8`: processes; a program that waits keeps its own.
   * @default the number of cores, at least 2 and at most 8; `v8`: 8
   */
  readonly poolSize?: number
  /** Of them, those kept ready for the next programs from the first use on. @default 1; `v8`: 2; at most `poolSize` */
  readonly poolMin?: number
  /** Programs that wait for a sandbox; more are refused with `OVERLOADED`. @default 1000 */
  readonly queueLimit?: number
  /** Memory of a program in MB that processes are prepared for; other amounts work too, `v8` starts slower then. @default 64 */
  readonly memoryMb?: number
  /** npm packages that programs may `require`; `v8` only. Whoever lists one trusts it. @default none */
  readonly packages?: readonly string[]
  /** Folder that packages are looked for in, and in those above. @default where this package is installed */
  readonly packagesFolder?: string
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
  const { engine = 'quickjs', queueLimit = 1_000 } = options
  const { poolSize = engine === 'v8' ? 8 : Math.min(8, Math.max(2, availableParallelism())) } = options
  if (engine === 'quickjs' && (options.packages?.length ?? 0) > 0) {
    throw new OptimizerError('CONFIG_INVALID', 'packages need the engine v8: QuickJS cannot load them')
  }
  checkRequired('process', options.require)
  const launcher = new Launcher(toLaunchOptions(engine, poolSize, options), {
    namespaces: options.namespaces ?? true,
    required: options.require,
    onFound: (found) => options.onWall?.(standingWall(found)),
  })
  let lastImage: SandboxImage | undefined
  const pool = createPool({
    name: 'process',
    open: async (signal) => {
      const backend = await launcher.open(signal)
      // Ahead of the program that will need it.
      if (lastImage !== undefined) await backend.prepare(lastImage, signal)
      return backend
    },
    ...shapeOf(engine, poolSize, options.poolMin),
    queueLimit,
    ...(options.onChange !== undefined && { onChange: options.onChange }),
  })
  const create = pool.create.bind(pool)
  const close = pool[Symbol.asyncDispose].bind(pool)
  const stats = pool.stats.bind(pool)
  return Object.assign(pool, {
    create: async (image: SandboxImage, given?: CreateOptions): Promise<Sandbox> => {
      lastImage = image
      return await create(image, given)
    },
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

/** How many engines or processes there are, and what each of them holds. */
function shapeOf(engine: RunnerOptions['engine'], poolSize: number, poolMin: number | undefined): PoolShape {
  if (engine === 'v8') {
    return { min: Math.min(Math.max(1, poolMin ?? 2), poolSize), max: poolSize, capacity: 1, usesPerMember: 1 }
  }
  if (NEEDS_THREADS) return { min: 1, max: 1, capacity: poolSize * PLACES, usesPerMember: USES_PER_ENGINE }
  const min = Math.min(Math.max(1, poolMin ?? 1), poolSize)
  return { min, max: poolSize, capacity: PLACES, usesPerMember: USES_PER_ENGINE, isEngine: true }
}

function toLaunchOptions(
  engine: RunnerOptions['engine'],
  poolSize: number,
  { packages = [], packagesFolder, memoryMb = 64 }: ProcessBackendOptions,
): RunnerLaunch {
  const files = runnerFiles(packages, packagesFolder)
  const memoryBytes = memoryMb * 1024 * 1024
  if (engine === 'quickjs') {
    const argument = toRunnerArgument({ engine, threads: poolSize, slots: PLACES, memoryMb })
    // Nothing in it makes code of text.
    const nodeFlags = ['--disallow-code-generation-from-strings']
    return { argument, hasEngines: !NEEDS_THREADS, files, nodeFlags, memoryBytes }
  }
  const argument = toRunnerArgument({ engine, memoryMb, packages })
  return { argument, hasEngines: false, files, nodeFlags: [], memoryBytes, programBytes: memoryBytes }
}
