import type { Engine } from '../engine/engine.ts'
import type { Offer, ReadOptions } from '../engine/offers/offers.ts'
import { OptimizerError } from '../errors.ts'
import { isRecord, type JsonObject, toJson } from '../internal/json.ts'
import { modelText } from '../internal/text.ts'
import type { OfferKind } from '../upstream/offers.ts'
import type { CallOptions } from '../upstream/upstream.ts'
import type { RpcError } from './dispatch.ts'
import { pageOf } from './pages.ts'
import { rpcErrorOf } from './rpc-error.ts'
import { wholeBlock } from './whole-result.ts'

/** Answers requests for resources, prompts and completion; undefined for other methods. */
export type OfferMethods = (
  method: string,
  params: Readonly<Record<string, unknown>>,
  modern: boolean,
  options: ReadOptions,
) => Promise<object | RpcError | undefined>

/** Lists that follow the servers' own; clients that do not listen for changes ask again after so long, milliseconds. */
const LIST_TTL_MS = 60_000

/** What a surface announces where it passes on what servers offer. */
export const OFFER_CAPABILITIES = {
  resources: { listChanged: true, subscribe: true },
  prompts: { listChanged: true },
  completions: {},
} as const

/** The same before a client that can be told nothing unasked. */
export const UNTOLD_CAPABILITIES = { resources: {}, prompts: {} } as const

/** The notification that tells of a changed list. */
export const CHANGED: Readonly<Record<OfferKind, string>> = {
  resources: 'notifications/resources/list_changed',
  templates: 'notifications/resources/list_changed',
  prompts: 'notifications/prompts/list_changed',
}

export function createOfferMethods(source: () => Promise<Engine>): OfferMethods {
  const list = async (kind: OfferKind, field: string, { cursor }: Record<string, unknown>): Promise<object> => {
    const page = pageOf((await (await source()).offers.list(kind)).map(definitionOf), cursor)
    if (page === undefined) throw invalid(`cannot list more: the cursor ${wordOf(cursor)} is none of this list`)
    const { entries, nextCursor } = page
    return { [field]: entries, ...(nextCursor === undefined ? {} : { nextCursor }) }
  }
  const read = async ({ uri }: Record<string, unknown>, options: ReadOptions): Promise<object> =>
    await (await source()).offers.read(text(uri, 'uri'), options)

  const prompt = async (params: Record<string, unknown>, options: CallOptions): Promise<object> => {
    const given = params['arguments'] ?? {}
    if (!isRecord(given)) throw invalid(`params.arguments must be an object, found ${wordOf(given)}`)
    const name = text(params['name'], 'name')
    const result = await (await source()).offers.prompt(name, given as JsonObject, options)
    return { ...result, messages: result.messages.map((one) => ({ ...one, content: wholeBlock(one.content) })) }
  }
  const complete = async (params: Record<string, unknown>, options: CallOptions): Promise<object> => {
    const { ref, argument, context } = params
    const { type, name, uri } = isRecord(ref) ? ref : {}
    if (!isRecord(argument)) throw invalid(`params.argument must be an object, found ${wordOf(argument)}`)
    if (type !== 'ref/prompt' && type !== 'ref/resource')
      throw invalid(`params.ref.type must be "ref/prompt" or "ref/resource", found ${wordOf(type)}`)
    const of = type === 'ref/prompt' ? { prompt: text(name, 'ref.name') } : { template: text(uri, 'ref.uri') }
    const request = { of, argument: argument as JsonObject }
    const more = isRecord(context) ? { context: context as JsonObject } : {}
    return { completion: await (await source()).offers.complete({ ...request, ...more }, options) }
  }

  const answer = async (
    method: string,
    params: Readonly<Record<string, unknown>>,
    options: ReadOptions,
  ): Promise<{ readonly result: object; readonly ttlMs?: number } | undefined> => {
    switch (method) {
      case 'resources/list':
        return { result: await list('resources', 'resources', params), ttlMs: LIST_TTL_MS }
      case 'resources/templates/list':
        return { result: await list('templates', 'resourceTemplates', params), ttlMs: LIST_TTL_MS }
      case 'prompts/list':
        return { result: await list('prompts', 'prompts', params), ttlMs: LIST_TTL_MS }
      case 'resources/read':
        return { result: await read(params, options), ttlMs: 0 }
      case 'prompts/get':
        return { result: await prompt(params, options) }
      case 'completion/complete':
        return { result: await complete(params, options) }
    }
    return undefined
  }

  return async (method, params, modern, options) => {
    try {
      const answered = await answer(method, params, options)
      if (answered === undefined) return undefined
      const { result, ttlMs } = answered
      // What a server says of its own answer stands.
      return modern && ttlMs !== undefined ? { ttlMs, cacheScope: 'private', ...result } : result
    } catch (thrown) {
      return rpcErrorOf(thrown, modern)
    }
  }
}

function definitionOf({ definition }: Offer): Offer['definition'] {
  return definition
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(`params.${name} must be a text, found ${wordOf(value)}`)
}

function invalid(message: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', message)
}

function wordOf(value: unknown): string {
  return value === undefined ? 'nothing' : modelText(toJson(value), 60)
}
