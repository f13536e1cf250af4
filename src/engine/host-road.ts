import type { Cache } from '../cache/cache.ts'
import { createSingleFlight } from '../cache/single-flight.ts'
import type { Catalog, CatalogTool } from '../catalog/catalog.ts'
import type { Validator } from '../catalog/validate.ts'
import type { ResultStore } from '../context/results.ts'
import { OptimizerError } from '../errors.ts'
import type { Clock } from '../internal/clock.ts'
import { shortHash, stableJson } from '../internal/hash.ts'
import { isRecord, type JsonObject, parseJson } from '../internal/json.ts'
import { nearestNames } from '../internal/nearest.ts'
import { modelText } from '../internal/text.ts'
import type { HostCall } from '../sandbox/sandbox.ts'
import type { Observer } from '../metrics/observer.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { RequestContext } from './engine.ts'
import { observeCalls } from './observed-calls.ts'
import type { Operation } from './operation.ts'
import { toolErrorText, toolValueJson } from './tool-value.ts'

export interface HostRoadOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** Servers whose hints are believed. */
  readonly trusted: ReadonlySet<string>
  readonly validator: Validator
  readonly results: ResultStore
  readonly cache: Cache | undefined
  readonly cacheTtlMs: number
  readonly clock: Clock
  /** Told of each call, with tokens as the tokenizer counts them. */
  readonly watch?: { readonly observer: Observer; readonly tokenizer: Tokenizer }
}

export interface HostRoad {
  /**
   * Calls a tool: resolve, validate, cache and single-flight, upstream, value. JSON text of the value.
   * The breaker and the deadline are the upstream's.
   */
  callTool(tool: CatalogTool, input: unknown, operation: Operation, context: HostContext): Promise<string>
  /** The host functions of a program that runs on `catalog`. */
  hostCall(catalog: Catalog, operation: Operation, context: HostContext): HostCall
}

export interface HostContext extends RequestContext {
  readonly principal: string
  /** What is told of one call afterwards. */
  readonly call?: { cached: boolean }
}

/** The road every call from a program or intent takes to an upstream. */
export function createHostRoad(options: HostRoadOptions): HostRoad {
  const once = createSingleFlight<string>()

  const plainCall: HostRoad['callTool'] = async (tool, input, operation, context) => {
    operation.hostCalls++
    const args = checked(tool, input, options.validator)
    const key = cacheKey(tool, args, context.principal, options)
    if (key === undefined) return await fromUpstream(tool, args, operation, context)
    const hit = await options.cache?.get(key, context.signal)
    if (hit !== undefined) {
      operation.cacheHits++
      if (context.call !== undefined) context.call.cached = true
      return hit.value
    }
    return await once(key, async () => {
      // Joined callers share this call, so that one who leaves does not take the answer from the others.
      const { signal: _left, ...shared } = context
      const value = await fromUpstream(tool, args, operation, shared)
      await options.cache?.set(key, { value, expiresAt: options.clock.wall() + options.cacheTtlMs })
      return value
    })
  }

  const fromUpstream = async (
    tool: CatalogTool,
    args: JsonObject,
    operation: Operation,
    context: HostContext,
  ): Promise<string> => {
    const upstream = options.upstreams.get(tool.server)
    if (upstream === undefined) throw new OptimizerError('UNKNOWN_SERVER', `cannot call ${tool.id}: its server is gone`)
    const result = await upstream.callTool(tool.tool, args, {
      signal: context.signal ?? new AbortController().signal,
      ...(context.onProgress === undefined ? {} : { onProgress: context.onProgress }),
      ...(context.meta === undefined ? {} : { meta: context.meta }),
    })
    if (result.isError === true) {
      throw new OptimizerError('TOOL_ERROR', `${tool.id} failed: ${modelText(toolErrorText(result))}`, {
        details: { tool: tool.id },
      })
    }
    if (tool.readOnlyHint !== true && operation.effects.length < 20) operation.effects.push(tool.id)
    return toolValueJson(result, (block, data) =>
      options.results.put(
        context.principal,
        JSON.stringify({ type: block.type, mimeType: block['mimeType'], base64: data }),
      ),
    )
  }

  const { watch, clock } = options
  const callTool = watch === undefined ? plainCall : observeCalls(plainCall, { clock, ...watch })
  return {
    callTool,
    hostCall: (catalog, operation, context) => async (name, argument, signal) => {
      if (name === '$results.get') return readResult(argument, context.principal, options.results)
      if (name === '$results.list') return JSON.stringify(options.results.list(context.principal))
      const tool = catalog.tools.get(name)
      if (tool === undefined) throw unknownTool(name, catalog)
      return await callTool(tool, parseJson(argument), operation, { ...context, signal })
    },
  }
}

/** The error for a tool id that the catalog does not hold, with the nearest names. */
export function unknownTool(name: string, catalog: Catalog): OptimizerError {
  const nearest = nearestNames(name, catalog.tools.keys())
  return new OptimizerError('UNKNOWN_TOOL', `cannot call "${modelText(name, 100)}": no such tool`, {
    details: { nearest },
  })
}

function checked(tool: CatalogTool, input: unknown, validator: Validator): JsonObject {
  const args = input ?? {}
  const problem = isRecord(args)
    ? validator.validate(tool.inputSchema, args)
    : { path: '', message: 'found no object', expected: 'one object of named arguments' }
  if (problem === undefined) return args as JsonObject
  const { path, message, expected } = problem
  throw new OptimizerError('INVALID_REQUEST', `cannot call ${tool.id}: ${path === '' ? '' : `${path}: `}${message}`, {
    details: { tool: tool.id, path, expected },
  })
}

/** Only reads of servers whose hints are believed are kept, apart for each principal. */
function cacheKey(
  tool: CatalogTool,
  args: JsonObject,
  principal: string,
  options: HostRoadOptions,
): string | undefined {
  if (options.cache === undefined || tool.readOnlyHint !== true || !options.trusted.has(tool.server)) return undefined
  return `result:${tool.server}:${shortHash(`${principal}\n${tool.id}\n${definitionHash(tool)}\n${stableJson(args)}`)}`
}

const hashes = new WeakMap<CatalogTool, string>()

function definitionHash(tool: CatalogTool): string {
  const known = hashes.get(tool)
  if (known !== undefined) return known
  const hash = shortHash(stableJson(tool.definition))
  hashes.set(tool, hash)
  return hash
}

function readResult(argument: string, principal: string, results: ResultStore): string {
  const [handle] = parseJson(argument) as unknown[]
  if (typeof handle !== 'string') {
    throw new OptimizerError('INVALID_REQUEST', 'cannot read a result: found no handle, wanted results.get(handle)')
  }
  return results.get(principal, handle)
}
