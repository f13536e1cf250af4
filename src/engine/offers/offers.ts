import type { Load, ReadThrough } from '../../cache/read-through.ts'
import type { CatalogProblem } from '../../catalog/catalog.ts'
import { OptimizerError } from '../../errors.ts'
import type { Clock } from '../../internal/clock.ts'
import { longHash } from '../../internal/hash.ts'
import { type JsonObject, toJson } from '../../internal/json.ts'
import { nearestNames } from '../../internal/nearest.ts'
import type { Scrub } from '../../internal/scrub.ts'
import { abortable } from '../../internal/signal.ts'
import { modelText } from '../../internal/text.ts'
import {
  type Completion,
  type PromptResult,
  readCompletion,
  readContents,
  readPrompt,
  type ResourceContents,
} from '../../upstream/offer-result.ts'
import type { OfferEntry, OfferKind, ReadingMethod } from '../../upstream/offers.ts'
import type { CallOptions, Upstream } from '../../upstream/upstream.ts'
import { groupOfServer } from '../reading-call.ts'
import { createAddresses, type Place } from './addresses.ts'
import { linked } from './linked.ts'
import { createOfferLists } from './offer-lists.ts'
import { createOfferNews, type LogHearing, type LogMessage } from './offer-news.ts'
import { fitOf } from './uri-template.ts'

/** What servers offer beside their tools, under names and addresses of which no two are alike. */
export interface Offers extends Disposable {
  /** Entries of one kind, of all servers or of one, in the order of the configuration. */
  list(kind: OfferKind, server?: string): Promise<readonly Offer[]>
  /** Reads a resource by its address, listed or not. Throws `UNKNOWN_RESOURCE`, or what its server says. */
  read(address: string, options: ReadOptions): Promise<ResourceContents>
  /** Throws `UNKNOWN_PROMPT`, or what its server says. */
  prompt(name: string, input: JsonObject, options: CallOptions): Promise<PromptResult>
  /** What may stand for an argument of a prompt or a template; nothing where the server completes nothing. */
  complete(request: CompletionRequest, options: CallOptions): Promise<Completion>
  /** True once it is known that a server has resources, or prompts. */
  isOffered(kind: 'resources' | 'prompts'): boolean
  /** True where readings of a server's resources may be kept: an acting call ends them. */
  keepsOf(server: string): boolean
  /** Told the address of a resource that changed, at or below the one that is watched, until disposed. Throws as `read`. */
  watch(address: string, listener: (address: string) => void, signal: AbortSignal): Promise<Disposable>
  /** Told log messages of servers, until disposed. */
  hear(listener: (message: LogMessage) => void): LogHearing
  /** The address of a server's resource as clients see it. */
  addressOf(server: string, uri: string): string
  /** Called when a list has become another one. */
  onChanged(listener: (kind: OfferKind) => void): Disposable
  problems(): readonly CatalogProblem[]
  /** Reads failed lists of servers that are up by now, without anybody waiting. */
  retry(): void
}

/** An entry with its server, and its definition as clients see it. */
export interface Offer extends OfferEntry {
  readonly server: string
  readonly serverKey: string
}

export interface CompletionRequest {
  /** Of a prompt its name, of a template its address. */
  readonly of: { readonly prompt: string } | { readonly template: string }
  readonly argument: JsonObject
  readonly context?: JsonObject | undefined
}

export interface OffersOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly clock: Clock
  /** The servers' names in code, by their names. */
  readonly keys: () => ReadonlyMap<string, string>
  /** Undefined: every reading goes to its server. */
  readonly cache?: ReadThrough | undefined
  /** What makes a server the same one after a restart and in another instance, by name. */
  readonly identities: ReadonlyMap<string, string>
  /** Takes secrets out of what servers log. */
  readonly scrub: Scrub
  /** How long a slow list is waited for. @default 5000 */
  readonly waitMs?: number
}

/** Options of a reading. */
export interface ReadOptions extends CallOptions {
  /** Whose answer it is: with it an answer is kept for as long as its server vouches for it. */
  readonly principal?: string
}

/** `_meta` of an entry names its server, as the configuration does. */
const SERVER_META = 'mcp-optimizer/server'

/** A server may vouch for longer; whatever changes meanwhile it would have to say. */
const MAX_TTL_MS = 3_600_000

/** Servers that are asked, one after the other, for an address that nobody listed. */
const MAX_ASKED = 5

