import { checkSettings, OF_THE_ENGINE } from './check-settings.ts'
import { createDockerBackend } from './docker/backend.ts'
import { createProcessBackend } from './process/backend.ts'
import { type SandboxBackend, type StandingWall } from './sandbox.ts'
import { checkRequired, type Wall } from './walls.ts'
import { createWasmBackend } from './wasm/backend.ts'

/** How programs are isolated, by name; what is left out has the default of the backend. */
export interface SandboxSettings {
  /**
   * `wasm`: QuickJS in WebAssembly in worker threads, needs nothing. `process`: a jailed subprocess. `docker`: hardened
   * containers. @default 'wasm'
   */
  readonly backend?: 'wasm' | 'process' | 'docker'
  /**
   * `wasm` and `process`: worker threads, blocked ones not counted; the number of cores by default, at least 2 and at
   * most 8. `docker`: containers, by default 2.
   */
  readonly poolSize?: number
  /**
   * Threads or containers that {@link SandboxBackend.warmUp} starts and that stay when idle; `process` and `docker` keep
   * one after their first use in any case. @default 0
   */
  readonly poolMin?: number
  /** Memory in MB that programs usually get. @default 64 */
  readonly memoryMb?: number
  /** The least wall; programs are refused where only a weaker one is to be had. @default none: the strictest that works here */
  readonly require?: Wall
  readonly docker?: DockerSettings
}

/** Settings of the containers, and where their engine is. */
export interface DockerSettings {
  /** Path of the engine's socket; Podman's works too. @default DOCKER_HOST, or the engine's usual socket */
  readonly socketPath?: string
  /** @default 'mcp-optimizer-sandbox:<version of this package>' */
  readonly image?: string
  /** Memory of a container in MB, which several programs share. @default 768 */
  readonly containerMemoryMb?: number
  /** Cores of a container. @default 2 */
  readonly cpus?: number
  /** Processes and threads of a container. @default 64 */
  readonly pids?: number
  /** `uid:gid` inside. @default '65534:65534' */
  readonly user?: string
  /** An OCI runtime that the engine knows, e.g. `runsc`. @default the engine's own */
  readonly runtime?: string
  /** Programs after which a container is replaced. @default 10000 */
  readonly usesPerContainer?: number
}

/** The backend that the settings name. Nothing starts before its first use. Throws `CONFIG_INVALID` for settings that do not exist. */
export function createSandboxBackend(
  settings: SandboxSettings = {},
  onWall?: (standing: StandingWall) => void,
): SandboxBackend {
  checkSettings(settings, OF_THE_ENGINE)
  const { backend = 'wasm', poolSize, poolMin, memoryMb, require } = settings
  checkRequired(backend, require)
  const pool = { ...(poolSize !== undefined && { poolSize }), ...(poolMin !== undefined && { poolMin }) }
  const common = { ...pool, ...(memoryMb !== undefined && { memoryMb }) }
  if (backend === 'process') {
    const walls = { ...(require !== undefined && { require }), ...(onWall !== undefined && { onWall }) }
    return createProcessBackend({ ...common, ...walls })
  }
  if (backend === 'docker') return createDockerBackend({ ...common, ...settings.docker })
  return createWasmBackend(pool)
}
