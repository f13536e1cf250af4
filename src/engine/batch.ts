import type { Catalog } from '../catalog/catalog.ts'
import type { Validator } from '../catalog/validate.ts'
import { type ErrorCode, OptimizerError } from '../errors.ts'
import { holdsBigInt } from '../internal/bigints.ts'
import { asValue, parseValue } from '../internal/json.ts'
import type { Program } from '../sandbox/sandbox.ts'
import type { Settled } from './engine.ts'
import type { Operation } from './operation.ts'
import { errorBody } from './outcome.ts'
import { nameSession, type Run } from './pipeline.ts'
import { inputFor } from './loose-input.ts'
import { parseBatchRequest, parseIntentRequest } from './requests.ts'
import { checkInput, type Router, type Target } from './route.ts'
import type { Runner } from './run-program.ts'

export interface BatchOptions {
  readonly route: Router
  readonly validator: Validator
  readonly runner: Runner
  readonly catalog: (principal: string) => Catalog
}

/** Runs several requests in one sandbox; each settles on its own, order kept. JSON text of the settled results. */
export async function runBatch(request: unknown, run: Run, options: BatchOptions): Promise<string> {
  const { requests, timeoutMs, session } = parseBatchRequest(request)
  await nameSession(run, session)
  run.operation.enter('route')
  const steps: (BatchStep | Settled)[] = []
  for (const [index, one] of requests.entries()) steps.push(await toStep(one, `requests[${index}]`, run, options))
  const catalog = options.catalog(run.context.principal)
  run.catalog = catalog
  run.operation.enter('generate')
  const open = steps.filter(isStep)
  if (open.length === 0) return JSON.stringify(steps)
  const program: Program = { kind: 'body', source: BATCH_SOURCE, input: asValue(open).json, name: 'batch' }
  const settled = JSON.parse(await options.runner.program(run, catalog, program, timeoutMs)) as GuestSettled[]
  return JSON.stringify(steps.map((step) => (isStep(step) ? fromGuest(settled.shift(), run.operation) : step)))
}

/** A request as the guest's step, or settled already: refused, or answered by the gateway itself. */
async function toStep(one: unknown, path: string, run: Run, options: BatchOptions): Promise<BatchStep | Settled> {
  try {
    const named = parseIntentRequest(one, path)
    const routed = await options.route(named.intent, named.server, run.context.principal)
    const { target, catalog } = routed
    const input = checkInput(target, inputFor(routed, named), options.validator)
    // Through a program large integers would go as texts, also where a tool takes any value.
    const onHost = target.kind === 'builtin' || (target.kind === 'tool' && holdsBigInt(input))
    if (!onHost) return { path: pathOf(target), input }
    const json = await options.runner.target(run, target, catalog, input, undefined)
    return { status: 'ok', data: dataIn(json) }
  } catch (thrown) {
    return { status: 'error', error: errorBody(thrown, run.operation) }
  }
}

/** A text of a tool may be no JSON. */
function dataIn(json: string): unknown {
  try {
    return parseValue(json)
  } catch {
    return json
  }
}

function pathOf(target: Exclude<Target, { kind: 'builtin' }>): string[] {
  return target.kind === 'tool'
    ? ['tools', target.tool.serverKey, target.tool.key]
    : ['intents', ...target.intent.name.split('.')]
}

function isStep(step: BatchStep | Settled): step is BatchStep {
  return 'path' in step
}

function fromGuest(settled: GuestSettled | undefined, operation: Operation): Settled {
  if (settled === undefined)
    return { status: 'error', error: new OptimizerError('INTERNAL', 'a request of the batch has no result').toJSON() }
  if (settled.status === 'ok') return settled
  const { name, message, code, details } = settled.error
  const text = code === undefined && name !== 'Error' ? `${name}: ${message}` : message
  const error = new OptimizerError(code ?? 'PROGRAM_ERROR', text, details === undefined ? {} : { details })
  return { status: 'error', error: errorBody(error, { ...operation, effects: [], unsettled: new Map() }) }
}

/** One request of a batch as the guest gets it. */
interface BatchStep {
  /** `['tools', 'github', 'create_issue']` or `['intents', 'list_errors']`. */
  readonly path: readonly string[]
  readonly input: unknown
}

/** What the guest answers for each step. */
type GuestSettled =
  | { readonly status: 'ok'; readonly data: unknown }
  | {
      readonly status: 'error'
      readonly error: {
        readonly name: string
        readonly message: string
        readonly code?: ErrorCode
        readonly details?: Readonly<Record<string, unknown>>
      }
    }

/** Runs all steps side by side in one sandbox; the steps arrive as `params`. */
const BATCH_SOURCE = `
const roots = { tools, intents }
const settle = async ({ path, input }) => {
  try {
    return { status: 'ok', data: await path.reduce((scope, key) => scope[key], roots)(input) }
  } catch (thrown) {
    const { name, message, code, details } = Object(thrown)
    return { status: 'error', error: { name: String(name), message: String(message ?? thrown), code, details } }
  }
}
return await Promise.all(params.map(settle))
`