export function createOffers({
  upstreams,
  clock,
  keys,
  cache,
  identities,
  scrub,
  waitMs = 5_000,
}: OffersOptions): Offers {
  const addresses = createAddresses(keys)
  /** Servers that vouched for a reading. */
  const keeping = new Set<string>()
  const news = createOfferNews(upstreams, (server) => keys().get(server) ?? server, scrub)
  const listeners = new Set<(kind: OfferKind) => void>()
  const lists = createOfferLists({
    upstreams: [...upstreams.values()],
    clock,
    waitMs,
    changed: (kind) => {
      for (const listener of listeners) listener(kind)
    },
  })

  const list: Offers['list'] = async (kind, wanted) => {
    const found = await lists.read(kind, wanted === undefined ? undefined : (server) => server === wanted)
    const named = keys()
    return [...found].flatMap(([server, entries]) => {
      const serverKey = named.get(server) ?? server
      return entries.map(({ key, definition }) => {
        const shown = kind === 'prompts' ? `${serverKey}__${key}` : addresses.show(server, key)
        return { server, serverKey, key, definition: shownDefinition(kind, shown, definition, { server, serverKey }) }
      })
    })
  }

  const request = async (
    server: string,
    method: ReadingMethod,
    params: JsonObject,
    options: CallOptions,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const offers = upstreams.get(server)?.offers
    if (offers === undefined) throw new OptimizerError('UNKNOWN_SERVER', `cannot ask ${server}: it offers tools alone`)
    return await offers.request(method, params, options)
  }

  const ask = async ({ server, uri }: Place, options: CallOptions): Promise<ResourceContents> =>
    readContents(await request(server, 'resources/read', { uri }, options), uri, server)

  /** The answer to a reading, from the cache while its server vouches for one. */
  const answerOf = async (place: Place, { principal, ...options }: ReadOptions): Promise<ResourceContents> => {
    const { server, uri } = place
    if (cache === undefined || principal === undefined) return await ask(place, options)
    const parts = ['resources/read', principal, identities.get(server) ?? '', server, uri]
    const key = `${groupOfServer(server)}:${longHash(JSON.stringify(parts))}`
    const load: Load = async (signal) => {
      const answer = await ask(place, { ...options, signal })
      const ttlMs = Math.min(answer.ttlMs ?? 0, MAX_TTL_MS)
      if (ttlMs > 0) keeping.add(server)
      return { value: toJson(answer), ttlMs }
    }
    return JSON.parse((await cache.read(key, load, options.signal)).value) as ResourceContents
  }

  const readAt = async (place: Place, options: ReadOptions): Promise<ResourceContents> => {
    const { server } = place
    const result = await answerOf(place, options)
    const contents = result.contents.map((part) => ({ ...part, uri: addresses.show(server, part.uri) }))
    return { ...result, contents }
  }

  /**
   * Where an address may lead that has no mark and that no server came with: to servers whose templates it fits, then to those
   * that list other addresses of its scheme, then to those that list nothing at all.
   */
  const guesses = async (uri: string): Promise<readonly Place[]> => {
    const [resources, templates] = await Promise.all([lists.read('resources'), lists.read('templates')])
    const fits = [...templates].map(([server, entries]) => {
      const fit = Math.max(-1, ...entries.slice(0, 1_000).map(({ key }) => fitOf(key, uri) ?? -1))
      return { server, fit }
    })
    const fitting = fits.filter(({ fit }) => fit >= 0).toSorted((a, b) => b.fit - a.fit)
    const scheme = schemeOf(uri)
    const listed = [...resources].map(([server, entries]) => {
      const known = [...entries, ...(templates.get(server) ?? [])]
      return { server, isSilent: known.length === 0, isKnowing: known.some(({ key }) => schemeOf(key) === scheme) }
    })
    const knowing = listed.filter(({ isKnowing }) => isKnowing)
    const silent = listed.filter(({ isSilent }) => isSilent)
    const servers = new Set([...fitting, ...knowing, ...silent].map(({ server }) => server))
    return [...servers].slice(0, MAX_ASKED).map((server) => ({ server, uri }))
  }

  /** Where an address leads: to one place where that is known, else to guesses, the best first. */
  const placeOf = async (address: string): Promise<readonly Place[]> => {
    const known = addresses.find(address) ?? (await list('resources').then(() => addresses.find(address)))
    return known === undefined ? await guesses(address) : [known]
  }

  const promptAt = async (name: string): Promise<{ readonly server: string; readonly key: string }> => {
    const named = [...keys()].flatMap(([server, key]) =>
      upstreams.has(server) && isUnder(key, name)
        ? [{ server, key: name.slice(key.length).replace(/^(?:\.|__)/, '') }]
        : [],
    )
    const [only, ...others] = named
    if (only !== undefined && others.length === 0) return only
    const all = await list('prompts')
    const exact = all.filter((one) => one.definition.name === name)
    const [found, ...more] = exact.length > 0 ? exact : all.filter(({ key }) => key === name)
    if (found !== undefined && more.length === 0) return found
    const names = all.map(({ definition }) => definition.name)
    throw new OptimizerError('UNKNOWN_PROMPT', `cannot get "${modelText(name, 100)}": no such prompt`, {
      details: { nearest: nearestNames(name, names, 5) },
    })
  }

  const forgetting = [...upstreams].flatMap(([server, { offers }]) => {
    const subscription = offers?.onNotified(({ method }) => {
      if (method.startsWith('notifications/resources/')) void cache?.clear(groupOfServer(server))
    })
    return subscription === undefined ? [] : [subscription]
  })

  return {
    list,
    async read(address, options) {
      const refused: unknown[] = []
      for (const place of await placeOf(address)) {
        try {
          return await readAt(place, options)
        } catch (thrown) {
          if (!isRefusal(thrown)) throw thrown
          refused.push(thrown)
        }
      }
      if (refused.length === 1) throw refused[0]
      throw unknownResource(address, refused)
    },
    async prompt(name, input, options) {
      const { server, key } = await promptAt(name)
      const params = { name: key, arguments: input }
      const result = readPrompt(await request(server, 'prompts/get', params, options), server)
      const show = (uri: string): string => addresses.show(server, uri)
      return { ...result, messages: result.messages.map((one) => ({ ...one, content: linked(one.content, show) })) }
    },
    async complete({ of, argument, context }, options) {
      const at = 'prompt' in of ? await promptAt(of.prompt) : await templateAt(of.template)
      const offers = upstreams.get(at.server)?.offers
      const capabilities = await offers?.capabilities(options.signal)
      if (capabilities?.['completions'] === undefined) return { values: [] }
      const ref: JsonObject =
        'prompt' in of ? { type: 'ref/prompt', name: at.key } : { type: 'ref/resource', uri: at.key }
      const params = { ref, argument, ...(context === undefined ? {} : { context }) }
      return readCompletion(await request(at.server, 'completion/complete', params, options))
    },
    isOffered: (kind) => {
      for (const { offers } of upstreams.values()) if (offers?.known()?.[kind] !== undefined) return true
      return false
    },
    async watch(address, listener, signal) {
      const place = (await placeOf(address))[0]
      if (place === undefined) throw unknownResource(address, [])
      const told = (uri: string): void => listener(addresses.show(place.server, uri))
      return await abortable(news.watch(place.server, place.uri, told), signal)
    },
    hear: (listener) => news.hear(listener),
    keepsOf: (server) => keeping.has(server),
    addressOf: (server, uri) => addresses.show(server, uri),
    onChanged(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    problems: () => lists.problems(),
    retry: () => lists.retry(),
    [Symbol.dispose]() {
      lists[Symbol.dispose]()
      news[Symbol.dispose]()
      for (const subscription of forgetting) subscription[Symbol.dispose]()
      listeners.clear()
    },
  }

  async function templateAt(address: string): Promise<{ readonly server: string; readonly key: string }> {
    const known = addresses.find(address) ?? (await list('templates').then(() => addresses.find(address)))
    const place = known ?? (await guesses(address))[0]
    if (place === undefined) throw unknownResource(address, [])
    return { server: place.server, key: place.uri }
  }
}

/** A definition under its shown name or address; what people read in its place stays the server's own. */
function shownDefinition(
  kind: OfferKind,
  shown: string,
  definition: OfferEntry['definition'],
  { server, serverKey }: Pick<Offer, 'server' | 'serverKey'>,
): OfferEntry['definition'] {
  const { name, _meta } = definition
  const own = { [SERVER_META]: server }
  const meta = { ...(typeof _meta === 'object' ? _meta : {}), ...own }
  switch (kind) {
    case 'prompts':
      return { ...definition, name: shown, _meta: meta }
    case 'resources':
      return { title: name, ...definition, uri: shown, name: `${serverKey}__${name}`, _meta: meta }
    case 'templates':
      return { title: name, ...definition, uriTemplate: shown, name: `${serverKey}__${name}`, _meta: meta }
  }
}

/** True for a name that begins with a server's: `server__name` in lists, `server.name` in code. */
function isUnder(key: string, name: string): boolean {
  return name.startsWith(`${key}__`) || name.startsWith(`${key}.`)
}

function schemeOf(uri: string): string {
  return (/^[a-z][a-z\d+.-]*:/i.exec(uri)?.[0] ?? '').toLowerCase()
}

/** The server answered, and does not know it. */
function isRefusal(thrown: unknown): boolean {
  return OptimizerError.is(thrown) && thrown.details?.['rpcCode'] !== undefined
}

function unknownResource(address: string, refused: readonly unknown[]): OptimizerError {
  const words = refused.map((one) => (one instanceof Error ? one.message : String(one)))
  const why = words.length === 0 ? 'no server lists it, and none has a template for it' : words.join('; ')
  return new OptimizerError('UNKNOWN_RESOURCE', `cannot read "${modelText(address, 300)}": ${why}`, {
    details: { uri: address.slice(0, 2_000) },
  })
}
