import { availableParallelism } from 'node:os'
import { OptimizerError } from '../../errors.ts'
import { type CreateOptions, type Layer, type Sandbox, type SandboxImage } from '../sandbox.ts'
import { createPool, type PooledBackend, type PoolStats } from '../pool.ts'
import { runnerFiles } from '../remote/runner-files.ts'
import { type RunnerOptions, toRunnerArgument } from '../remote/runner-options.ts'
import { Launcher, type RunnerLaunch } from './launcher.ts'
import { describeLayers } from './layers.ts'

export interface ProcessBackendOptions {
  /**
   * `quickjs`: the engine of the `wasm` backend, in a jailed process that programs share. `v8`: plain Node.js with its
   * compiler, one program a process; for programs that compute much, and for npm packages. @default 'quickjs'
   */
  readonly engine?: 'quickjs' | 'v8'
  /**
   * `quickjs`: worker threads of the process. `v8`: processes at most; a program that waits keeps its own.
   * @default the number of cores, at least 2 and at most 8; `v8`: 8
   */
  readonly poolSize?: number
  /** `v8`: processes kept ready for the next programs; `quickjs` keeps its one. @default 2, at most `poolSize` */
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
  readonly onChange?: (stats: PoolStats) => void
}

export interface ProcessBackend extends PooledBackend {
  /** What really stands around programs here; starts a process if none is there yet. */
  layers(): Promise<readonly Layer[]>
}

const SLOTS_PER_THREAD = 16
/** Programs after which a process is replaced, so that nothing can pile up in it. */
const USES_PER_PROCESS = 100_000

/** Programs in subprocesses that may do nothing but compute: no environment, files, network, processes. */
export function createProcessBackend(options: ProcessBackendOptions = {}): ProcessBackend {
  const { engine = 'quickjs', queueLimit = 1_000 } = options
  const { poolSize = engine === 'v8' ? 8 : Math.min(8, Math.max(2, availableParallelism())) } = options
  if (engine === 'quickjs' && (options.packages?.length ?? 0) > 0) {
    throw new OptimizerError('CONFIG_INVALID', 'packages need the engine v8: QuickJS cannot load them')
  }
  const launcher = new Launcher(toLaunchOptions(engine, poolSize, options), options.namespaces ?? true)
  const isShared = engine === 'quickjs'
  let lastImage: SandboxImage | undefined
  const pool = createPool({
    name: 'process',
    open: async (signal) => {
      const backend = await launcher.open(signal)
      // Ahead of the program that will need it.
      if (lastImage !== undefined) await (await backend.create(lastImage, { signal }))[Symbol.asyncDispose]()
      return backend
    },
    min: isShared ? 1 : Math.min(Math.max(1, options.poolMin ?? 2), poolSize),
    max: isShared ? 1 : poolSize,
    capacity: isShared ? poolSize * SLOTS_PER_THREAD : 1,
    usesPerMember: isShared ? USES_PER_PROCESS : 1,
    queueLimit,
    ...(options.onChange !== undefined && { onChange: options.onChange }),
  })
  const create = pool.create.bind(pool)
  return Object.assign(pool, {
    create: async (image: SandboxImage, given?: CreateOptions): Promise<Sandbox> => {
      lastImage = image
      return await create(image, given)
    },
    layers: async (): Promise<readonly Layer[]> => {
      if (launcher.found === undefined) await (await launcher.open(new AbortController().signal))[Symbol.asyncDispose]()
      return describeLayers(launcher.found)
    },
  })
}

function toLaunchOptions(
  engine: RunnerOptions['engine'],
  poolSize: number,
  { packages = [], packagesFolder, memoryMb = 64 }: ProcessBackendOptions,
): RunnerLaunch {
  const files = runnerFiles(packages, packagesFolder)
  if (engine === 'quickjs') {
    const argument = toRunnerArgument({ engine, threads: poolSize, slots: SLOTS_PER_THREAD, memoryMb })
    // Nothing in it makes code of text.
    return { argument, files, nodeFlags: ['--disallow-code-generation-from-strings'] }
  }
  const argument = toRunnerArgument({ engine, memoryMb, packages })
  return { argument, files, nodeFlags: [], programBytes: memoryMb * 1024 * 1024 }
}
