import { randomUUID } from 'node:crypto'
import { OptimizerError } from '../errors.ts'
import { isRecord, parseValue } from '../internal/json.ts'
import { LiveMap } from '../internal/live-map.ts'
import type { Scrub } from '../internal/scrub.ts'
import { serverText } from '../internal/text.ts'
import { type Asked, cleanMessage, isHandshake } from './clean-message.ts'
import type { Advise } from './auth/credentials.ts'
import { hasSession } from './auth/session.ts'
import { SessionExpired } from './connection.ts'
import { rewriteEvents } from './event-stream.ts'
import { bodyWords, httpFailure, type HttpRefusal, rpcErrorIn } from './http-failure.ts'
import { LARGE_MESSAGE_BYTES, type LargeMessages, ReadResult, unreadable, wantedOf } from './large-messages.ts'
import { createProgressGate, createRate, MAX_UNASKED_PER_SECOND, type ProgressGate } from './rate.ts'
import { unreachable } from './unreachable.ts'

export interface AnswerFetchOptions {
  /** Server's name, for messages. */
  readonly name: string
  readonly scrub: Scrub
  /** What a person does about a refusal of who we are. */
  readonly advise?: Advise
  /** JSON text of an answer in which integers beyond 2^53 are marked. */
  readonly mark: (json: string) => string
  /** @default large messages are read as all others */
  readonly large?: LargeMessages | undefined
  /** The stream that all answers come on (SSE of 2024-11-05) ended. */
  readonly onStreamEnd?: (reason: string) => void
}

/**
 * A `fetch` between the official client and a server: what the client would refuse for a form it does not know is put
 * right, and what it would hide (the words of a body, why nothing answered, an answer cut off) becomes an error of ours.
 */
export interface AnswerFetch {
  readonly fetch: typeof fetch
  /** What was read beside the thread that serves, where the client's result stands for it. */
  resultFor(result: unknown): ReadResult | undefined
  /** The error of ours that the client's error stands for. */
  errorFor(thrown: unknown): OptimizerError | SessionExpired | undefined
  /** No request is under way: what is held of those that nobody waits for any more is dropped. */
  rest(): void
  /** Why the handshake failed, where HTTP says it. */
  handshake(): { readonly status?: number; readonly error: OptimizerError } | undefined
}

const MAX_EVENT_CHARS = 32 * 1024 * 1024
/** Requests of a server each cost a request of ours: fewer of them are answered, the rest is dropped as notifications are. */
const MAX_ASKED_PER_SECOND = 50
/** Messages that are dropped as too many; a stream that brings more is ended. */
const MAX_DROPPED = 200_000
/** Of words in place of a message. */
const MAX_SAID_CHARS = 4_000
/** Notifications that nothing here looks at: they end before the client checks them. */
const UNREAD: ReadonlySet<unknown> = new Set(['notifications/cancelled'])
/** The client tries this often to go on with a stream. */
const RESUMPTIONS = 2
const SESSION =
  /\b(?:no|in)?\s?valid\b[^.\n]{0,20}\bsession|\b(?:unknown|missing|expired|bad|stale)\s(?:mcp[- ])?session|\bsession\b[^.\n]{0,40}\b(?:not found|invalid|expired|unknown|terminated|closed|does not exist|not valid|no longer)|\bserver (?:is )?not (?:yet )?initialized/i

