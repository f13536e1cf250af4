import { OptimizerError } from '../errors.ts'
import { modelText } from '../internal/text.ts'
import type { HostTool } from './execution.ts'

/** A schema of any library that follows Standard Schema 1: Zod, Valibot, ArkType and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** The value that a schema made of another, or why it refused that. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** One thing that a schema refused. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** A tool by the schemas of what it takes and answers. */
export interface TypedTool<Input, Output> {
  /** Checked before `run`, which gets what the schema made of the argument. */
  readonly input: StandardSchema<unknown, Input>
  /** Checked after `run`. @default whatever it answers */
  readonly output?: StandardSchema<unknown, Output>
  readonly run: (input: Input) => Output | Promise<Output>
}

const MOST_TOLD = 5

/**
 * A tool for `SecureSandbox` whose argument is checked: a program that calls it otherwise gets an error it can catch, with
 * the place and the reason, and the tool is not run.
 *
 * @example
 * const add = defineTool({ input: z.object({ a: z.number(), b: z.number() }), run: ({ a, b }) => ({ sum: a + b }) })
 * await sandbox.execute('return (await tools.add({ a: 1, b: 2 })).sum', { tools: { add } })
 */
export function defineTool<Input, Output>({ input, output, run }: TypedTool<Input, Output>): HostTool {
  return async (argument) => {
    const given = await input['~standard'].validate(argument)
    if (given.issues !== undefined) throw refusal('INVALID_REQUEST', 'cannot use this argument', given.issues)
    const answer = await run(given.value)
    const checked = await output?.['~standard'].validate(answer)
    if (checked === undefined) return answer
    if (checked.issues !== undefined) throw refusal('TOOL_ERROR', 'the tool answered something else', checked.issues)
    return checked.value
  }
}

function refusal(
  code: 'INVALID_REQUEST' | 'TOOL_ERROR',
  what: string,
  issues: readonly StandardIssue[],
): OptimizerError {
  const told = issues.slice(0, MOST_TOLD).map(({ message, path = [] }) => {
    const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    return place === '' ? message : `${place}: ${message}`
  })
  return new OptimizerError(code, modelText(`${what}: ${told.join('; ')}`, 600), { details: { issues: told } })
}
