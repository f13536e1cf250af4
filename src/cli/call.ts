import { takesOnlyText } from '../catalog/adapt.ts'
import { isRecord, type JsonObject, parseExact } from '../internal/json.ts'
import type { Optimizer } from '../optimizer.ts'
import { type CommandContext, UsageError } from './command.ts'
import { openGateway } from './gateway.ts'
import { printAnswer, TIMEOUT_FLAG } from './output.ts'
import { cutText } from '../internal/text.ts'

/** Runs the command `call`. */
export async function runCall(context: CommandContext): Promise<number> {
  const [intent, ...pairs] = context.positionals
  if (intent === undefined) throw new UsageError('which intent? for example: mcp-optimizer call list_errors')
  const given = pairs.map(parsePair)
  const whole = parseParams(context.values['params'])
  const time = timeoutOf(context)
  const { optimizer } = await openGateway(context)
  try {
    const schema = given.some(isOpen) ? await inputOf(optimizer, intent) : undefined
    const params = { ...whole, ...Object.fromEntries(given.map((pair) => [pair.key, valueOf(pair, schema)])) }
    const request = { intent, params, ...time }
    return printAnswer(context, await optimizer.executeIntent(request, { signal: context.signal }), TIMEOUT_FLAG)
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}

/** Milliseconds of `--timeout`, for a request. */
export function timeoutOf({ values: { timeout } }: CommandContext): { readonly timeoutMs?: number } {
  if (typeof timeout !== 'string') return {}
  const seconds = Number(timeout)
  if (!(Number.isFinite(seconds) && seconds > 0))
    throw new UsageError(`--timeout: found "${timeout}", wanted seconds above 0`)
  return { timeoutMs: Math.ceil(seconds * 1_000) }
}

/** A JSON object given on the command line. */
export function parseParams(text: string | boolean | undefined): Record<string, unknown> {
  if (typeof text !== 'string') return {}
  let value: unknown
  try {
    value = parseExact(text)
  } catch {
    throw new UsageError(`--params: ${cutText(text, 80)} is not JSON`)
  }
  if (!isRecord(value)) throw new UsageError('--params: wanted a JSON object')
  return value
}

interface Pair {
  readonly key: string
  readonly text: string
  /** What the text says as JSON; undefined when it is none. */
  readonly json: unknown
  /** True for `key:=JSON`. */
  readonly isJson: boolean
}

/** `key=value`, or `key:=JSON`. */
function parsePair(pair: string): Pair {
  const at = pair.indexOf('=')
  const isJson = pair[at - 1] === ':'
  const key = pair.slice(0, isJson ? at - 1 : at)
  if (at < 1 || key === '') throw new UsageError(`"${pair}" is not key=value`)
  const text = pair.slice(at + 1)
  const json = jsonIn(text)
  if (isJson && json === undefined) throw new UsageError(`${key}:= ${cutText(text, 80)} is not JSON`)
  return { key, text, json, isJson }
}

function jsonIn(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}

/** True where only the schema can say whether the value is meant as text. */
function isOpen({ json, isJson }: Pair): boolean {
  return json !== undefined && !isJson
}

/** A value that is JSON counts as such, except where a text is wanted. */
function valueOf({ key, text, json, isJson }: Pair, schema: JsonObject | true | undefined): unknown {
  if (json === undefined) return text
  return !isJson && schema !== undefined && schema !== true && takesOnlyText(schema, key) ? text : json
}

/** The schema of what a name stands for; undefined when nothing of that name is known. */
async function inputOf(optimizer: Optimizer, name: string): Promise<JsonObject | true | undefined> {
  const find = (): JsonObject | true | undefined => {
    const [entry, ...others] = optimizer.catalog().names.find(name).entries
    if (entry === undefined || others.length > 0)
      return optimizer.intents().find((intent) => intent.name === name)?.input
    return entry.kind === 'tool' ? entry.tool.inputSchema : entry.intent.input
  }
  const known = find()
  if (known !== undefined) return known
  await optimizer.ready()
  return find()
}