export function answerFetch(inner: typeof fetch, options: AnswerFetchOptions): AnswerFetch {
  const { name, scrub, advise, mark, large } = options
  let results = new LiveMap<string, ReadResult>()
  let waiting = new LiveMap<string, Asked>()
  /** By the request that it belongs to. */
  let gates = new LiveMap<string, ProgressGate<Record<string, unknown>>>()
  const isWithin = createRate(MAX_UNASKED_PER_SECOND, 1_000)
  const isAskedWithin = createRate(MAX_ASKED_PER_SECOND, 1_000)
  /** By the last event id of the stream that was to bring the answer. */
  let resumable = new LiveMap<string, { readonly asked: Asked; failures: number }>()
  let failures = new LiveMap<string, OptimizerError>()
  let handshake: ReturnType<AnswerFetch['handshake']>

  /** An answer that stands for an error of ours. */
  const failed = ({ id }: Asked, error: OptimizerError): string => {
    const mark = randomUUID()
    failures.set(mark, error)
    return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message: mark } })
  }
  const broken = ({ method }: Asked, what: string): OptimizerError =>
    new OptimizerError('UPSTREAM_PROTOCOL', `${name} sent ${what} to ${method}`)
  const cutOff = (asked: Asked, problem: unknown, said?: string): OptimizerError =>
    OptimizerError.is(problem) ? problem : interrupted(name, asked.method, said ?? problem, scrub)

  /** What answers no request of ours, as the client takes it; undefined for what is too much of it: the client checks all it gets. */
  const unasked = (value: Record<string, unknown>): Record<string, unknown> | undefined => {
    if (value['method'] === 'notifications/progress') return progress(value)
    if (UNREAD.has(value['method'])) return undefined
    if (!isWithin() || (value['method'] !== undefined && value['id'] !== undefined && !isAskedWithin()))
      return undefined
    return cleanMessage(value, undefined)
  }

  const progress = (value: Record<string, unknown>): Record<string, unknown> | undefined => {
    const token = isRecord(value['params']) ? value['params']['progressToken'] : undefined
    const key = keyOf(token)
    if (waiting.get(key) === undefined) return undefined
    let gate = gates.get(key)
    if (gate === undefined) gates.set(key, (gate = createProgressGate()))
    const passed = gate.pass(value)
    return passed && cleanMessage(passed, undefined)
  }

  /** Progress that was held back until now. */
  const heldOf = (asked: Asked): readonly Record<string, unknown>[] => {
    const key = String(asked.id)
    const held = gates.get(key)?.rest()
    gates.delete(key)
    return held === undefined ? [] : [cleanMessage(held, undefined)]
  }

  /** A message as the client takes it; undefined where it is none. */
  const message = (value: unknown, one: Asked | undefined): Record<string, unknown> | undefined => {
    if (!isRecord(value)) return undefined
    const { id, method, error } = value
    // What could not be read has no id: here it can only be the one request.
    const isOne = (id === undefined || id === null) && error !== undefined && error !== null
    const asked = method === undefined ? waiting.get(keyOf(isOne ? one?.id : id)) : undefined
    if (asked === undefined) return unasked(value)
    const cleaned = cleanMessage(value, asked)
    waiting.delete(String(asked.id))
    if (isRecord(cleaned['result']) || cleaned['error'] !== undefined) return cleaned
    return JSON.parse(failed(asked, broken(asked, 'an answer without a result object'))) as Record<string, unknown>
  }

  /** The messages of what is too large to be read here, as {@link message} gives them. */
  const largeMessages = async (
    bytes: Uint8Array<ArrayBuffer>,
    one: Asked | undefined,
    reader: LargeMessages,
  ): Promise<readonly (Record<string, unknown> | undefined)[] | undefined> => {
    const wanted = new Map(
      [...waiting.values()].flatMap(({ id, method }) => {
        const form = wantedOf(method)
        return form === undefined ? [] : [[String(id), form] as const]
      }),
    )
    const found = await reader.read(bytes, wanted, name).catch((thrown: unknown) => {
      throw one === undefined ? thrown : unreadable(name, one.method, thrown)
    })
    return found?.map((each) => {
      if (each.kind === 'message') return message(parsed(mark(each.json)), one)
      const asked = waiting.get(each.id)
      if (asked === undefined) return undefined
      waiting.delete(each.id)
      if (each.kind === 'error') {
        const { code, message: what, suggestion } = each.error
        return JSON.parse(failed(asked, new OptimizerError(code, what, { suggestion }))) as Record<string, unknown>
      }
      const key = randomUUID()
      results.set(key, new ReadResult(each.kind === 'result' ? each.result : each.page))
      return { jsonrpc: '2.0', id: asked.id, result: { resultType: 'complete', content: [], [READ]: key } }
    })
  }

  const events = (source: ReadableStream<Uint8Array>, asked: Asked | undefined): ReadableStream<Uint8Array> => {
    let last: string | undefined
    /** What it said in place of a message. */
    let said: string | undefined
    let dropped = 0
    const passed = (found: readonly (Record<string, unknown> | undefined)[]): readonly string[] => {
      const taken = found.filter((one) => one !== undefined)
      if ((dropped += found.length - taken.length) > MAX_DROPPED)
        throw new OptimizerError('UPSTREAM_PROTOCOL', `${name} sent more than ${MAX_DROPPED} messages unasked`)
      return taken.flatMap((one) => {
        const isAnswer = asked !== undefined && one['method'] === undefined && one['id'] === asked.id
        return [...(isAnswer ? heldOf(asked) : []), one].map((each) => JSON.stringify(each))
      })
    }
    return rewriteEvents(source, {
      maxEventChars: MAX_EVENT_CHARS,
      id(id) {
        if (asked === undefined) return
        if (last !== undefined) resumable.delete(last)
        last = id
        resumable.set(id, { asked, failures: 0 })
      },
      message(data) {
        if (large !== undefined && data.length > LARGE_MESSAGE_BYTES)
          return largeMessages(new TextEncoder().encode(data), asked, large).then((found = []) => passed(found))
        const value = parsed(mark(data))
        if (value === undefined) said = data.slice(0, MAX_SAID_CHARS)
        return passed(listOf(value).map((item) => message(item, asked)))
      },
      other(type, data) {
        if (type === 'error') said = data.slice(0, MAX_SAID_CHARS)
      },
      end(problem) {
        if (asked === undefined) {
          options.onStreamEnd?.('its event stream ended')
          return undefined
        }
        const isAnswered = waiting.get(String(asked.id)) === undefined
        // The client goes on where it was: such a server ends its streams as it likes.
        if (last !== undefined && (isAnswered || problem === undefined || !OptimizerError.is(problem))) {
          if (isAnswered) resumable.delete(last)
          return undefined
        }
        return isAnswered ? undefined : failed(asked, cutOff(asked, problem, said))
      },
    })
  }

  const json = async (response: Response, asked: Asked): Promise<Response> => {
    const type = response.headers.get('content-type') ?? ''
    const bytes = new Uint8Array(
      await response.arrayBuffer().catch((problem: unknown) => {
        throw cutOff(asked, problem)
      }),
    )
    const isLarge = large !== undefined && bytes.length > LARGE_MESSAGE_BYTES
    const text = new TextDecoder().decode(isLarge ? bytes.subarray(0, MAX_SAID_CHARS) : bytes)
    if (EVENTS.test(text)) return remade(response, events(new Blob([bytes]).stream(), asked), 'text/event-stream')
    const marked = isLarge ? '' : mark(text)
    const value = isLarge ? await largeMessages(bytes, asked, large) : (parsed(marked) ?? linesOf(marked))
    const items = (isLarge ? listOf(value) : listOf(value).map((item) => message(item, asked))).filter(
      (item) => item !== undefined,
    )
    if (value !== undefined && items.length > 0) {
      if (waiting.get(String(asked.id)) !== undefined)
        throw broken(asked, `what is no answer: ${serverText(bodyWords(text, type), 500, scrub)}`)
      return remade(
        response,
        JSON.stringify(Array.isArray(value) && !(isLarge && items.length === 1) ? items : items[0]),
        'application/json',
      )
    }
    const words = serverText(bodyWords(text, type), 500, scrub)
    const what = words === '' ? 'an empty answer' : `an answer that is no JSON (${type || 'no content type'}): ${words}`
    const error = broken(asked, what)
    if (!isHandshake(asked.method)) throw error
    handshake = { error }
    return remade(response, text, type)
  }

  const refused = async (response: Response, asked: Asked | undefined, sentSession: boolean): Promise<Response> => {
    const { status, headers } = response
    const body = await response.text().catch(() => '')
    const method = asked === undefined || isHandshake(asked.method) ? 'initialize' : asked.method
    const error = httpFailure({ status, headers, body }, { name, method, scrub, ...(advise && { advise }) })
    if (asked === undefined || isHandshake(asked.method)) {
      handshake = { status, error }
      return remade(response, body, headers.get('content-type') ?? '')
    }
    waiting.delete(String(asked.id))
    throw sentSession && speaksOfSession({ status, headers, body }, asked) ? new SessionExpired(error) : error
  }

  const resumed = async (id: string, work: () => Promise<Response>): Promise<Response> => {
    const stream = resumable.get(id)
    const response = await work().catch((thrown: unknown) => {
      if (stream === undefined || ++stream.failures < RESUMPTIONS) throw thrown
    })
    if (stream === undefined && response !== undefined) return response
    const asked = stream?.asked
    if (response?.ok === true && response.body !== null)
      return remade(response, events(response.body, asked), 'text/event-stream')
    await response?.body?.cancel()
    resumable.delete(id)
    const last = asked === undefined ? '' : `data: ${failed(asked, cutOff(asked, undefined))}\n\n`
    return new Response(last, { headers: { 'content-type': 'text/event-stream' } })
  }

  const answered: typeof fetch = async (input, init) => {
    const asked = askedIn(init)
    const isRequest = asked?.id !== undefined
    if (isRequest) waiting.set(String(asked.id), asked)
    const response = await inner(input, init).catch((thrown: unknown) => {
      if (init?.signal?.aborted === true || OptimizerError.is(thrown) || thrown instanceof SessionExpired) throw thrown
      const error = unreachable(name, asked?.method ?? 'initialize', thrown, scrub)
      handshake = { error }
      throw error
    })
    const type = (response.headers.get('content-type') ?? '').toLowerCase()
    const sentSession = hasSession(input, init)
    if (!response.ok) {
      // The standing stream of a server is an offer; only where answers come on it is its refusal one.
      if (init?.method !== 'POST' && options.onStreamEnd === undefined) return response
      return await refused(response, isRequest ? asked : undefined, sentSession)
    }
    if (type.startsWith('text/event-stream') && response.body !== null)
      return remade(response, events(response.body, isRequest ? asked : undefined), type)
    return isRequest && response.status !== 202 && options.onStreamEnd === undefined
      ? await json(response, asked)
      : response
  }

  return {
    async fetch(input, init) {
      const id = new Headers(init?.headers).get('last-event-id')
      const isResumption = init?.method !== 'POST' && id !== null && resumable.get(id) !== undefined
      return isResumption ? await resumed(id, async () => await inner(input, init)) : await answered(input, init)
    },
    errorFor(thrown) {
      let inside: unknown = thrown
      for (let depth = 0; depth < 5 && inside instanceof Error; depth++) {
        if (OptimizerError.is(inside) || inside instanceof SessionExpired) return inside
        const known = failures.get(inside.message)
        failures.delete(inside.message)
        if (known !== undefined) return known
        inside = inside.cause
      }
      return undefined
    },
    resultFor(result) {
      const key = isRecord(result) ? result[READ] : undefined
      const found = typeof key === 'string' ? results.get(key) : undefined
      if (typeof key === 'string') results.delete(key)
      return found
    },
    handshake: () => handshake,
    rest() {
      if (results.size > 0) results = new LiveMap()
      if (waiting.size > 0) waiting = new LiveMap()
      if (gates.size > 0) gates = new LiveMap()
      if (resumable.size > 0) resumable = new LiveMap()
      if (failures.size > 0) failures = new LiveMap()
    },
  }
}

