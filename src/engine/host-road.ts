import type { Catalog, CatalogTool } from '../catalog/catalog.ts'
import type { OutputTypes } from '../catalog/output-types.ts'
import { nameList, schemaMap } from '../catalog/subschemas.ts'
import type { ValidationProblem, Validator } from '../catalog/validate.ts'
import { toStored } from '../context/binary.ts'
import type { ResultOwner, ResultStore } from '../context/results.ts'
import { OptimizerError } from '../errors.ts'
import type { Clock } from '../internal/clock.ts'
import { isRecord, type JsonObject, parseExact, parseValue, toJson } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import { modelText } from '../internal/text.ts'
import type { HostCall } from '../sandbox/sandbox.ts'
import type { ContentBlock, ToolResult, Upstream } from '../upstream/upstream.ts'
import { actOnce } from './acting-call.ts'
import type { RequestContext } from './engine.ts'
import type { Finder } from './finder.ts'
import { type CallWatchOptions, createCallWatch, type WatchedCall } from './observed-calls.ts'
import { isOfferCall, offerInput, type OfferCalls } from './offers/offer-calls.ts'
import { noteHit, type Operation } from './operation.ts'
import { NEGATIVE_TTL_MS, type ReadingCalls, type ToolAnswer } from './reading-call.ts'
import type { MessageReader } from './reading/message-reader.ts'
import type { ReadRules } from './read-rules.ts'
import type { LargeValue } from './reading/read-messages.ts'
import { parseSearchCall } from './requests.ts'
import type { StateCalls } from './state-calls.ts'
import { toolFailure } from './tool-failure.ts'
import { plainValue, toolValue } from './tool-value.ts'
import { unknownName } from './unknown-name.ts'

export interface HostRoadOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly validator: Validator
  readonly results: ResultStore
  readonly finder: Finder
  readonly offerCalls: OfferCalls
  /** The catalog with the gateway's own intents in it. */
  readonly complete: (catalog: Catalog) => Catalog
  readonly rules: ReadRules
  readonly reading: ReadingCalls
  /** Undefined: nothing is learned from results, and none is checked. */
  readonly outputs: OutputTypes | undefined
  readonly clock: Clock
  /** Makes values of large results. @default they are made at once */
  readonly large?: Pick<MessageReader, 'value'>
  /** Takes the secrets of the configuration out of a tool's words. */
  readonly scrub: Scrub
  /** Told of each call, with tokens as the tokenizer counts them. */
  readonly watch?: Pick<CallWatchOptions, 'observer' | 'tokenizer' | 'begin'>
}

export interface HostRoad {
  /**
   * Calls a tool: resolve, validate, then from cache or with up to three attempts where it only reads, once where it may
   * act; upstream, value. JSON text of the value, as `ToolValue` has it. The breaker and the deadline are the upstream's.
   */
  callTool(
    tool: CatalogTool,
    input: unknown,
    operation: Operation,
    context: HostContext,
    form?: ToolForm,
  ): Promise<string>
  /** The value of a whole result after all, as {@link callTool} gives it. */
  valueOf(tool: CatalogTool, json: string, operation: Operation, context: HostContext): Promise<string>
  /** The host functions of a program that runs on `catalog`. */
  hostCall(catalog: Catalog, operation: Operation, context: HostContext): HostCall
}

/** What a call gives: the value that programs work with, or the whole result as the server sent it. */
export type ToolForm = 'value' | 'whole'

export interface HostContext extends RequestContext {
  readonly principal: string
  readonly state: StateCalls
  /** The call under way, where it is watched. */
  readonly call?: WatchedCall
}

/** Characters of an answer from which looking at it takes longer than others should wait: nothing is learned from it. */
const MAX_LOOKED_AT = 512 * 1024

