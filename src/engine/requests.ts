import { isDeeperThan, isRecord } from '../internal/json.ts'
import type { CodeRequest, DescribeRequest, IntentRequest, ListRequest, SearchRequest } from './engine.ts'
import {
  at,
  decoded,
  type Envelope,
  type FieldNames,
  invalid,
  readEnvelope,
  refuseRest,
  wholeNumber,
} from './envelope.ts'

/** Most requests in one batch. */
export const MAX_BATCH = 50
const MAX_DEPTH = 200
const MAX_NAME = 300
const MAX_TIMEOUT_MS = 86_400_000
const MAX_LIMIT = 500
const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({})

const PARAMS = ['params', 'arguments', 'args', 'input', 'parameters', 'inputs', 'tool_input', 'toolInput']
/** Of these, the names that no tool gives a parameter of its own. */
const CERTAIN: ReadonlySet<string> = new Set(['params', 'arguments'])
const NAMES = ['intent', 'tool', 'name', 'tool_name', 'toolName', 'intent_name', 'intentName', 'function', 'method']
const TIMES: FieldNames = {
  timeoutMs: ['timeoutMs', 'timeout_ms'],
  session: ['session'],
  idempotencyKey: ['idempotencyKey'],
}
const INTENT_FIELDS: FieldNames = {
  intent: NAMES,
  server: ['server', 'serverName', 'server_name', 'mcp_server'],
  params: PARAMS,
  ...TIMES,
}
const INTENT_EXAMPLE = '{"intent": "server.tool", "params": {…}}'
const CALL_EXAMPLE = '{"name": "server.tool", "arguments": {…}}'
const BATCH_EXAMPLE = `{"requests": [${INTENT_EXAMPLE}, …]}, 1 to ${MAX_BATCH} of them`
const CODE_EXAMPLE = '{"code": "return await tools.server.tool({…})"}'
const SEARCH_EXAMPLE = '{"query": "product action object"}'

/** A request for one intent or tool, before it is known which. */
export interface NamedRequest extends IntentRequest {
  readonly params: Readonly<Record<string, unknown>>
  /** The server, where it is named apart from the tool. */
  readonly server?: string
  /** Fields that are none of a request's: parameters, where the request has no field for these. */
  readonly loose: Readonly<Record<string, unknown>>
  /** A correct request in the words of the caller. */
  readonly example: string
}

/** The envelope of `execute_intent` and `call_tool`; throws `INVALID_REQUEST` with the path and what was expected. */
export function parseIntentRequest(request: unknown, path = ''): NamedRequest {
  if (isPlain(request)) {
    const { intent, params = NOTHING } = request
    shallowEnough(params, at(path, 'params'))
    return { intent, params, loose: NOTHING, example: INTENT_EXAMPLE }
  }
  const given = decoded(request)
  // A list of requests may name what needs no parameters.
  const envelope = intentEnvelope(typeof given === 'string' && path !== '' ? { intent: given } : given, path)
  const example = isCall(given) ? CALL_EXAMPLE : INTENT_EXAMPLE
  const intent = envelope.get('intent')
  if (typeof intent !== 'string' || intent.trim() === '' || intent.length > MAX_NAME)
    throw invalid(
      intent === undefined ? at(path, isCall(given) ? 'name' : 'intent') : envelope.path('intent'),
      example,
      intent,
    )
  if (path !== '') refuseOfBatch(envelope)
  const params = paramsOf(envelope)
  if ('params' in params) refuseRest(envelope, path, example)
  shallowEnough(params, envelope.path('params'))
  return {
    intent: intent.trim(),
    params: {},
    loose: {},
    ...params,
    example: example.replace('server.tool', intent),
    ...serverOf(envelope),
    ...timesOf(envelope),
  }
}

/** The envelope of `execute_batch`; its requests are checked one by one later, so that one bad request fails alone. */
export function parseBatchRequest(request: unknown): {
  readonly requests: readonly unknown[]
  readonly timeoutMs?: number
  readonly session?: string
} {
  const given = decoded(request)
  if (Array.isArray(given)) return parseBatchRequest({ requests: given })
  const envelope = readEnvelope(given, {
    fields: { requests: ['requests', 'intents', 'calls', 'batch', 'operations', 'tool_calls', 'tools'], ...TIMES },
    example: BATCH_EXAMPLE,
  })
  const listed = envelope.get('requests')
  const isAlone = listed === undefined && NAMES.some((name) => typeof envelope.rest[name] === 'string')
  const requests = isAlone ? [envelope.rest] : isRecord(listed) ? [listed] : listed
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > MAX_BATCH)
    throw invalid(envelope.path('requests'), BATCH_EXAMPLE, requests)
  if (!isAlone) refuseRest(envelope, '', BATCH_EXAMPLE)
  return { requests, ...timesOf(envelope) }
}