/** Where a result that was read elsewhere has its key, which nobody can guess. */
const READ = 'mcp-optimizer/read'

/** True for a refusal of the session, not of what was asked on it. */
function speaksOfSession({ status, body }: HttpRefusal, asked: Asked): boolean {
  const rpc = rpcErrorIn(body)
  if (SESSION.test(body.slice(0, 4_000))) return status === 404 || status === 400 || status === 410
  return status === 404 && !(rpc !== undefined && rpc.id === asked.id)
}

/** An id or a token as a key; what can be neither is no key of ours. */
function keyOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : ''
}

/** The one request, or notification (without id), that a POST carries. */
function askedIn(init: RequestInit | undefined): Asked | undefined {
  if (init?.method !== 'POST' || typeof init.body !== 'string') return undefined
  const value = init.body.length > LARGE_MESSAGE_BYTES ? endsOf(init.body) : parsed(init.body)
  if (!isRecord(value) || typeof value['method'] !== 'string') return undefined
  return value as unknown as Asked
}

/** Of a large request that the client wrote: its method stands first, its id last. */
function endsOf(body: string): unknown {
  const method = /^\{"method":"([^"\\]+)"/.exec(body.slice(0, 200))?.[1]
  const id = /,"jsonrpc":"2\.0","id":(\d+)\}$/.exec(body.slice(-200))?.[1]
  return method === undefined || id === undefined ? parsed(body) : { id: Number(id), method }
}

