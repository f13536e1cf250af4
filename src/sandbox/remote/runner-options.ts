/** What a runner is started with: its one argument, as JSON. */
export interface RunnerOptions {
  /** Worker threads. */
  readonly threads: number
  /** Programs at once in a thread. */
  readonly slots: number
  /** Memory of most programs: an engine for it is compiled ahead. */
  readonly memoryMb: number
}

export function toRunnerArgument(options: Partial<RunnerOptions>): string {
  return JSON.stringify(options)
}

export function readRunnerOptions(argument: string): RunnerOptions {
  const given = (argument === '' ? {} : JSON.parse(argument)) as Partial<RunnerOptions>
  return { threads: 2, slots: 16, memoryMb: 64, ...given }
}