/** The road every call from a program or intent takes to an upstream. */
export function createHostRoad(options: HostRoadOptions): HostRoad {
  const { finder, rules, reading, watch, clock } = options
  const mayAct = (tool: CatalogTool): boolean => tool.readOnlyHint !== true && !rules.isRead(tool)
  const watchCall = watch === undefined ? undefined : createCallWatch({ clock, mayAct, ...watch })

  const callTool: HostRoad['callTool'] = async (tool, input, operation, given, form = 'value') => {
    const watched = watchCall?.(tool, operation, given)
    const context = watched?.context ?? given
    try {
      operation.hostCalls++
      const args = checked(tool, input, options.validator)
      const attempt = async (shared: HostContext): Promise<ToolAnswer> =>
        await fromUpstream(tool, args, operation, shared, form)
      const json = await readOrAct(tool, args, operation, context, form, attempt)
      finder.executed(tool.id, context.principal)
      watched?.ended(input, json)
      return json
    } catch (thrown) {
      watched?.ended(input, '', thrown)
      throw thrown
    }
  }

  const readOrAct = async (
    tool: CatalogTool,
    args: JsonObject,
    operation: Operation,
    context: HostContext,
    form: ToolForm,
    attempt: (shared: HostContext) => Promise<ToolAnswer>,
  ): Promise<string> => {
    if (rules.isRead(tool)) {
      const { json, layer } = await reading.read(tool, args, context, attempt, form)
      if (layer !== undefined) noteHit(operation, layer)
      if (layer !== undefined && context.call !== undefined) context.call.cached = true
      return json
    }
    context.call?.begin(args)
    try {
      const { json } = await actOnce(tool, operation, async () => await attempt(context))
      return json
    } finally {
      // Reads after this one see what it did.
      if (rules.readsFrom(tool) || options.offerCalls.keepsOf(tool.server)) void reading.forget(tool.server)
    }
  }

  const fromUpstream = async (
    tool: CatalogTool,
    args: JsonObject,
    operation: Operation,
    context: HostContext,
    form: ToolForm,
  ): Promise<ToolAnswer> => {
    const upstream = options.upstreams.get(tool.server)
    if (upstream === undefined) throw new OptimizerError('UNKNOWN_SERVER', `cannot call ${tool.id}: its server is gone`)
    const result = await upstream.callTool(tool.tool, args, {
      signal: context.signal ?? new AbortController().signal,
      ...(context.onProgress === undefined ? {} : { onProgress: context.onProgress }),
      ...(context.meta === undefined ? {} : { meta: context.meta }),
    })
    // Whoever wants the result whole wants it so when it tells of an error; that is not kept for long.
    const whole = (): string => result.large?.json ?? toJson(result)
    if (result.isError === true && form === 'whole') return { json: whole(), ttlMs: NEGATIVE_TTL_MS, lasting: true }
    if (result.isError !== true && mayAct(tool) && operation.effects.length < 20) operation.effects.push(tool.id)
    if (form === 'whole') return { json: whole(), ttlMs: result.ttlMs, lasting: true }
    return await valueAnswer(tool, result, operation, context)
  }

  const valueAnswer = async (
    tool: CatalogTool,
    result: ToolResult,
    operation: Operation,
    context: HostContext,
  ): Promise<ToolAnswer> => {
    if (result.isError === true) throw toolFailure(tool, result, options.scrub)
    if (result.large !== undefined)
      return { ...(await largeValue(tool, result.large.json, context)), ttlMs: result.ttlMs }
    let lasting = true
    const keep = (block: ContentBlock, data: string): Promise<string> => {
      // A handle ends before an answer that is kept.
      lasting = false
      return options.results.put(context, toStored(block, data))
    }
    const { json, value } = plainValue(result) ?? (await toolValue(result, keep))
    const problem = json.length > MAX_LOOKED_AT ? undefined : options.outputs?.note(tool, value)
    if (problem !== undefined && operation.outputProblems.length < 5)
      operation.outputProblems.push(`${tool.id}: ${problem}`)
    return { json, ttlMs: result.ttlMs, lasting }
  }

  /** Where even a thread cannot read it in time, the whole result stands for its value: nothing is lost. */
  const largeValue = async (
    tool: CatalogTool,
    whole: string,
    context: HostContext,
  ): Promise<Pick<ToolAnswer, 'json' | 'lasting'>> => {
    const { json, kept, failure }: LargeValue = (await options.large?.value(
      whole,
      context.principal,
      context.signal,
    )) ?? { json: whole, kept: [] }
    if (failure !== undefined) throw toolFailure(tool, failure, options.scrub)
    let named = json
    for (const { mark, json: stored } of kept) named = named.replace(mark, await options.results.put(context, stored))
    // A handle ends before an answer that is kept.
    return { json: named, lasting: kept.length === 0 }
  }

  return {
    callTool,
    async valueOf(tool, json, operation, context) {
      const isLarge = json.length > MAX_LOOKED_AT && options.large !== undefined
      if (isLarge) return (await largeValue(tool, json, context)).json
      return (await valueAnswer(tool, parseExact(json) as ToolResult, operation, context)).json
    },
    hostCall: (catalog, operation, context) => async (name, argument, signal) => {
      if (name === '$results.get') return await readResult(argument, context, options.results)
      if (name === '$results.list') return JSON.stringify(await options.results.list(context))
      const offered = name.slice(1)
      if (name.startsWith('$') && isOfferCall(offered)) {
        operation.hostCalls++
        return await options.offerCalls.run(offered, offerInput(offered, parseValue(argument)), { ...context, signal })
      }
      if (name.startsWith('$state.')) return await context.state.call(name, argument)
      if (name.startsWith('$tools.')) await options.outputs?.load()
      if (name === '$tools.search')
        return JSON.stringify(
          await options.finder.search(catalog, parseSearchCall(parseValue(argument)), { ...context, signal }),
        )
      if (name === '$tools.describe')
        return JSON.stringify(finder.describe(options.complete(catalog), nameIn(parseValue(argument))))
      const tool = catalog.tools.get(name)
      if (tool === undefined) throw unknownTool(name, catalog)
      const json = await callTool(tool, parseExact(argument), operation, { ...context, signal })
      operation.lastTool = tool.id
      operation.lastAnswer = json
      return json
    },
  }
}

