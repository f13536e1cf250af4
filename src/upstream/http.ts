import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { OptimizerError } from '../errors.ts'
import { createIntegerMarks, holdsBigInt, type IntegerMarks, toNumbers } from '../internal/bigints.ts'
import { withoutBigInts } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import { messageOf, serverText } from '../internal/text.ts'
import { CLIENT_INFO, type Connect, type Connection, type ConnectionEvents, LEGACY_VERSION } from './connection.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { type ExactFetch, exactFetch } from './exact-fetch.ts'

export interface HttpOptions {
  /** `http`: streamable HTTP, then SSE when it is refused; `sse`: SSE alone. */
  readonly type: 'http' | 'sse'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
}

const anyResult = z.looseObject({})

/** Connects to a server over HTTP, in whichever era it speaks. */
export function httpConnect(name: string, options: HttpOptions, scrub: Scrub): Connect {
  return async (events, signal) => {
    const url = new URL(options.url)
    const marks = createIntegerMarks()
    const exact = exactFetch(boundedFetch(url), marks)
    const numbers = { marks, exact }
    if (options.type === 'sse') return await open(name, sse(url, options, exact), events, signal, numbers, scrub)
    try {
      return await open(name, streamable(url, options, exact), events, signal, numbers, scrub)
    } catch (thrown) {
      // What the 2025-03-26 revision says of servers from before it: a 4xx to the first POST means SSE.
      if (!OptimizerError.is(thrown) || thrown.details?.['trySse'] !== true || signal.aborted) throw thrown
      return await open(name, sse(url, options, exact), events, signal, numbers, scrub).catch(() => {
        throw thrown
      })
    }
  }
}

function streamable(url: URL, { headers = {} }: HttpOptions, { fetch }: ExactFetch): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(url, { fetch, requestInit: { headers: { ...headers } } })
}

function sse(url: URL, { headers = {} }: HttpOptions, { fetch }: ExactFetch): SSEClientTransport {
  return new SSEClientTransport(url, { fetch, requestInit: { headers: { ...headers } } })
}

/** How integers pass through a client that knows none beyond 2^53. */
interface Numbers {
  readonly marks: IntegerMarks
  readonly exact: ExactFetch
}

async function open(
  name: string,
  transport: StreamableHTTPClientTransport | SSEClientTransport,
  events: ConnectionEvents,
  signal: AbortSignal,
  { marks, exact }: Numbers,
  scrub: Scrub,
): Promise<Connection> {
  /** Params as the client can write them. */
  const outgoing = (params: object): Record<string, unknown> =>
    holdsBigInt(params) ? (JSON.parse(marks.stringify(params) ?? '{}') as Record<string, unknown>) : { ...params }
  const incoming = <T>(value: T): T => (exact.hasMarked() ? (marks.toBigInts(value) as T) : value)
  const client = new Client(CLIENT_INFO, {
    capabilities: {},
    versionNegotiation: { mode: 'auto' },
    inputRequired: { autoFulfill: false },
  })
  let closing = false
  client.setNotificationHandler('notifications/tools/list_changed', () => events.toolsChanged())
  client.onclose = () => {
    if (!closing) events.lost('its connection was closed')
  }
  const abort = (): void => void client.close()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await client.connect(transport, { signal })
  } catch (thrown) {
    closing = true
    await client.close().catch(() => undefined)
    throw toError(name, 'initialize', thrown, signal, scrub)
  } finally {
    signal.removeEventListener('abort', abort)
  }
  const instructions = client.getInstructions()
  return {
    protocolVersion: client.getNegotiatedProtocolVersion() ?? LEGACY_VERSION,
    ...(instructions === undefined ? {} : { instructions: serverText(instructions, 2_048, scrub) }),
    problems: () => [],
    async request(method, params, request) {
      try {
        const result = await client.request({ method, params: outgoing(params) }, anyResult, {
          signal: request.signal,
          timeout: request.timeoutMs,
          maxTotalTimeout: request.maxTotalMs,
          resetTimeoutOnProgress: true,
          allowInputRequired: true,
          // Without a callback the client sends no progress token.
          onprogress: ({ progress, total, message }) =>
            request.onProgress?.({
              progress,
              ...(total === undefined ? {} : { total }),
              ...(message === undefined ? {} : { message: serverText(message, 200, scrub) }),
            }),
        })
        return method === 'tools/call' ? incoming(result) : toNumbers(incoming(result))
      } catch (thrown) {
        exactData(thrown, incoming)
        throw toError(name, method, thrown, request.signal, scrub)
      }
    },
    async close() {
      closing = true
      await client.close()
    },
  }
}

/** The `data` of a JSON-RPC error, as values are. */
function exactData(thrown: unknown, incoming: (value: unknown) => unknown): void {
  if (typeof thrown !== 'object' || thrown === null || !('data' in thrown)) return
  Reflect.set(thrown, 'data', withoutBigInts(incoming(thrown.data)))
}

/** What the client throws, in our words: status codes and JSON-RPC codes, never a body. */
function toError(name: string, method: string, thrown: unknown, signal: AbortSignal, scrub: Scrub): OptimizerError {
  if (OptimizerError.is(thrown)) return thrown
  const { code, status, statusCode } = Object(thrown) as { code?: unknown; status?: unknown; statusCode?: unknown }
  const http = [status, statusCode, code].find((value) => typeof value === 'number' && value >= 300 && value < 600) as
    | number
    | undefined
  const text = messageOf(thrown)
  const shown = http ?? httpStatusIn(text)
  if (signal.aborted) return new OptimizerError('CANCELLED', `${method} to ${name} was cancelled`)
  if (shown === 401 || shown === 403 || /unauthorized/i.test(text)) {
    return new OptimizerError('UNAUTHORIZED', `${name} refused ${method}: HTTP ${shown ?? 401}`, {
      suggestion: "set the server's headers (a valid token) in the configuration",
    })
  }
  // These say that the server, or what stands before it, gave up while it worked.
  if (method === 'tools/call' && (shown === 500 || shown === 502 || shown === 504)) {
    return new OptimizerError('OUTCOME_UNKNOWN', `${name} gave up during ${method}: HTTP ${shown}`)
  }
  if (shown !== undefined) {
    return new OptimizerError('UPSTREAM_UNAVAILABLE', `${name} refused ${method}: HTTP ${shown}`, {
      details: { trySse: method === 'initialize' && shown >= 400 && shown < 500 },
    })
  }
  if (code === -32001 || code === 'REQUEST_TIMEOUT' || /timed? ?out/i.test(text))
    return new OptimizerError('UPSTREAM_TIMEOUT', `${name} did not answer ${method} in time`)
  if (typeof code === 'number' && code <= -32000) {
    const isCallers = method === 'tools/call'
    return new OptimizerError(
      isCallers ? 'TOOL_ERROR' : 'UPSTREAM_PROTOCOL',
      `${name} refused ${method}: ${serverText(text, 4_000, scrub)}`,
      { details: { rpcCode: code } },
    )
  }
  if (method === 'tools/call')
    return new OptimizerError(
      'OUTCOME_UNKNOWN',
      `${name} went away during ${method}: ${serverText(text, 500, scrub)}`,
      {
        cause: thrown,
      },
    )
  return new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot reach ${name}: ${serverText(text, 500, scrub)}`, {
    cause: thrown,
  })
}

function httpStatusIn(text: string): number | undefined {
  const match = /\b(?:HTTP|status|code)\D{0,3}([345]\d\d)\b/i.exec(text)
  return match === null ? undefined : Number(match[1])
}
