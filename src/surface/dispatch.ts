import type { Engine, RequestContext } from '../engine/engine.ts'
import { isRecord, toJson } from '../internal/json.ts'
import { nearestNames } from '../internal/nearest.ts'
import { modelText } from '../internal/text.ts'
import { linked } from '../engine/offers/linked.ts'
import { type CallResult, METADATA_KEY, toCallResult, toTextResult, toWholeResult } from './answers.ts'
import { type ClientLink, createClientLink, UPDATED } from './client-link.ts'
import { createHeldPlaces, type HeldPlaces } from './held.ts'
import { createListChanges, TOOLS_CHANGED } from './list-changes.ts'
import { CHANGED, createOfferMethods, OFFER_CAPABILITIES, UNTOLD_CAPABILITIES } from './offer-methods.ts'
import { createProgress } from './progress.ts'
import { isBehind, runBehind, runOperation, runShown } from './operations.ts'
import { rpcErrorOf } from './rpc-error.ts'
import { watchResources } from './watched.ts'
import type { SurfaceToolName } from './own-tools.ts'
import type { Surface } from './surface.ts'

/** A JSON-RPC 2.0 message as it goes out. */
export type Outgoing =
  | { readonly jsonrpc: '2.0'; readonly id: RequestId; readonly result: object }
  | { readonly jsonrpc: '2.0'; readonly id: RequestId | null; readonly error: RpcError }
  | { readonly jsonrpc: '2.0'; readonly method: string; readonly params: object }

/** A bigint where a client counts beyond 2^53. */
export type RequestId = string | number | bigint

export interface RpcError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export interface DispatchContext {
  readonly principal: string
  /** Handle of the session that comes with the connection. */
  readonly session?: string
  readonly signal: AbortSignal
  /** `traceparent` of the HTTP request that brought the message. */
  readonly httpTrace?: string
  /** Sends a notification that belongs to this request (progress). */
  readonly notify: (message: Outgoing) => void
  /** Told that the request will be held open, and takes the place of no call from now on; without it none is held. */
  readonly hold?: (() => void) | undefined
  readonly idempotencyKey?: string
  /** How the client can be told something unasked, made on first use; undefined: in no way. */
  readonly link?: (() => ClientLink) | undefined
}

/** The engine, or how to get it: what depends on the configuration alone is answered without one. */
export type EngineSource = Engine | (() => Promise<Engine>)

/** Answers MCP messages of both eras: 2025 and older (`initialize`), 2026-07-28 (an envelope in each request's `_meta`). */
export interface Dispatcher {
  /** Undefined for notifications. Never rejects. */
  handle(message: unknown, context: DispatchContext): Promise<Outgoing | undefined>
  /** Tells a client of the eras with `initialize` of changes, and of what servers log where they serve nobody else. */
  openLink(principal: string, notify: (message: Outgoing) => void): ClientLink
}

export const LEGACY_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']
export const MODERN_VERSION = '2026-07-28'
export const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion'
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities'
const SERVER_KEY = 'io.modelcontextprotocol/serverInfo'
/** Definitions change with the configuration alone, and a client cannot see that: ask again after an hour. */
const LIST_TTL_MS = 3_600_000
/** Lists that follow the servers' own are asked for again sooner, by clients that do not listen for changes. */
const SHOWN_TTL_MS = 60_000
const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId'
/** Nothing is done, for want of room: over HTTP a 503. */
export const BUSY = -32_000
const TRACE_KEYS = ['traceparent', 'tracestate', 'baggage'] as const

