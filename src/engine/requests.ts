import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import type {
  BatchRequest,
  CodeRequest,
  DescribeRequest,
  IntentRequest,
  ListRequest,
  SearchRequest,
  ToolRequest,
} from './engine.ts'
import { cutText } from '../internal/text.ts'

/** Most requests in one batch. */
export const MAX_BATCH = 50
const MAX_DEPTH = 200
const MAX_NAME = 300
/** Read before the request is; a batch has one for all its requests. */
const KEY = 'idempotencyKey'

/** The envelope of `execute_intent`; throws `INVALID_REQUEST` with the path and what was expected. */
export function parseIntentRequest(request: unknown, path = ''): IntentRequest {
  const own = path === '' ? ['session', KEY] : []
  const fields = record(request, path, ['intent', 'params', 'timeoutMs', ...own])
  const { intent, params = {} } = fields
  if (typeof intent !== 'string' || intent === '' || intent.length > MAX_NAME) {
    throw invalid(at(path, 'intent'), `the name of an intent or tool (1 to ${MAX_NAME} characters)`, intent)
  }
  if (!isRecord(params)) throw invalid(at(path, 'params'), 'an object', params)
  shallowEnough(params, at(path, 'params'))
  return { intent, params, ...timeout(fields, path), ...session(fields) }
}

/** The envelope of `execute_batch`; its requests are checked one by one later, so that one bad request fails alone. */
export function parseBatchRequest(request: unknown): {
  readonly requests: readonly unknown[]
  readonly timeoutMs?: number
  readonly session?: string
} {
  const fields = record(request, '', ['requests', 'timeoutMs', 'session', KEY])
  const { requests } = fields
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > MAX_BATCH) {
    throw invalid('requests', `an array of 1 to ${MAX_BATCH} requests {intent, params}`, requests)
  }
  return { requests, ...timeout(fields, ''), ...session(fields) } satisfies Record<
    keyof Pick<BatchRequest, 'requests'>,
    unknown
  >
}

/** The envelope of `execute_code`. */
export function parseCodeRequest(request: unknown): CodeRequest {
  const fields = record(request, '', ['code', 'params', 'timeoutMs', 'session', KEY])
  const { code, params = {} } = fields
  if (typeof code !== 'string' || code.trim() === '') throw invalid('code', 'TypeScript source', code)
  shallowEnough(params, 'params')
  return { code, params, ...timeout(fields, ''), ...session(fields) }
}

/** The envelope of `search`; the query itself is checked by the index. */
export function parseSearchRequest(request: unknown): SearchRequest {
  const fields = record(request, '', ['query', 'server', 'limit', 'detail'])
  const { query, server, limit, detail } = fields
  const texts = Array.isArray(query) && query.every((text) => typeof text === 'string')
  if (typeof query !== 'string' && !texts) throw invalid('query', 'a text or an array of texts', query)
  if (server !== undefined && typeof server !== 'string') throw invalid('server', 'the name of a server', server)
  if (limit !== undefined && !isWhole(limit, 1, 20)) throw invalid('limit', 'a whole number from 1 to 20', limit)
  if (detail !== undefined && !['name', 'signature', 'full'].includes(detail as string)) {
    throw invalid('detail', '"name", "signature" or "full"', detail)
  }
  return fields as unknown as SearchRequest
}

/** The envelope of a call that is passed through. */
export function parseToolRequest(request: unknown): ToolRequest {
  const { tool, arguments: params = {} } = record(request, '', ['tool', 'arguments'])
  if (typeof tool !== 'string') throw invalid('tool', 'the name of a tool', tool)
  if (!isRecord(params)) throw invalid('arguments', 'an object', params)
  shallowEnough(params, 'arguments')
  return { tool, arguments: params }
}

/** The envelope of a list of names. */
export function parseListRequest(request: unknown): ListRequest {
  const { server } = record(request, '', ['server'])
  if (server === undefined) return {}
  if (typeof server !== 'string') throw invalid('server', 'the name of a server', server)
  return { server }
}

/** The envelope of a description, by names or by need. */
export function parseDescribeRequest(request: unknown): DescribeRequest {
  const { names, need, limit } = record(request, '', ['names', 'need', 'limit'])
  if (limit !== undefined && !isWhole(limit, 1, 20)) throw invalid('limit', 'a whole number from 1 to 20', limit)
  if (typeof need === 'string' && names === undefined) return limit === undefined ? { need } : { need, limit }
  const list = typeof names === 'string' ? [names] : names
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    list.length > MAX_BATCH ||
    list.some((name) => typeof name !== 'string')
  )
    throw need === undefined
      ? invalid('names', `1 to ${MAX_BATCH} names of tools or intents`, names)
      : invalid('need', 'a text', need)
  return { names: list as string[] }
}

/** The arguments of `tools.search(query, {server, limit})` in a program. */
export function parseSearchCall(list: unknown): SearchRequest {
  const [query, options = {}] = Array.isArray(list) ? (list as unknown[]) : []
  const { server, limit } = record(options, 'options', ['server', 'limit'])
  return parseSearchRequest({
    query,
    ...(server === undefined ? {} : { server }),
    ...(limit === undefined ? {} : { limit }),
  })
}

function record(request: unknown, path: string, known: readonly string[]): Record<string, unknown> {
  if (!isRecord(request)) throw invalid(path === '' ? 'request' : path, `an object with ${known.join(', ')}`, request)
  const odd = Object.keys(request).find((key) => !known.includes(key))
  if (odd !== undefined) throw invalid(at(path, cutText(odd, 60)), `one of ${known.join(', ')}`, 'an unknown field')
  return request
}

function timeout(fields: Record<string, unknown>, path: string): { readonly timeoutMs?: number } {
  const { timeoutMs } = fields
  if (timeoutMs === undefined) return {}
  if (!isWhole(timeoutMs, 1, 86_400_000))
    throw invalid(at(path, 'timeoutMs'), 'a whole number of milliseconds ≥ 1', timeoutMs)
  return { timeoutMs }
}

function session({ session }: Record<string, unknown>): { readonly session?: string } {
  if (session === undefined) return {}
  if (typeof session !== 'string' || session === '') throw invalid('session', 'the handle of a session', session)
  return { session }
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}

function shallowEnough(value: unknown, path: string): void {
  if (isDeeperThan(value, MAX_DEPTH)) throw invalid(path, `at most ${MAX_DEPTH} levels`, 'a deeper value')
}

function at(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`
}

function invalid(path: string, expected: string, found: unknown): OptimizerError {
  const shown = found === undefined ? 'nothing' : typeof found === 'string' ? `"${cutText(found, 60)}"` : kindOf(found)
  return new OptimizerError('INVALID_REQUEST', `cannot read ${path}: found ${shown}, wanted ${expected}`, {
    details: { path, expected },
  })
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : cutText(String(value), 60)
}