/** An answer that began, or was to come, and did not: the server may have acted. */
function interrupted(name: string, method: string, problem: unknown, scrub: Scrub): OptimizerError {
  const words =
    typeof problem === 'string' ? bodyWords(problem, '') : problem && unreachable(name, '', problem, scrub).message
  const reason = typeof words === 'string' ? `: ${serverText(words, 500, scrub)}` : ''
  return method === 'tools/call'
    ? new OptimizerError('OUTCOME_UNKNOWN', `${name} ended its answer to ${method} before the result${reason}`)
    : new OptimizerError('UPSTREAM_UNAVAILABLE', `${name} ended its answer to ${method} before the result${reason}`)
}

function remade(response: Response, body: string | ReadableStream<Uint8Array>, type: string): Response {
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  headers.delete('content-encoding')
  if (type !== '') headers.set('content-type', type)
  return new Response(body, { status: response.status, statusText: response.statusText, headers })
}

/** Events under another content type. */
const EVENTS = /^\ufeff?\s*(?::|data:|event:|id:|retry:)[^\n\r]*[\n\r]/

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value]
}

/** A message a line; undefined where a line is none. */
function linesOf(text: string): readonly unknown[] | undefined {
  const values = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parsed(line)]))
  return values.length === 0 || values.includes(undefined) ? undefined : values
}

function parsed(text: string): unknown {
  try {
    return parseValue(text)
  } catch {
    return undefined
  }
}
