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
}

export function toRunnerArgument(options: Partial<RunnerOptions>): string {
  return JSON.stringify(options)
}

export function readRunnerOptions(argument: string): RunnerOptions {
  const given = (argument === '' ? {} : JSON.parse(argument)) as Partial<RunnerOptions>
  return { engine: 'quickjs', threads: 2, slots: 16, memoryMb: 64, packages: [], ...given }
}
