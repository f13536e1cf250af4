import { DEFAULT_LIMITS, type SandboxLimits } from '../sandbox.ts'

/** What a runner is started with: its one argument, as JSON. */
export interface RunnerOptions {
  /** `quickjs`: the wasm backend; `v8`: plain Node, one program. */
  readonly engine: 'quickjs' | 'v8'
  /** Worker threads (`quickjs`). */
  readonly threads: number
  /** Programs at once in a thread (`quickjs`). */
  readonly slots: number
  /** Memory that the thread of the program is started with (`v8`). */
  readonly memoryMb: number
  /** npm packages that programs may `require` (`v8`). */
  readonly packages: readonly string[]
  /** Limits of the empty program that primes an image. */
  readonly primingLimits: SandboxLimits
}

export function toRunnerArgument(options: Partial<RunnerOptions>): string {
  return JSON.stringify(options)
}

export function readRunnerOptions(argument: string): RunnerOptions {
  const given = (argument === '' ? {} : JSON.parse(argument)) as Partial<RunnerOptions>
  const { memoryMb = 64 } = given
  return {
    engine: 'quickjs',
    threads: 2,
    slots: 16,
    memoryMb,
    packages: [],
    primingLimits: { ...DEFAULT_LIMITS, memoryBytes: memoryMb * 1024 * 1024 },
    ...given,
  }
}
