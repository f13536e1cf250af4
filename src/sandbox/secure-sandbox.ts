import { shortHash } from '../internal/hash.ts'
import { asValue, parseExact, parseValue } from '../internal/json.ts'
import { messageOf, modelText } from '../internal/text.ts'
import { createSandboxBackend, type SandboxSettings } from './create.ts'
import {
  DEFAULT_LIMITS,
  type GuestError,
  type Outcome,
  type Replay,
  type Sandbox,
  type SandboxBackend,
  type SandboxImage,
} from './sandbox.ts'

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
  /** Milliseconds. @default 30000 */
  readonly timeout?: number
  /** @default 64 */
  readonly memoryMb?: number
  /** The clock and the randomness of the program, so that it does the same again. @default those of the moment */
  readonly replay?: Replay
  readonly signal?: AbortSignal
}

/** How one program ended. */
export interface Execution {
  readonly status: 'ok' | 'incomplete' | 'error' | 'timeout' | 'memory' | 'cancelled'
  /** What the program returned, if `ok` or `incomplete`. */
  readonly value: unknown
  /** Present unless `ok`. */
  readonly error: GuestError | undefined
  readonly logs: readonly string[]
  readonly hostCalls: number
  readonly executionTimeMs: number
}

/**
 * Runs TypeScript that nobody has to trust: no files, no network, no processes, nothing of the host but the tools
 * it is given. Each program starts in a clean state.
 *
 * ```ts
 * await using sandbox = new SecureSandbox()
 * const { value } = await sandbox.execute('return (await tools.add({ a: params.a, b: 2 })).sum', {
 *   input: { a: 1 },
 *   tools: { add: ({ a, b }) => ({ sum: a + b }) },
 * })
 * ```
 */
export class SecureSandbox implements AsyncDisposable {
  private readonly backend: SandboxBackend

  constructor(options: SecureSandboxOptions = {}) {
    this.backend = createSandboxBackend(options)
  }

  /**
   * Runs the body of an async function that sees `tools`, `params` and `console`. Each way of ending is an
   * {@link Execution}; it throws only `OVERLOADED`, or `CANCELLED` after disposal.
   */
  async execute(source: string, options: ExecuteOptions = {}): Promise<Execution> {
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
        timeoutMs: options.timeout ?? DEFAULT_LIMITS.timeoutMs,
        memoryBytes: (options.memoryMb ?? 64) * 1024 * 1024,
      }
      const call = (name: string, argument: string): Promise<string> => callTool(tools, name, argument)
      const { replay } = options
      const program = { kind: 'body', source, input, ...(replay !== undefined && { replay }) } as const
      return toExecution(await sandbox.run(program, call, limits, signal))
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

function refused(error: GuestError, status: Execution['status'] = 'error'): Execution {
  return { status, value: undefined, error, logs: [], hostCalls: 0, executionTimeMs: 0 }
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

function toExecution(outcome: Outcome): Execution {
  const { status, value, error, logs, hostCalls, durationMs } = outcome
  return {
    status: status === 'limit' || status === 'lost' ? 'error' : status,
    value: value === undefined ? undefined : parseValue(value),
    error,
    logs,
    hostCalls,
    executionTimeMs: durationMs,
  }
}
