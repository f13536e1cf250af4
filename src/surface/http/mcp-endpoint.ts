import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord, toJson } from '../../internal/json.ts'
import { wellFormedJson } from '../../internal/text.ts'
import type { ClientLink } from '../client-link.ts'
import { type Channel, createOutlet } from '../outlet.ts'
import { idempotencyKeys } from './idempotency-key.ts'
import {
  BUSY,
  type Dispatcher,
  envelopeFault,
  failure,
  isRequestId,
  MODERN_VERSION,
  type Outgoing,
  VERSION_KEY,
} from '../dispatch.ts'

/** What each request of the endpoint brings. */
export interface EndpointRequest {
  readonly body: unknown
  readonly principal: string
  /** Handle that the client got at `initialize` and sends with each request since. */
  readonly session?: string
  readonly signal: AbortSignal
  /** Told that the request is held open, and counts among the calls no more. */
  readonly hold: () => void
  /** `traceparent` of the HTTP request. */
  readonly httpTrace?: string
  /** How the client of a session can be told something unasked. */
  readonly link?: (() => ClientLink) | undefined
}

const MAX_BATCH = 50

/** MCP streamable HTTP: an answer as JSON, or as an event stream when progress or changes are wanted. */
export async function serveMcp(
  dispatcher: Dispatcher,
  request: IncomingMessage,
  response: ServerResponse,
  { body, ...caller }: EndpointRequest,
): Promise<void> {
  const accept = request.headers.accept ?? ''
  if (!/application\/json|\*\/\*/.test(accept) || !/text\/event-stream|\*\/\*/.test(accept)) {
    return sendJson(response, 406, failure(null, -32600, 'Accept must name application/json and text/event-stream'))
  }
  const wrong = modernFault(request, body)
  if (wrong !== undefined) return sendJson(response, 400, wrong)
  const keyOf = idempotencyKeys(request)
  if (Array.isArray(body)) {
    if (body.length === 0 || body.length > MAX_BATCH)
      return sendJson(response, 400, failure(null, -32600, `a batch has 1 to ${MAX_BATCH} messages`))
    const answers = await Promise.all(
      body.map(
        async (message, index) =>
          await dispatcher.handle(message, { ...caller, hold: undefined, notify: () => undefined, ...keyOf(index) }),
      ),
    )
    const given = answers.filter((answer) => answer !== undefined)
    return given.length === 0 ? sendNothing(response) : sendJson(response, 200, given)
  }
  let stream = wantsProgress(body) ? openStream(response) : undefined
  const isHeld = isRecord(body) && body['method'] === 'subscriptions/listen'
  const notify = (message: Outgoing): void => {
    // Once it is clear that the request is held.
    if (isHeld) stream ??= openStream(response)
    stream?.notifications.notify(message)
  }
  const answer = await dispatcher.handle(body, { ...caller, notify, ...keyOf() })
  if (stream !== undefined) {
    stream.notifications.end()
    if (answer !== undefined) stream.write(answer)
    response.end()
  } else if (answer === undefined) sendNothing(response)
  else sendJson(response, statusOf(answer), answer)
}

/** 2026-07-28: the envelope must be whole, the routing headers must be there and say what the body says; else HTTP 400. */
function modernFault(request: IncomingMessage, body: unknown): Outgoing | undefined {
  if (!isRecord(body) || typeof body['method'] !== 'string') return undefined
  const { headers } = request
  const params = isRecord(body['params']) ? body['params'] : {}
  const meta = isRecord(params['_meta']) ? params['_meta'] : {}
  const version = meta[VERSION_KEY]
  const header = headers['mcp-protocol-version']
  if (version === undefined && (header !== MODERN_VERSION || body['id'] === undefined)) return undefined
  const mismatch = version === undefined ? undefined : headerMismatch(headers, body['method'], version, params)
  const fault = mismatch === undefined ? envelopeFault(meta) : { code: -32020, message: mismatch }
  if (fault === undefined) return undefined
  const { id } = body
  return failure(isRequestId(id) ? id : null, fault.code, fault.message, fault.data)
}

function headerMismatch(
  headers: IncomingMessage['headers'],
  method: string,
  version: unknown,
  params: Readonly<Record<string, unknown>>,
): string | undefined {
  if (headers['mcp-protocol-version'] !== version) return 'MCP-Protocol-Version is not the version of the body'
  if (headers['mcp-method'] !== method) return 'Mcp-Method is not the method of the body'
  const field = NAMED[method]
  const name = field === undefined ? undefined : params[field]
  return name !== undefined && decodedHeader(headers['mcp-name']) !== name
    ? `Mcp-Name is not the ${field} of the body`
    : undefined
}

/** What `Mcp-Name` repeats, by method. */
const NAMED: Readonly<Record<string, string | undefined>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
}

/** Text that no header may hold comes in base64. */
function decodedHeader(value: unknown): unknown {
  const [, base64] = typeof value === 'string' ? (/^=\?base64\?([A-Za-z\d+/=]*)\?=$/.exec(value) ?? []) : []
  return base64 === undefined ? value : Buffer.from(base64, 'base64').toString('utf8')
}

/** Methods that may tell of progress before they answer. */
const PROGRESSING: ReadonlySet<unknown> = new Set(['tools/call', 'resources/read', 'prompts/get'])

function wantsProgress(body: unknown): boolean {
  if (!isRecord(body) || !PROGRESSING.has(body['method']) || !isRecord(body['params'])) return false
  const meta = body['params']['_meta']
  return isRecord(meta) && meta['progressToken'] !== undefined
}

interface EventStream {
  readonly write: (message: Outgoing) => void
  readonly notifications: Channel<Outgoing>
}

function openStream(response: ServerResponse): EventStream {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  const write = (message: Outgoing): void =>
    void response.write(`event: message\ndata: ${wellFormedJson(toJson(message))}\n\n`)
  return { write, notifications: createOutlet(response, write).channel() }
}

/** Errors of the envelope are HTTP errors in the 2026-07-28 era; those of a method are answers. */
function statusOf(answer: Outgoing): number {
  if (!('error' in answer)) return 200
  const { code } = answer.error
  if (code === -32601) return 404
  if (code === BUSY) return 503
  return code === -32600 || code === -32700 || code === -32021 || code === -32022 ? 400 : 200
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = wellFormedJson(toJson(value))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(text)
}

function sendNothing(response: ServerResponse): void {
  response.writeHead(202, { 'content-length': 0 })
  response.end()
}
