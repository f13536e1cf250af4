import { OptimizerError } from '../errors.ts'
import { likeliestName } from '../internal/nearest.ts'
import type { SandboxSettings } from './create.ts'
import type { GuestError, Replay } from './sandbox.ts'

/** How programs are isolated, and in how many places at once. */
export type SecureSandboxOptions = SandboxSettings

/** A function of the host that a program may call. Its argument is JSON data; so must its result be. */
export type HostTool = (argument: unknown) => unknown

/** What one program gets, and its limits. */
export interface ExecuteOptions {
  /** Arrives as `params`; JSON data. @default {} */
  readonly input?: unknown
  /** What the program finds below `tools`. Names: `[A-Za-z0-9_.-]`, at most 128 characters; others are left out. */
  readonly tools?: Readonly<Record<string, HostTool>>
  /** Milliseconds the program has, host calls included. @default 30000 */
  readonly timeoutMs?: number
  /** @default 64 */
  readonly memoryMb?: number
  /** The clock and the randomness of the program, so that it does the same again. @default those of the moment */
  readonly replay?: Replay
  readonly signal?: AbortSignal
}

/**
 * How one program ended: `status` says which of the other members there are. `incomplete`: it returned, but a part of its
 * work failed with nobody to catch that, or did not end in time. `lost`: its thread, process or container went away.
 */
export type Execution<T = unknown> =
  | (ExecutionCost & { readonly status: 'ok'; readonly value: T; readonly error?: undefined })
  | (ExecutionCost & { readonly status: 'incomplete'; readonly value: T; readonly error: GuestError })
  | (ExecutionCost & {
      readonly status: 'error' | 'timeout' | 'memory' | 'limit' | 'cancelled' | 'lost'
      readonly value?: undefined
      readonly error: GuestError
    })

/** What every execution has, however it ended. */
export interface ExecutionCost {
  /** Console lines, oldest first; the level is a prefix for all but `log`. */
  readonly logs: readonly string[]
  readonly hostCalls: number
  readonly executionTimeMs: number
}

const OPTIONS: Readonly<Record<keyof ExecuteOptions, true>> = {
  input: true,
  tools: true,
  timeoutMs: true,
  memoryMb: true,
  replay: true,
  signal: true,
}

/** Throws `INVALID_REQUEST` for an option that does not exist, or a limit that is none: neither must mean "without limit". */
export function checkOptions(options: ExecuteOptions): void {
  const odd = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name))
  if (odd !== undefined) {
    const nearest = likeliestName(odd, Object.keys(OPTIONS))
    const wanted = nearest ?? `one of ${Object.keys(OPTIONS).join(', ')}`
    throw new OptimizerError('INVALID_REQUEST', `cannot use the option ${JSON.stringify(odd)}: wanted ${wanted}`)
  }
  checkLimit('timeoutMs', options.timeoutMs, 'milliseconds')
  checkLimit('memoryMb', options.memoryMb, 'megabytes')
}

function checkLimit(name: string, value: unknown, unit: string): void {
  if (value === undefined || (typeof value === 'number' && value > 0 && value < Number.MAX_SAFE_INTEGER)) return
  const found = typeof value === 'string' ? JSON.stringify(value) : String(value)
  throw new OptimizerError('INVALID_REQUEST', `cannot use ${name}: found ${found}, wanted a number of ${unit} above 0`)
}
