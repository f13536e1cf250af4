import {
  Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { OptimizerError } from '../errors.ts'
import { createIntegerMarks, holdsBigInt, type IntegerMarks, toNumbers } from '../internal/bigints.ts'
import { isRecord, type JsonObject, withoutBigInts } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import { abortable } from '../internal/signal.ts'
import { within } from '../internal/within.ts'
import { cleanText, clip, messageOf, serverText } from '../internal/text.ts'
import { answerFetch } from './answer-fetch.ts'
import type { Credentials } from './auth/credentials.ts'
import type { AuthSettings } from './auth/settings.ts'
import { challengeOf, signedFetch } from './auth/signed-fetch.ts'
import { wholeResult } from './clean-message.ts'
import { boundedFetch } from './bounded-fetch.ts'
import {
  CLIENT_INFO,
  type Connect,
  type Connection,
  type ConnectionEvents,
  LEGACY_VERSION,
  LEGACY_VERSIONS,
  MODERN_VERSION,
  type SessionExpired,
} from './connection.ts'
import { type ExactFetch, exactFetch } from './exact-fetch.ts'
import type { LargeMessages } from './large-messages.ts'
import { rpcRefusal } from './refusal.ts'
import { unreachable } from './unreachable.ts'
import { refuseGateway } from './refuse-gateway.ts'
import { basicOf } from './secrets.ts'

export interface HttpOptions {
  /** `http`: streamable HTTP, then SSE when it is refused; `sse`: SSE alone. */
  readonly type: 'http' | 'sse'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** @default a login where the server asks for one and `headers` have no `Authorization` */
  readonly auth?: AuthSettings
}

/** What it shares with other servers. */
export interface HttpEnvironment {
  readonly scrub: Scrub
  /** @default large messages are read as all others */
  readonly large?: LargeMessages | undefined
  /** What we say that we can do. @default nothing */
  readonly capabilities?: JsonObject
}

const anyResult = z.looseObject({})
/** Patience with a server that is asked to end a session, milliseconds. */
const END_MS = 2_000

/** Connects to a server over HTTP, in whichever era it speaks. */
export function httpConnect(
  name: string,
  given: HttpOptions,
  { scrub: known, large, capabilities: ours = {} }: HttpEnvironment,
  credentials?: Credentials,
): Connect {
  const scrub: Scrub = credentials === undefined ? known : (text) => credentials.scrub(known(text))
  return async (events, signal) => {
    const { url, headers } = withoutCredentials(addressOf(name, given.url, scrub), given.headers)
    const options = { ...given, headers }
    checkHeaders(name, headers)
    const marks = createIntegerMarks()
    const bounded = boundedFetch(url)
    const exact = exactFetch(credentials ? signedFetch(bounded, credentials, () => sessionEnded(name)) : bounded, marks)
    const connect = async (type: HttpOptions['type'], version?: string): Promise<Connection> =>
      await open({ name, url, options, type, events, signal, marks, exact, scrub, large, credentials, version, ours })
    if (options.type === 'sse') return await connect('sse')
    try {
      return await connect('http').catch(async (thrown: unknown) => await connect('http', otherVersion(thrown)))
    } catch (thrown) {
      // What the 2025-03-26 revision says of servers from before it: a 4xx to the first POST means SSE.
      if (!(thrown instanceof HandshakeRefused) || signal.aborted) throw errorOf(thrown)
      return await connect('sse').catch(() => {
        throw thrown.error
      })
    }
  }
}

/** `localhost:8000/mcp` is an address with the scheme `localhost:`. */
function addressOf(name: string, text: string, scrub: Scrub): URL {
  const shown = serverText(text, 200, scrub)
  if (!/^https?:\/\//i.test(text))
    throw new OptimizerError(
      'UPSTREAM_UNAVAILABLE',
      `cannot reach ${name}: its url "${shown}" lacks http:// or https://`,
      {
        suggestion: `write "http://${shown}" or "https://${shown}" in the configuration`,
      },
    )
  if (URL.canParse(text)) return new URL(text)
  throw new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot reach ${name}: its url "${shown}" is no address`, {
    suggestion: 'correct its url in the configuration',
  })
}

/** `https://user:password@host` is a login by Basic, which `fetch` refuses to read; a header of the entry goes before it. */
function withoutCredentials(
  whole: URL,
  headers: HttpOptions['headers'] = {},
): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
  const basic = basicOf(whole)
  if (basic === undefined) return { url: whole, headers }
  const url = new URL(whole)
  url.username = ''
  url.password = ''
  const isNamed = Object.keys(headers).some((header) => header.toLowerCase() === 'authorization')
  return { url, headers: isNamed ? headers : { ...headers, Authorization: basic } }
}

/** The runtime's own message would show the value. */
function checkHeaders(name: string, headers: HttpOptions['headers'] = {}): void {
  for (const [header, value] of Object.entries(headers)) {
    try {
      new Headers().append(header, value)
    } catch {
      const what = /[\r\n]/.test(value) ? 'a line break' : 'a character that no header may hold'
      throw new OptimizerError(
        'UPSTREAM_UNAVAILABLE',
        `cannot reach ${name}: its header ${header.slice(0, 60)} holds ${what}`,
        {
          suggestion: 'correct this header, or the variable in it',
        },
      )
    }
  }
}

/** A 4xx to the first request. */
class HandshakeRefused extends Error {
  readonly error: OptimizerError

  constructor(error: OptimizerError) {
    super(error.message)
    this.error = error
  }
}

function errorOf(thrown: unknown): unknown {
  return thrown instanceof HandshakeRefused ? thrown.error : thrown
}

/** A version that the server names beside its refusal of ours; throws what was thrown where there is none. */
function otherVersion(thrown: unknown): string {
  const { data } = (OptimizerError.is(errorOf(thrown)) ? (errorOf(thrown) as OptimizerError).details : undefined) ?? {}
  const supported = isRecord(data) && Array.isArray(data['supported']) ? (data['supported'] as unknown[]) : []
  const other = LEGACY_VERSIONS.slice(1).find((version) => supported.includes(version))
  if (other === undefined) throw thrown
  return other
}

interface Opening {
  readonly name: string
  readonly url: URL
  readonly options: HttpOptions
  readonly type: HttpOptions['type']
  readonly events: ConnectionEvents
  readonly signal: AbortSignal
  /** How integers pass through a client that knows none beyond 2^53. */
  readonly marks: IntegerMarks
  readonly exact: ExactFetch
  readonly scrub: Scrub
  readonly credentials: Credentials | undefined
  readonly large: LargeMessages | undefined
  /** The only version that is offered. */
  readonly version: string | undefined
  /** Capabilities that we declare. */
  readonly ours: JsonObject
}

async function open({
  name,
  url,
  options,
  type,
  events,
  signal,
  marks,
  exact,
  scrub,
  credentials,
  large,
  version,
  ours,
}: Opening): Promise<Connection> {
  /** Params as the client can write them. */
  const outgoing = (params: object): Record<string, unknown> =>
    holdsBigInt(params) ? (JSON.parse(marks.stringify(params) ?? '{}') as Record<string, unknown>) : { ...params }
  const incoming = <T>(value: T): T => (exact.hasMarked() ? (marks.toBigInts(value) as T) : value)
  const client = new Client(CLIENT_INFO, {
    capabilities: ours,
    versionNegotiation: { mode: version === undefined ? 'auto' : 'legacy' },
    ...(version === undefined ? {} : { supportedProtocolVersions: [version] }),
    inputRequired: { autoFulfill: false },
  })
  let closing = false
  let lostBy = 'its connection was closed'
  const answers = answerFetch(exact.fetch, {
    name,
    scrub,
    ...(credentials && {
      advise(refusal) {
        const challenge = challengeOf(refusal)
        return challenge && credentials.advice(challenge)
      },
    }),
    mark: exact.mark,
    large,
    ...(type === 'sse' && {
      onStreamEnd(reason: string) {
        lostBy = reason
        void client.close()
      },
    }),
  })
  const init = { fetch: answers.fetch, requestInit: { headers: { ...options.headers } } }
  const transport = type === 'sse' ? new SSEClientTransport(url, init) : new StreamableHTTPClientTransport(url, init)
  const toError = (method: string, thrown: unknown, aborted: boolean): OptimizerError | SessionExpired =>
    answers.errorFor(thrown) ?? clientError({ name, method, thrown, aborted, scrub })
  client.setNotificationHandler('notifications/tools/list_changed', () => events.toolsChanged())
  client.fallbackNotificationHandler = async ({ method, params }) => events.notified?.({ method, params: params ?? {} })
  client.onclose = () => {
    if (!closing) events.lost(lostBy)
  }
  const abort = (): void => void client.close()
  signal.addEventListener('abort', abort, { once: true })
  try {
    // The client waits for streams and answers that may never come, whatever the signal says.
    await abortable(client.connect(transport, { signal }), signal)
    refuseGateway(name, client.getServerVersion())
  } catch (thrown) {
    closing = true
    void client.close().catch(() => undefined)
    if (OptimizerError.is(thrown, 'CONFIG_INVALID')) throw thrown
    const { status, error = toError('initialize', thrown, signal.aborted) } = answers.handshake() ?? {}
    const isOlder = type === 'http' && status !== undefined && status >= 400 && status < 500
    if (isOlder && OptimizerError.is(error)) throw new HandshakeRefused(error)
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
  const instructions = client.getInstructions()
  const capabilities = client.getServerCapabilities()
  let underWay = 0
  let retired = false
  const close = async (): Promise<void> => {
    closing = true
    await client.close()
  }
  /** Ends the session at the server too; one that the server has forgotten is refused there, which nobody needs to know. */
  const endSession = async (): Promise<void> => {
    if (transport instanceof StreamableHTTPClientTransport)
      await within(END_MS, transport.terminateSession()).catch(() => undefined)
    await close()
  }
  return {
    protocolVersion: client.getNegotiatedProtocolVersion() ?? LEGACY_VERSION,
    ...(instructions === undefined ? {} : { instructions: clip(cleanText(scrub(instructions)), 2_048) }),
    ...(capabilities === undefined ? {} : { capabilities, offersTools: capabilities.tools !== undefined }),
    problems: () => [],
    ...(client.getNegotiatedProtocolVersion() === MODERN_VERSION
      ? {
          async listen(filter: JsonObject) {
            const subscription = await client.listen(filter)
            return () => void subscription.close().catch(() => undefined)
          },
        }
      : {}),
    async request(method, params, request) {
      underWay++
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
        const read = answers.resultFor(result)
        if (read !== undefined) return read
        const whole = incoming(wholeResult(result))
        return method === 'tools/call' ? whole : toNumbers(whole)
      } catch (thrown) {
        exactData(thrown, incoming)
        throw toError(method, thrown, request.signal.aborted)
      } finally {
        if (--underWay === 0) answers.rest()
        if (underWay === 0 && retired) void endSession()
      }
    },
    close,
    retire() {
      retired = true
      closing = true
      if (underWay === 0) void endSession()
    },
  }
}

/** What is told where a new session does not help. */
function sessionEnded(name: string): OptimizerError {
  return new OptimizerError('UPSTREAM_UNAVAILABLE', `${name} was left: its session was opened with another login`)
}

/** The `data` of a JSON-RPC error, as values are. */
function exactData(thrown: unknown, incoming: (value: unknown) => unknown): void {
  if (typeof thrown !== 'object' || thrown === null || !('data' in thrown)) return
  Reflect.set(thrown, 'data', withoutBigInts(incoming(thrown.data)))
}

interface ClientFailure {
  readonly name: string
  readonly method: string
  readonly thrown: unknown
  readonly aborted: boolean
  readonly scrub: Scrub
}

/** What the client itself throws, in our words; never judged by its text. */
function clientError({ name, method, thrown, aborted, scrub }: ClientFailure): OptimizerError {
  if (aborted) return new OptimizerError('CANCELLED', `${method} to ${name} was cancelled`)
  if (ProtocolError.isInstance(thrown)) {
    const { code, message, data } = thrown
    return rpcRefusal({ code, message, data }, { name, method, scrub })
  }
  if (SdkError.isInstance(thrown) && thrown.code === SdkErrorCode.RequestTimeout)
    return new OptimizerError('UPSTREAM_TIMEOUT', `${name} did not answer ${method} in time`)
  if (method !== 'tools/call') return unreachable(name, method, thrown, scrub)
  const words = serverText(messageOf(thrown), 500, scrub)
  return new OptimizerError('OUTCOME_UNKNOWN', `${name} went away during ${method}: ${words}`, { cause: thrown })
}
