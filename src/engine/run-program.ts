import type { Catalog } from '../catalog/catalog.ts'
import { OptimizerError } from '../errors.ts'
import { asValue } from '../internal/json.ts'
import { createDeadline } from '../internal/signal.ts'
import type { Memo } from '../internal/memo.ts'
import type { Outcome, Program, SandboxBackend, SandboxImage, SandboxLimits } from '../sandbox/sandbox.ts'
import type { HostContext, HostRoad } from './host-road.ts'
import type { Operation } from './operation.ts'
import { noteOf, outcomeError } from './outcome.ts'
import type { Run } from './pipeline.ts'
import type { Target } from './route.ts'

/** The stages `acquire` and `execute`: a program in a sandbox, or whatever a name stands for. Both answer JSON text, or a text that is none. */
export interface Runner {
  program(run: Run, catalog: Catalog, program: Program, timeoutMs: number | undefined): Promise<string>
  target(run: Run, target: Target, catalog: Catalog, params: unknown, timeoutMs: number | undefined): Promise<string>
}

export interface RunnerOptions {
  readonly road: HostRoad
  /** Undefined: programs are refused with `SANDBOX_DISABLED`. */
  readonly sandbox: SandboxBackend | undefined
  /** Images by catalog: all code of its intents, generated once. */
  readonly images: Memo<Catalog, SandboxImage>
  readonly limits: SandboxLimits
  /** Adds to a program's error what only the host knows, e.g. why a server has no tools. @default the error as it is */
  readonly explain?: (error: OptimizerError, catalog: Catalog, source: string | undefined) => OptimizerError
  /** Upper bound of the timeout a request may ask for, milliseconds. */
  readonly maxTimeoutMs: number
}

export function createRunner({ road, sandbox, images, limits, explain, maxTimeoutMs }: RunnerOptions): Runner {
  const limitsFor = (timeoutMs: number | undefined): SandboxLimits =>
    timeoutMs === undefined ? limits : { ...limits, timeoutMs: Math.min(timeoutMs, maxTimeoutMs) }

  const failed = (outcome: Outcome, operation: Operation, catalog: Catalog, program: Program): OptimizerError => {
    const error = outcomeError(outcome, operation)
    return explain?.(error, catalog, program.kind === 'body' ? program.source : undefined) ?? error
  }

  const runProgram: Runner['program'] = async (run, catalog, program, timeoutMs) => {
    if (sandbox === undefined)
      throw new OptimizerError('SANDBOX_DISABLED', 'cannot run a program: features.enableSandbox is false')
    const { operation, context } = run
    const { principal: session, signal } = context
    operation.enter('acquire')
    const guest = await sandbox.create(images.of(catalog), { session, ...(signal === undefined ? {} : { signal }) })
    try {
      operation.enter('execute')
      const call = road.hostCall(catalog, operation, context)
      const outcome = await guest.run(program, call, limitsFor(timeoutMs), signal)
      if (outcome.logs.length > 0) run.logs = outcome.logs
      if (outcome.status === 'incomplete') run.incomplete = failed(outcome, operation, catalog, program).toJSON()
      else if (outcome.status !== 'ok') throw failed(outcome, operation, catalog, program)
      else run.note = noteOf(outcome, operation)
      return outcome.value ?? 'null'
    } finally {
      await guest[Symbol.asyncDispose]()
    }
  }

  return {
    program: runProgram,
    async target(run, target, catalog, params, timeoutMs) {
      switch (target.kind) {
        case 'builtin': {
          run.operation.enter('execute')
          const { principal, signal } = run.context
          const context = { principal, catalog, timeoutMs, signal }
          // Its input was validated against its schema.
          const json = await target.builtin.run(params as never, context)
          const blocks = await target.builtin.show?.(params as never, context)
          if (blocks !== undefined) run.blocks = [...(run.blocks ?? []), ...blocks]
          return json
        }
        case 'tool':
          run.operation.enter('execute')
          return await withTimeout(
            timeoutMs,
            run.context,
            async (context) => await road.callTool(target.tool, params, run.operation, context),
          )
        case 'intent': {
          run.operation.enter('generate')
          const program: Program = { kind: 'module', module: target.intent.name, input: asValue(params).json }
          return await runProgram(run, catalog, program, timeoutMs)
        }
      }
    },
  }
}

async function withTimeout<T>(
  timeoutMs: number | undefined,
  context: HostContext,
  work: (context: HostContext) => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return await work(context)
  using deadline = createDeadline(timeoutMs, context.signal)
  try {
    return await work({ ...context, signal: deadline.signal })
  } catch (thrown) {
    throw deadline.expired && OptimizerError.is(thrown, 'CANCELLED') ? late(thrown, timeoutMs) : thrown
  }
}

/** Nobody cancelled it: the request's own time was over. */
function late({ message, details, cause, suggestion }: OptimizerError, timeoutMs: number): OptimizerError {
  const what = message.replace(/ was cancelled(?=;|$)/, ` did not end within ${timeoutMs} ms`)
  const advice = details?.['outcome'] === 'unknown' ? { suggestion } : {}
  return new OptimizerError('TIMEOUT', what, { cause, ...advice, ...(details === undefined ? {} : { details }) })
}