/** The envelope of `execute_code`. */
export function parseCodeRequest(request: unknown): CodeRequest {
  const envelope = readEnvelope(request, {
    fields: { code: ['code', 'source', 'script', 'program', 'typescript', 'javascript'], params: PARAMS, ...TIMES },
    example: CODE_EXAMPLE,
    texts: ['code'],
  })
  const given = envelope.get('code')
  const code = Array.isArray(given) && given.every((line) => typeof line === 'string') ? given.join('\n') : given
  if (typeof code !== 'string' || code.trim() === '') throw invalid(envelope.path('code'), CODE_EXAMPLE, code)
  refuseRest(envelope, '', `${CODE_EXAMPLE.slice(0, -1)}, "params": {…}}, of which code sees params`)
  const params = envelope.get('params') ?? {}
  shallowEnough(params, envelope.path('params'))
  return { code, params, ...timesOf(envelope) }
}

/** The envelope of `search`; the query itself is checked by the index. */
export function parseSearchRequest(request: unknown): SearchRequest {
  const given = decoded(request)
  const envelope = readEnvelope(typeof given === 'string' || Array.isArray(given) ? { query: given } : given, {
    fields: {
      query: ['query', 'queries', 'q', 'text', 'search', 'need', 'keywords'],
      server: ['server', 'serverName', 'server_name', 'mcp_server'],
      limit: ['limit', 'max_results', 'maxResults', 'top_k', 'count'],
      detail: ['detail'],
    },
    example: SEARCH_EXAMPLE,
  })
  refuseRest(envelope, '', `${SEARCH_EXAMPLE.slice(0, -1)}, and "server", "limit" or "detail" if need be}`)
  // A server alone asks for its tools.
  const query = envelope.get('query') ?? (envelope.get('server') === undefined ? undefined : '*')
  const isList = Array.isArray(query) && query.every((text) => typeof text === 'string')
  if (typeof query !== 'string' && !isList) throw invalid(envelope.path('query'), SEARCH_EXAMPLE, query)
  const detail = envelope.get('detail')
  const known = (['name', 'signature', 'full'] as const).find((one) => one === detail)
  if (detail !== undefined && known === undefined)
    throw invalid(envelope.path('detail'), '"name", "signature" or "full"', detail)
  // Keywords that come one by one are one need.
  const isOneNeed = isList && envelope.path('query') === 'keywords'
  return {
    query: isOneNeed ? query.join(' ') : query,
    ...serverOf(envelope),
    ...limitOf(envelope),
    ...(known === undefined ? {} : { detail: known }),
  }
}

/** The envelope of a list of names. */
export function parseListRequest(request: unknown): ListRequest {
  const envelope = readEnvelope(request ?? {}, {
    fields: { server: ['server', 'serverName', 'server_name', 'name'] },
    example: '{} or {"server": "name"}',
  })
  refuseRest(envelope, '', '{} or {"server": "name"}')
  return serverOf(envelope)
}

/** The envelope of a description, by names or by need. */
export function parseDescribeRequest(request: unknown): DescribeRequest {
  const given = decoded(request)
  const envelope = readEnvelope(typeof given === 'string' || Array.isArray(given) ? { names: given } : given, {
    fields: {
      names: ['names', 'name', 'tools', 'tool', 'intents', 'intent', 'ids', 'id'],
      need: ['need', 'query', 'q', 'search', 'keywords'],
      limit: ['limit', 'max_results', 'maxResults', 'top_k', 'count'],
    },
    example: '{"names": ["server.tool", …]}',
  })
  refuseRest(envelope, '', '{"names": ["server.tool", …]} or {"need": "product action object"}')
  const names = envelope.get('names')
  const need = envelope.get('need')
  const limit = limitOf(envelope)
  if (names === undefined && need !== undefined) {
    const text = Array.isArray(need) ? need.join(' ') : need
    if (typeof text !== 'string') throw invalid(envelope.path('need'), 'a text', need)
    return { need: text, ...limit }
  }
  const list: unknown = typeof names === 'string' ? names.split(/\s*,\s*/).filter(Boolean) : names
  if (!isNameList(list)) throw invalid(envelope.path('names'), `1 to ${MAX_BATCH} names of tools or intents`, names)
  return { names: list }
}

