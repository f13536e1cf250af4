import { toStored } from '../../context/binary.ts'
import type { ResultOwner, ResultStore } from '../../context/results.ts'
import { OptimizerError } from '../../errors.ts'
import { isRecord, type JsonObject, toJson } from '../../internal/json.ts'
import { createAborter } from '../../internal/signal.ts'
import { modelText } from '../../internal/text.ts'
import type { KeepBinary } from '../tool-value.ts'
import type { Offer, Offers } from './offers.ts'
import { contentsValue, promptValue } from './offer-values.ts'

/** Who asks, as a program or an intent does. */
export interface OfferCallContext extends ResultOwner {
  readonly signal?: AbortSignal | undefined
  readonly meta?: JsonObject | undefined
}

export type OfferCallName = 'resources.list' | 'resources.read' | 'prompts.list' | 'prompts.get'

/** Answers what programs and intents ask of resources and prompts, as JSON text. */
export interface OfferCalls {
  run(name: OfferCallName, input: Readonly<Record<string, unknown>>, context: OfferCallContext): Promise<string>
  /** True where readings of a server's resources may be kept. */
  keepsOf(server: string): boolean
}

export interface OfferCallsOptions {
  readonly offers: Offers
  readonly results: Pick<ResultStore, 'put'>
  /** The name of a server, as it is configured, from any spelling of it. */
  readonly serverNamed: (name: string) => string | undefined
}

export function createOfferCalls({ offers, results, serverNamed }: OfferCallsOptions): OfferCalls {
  const only = ({ server }: Readonly<Record<string, unknown>>): string | undefined => {
    if (server === undefined || server === null) return undefined
    const named = serverNamed(text(server, 'server'))
    if (named !== undefined) return named
    throw new OptimizerError('UNKNOWN_SERVER', `cannot list what "${shown(server)}" offers: no such server`)
  }
  const run: OfferCalls['run'] = async (name, input, context) => {
    const { signal = createAborter().signal, meta, principal } = context
    const options = { signal, principal, ...(meta === undefined ? {} : { meta }) }
    const keep: KeepBinary = async (block, data) => await results.put(context, toStored(block, data))
    switch (name) {
      case 'resources.list': {
        const server = only(input)
        const [listed, templates] = await Promise.all([
          offers.list('resources', server),
          offers.list('templates', server),
        ])
        return toJson([...listed, ...templates].map(resourceLine))
      }
      case 'resources.read':
        return toJson(await contentsValue(await offers.read(text(input['uri'], 'uri'), options), keep))
      case 'prompts.list':
        return toJson((await offers.list('prompts', only(input))).map(promptLine))
      case 'prompts.get': {
        const given = input['arguments'] ?? {}
        if (!isRecord(given)) throw invalid('arguments', 'an object of texts', given)
        return toJson(await promptValue(await offers.prompt(text(input['name'], 'name'), texts(given), options), keep))
      }
    }
  }
  return { run, keepsOf: (server) => offers.keepsOf(server) }
}

/** The arguments of a host call in a row, as the input of an intent has them: a record stands for all of them. */
export function offerInput(name: OfferCallName, list: unknown): Readonly<Record<string, unknown>> {
  const [first, second] = Array.isArray(list) ? (list as unknown[]) : []
  switch (name) {
    case 'resources.list':
    case 'prompts.list':
      return isRecord(first) ? first : { server: first }
    case 'resources.read':
      return isRecord(first) ? first : { uri: first }
    case 'prompts.get':
      return isRecord(first)
        ? { ...first, arguments: second ?? first['arguments'] }
        : { name: first, arguments: second }
  }
}

export function isOfferCall(name: string): name is OfferCallName {
  return name === 'resources.list' || name === 'resources.read' || name === 'prompts.list' || name === 'prompts.get'
}

/** An entry as a program needs it: what names it, and what it is. */
function resourceLine({ server, key, definition }: Offer): object {
  const { uri, uriTemplate, name: _shown, _meta, icons: _icons, annotations: _annotations, ...rest } = definition
  const address = uri === undefined ? { uriTemplate } : { uri }
  return { ...address, server, ...(rest['title'] === key ? {} : { name: rest['title'] }), ...without(rest, 'title') }
}

function promptLine({ serverKey, key, definition }: Offer): object {
  const { title, description, arguments: wanted = [] } = definition
  return {
    name: `${serverKey}.${key}`,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    arguments: wanted,
  }
}

function without(record: Readonly<Record<string, unknown>>, key: string): object {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
}

/** Arguments of prompts are texts; a number or a flag is written out. */
function texts(given: Readonly<Record<string, unknown>>): JsonObject {
  const named = Object.entries(given).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(named.map(([name, value]) => [name, typeof value === 'string' ? value : toJson(value)]))
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(field, 'a text', value)
}

function invalid(field: string, wanted: string, found: unknown): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `${field} must be ${wanted}, found ${shown(found)}`, {
    details: { path: field, expected: wanted },
  })
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : modelText(typeof value === 'string' ? value : toJson(value), 60)
}
