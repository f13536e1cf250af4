import { randomUUID } from 'node:crypto'
import type Docker from 'dockerode'
import { type Layer } from '../sandbox.ts'
import { createPool, type PooledBackend, type PoolStats } from '../pool/pool.ts'
import { connect } from '../remote/backend.ts'
import { packageVersion } from '../remote/runner-files.ts'
import { toRunnerArgument } from '../remote/runner-options.ts'
import { startAgain } from '../remote/start-failure.ts'
import { createClient, engineError, type EngineAddress } from './client.ts'
import { describeLayers, type EngineInfo } from './layers.ts'
import { type ContainerOptions, containerSpec, reapContainers, startContainer } from './container.ts'

export interface DockerBackendOptions extends EngineAddress {
  /** Containers at most. @default 2 */
  readonly poolSize?: number
  /** Containers kept warm from the first use on. @default 1 */
  readonly poolMin?: number
  /** @default 'mcp-optimizer-sandbox:<version of this package>' */
  readonly image?: string
  /** Memory of a container in MB: several programs share it. @default 768 */
  readonly containerMemoryMb?: number
  /** Cores of a container. @default 2, or those of the engine's machine if fewer */
  readonly cpus?: number
  /** Processes and threads of a container. @default 64 */
  readonly pids?: number
  /** `uid:gid` inside. @default '65534:65534' */
  readonly user?: string
  /** An OCI runtime that the engine knows, e.g. `runsc`. @default the engine's */
  readonly runtime?: string
  /** Programs after which a container is replaced. @default 10000 */
  readonly usesPerContainer?: number
  /** Programs that wait for a sandbox; more are refused with `OVERLOADED`. @default 1000 */
  readonly queueLimit?: number
  /** Memory of a program in MB that containers are prepared for; other amounts work too. @default 64 */
  readonly memoryMb?: number
  readonly onChange?: (stats: PoolStats) => void
}

export interface DockerBackend extends PooledBackend {
  layers(): Promise<readonly Layer[]>
}

const THREADS = 2
const SLOTS_PER_THREAD = 8

/** Programs in long-lived, hardened containers, which many programs share one after another; each starts in a clean state. */
export function createDockerBackend(options: DockerBackendOptions = {}): DockerBackend {
  const { poolSize = 2, usesPerContainer = 10_000, queueLimit = 1_000, memoryMb = 64, onChange } = options
  const containers = new Containers(options)
  const pool = createPool({
    name: 'docker',
    open: async (signal) =>
      await startAgain(
        async () => await connect('docker', await containers.start(), signal, memoryMb * 1024 * 1024),
        signal,
      ),
    min: Math.min(Math.max(1, options.poolMin ?? 1), poolSize),
    max: poolSize,
    capacity: THREADS * SLOTS_PER_THREAD,
    usesPerMember: usesPerContainer,
    queueLimit,
    ...(onChange !== undefined && { onChange }),
  })
  const stats = pool.stats.bind(pool)
  return Object.assign(pool, {
    stats: (): PoolStats => ({ ...stats(), wall: 'container' }),
    layers: async () => await containers.layers(),
  })
}

/** Name of the image that belongs to this version of the package. */
export function defaultImage(): string {
  return `mcp-optimizer-sandbox:${packageVersion()}`
}

interface Engine {
  readonly client: Docker
  readonly info: EngineInfo
  readonly spec: Docker.ContainerCreateOptions
}

/** Starts containers; on first use it looks at the engine and removes what dead gateways left there. */
class Containers {
  private readonly options: DockerBackendOptions
  private readonly image: string
  private readonly instance = randomUUID()
  private engine: Promise<Engine> | undefined

  constructor(options: DockerBackendOptions) {
    this.options = options
    this.image = options.image ?? defaultImage()
  }

  async start(): ReturnType<typeof startContainer> {
    const { client, spec } = await this.open()
    try {
      return await startContainer(client, spec)
    } catch (thrown) {
      throw engineError(`start a container of ${this.image}`, thrown)
    }
  }

  /** As the engine has them; throws where it is not reachable or the image is missing. */
  async layers(): Promise<readonly Layer[]> {
    const { client, info, spec } = await this.open()
    try {
      await client.getImage(this.image).inspect()
      return describeLayers(info, spec)
    } catch (thrown) {
      throw engineError(`use the image ${this.image}`, thrown)
    }
  }

  private open(): Promise<Engine> {
    this.engine ??= this.look().catch((thrown: unknown) => {
      this.engine = undefined
      throw engineError('reach the container engine', thrown)
    })
    return this.engine
  }

  private async look(): Promise<Engine> {
    const client = await createClient(this.options)
    const info = (await client.info()) as EngineInfo
    await reapContainers(client)
    return { client, info, spec: containerSpec(this.instance, this.containerOptions(info.NCPU ?? 1)) }
  }

  private containerOptions(cores: number): ContainerOptions {
    const { containerMemoryMb = 768, cpus, pids = 64, user = '65534:65534', runtime } = this.options
    return {
      image: this.image,
      argument: toRunnerArgument({ threads: THREADS, slots: SLOTS_PER_THREAD }),
      memoryMb: containerMemoryMb,
      cpus: Math.min(cpus ?? 2, cores),
      pids,
      user,
      ...(runtime !== undefined && { runtime }),
    }
  }
}