/** The error for a tool id that the catalog does not hold, with the nearest names. */
export function unknownTool(name: string, catalog: Catalog): OptimizerError {
  return unknownName('UNKNOWN_TOOL', `cannot call "${modelText(name, 100)}": no such tool`, {
    nearest: catalog.names.nearest(name),
  })
}

function checked(tool: CatalogTool, input: unknown, validator: Validator): JsonObject {
  const given = named(input ?? {}, tool.inputSchema)
  const { value, problem } = isRecord(given)
    ? validator.fit(tool.inputSchema, given)
    : { value: given, problem: unnamed(tool.inputSchema) }
  if (problem === undefined) return value as JsonObject
  const { path, message, expected } = problem
  throw new OptimizerError('INVALID_REQUEST', `cannot call ${tool.id}: ${message}`, { details: { path, expected } })
}

/** Arguments in a row, or one alone where it may be several: with the names that they have. */
function unnamed(schema: JsonObject | true): ValidationProblem {
  const { properties, required } = schema === true ? {} : schema
  const wanted =
    Array.isArray(required) && required.length > 0 ? required : Object.keys(isRecord(properties) ? properties : {})
  const names = wanted.slice(0, 8).map((name) => modelText(String(name), 60))
  const example = names.length === 0 ? '' : `, write { ${names.map((name) => `${name}: …`).join(', ')} }`
  return {
    path: '',
    message: `found no object of arguments by their names${example}`,
    expected: 'one object of named arguments',
  }
}

/** Arguments that came as JSON text, or alone where the tool can mean but one by it. */
function named(input: unknown, schema: JsonObject | true): unknown {
  if (isRecord(input)) return input
  const read = typeof input === 'string' ? recordIn(input) : undefined
  const name = read === undefined && schema !== true ? soleParameter(schema) : undefined
  return name === undefined ? (read ?? input) : { [name]: input }
}

function recordIn(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseExact(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The only parameter, or the only one that must be given. */
function soleParameter(schema: JsonObject): string | undefined {
  const names = Object.keys(schemaMap(schema['properties']))
  const required = nameList(schema['required'])
  const [name, ...others] = required.length === 0 ? names : required
  return others.length === 0 && name !== undefined && names.includes(name) ? name : undefined
}

function nameIn(list: unknown): string {
  const [name] = list as unknown[]
  if (typeof name === 'string') return name
  throw new OptimizerError('INVALID_REQUEST', 'cannot describe: found no name, wanted tools.describe("server.tool")')
}

async function readResult(argument: string, owner: ResultOwner, results: ResultStore): Promise<string> {
  const [handle] = parseValue(argument) as unknown[]
  if (typeof handle !== 'string') {
    throw new OptimizerError('INVALID_REQUEST', 'cannot read a result: found no handle, wanted results.get(handle)')
  }
  return await results.get(owner, handle)
}