export function createDispatcher(
  source: EngineSource,
  surface: Surface,
  /** Shared by the dispatchers of one front. */
  places: HeldPlaces = createHeldPlaces(),
): Dispatcher {
  const serverInfo = { name: surface.name, version: surface.version }
  const { shown } = surface
  const capabilities = {
    tools: shown === undefined ? {} : { listChanged: true },
    ...(surface.offers === true ? OFFER_CAPABILITIES : {}),
  }
  /** Of clients with `initialize`: what needs a way to tell them something unasked. */
  const capabilitiesFor = ({ link, principal }: DispatchContext): object => {
    if (surface.offers !== true) return capabilities
    if (link !== undefined) return principal === 'local' ? { ...capabilities, logging: {} } : capabilities
    return { ...capabilities, ...UNTOLD_CAPABILITIES }
  }
  const opened = async (): Promise<Engine> => (typeof source === 'function' ? await source() : source)
  const offers = surface.offers === true ? createOfferMethods(opened) : undefined
  const changes = createListChanges(shown, surface.offers === true ? opened : undefined)
  const byName = new Map(surface.tools.map((tool) => [tool.name as string, tool.name]))
  const complete = (result: object): object => ({
    resultType: 'complete',
    ...result,
    _meta: { ...('_meta' in result ? (result._meta as object) : {}), [SERVER_KEY]: serverInfo },
  })

  const call = async (params: Record<string, unknown>, context: DispatchContext): Promise<object | RpcError> => {
    const { name } = params
    if (typeof name !== 'string')
      return { code: -32602, message: `params.name must be a text, found ${wordOf(name, 60)}` }
    const input = params['arguments'] ?? {}
    const style = { ...surface, metadata: wantsMetadata(params) }
    const tool = byName.get(name)
    const engine = await opened()
    if (tool !== undefined) {
      const answer = await runOperation(engine, tool, input, requestContext(params, context))
      return TEXTS.has(tool) ? await toTextResult(answer, style) : await toCallResult(answer, style)
    }
    const id = await shown?.find(name)
    if (shown !== undefined && id !== undefined) {
      const answer = await runShown(engine, shown, id, input, requestContext(params, context))
      return linkedResult(await toWholeResult(answer, style), engine, id)
    }
    if (isBehind(engine, name, context.principal))
      return await toCallResult(await runBehind(engine, name, input, requestContext(params, context)), style)
    const names = [...byName.keys(), ...((await shown?.list()) ?? []).map((one) => one.name)]
    return {
      code: -32602,
      message: `unknown tool "${modelText(name, 100)}"`,
      data: { tools: nearestNames(name, names, 20) },
    }
  }

  const list = async (): Promise<readonly object[]> =>
    shown === undefined ? surface.tools : [...surface.tools, ...(await shown.list())]

  /** Holds the request open and tells of changes until the client leaves (2026-07-28). */
  const listen = async (
    id: RequestId,
    params: Record<string, unknown>,
    { principal, signal, notify, hold }: DispatchContext,
  ): Promise<object | RpcError> => {
    if (hold === undefined) return { code: -32600, message: 'subscriptions/listen cannot be part of a batch' }
    const taken = places.take(principal)
    if (typeof taken === 'string') return { code: BUSY, message: `cannot listen: ${taken}; end one of them first` }
    using _place = taken
    hold()
    const wanted = isRecord(params['notifications']) ? params['notifications'] : {}
    const honored = LISTENED.filter(({ filter, of }) => wanted[filter] === true && isListening(capabilities, of))
    const methods = new Set(honored.map(({ method }) => method))
    const _meta = { [SUBSCRIPTION_KEY]: id }
    const send = (method: string, more: object): void => notify({ jsonrpc: '2.0', method, params: { ...more, _meta } })
    let isTold = false
    const told = (uri: string): void => void (isTold && send(UPDATED, { uri }))
    const resources = surface.offers === true ? wanted['resourceSubscriptions'] : undefined
    using watched = resources === undefined ? undefined : await watchResources(await opened(), resources, told, signal)
    send('notifications/subscriptions/acknowledged', {
      notifications: {
        ...Object.fromEntries(honored.map(({ filter }) => [filter, true])),
        ...(watched === undefined ? {} : { resourceSubscriptions: watched.addresses }),
      },
    })
    isTold = true
    using _changes = changes.onChanged((method) => void (methods.has(method) && send(method, {})))
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    return { _meta }
  }

  const result = async (
    id: RequestId,
    method: string,
    params: Record<string, unknown>,
    modern: boolean,
    context: DispatchContext,
  ): Promise<object | RpcError> => {
    switch (method) {
      case 'tools/call':
        return await call(params, context)
      case 'tools/list':
        return modern
          ? { tools: await list(), ttlMs: shown === undefined ? LIST_TTL_MS : SHOWN_TTL_MS, cacheScope: 'public' }
          : { tools: await list() }
      case 'subscriptions/listen':
        if (!modern) break
        return await listen(id, params, context)
      case 'server/discover':
        if (!modern) break
        return {
          supportedVersions: [MODERN_VERSION, ...LEGACY_VERSIONS],
          capabilities,
          serverInfo,
          instructions: surface.instructions,
          ttlMs: LIST_TTL_MS,
          cacheScope: 'public',
        }
      case 'initialize':
        if (modern) break
        return {
          protocolVersion: legacyVersion(params['protocolVersion']),
          capabilities: capabilitiesFor(context),
          serverInfo,
          instructions: surface.instructions,
        }
      case 'resources/subscribe':
      case 'resources/unsubscribe':
      case 'logging/setLevel':
        if (modern || surface.offers !== true || context.link === undefined) break
        return await toldUnasked(method, params, context.link(), context.signal)
      case 'ping':
        if (modern) break
        return {}
    }
    const { signal, onProgress, meta } = requestContext(params, context)
    const { principal } = context
    const options = {
      principal,
      signal: signal ?? context.signal,
      ...(onProgress && { onProgress }),
      ...(meta && { meta }),
    }
    const offered = await offers?.(method, params, modern, options)
    if (offered !== undefined) return offered
    return { code: -32601, message: `method "${modelText(method, 60)}" is not offered` }
  }

  return {
    async handle(message, context) {
      if (!isRecord(message) || message['jsonrpc'] !== '2.0') return failure(null, -32600, 'not a JSON-RPC 2.0 message')
      const { id, method } = message
      if (typeof method !== 'string')
        return 'result' in message || 'error' in message
          ? undefined
          : failure(idOf(id), -32600, 'a request without a method')
      if (id === undefined) return undefined
      if (!isRequestId(id)) return failure(null, -32600, 'the id must be a text or a number')
      const params = message['params'] ?? {}
      if (!isRecord(params)) return failure(id, -32602, 'params must be an object')
      const meta = isRecord(params['_meta']) ? params['_meta'] : {}
      const modern = meta[VERSION_KEY] !== undefined
      const wrong = modern ? envelopeFault(meta) : undefined
      if (wrong !== undefined) return { jsonrpc: '2.0', id, error: wrong }
      try {
        const answer = await result(id, method, params, modern, context)
        if (isRpcError(answer)) return { jsonrpc: '2.0', id, error: answer }
        return { jsonrpc: '2.0', id, result: modern ? complete(answer) : answer }
      } catch {
        return failure(id, -32603, 'the gateway failed inside')
      }
    },
    openLink: (principal, notify) => {
      const hearsLogs = surface.offers === true && principal === 'local'
      return createClientLink({ engine: opened, notify, changes, hearsLogs })
    },
  }
}

