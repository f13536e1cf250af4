import { OptimizerError } from '../errors.ts'
import { isRecord, parseJson } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import { SERVER_CHARS, serverText } from '../internal/text.ts'
import type { Advise } from './auth/credentials.ts'
import { rpcRefusal } from './refusal.ts'

/** A response that says no. */
export interface HttpRefusal {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

export interface HttpFailureOptions {
  /** Server's name. */
  readonly name: string
  readonly method: string
  readonly scrub: Scrub
  readonly advise?: Advise
}

/** These say that the server, or what stands before it, gave up while it worked. */
const MAY_HAVE_ACTED: ReadonlySet<number> = new Set([500, 502, 504, 520, 524])
/** These speak of the request itself. */
const REFUSES_REQUEST: ReadonlySet<number> = new Set([
  400, 402, 406, 409, 412, 413, 414, 415, 416, 422, 423, 424, 428, 431, 451,
])

/** The error for a response by its own status, in the words of its body; a JSON-RPC error in it is one, whatever the status. */
export function httpFailure(refusal: HttpRefusal, options: HttpFailureOptions): OptimizerError {
  const { status, headers, body } = refusal
  const { name, method, scrub } = options
  const challenge = headers.get('www-authenticate') ?? ''
  const retryAfterMs = retryAfter(headers.get('retry-after'))
  const details = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  const rpc = rpcErrorIn(body)
  const lacksScope = /\berror="?insufficient_scope/.test(challenge)
  if (status === 401 || (status === 403 && (rpc === undefined || lacksScope)))
    return unauthorized(
      refusal,
      options,
      lacksScope ? (parameter(challenge, 'scope') ?? 'that it asks for') : undefined,
    )
  if (rpc !== undefined) return rpcRefusal(rpc, { ...options, details })
  const said = `HTTP ${status}${wordsOf(refusal, scrub)}${retryAfterMs === undefined ? '' : `; try again in ${Math.ceil(retryAfterMs / 1_000)} s`}`
  if (method === 'tools/call' && MAY_HAVE_ACTED.has(status))
    return new OptimizerError('OUTCOME_UNKNOWN', `${name} gave up during ${method}: ${said}`, { details })
  const code = method === 'tools/call' && REFUSES_REQUEST.has(status) ? 'TOOL_ERROR' : 'UPSTREAM_UNAVAILABLE'
  return new OptimizerError(code, `${name} refused ${method}: ${said}`, {
    details,
    ...(retryAfterMs === undefined ? {} : { suggestion: 'try again after the named time' }),
  })
}

/** The JSON-RPC error that a body holds. */
export function rpcErrorIn(body: string): (Record<string, unknown> & { readonly id?: unknown }) | undefined {
  const value = dataIn(body)
  const message = Array.isArray(value) ? (value as unknown[])[0] : value
  if (!isRecord(message) || !isRecord(message['error'])) return undefined
  const { jsonrpc, id, error } = message
  const isRpc = jsonrpc !== undefined || 'id' in message || typeof error['code'] === 'number'
  return isRpc ? { ...error, id } : undefined
}

function unauthorized(
  { status, headers, body }: HttpRefusal,
  { name, method, scrub, advise }: HttpFailureOptions,
  scope: string | undefined,
): OptimizerError {
  const described = parameter(headers.get('www-authenticate') ?? '', 'error_description')
  const words = wordsOf({ status, headers, body }, scrub) || (described === undefined ? '' : `: ${described}`)
  const what =
    scope === undefined
      ? status === 401
        ? `${name} needs a login: it answered ${method} with HTTP 401`
        : `${name} refused ${method}: HTTP 403`
      : `${name} refused ${method}: its token lacks the scope ${scope} (HTTP 403)`
  const said = serverText(words, SERVER_CHARS, scrub)
  const details = { status, ...(scope === undefined ? {} : { scope }) }
  const advice = advise?.({ status, headers })
  if (advice?.isLogin !== true)
    return new OptimizerError('UNAUTHORIZED', what + said, {
      details,
      suggestion: `${advice === undefined ? '' : `log in (${advice.command}), or `}set the server's headers (a valid token with the needed scope) in the configuration`,
    })
  const { command, reason } = advice
  const why = reason === undefined ? '' : `; ${serverText(reason, SERVER_CHARS, scrub)}`
  return new OptimizerError('LOGIN_REQUIRED', `${what}${said}${why} (a person runs: ${command})`, {
    details: { ...details, command },
    suggestion: `a person runs: ${command}; then send the request again`,
  })
}

function parameter(challenge: string, name: string): string | undefined {
  const [, quoted, bare] = new RegExp(`\\b${name}=(?:"([^"]*)"|([^\\s,]+))`).exec(challenge) ?? []
  return quoted ?? bare
}

/** Seconds, or a date. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  const seconds = Number(value)
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined
}

/** What a body says, with a colon before it; empty where it says nothing. */
function wordsOf({ headers, body }: HttpRefusal, scrub: Scrub): string {
  const words = serverText(bodyWords(body, headers.get('content-type') ?? ''), SERVER_CHARS, scrub)
  return words === '' ? '' : `: ${words}`
}

/** The words of a body: the usual fields of JSON, the title of a page or its text, else all of it. */
export function bodyWords(body: string, type: string): string {
  if (/^\s*<(?:!doctype|html|head)/i.test(body) || type.includes('html')) return titleOf(body)
  const data = dataIn(body)
  if (typeof data === 'string') return data
  return data === undefined ? body : (fieldsOf(data) ?? body)
}

const FIELDS = ['error', 'title', 'code', 'message', 'error_description', 'detail', 'reason', 'details', 'errors']

function fieldsOf(data: unknown): string | undefined {
  if (Array.isArray(data)) return data.length === 1 ? fieldsOf(data[0]) : undefined
  if (!isRecord(data)) return undefined
  const texts = FIELDS.flatMap((field) => {
    const value = data[field]
    if (typeof value === 'string') return [value]
    if (typeof value !== 'object' || value === null) return []
    return [fieldsOf(value) ?? JSON.stringify(value)]
  })
  return texts.length === 0 ? undefined : [...new Set(texts)].join(': ')
}

/** Of a page that goes on for longer nothing more is read. */
const MAX_PAGE = 20_000

function titleOf(whole: string): string {
  const page = whole.slice(0, MAX_PAGE)
  const [, title] = /<(?:title|h1)[^>]*>([\s\S]*?)<\/(?:title|h1)>/i.exec(page) ?? []
  const text = title ?? page.replaceAll(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
  return text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function dataIn(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
