import { OptimizerError } from '../errors.ts'
import { messageOf } from '../internal/text.ts'
import { DEFAULT_LIMITS, type GuestError, type HostCall, type Outcome, type SandboxBackend, type SandboxImage } from './sandbox.ts'
import { createWasmBackend } from './wasm/backend.ts'

export interface SecureSandboxOptions {
  /** @default 'wasm' */
  readonly backend?: 'wasm'
  /** Worker threads. @default the number of cores, at least 2, at most 8 */
  readonly poolSize?: number
}

/** A host function that programs may call; answers any JSON value. */
export type SandboxTool = (input: unknown) => unknown

export interface SandboxExecuteOptions {
  /** JSON value the program sees as `params`. @default {} */
  readonly input?: unknown
  /** Functions the program sees as `tools.<name>`. */
  readonly tools?: Readonly<Record<string, SandboxTool>>
  /** Milliseconds. @default 30000 */
  readonly timeout?: number
  /** @default 64 */
  readonly memoryMb?: number
  readonly signal?: AbortSignal
}

export interface SandboxResult {
  readonly status: 'ok' | 'error' | 'timeout' | 'memory' | 'cancelled'
  /** The JSON value the program returned. */
  readonly value: unknown
  readonly error: GuestError | undefined
  /** Console lines. */
  readonly logs: readonly string[]
  readonly hostCalls: number
  readonly executionTimeMs: number
}

/**
 * Runs TypeScript that nobody has read: in an isolated engine with bounded memory and time, in a clean state each time.
 *
 * @example
 * await using sandbox = new SecureSandbox({ poolSize: 2 })
 * const { value } = await sandbox.execute('return params.a + (await tools.twice(2))', {
 *   input: { a: 1 },
 *   tools: { twice: (n) => Number(n) * 2 },
 * })
 * // value === 5
 */
export class SecureSandbox implements AsyncDisposable {
  readonly #backend: SandboxBackend
  readonly #images = new Map<string, SandboxImage>()

  constructor(options: SecureSandboxOptions = {}) {
    const { backend = 'wasm', poolSize } = options
    if (backend !== 'wasm') {
      throw new OptimizerError('CONFIG_INVALID', `cannot make a sandbox: found backend "${String(backend)}", wanted "wasm"`)
    }
    this.#backend = createWasmBackend(poolSize === undefined ? {} : { poolSize })
  }

  /** Runs the body of an async function that sees `tools`, `params` and `console`. Rejects only for wrong options. */
  async execute(source: string, options: SandboxExecuteOptions = {}): Promise<SandboxResult> {
    const { input = {}, tools = {}, timeout = DEFAULT_LIMITS.timeoutMs, memoryMb = 64, signal } = options
    if (!(timeout > 0)) throw new RangeError(`cannot run a program: found timeout ${timeout}, wanted milliseconds > 0`)
    if (!(memoryMb >= 1)) throw new RangeError(`cannot run a program: found memoryMb ${memoryMb}, wanted ≥ 1`)
    await using sandbox = await this.#backend.create(this.#imageOf(Object.keys(tools)))
    const call: HostCall = async (name, argument) => await callTool(tools, name, JSON.parse(argument))
    const limits = { ...DEFAULT_LIMITS, timeoutMs: timeout, memoryBytes: memoryMb * 1_048_576 }
    return toResult(await sandbox.run({ kind: 'body', source, input: JSON.stringify(input) ?? 'null' }, call, limits, signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend[Symbol.asyncDispose]()
  }

  /** Equal sets of names share a primed image. */
  #imageOf(names: readonly string[]): SandboxImage {
    const version = JSON.stringify(names.toSorted())
    const known = this.#images.get(version)
    if (known !== undefined) return known
    const image = { version, functions: names.map((name) => ({ path: ['tools', name], name, spread: true })), modules: [] }
    if (this.#images.size >= 100) this.#images.clear()
    this.#images.set(version, image)
    return image
  }
}

async function callTool(tools: Readonly<Record<string, SandboxTool>>, name: string, values: unknown): Promise<string> {
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
  if (tool === undefined) throw new OptimizerError('UNKNOWN_TOOL', `cannot call "${name}": no such tool`)
  try {
    return JSON.stringify(await tool(...(values as [unknown]))) ?? 'null'
  } catch (thrown) {
    // Of a foreign error the message alone may reach a program, and even that belongs to the host's own function.
    throw OptimizerError.is(thrown) ? thrown : new OptimizerError('TOOL_ERROR', `tool failed: ${name}`, { cause: messageOf(thrown) })
  }
}

function toResult(outcome: Outcome): SandboxResult {
  const { status, value, error, logs, hostCalls, durationMs } = outcome
  const shown = status === 'limit' || status === 'lost' ? 'error' : status
  return { status: shown, value: value === undefined ? undefined : JSON.parse(value), error, logs, hostCalls, executionTimeMs: durationMs }
}