async function toldUnasked(
  method: string,
  { uri, level }: Readonly<Record<string, unknown>>,
  link: ClientLink,
  signal: AbortSignal,
): Promise<object | RpcError> {
  try {
    if (method === 'logging/setLevel') link.setLevel(wordOf(level, 40))
    else if (typeof uri !== 'string')
      return { code: -32602, message: `params.uri must be a text, found ${wordOf(uri, 60)}` }
    else if (method === 'resources/subscribe') await link.subscribe(uri, signal)
    else link.unsubscribe(uri)
    return {}
  } catch (thrown) {
    return rpcErrorOf(thrown, false)
  }
}

/** What a client may listen for, and the capability that announces it. */
const LISTENED = [
  { filter: 'toolsListChanged', of: 'tools', method: TOOLS_CHANGED },
  { filter: 'promptsListChanged', of: 'prompts', method: CHANGED.prompts },
  { filter: 'resourcesListChanged', of: 'resources', method: CHANGED.resources },
] as const

function isListening(capabilities: Readonly<Record<string, object>>, of: string): boolean {
  const capability = capabilities[of]
  return capability !== undefined && 'listChanged' in capability
}

/** A result whose links to resources lead to the server of the tool. */
function linkedResult(result: CallResult, engine: Engine, tool: string): CallResult {
  if (!result.content.some(({ type }) => type === 'resource_link' || type === 'resource')) return result
  const server = engine.catalog().tools.get(tool)?.server
  if (server === undefined) return result
  const show = (uri: string): string => engine.offers.addressOf(server, uri)
  return { ...result, content: result.content.map((block) => linked(block, show)) }
}