/** The arguments of `tools.search(query, {server, limit})` in a program. */
export function parseSearchCall(list: unknown): SearchRequest {
  const [query, options = {}] = Array.isArray(list) ? (list as unknown[]) : []
  if (isRecord(query)) return parseSearchRequest(query)
  const envelope = readEnvelope(options ?? {}, {
    fields: { server: ['server'], limit: ['limit'] },
    path: 'options',
    example: 'tools.search(query, {server, limit})',
  })
  refuseRest(envelope, 'options', 'tools.search(query, {server, limit})')
  return { ...parseSearchRequest({ query }), ...serverOf(envelope), ...limitOf(envelope) }
}

/** True for the usual request, which is written as declared: its fields need not be looked for (bench: 0.3 µs instead of 2). */
function isPlain(request: unknown): request is Pick<IntentRequest, 'intent' | 'params'> {
  if (!isRecord(request)) return false
  for (const field in request) if (field !== 'intent' && field !== 'params') return false
  const { intent, params } = request
  const isNamed = typeof intent === 'string' && intent.trim() === intent && intent !== '' && intent.length <= MAX_NAME
  return isNamed && (params === undefined || isRecord(params))
}

/** What a batch has once for all its requests. */
function refuseOfBatch(envelope: Envelope): void {
  const field = ['session', 'idempotencyKey'].find((one) => envelope.get(one) !== undefined)
  if (field !== undefined)
    throw invalid(envelope.path(field), 'one for the whole batch, beside its requests', envelope.get(field))
}

/** Reads the fields of a request; one that lies whole in another one's parameters is taken out. */
function intentEnvelope(request: unknown, path: string): Envelope {
  const envelope = readEnvelope(request, { fields: INTENT_FIELDS, path, example: INTENT_EXAMPLE, texts: ['intent'] })
  const inner = envelope.get('params') ?? decoded(envelope.rest['request'])
  const isWrapped = envelope.get('intent') === undefined && isRecord(inner) && NAMES.some((name) => name in inner)
  return isWrapped ? intentEnvelope(inner, path) : envelope
}

/** The parameters, or the fields that may be some: `input: 'text'` is a parameter of this name. */
function paramsOf(envelope: Envelope): Pick<NamedRequest, 'params'> | Pick<NamedRequest, 'loose'> {
  const params = envelope.get('params')
  const name = envelope.path('params').split('.').at(-1) ?? ''
  if (params === undefined) return { loose: envelope.rest }
  if (isRecord(params)) return { params }
  if (params === '' || (Array.isArray(params) && params.length === 0)) return { params: {} }
  if (CERTAIN.has(name)) throw invalid(envelope.path('params'), 'an object with the parameters by name', params)
  return { loose: { ...envelope.rest, [name]: params } }
}

function isCall(given: unknown): boolean {
  return isRecord(given) && !('intent' in given) && ('name' in given || 'arguments' in given)
}

function isNameList(list: unknown): list is string[] {
  return (
    Array.isArray(list) &&
    list.length > 0 &&
    list.length <= MAX_BATCH &&
    list.every((name) => typeof name === 'string' && name !== '')
  )
}

function timesOf(envelope: Envelope): { readonly timeoutMs?: number; readonly session?: string } {
  const session = envelope.get('session')
  if (session !== undefined && typeof session !== 'string')
    throw invalid(envelope.path('session'), 'the handle of a session', session)
  return { ...timeoutOf(envelope), ...(session === undefined || session === '' ? {} : { session }) }
}

function timeoutOf(envelope: Envelope): { readonly timeoutMs?: number } {
  const given = envelope.get('timeoutMs')
  if (given === undefined) return {}
  const timeoutMs = wholeNumber(given, 1, MAX_TIMEOUT_MS)
  if (timeoutMs === undefined) throw invalid(envelope.path('timeoutMs'), 'a whole number of milliseconds ≥ 1', given)
  return { timeoutMs }
}

function serverOf(envelope: Envelope): { readonly server?: string } {
  const server = envelope.get('server')
  if (server === undefined || server === '') return {}
  if (typeof server !== 'string') throw invalid(envelope.path('server'), 'the name of a server', server)
  return { server }
}

function limitOf(envelope: Envelope): { readonly limit?: number } {
  const given = envelope.get('limit')
  if (given === undefined) return {}
  const limit = wholeNumber(given, 1, Number.MAX_SAFE_INTEGER)
  if (limit === undefined) throw invalid(envelope.path('limit'), `a whole number from 1 to ${MAX_LIMIT}`, given)
  // Whoever asks for more gets the most there is.
  return { limit: Math.min(limit, MAX_LIMIT) }
}

function shallowEnough(value: unknown, path: string): void {
  if (isDeeperThan(value, MAX_DEPTH)) throw invalid(path, `at most ${MAX_DEPTH} levels`, { deeper: true })
}
