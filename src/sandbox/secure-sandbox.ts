import { shortHash } from '../internal/hash.ts'
import { asValue, parseExact, parseValue } from '../internal/json.ts'
import { messageOf, modelText } from '../internal/text.ts'
import { checkSettings } from './check-settings.ts'
import { deferSandbox } from './deferred.ts'
import {
  checkOptions,
  type ExecuteOptions,
  type Execution,
  type HostTool,
  type SecureSandboxOptions,
} from './execution.ts'
import {
  DEFAULT_LIMITS,
  type GuestError,
  type Outcome,
  type Sandbox,
  type SandboxBackend,
  type SandboxImage,
} from './sandbox.ts'

/**
 * Runs TypeScript that nobody has to trust: no files, no network, no processes, nothing of the host but the tools
 * it is given. Each program starts in a clean state.
 *
 * ```ts
 * const sandbox = new SecureSandbox()
 * const execution = await sandbox.execute<number>('return await tools.twice(params.n)', {
 *   input: { n: 21 },
 *   tools: { twice: (n) => Number(n) * 2 },
 *   timeoutMs: 5_000,
 * })
 * if (execution.status === 'ok') console.log(execution.value)
 * await sandbox[Symbol.asyncDispose]()
 * ```
 */
export class SecureSandbox implements AsyncDisposable {
  private readonly backend: SandboxBackend

  constructor(options: SecureSandboxOptions = {}) {
    checkSettings(options)
    this.backend = deferSandbox(options)
  }

  /**
   * Runs the body of an async function that sees `tools`, `params` and `console`. Each way of ending is an
   * {@link Execution}; it throws only `OVERLOADED`, `CANCELLED` after disposal, and `INVALID_REQUEST` for options that
   * do not exist. `T` is what the program is said to return: nobody checks that.
   */
  async execute<T = unknown>(source: string, options: ExecuteOptions = {}): Promise<Execution<T>> {
    checkOptions(options)
    const tools = options.tools ?? {}
    const { signal } = options
    const input = toInput(options.input)
    if (typeof input !== 'string') return refused(input)
    let sandbox: Sandbox
    try {
      sandbox = await this.backend.create(imageOf(Object.keys(tools)), signal === undefined ? {} : { signal })
    } catch (error) {
      if (signal?.aborted !== true) throw error
      return refused({ name: 'Error', code: 'CANCELLED', message: 'the program was cancelled' }, 'cancelled')
    }
    try {
      const limits = {
        ...DEFAULT_LIMITS,
        timeoutMs: options.timeoutMs ?? DEFAULT_LIMITS.timeoutMs,
        memoryBytes: (options.memoryMb ?? 64) * 1024 * 1024,
      }
      const call = (name: string, argument: string): Promise<string> => callTool(tools, name, argument)
      const { replay } = options
      const program = { kind: 'body', source, input, ...(replay !== undefined && { replay }) } as const
      return toExecution<T>(await sandbox.run(program, call, limits, signal))
    } finally {
      await sandbox[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend[Symbol.asyncDispose]()
  }
}

/** JSON text of the input, or why there is none. */
function toInput(input: unknown): string | GuestError {
  try {
    return asValue(input ?? {}).json
  } catch (error) {
    const message = `the input is not JSON data: ${modelText(messageOf(error), 300)}`
    return { name: 'TypeError', code: 'INVALID_REQUEST', message }
  }
}

function refused(error: GuestError, status: 'error' | 'cancelled' = 'error'): Execution<never> {
  return { status, error, logs: [], hostCalls: 0, executionTimeMs: 0 }
}

function imageOf(names: readonly string[]): SandboxImage {
  return {
    version: shortHash(JSON.stringify(names)),
    functions: names.map((name) => ({ path: ['tools', name], name })),
    modules: [],
  }
}

async function callTool(tools: Readonly<Record<string, HostTool>>, name: string, argument: string): Promise<string> {
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
  if (tool === undefined) throw new Error(`there is no tool ${name}`)
  const value = await tool(parseExact(argument))
  return value === undefined ? '' : asValue(value).json
}

function toExecution<T>(outcome: Outcome): Execution<T> {
  const { status, logs, hostCalls, durationMs } = outcome
  const cost = { logs, hostCalls, executionTimeMs: durationMs }
  const { error = { name: 'Error', code: 'INTERNAL', message: 'the program ended without a word' } } = outcome
  // What the program returned is the caller's word, as the document of `execute` says.
  const value = outcome.value === undefined ? undefined : (parseValue(outcome.value) as T)
  if (status === 'ok') return { status, value: value as T, ...cost }
  return status === 'incomplete' ? { status, value: value as T, error, ...cost } : { status, error, ...cost }
}