/** Operations whose answer is text for reading. */
const TEXTS: ReadonlySet<string> = new Set<SurfaceToolName>(['search', 'list_tools'])

/** An error answer. */
export function failure(id: RequestId | null, code: number, message: string, data?: unknown): Outgoing {
  return { jsonrpc: '2.0', id, error: data === undefined ? { code, message } : { code, message, data } }
}

function idOf(id: unknown): RequestId | null {
  return isRequestId(id) ? id : null
}

export function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint'
}

function isRpcError(answer: object | RpcError): answer is RpcError {
  return 'code' in answer && typeof answer.code === 'number'
}

/** What a client wrote in the place of a text. */
function wordOf(value: unknown, maxChars: number): string {
  return modelText(typeof value === 'string' ? value : (toJson(value) ?? 'nothing'), maxChars)
}

function legacyVersion(asked: unknown): string {
  const [latest = '2025-11-25'] = LEGACY_VERSIONS
  return typeof asked === 'string' && LEGACY_VERSIONS.includes(asked) ? asked : latest
}

/** What is wrong with the `_meta` of a request of the 2026-07-28 era. */
export function envelopeFault(meta: Readonly<Record<string, unknown>>): RpcError | undefined {
  const version = meta[VERSION_KEY]
  if (version === undefined) return { code: -32602, message: `_meta["${VERSION_KEY}"] is missing` }
  if (version !== MODERN_VERSION) {
    return {
      code: -32022,
      message: 'this protocol version is not supported',
      data: { supported: [MODERN_VERSION, ...LEGACY_VERSIONS], requested: wordOf(version, 40) },
    }
  }
  return isRecord(meta[CAPABILITIES_KEY])
    ? undefined
    : { code: -32602, message: `_meta["${CAPABILITIES_KEY}"] is missing` }
}

/** The whole metadata of an answer comes only where it is asked for: some clients show `_meta` to the model. */
function wantsMetadata({ _meta }: Record<string, unknown>): boolean {
  return isRecord(_meta) && _meta[METADATA_KEY] === true
}

function requestContext(
  params: Record<string, unknown>,
  { principal, session, signal, httpTrace, notify, idempotencyKey }: DispatchContext,
): RequestContext {
  const meta = isRecord(params['_meta']) ? params['_meta'] : {}
  const { progressToken } = meta
  const trace = Object.fromEntries(
    TRACE_KEYS.flatMap((key) => (typeof meta[key] === 'string' ? [[key, meta[key]]] : [])),
  )
  const wantsProgress = isRequestId(progressToken)
  const toProgress = createProgress()
  const onProgress: RequestContext['onProgress'] = (given) =>
    notify({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken, ...toProgress(given) },
    })
  return {
    principal,
    signal,
    ...(session === undefined ? {} : { session }),
    ...(httpTrace === undefined ? {} : { httpTrace }),
    ...(wantsProgress ? { onProgress } : {}),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(Object.keys(trace).length === 0 ? {} : { meta: trace }),
  }
}
