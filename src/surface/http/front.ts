import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access } from '../../access/access.ts'
import type { Callers, Profiles } from '../../access/callers.ts'
import type { Rate } from '../../access/grant.ts'
import type { JwtOptions } from '../../access/jwt.ts'
import { createRates } from '../../access/rates.ts'
import type { Engine } from '../../engine/engine.ts'
import { OptimizerError } from '../../errors.ts'
import { createDispatcher, failure, isRequestId, MODERN_VERSION, type RequestId, VERSION_KEY } from '../dispatch.ts'
import { isRecord } from '../../internal/json.ts'
import { createMemo } from '../../internal/memo.ts'
import { LiveSet } from '../../internal/live-set.ts'
import { createAborter } from '../../internal/signal.ts'
import type { Front, Fronts } from '../fronts.ts'
import { createHeldPlaces } from '../held.ts'
import type { Surface } from '../surface.ts'
import { type Address, readAddress } from './address.ts'
import { readJsonBody } from './body.ts'
import type { Guard } from './guard.ts'
import { idempotencyKeys } from './idempotency-key.ts'
import { sendJson, serveMcp } from './mcp-endpoint.ts'
import { type HttpMonitor, serveHealth, serveMonitor } from './monitor-endpoints.ts'
import { isPagePath, type Pages } from './pages.ts'
import { createProtectedResource } from './protected-resource.ts'
import { createSessionLinks, type SessionLinks } from './session-links.ts'
import { serveRpc } from './rpc-endpoint.ts'

/** The bounds of an HTTP front, and what it has beside the protocol. */
export interface HttpFrontOptions {
  /** @default 4194304 */
  readonly maxBodyBytes?: number
  /** Values in a JSON body, those inside of others too. @default 1000000 */
  readonly maxBodyValues?: number
  /** Requests served side by side; more get 503. @default 1000 */
  readonly maxRequests?: number
  /** Milliseconds for requests in flight when closing. @default 3000 */
  readonly graceMs?: number
  /** With it there are `/metrics` and `/status`, and `/readyz` knows of the event loop. */
  readonly monitor?: HttpMonitor
  /** With them there is `/ui`, for people. */
  readonly pages?: Pages
  /** Those who have tokens of their own. @default nobody */
  readonly callers?: Callers
  /** The authorization server of the callers' tokens, told to clients that log in. */
  readonly protectedBy?: Pick<JwtOptions, 'issuer' | 'askFor'>
  /** Where clients reach this front. @default as they asked */
  readonly publicUrl?: string
  /** Makes what a view of the gateway needs that is not the whole of it. @default the one surface for all */
  readonly fronts?: Fronts
  /** Parts of the catalog that addresses can name. @default none */
  readonly profiles?: Profiles
}

/** The paths of a gateway over HTTP, wherever their requests come from. */
export interface HttpFront {
  /** Answers one request of whomever `guard` lets in; undefined: not yet. Never rejects. */
  serve(request: IncomingMessage, response: ServerResponse, guard: Guard | undefined): Promise<void>
  /** No new requests from now on; those that only wait end. */
  close(): void
  /** Ends what is still in flight. */
  abort(): void
  /** Requests in flight. */
  readonly size: number
}

/** Clients of the eras with `initialize` send back what they get with its answer. */
const SESSION_HEADER = 'mcp-session-id'

/**
 * `/mcp` (MCP streamable HTTP, both eras), `/rpc` (JSON-RPC 2.0), `/healthz` and `/readyz`, to operators `/metrics` and
 * `/status`, to people `/ui`.
 */
export function createFront(engine: Engine, surface: Surface, options: HttpFrontOptions = {}): HttpFront {
  const {
    maxBodyBytes = 4 * 1024 * 1024,
    maxBodyValues = 1_000_000,
    maxRequests = 1_000,
    monitor,
    pages,
    fronts,
    profiles = {},
  } = options
  const places = createHeldPlaces()
  const dispatchers = createMemo((front: Front) => createDispatcher(front.engine, front.surface, places))
  const whole: Front = { engine, surface }
  const rates = createRates()
  const resource = createProtectedResource(options.protectedBy, options.publicUrl)
  /** Apart for each front, as each tells of what it shows. */
  const opened = new Set<SessionLinks>()
  const linksOf = createMemo((front: Front) => {
    const links = createSessionLinks((principal, notify) => dispatchers.of(front).openLink(principal, notify))
    opened.add(links)
    return links
  })
  const calls = new LiveSet<AbortController>()
  /** Requests that end with their client alone. */
  const held = new LiveSet<AbortController>()
  let draining = false
  /** Takes part in the bound of requests and in the drain; a client that leaves takes its call with it. */
  const admit = (response: ServerResponse): Admitted | undefined => {
    if (draining || calls.size >= maxRequests) {
      refuse(response, 503, draining ? 'shutting down' : 'too many requests at once', { 'retry-after': '1' })
      return undefined
    }
    const call = createAborter()
    let place = calls.add(call)
    response.once('close', () => {
      if (!response.writableFinished) call.abort(new OptimizerError('CANCELLED', 'the client left'))
    })
    return {
      signal: call.signal,
      hold() {
        place[Symbol.dispose]()
        place = held.add(call)
        if (draining) call.abort()
      },
      [Symbol.dispose]: () => place[Symbol.dispose](),
    }
  }

  const frontFor = async (access: Access, { profile, mode }: Address): Promise<Front> => {
    const seen = profile === undefined ? access : [...access, profile]
    if (seen.length === 0 && mode === undefined) return whole
    if (fronts === undefined)
      throw new OptimizerError('INTERNAL', 'this front was opened without a way to show a part of the gateway')
    return await fronts({ access: seen, ...(mode === undefined ? {} : { mode }) })
  }

  /** GET of a session opens the event stream on which its client is told things unasked; DELETE ends the session. */
  const serveSession = async ({
    session,
    principal,
    front,
    request,
    response,
    call,
  }: SessionRequest): Promise<void> => {
    if (!(await engine.isSession(session, principal))) return refuseSession(response, null)
    if (request.method === 'DELETE') {
      linksOf.of(front).end(session)
      return void response.writeHead(204).end()
    }
    if (!/text\/event-stream|\*\/\*/.test(request.headers.accept ?? ''))
      return refuse(response, 406, 'Accept must name text/event-stream')
    const taken = places.take(principal)
    if (typeof taken === 'string') return refuse(response, 503, taken, { 'retry-after': '10' })
    using _place = taken
    call.hold()
    const lastEventId = request.headers['last-event-id']
    const stream = { lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined, signal: call.signal }
    await linksOf.of(front).stream(session, principal, response, stream)
  }

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    guard: Guard | undefined,
  ): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const reads = request.method === 'GET' || request.method === 'HEAD'
    if (path === '/healthz' || path === '/readyz') {
      if (!reads) return refuse(response, 405, 'only GET', { allow: 'GET, HEAD' })
      const refusing = draining ? 'draining' : calls.size >= maxRequests ? 'busy' : undefined
      return serveHealth(path, response, refusing, monitor)
    }
    if (guard === undefined) return refuse(response, 503, 'starting')
    if (pages !== undefined && isPagePath(path)) {
      const refusal = guard.checkPlace(request)
      if (refusal !== undefined) return refuse(response, refusal.status, refusal.reason)
      using call = admit(response)
      if (call === undefined) return
      return await pages.serve(request, response, { guard, maxBodyBytes, signal: call.signal })
    }
    if (path === '/' && reads) {
      const refusal = guard.checkPlace(request)
      if (refusal !== undefined) return refuse(response, refusal.status, refusal.reason)
      return frontDoor(response, monitor, pages)
    }
    const metadata = reads ? resource.metadata(request) : undefined
    if (metadata !== undefined) {
      const refusal = guard.checkPlace(request)
      if (refusal !== undefined) return refuse(response, refusal.status, refusal.reason)
      return sendJson(response, 200, metadata)
    }
    const verdict = await guard.check(request)
    const isOpen = path === '/metrics' && monitor?.openMetrics === true
    if ('status' in verdict && !isOpen) {
      const isChallenge = verdict.status === 401 || verdict.scope !== undefined
      const challenge = isChallenge ? { 'www-authenticate': resource.challenge(request, verdict) } : {}
      return refuse(response, verdict.status, verdict.reason, challenge)
    }
    // Figures and states are of all servers and of everybody.
    const isOperator = 'status' in verdict || verdict.isOperator
    if (monitor !== undefined && reads && isOperator && (await serveMonitor(path, request, response, monitor))) return
    const address = 'status' in verdict ? undefined : readAddress(request.url ?? '', profiles)
    if ('status' in verdict || address === undefined)
      return refuse(response, 404, `not found: there are ${isOperator ? paths(monitor, pages) : '/mcp, /rpc'}`)
    if (typeof address === 'string') return sendJson(response, 400, failure(null, -32_600, address))
    const { session } = sessionOf(request)
    const isOfSession = address.endpoint === '/mcp' && session !== undefined && !isModern(request)
    if (request.method !== 'POST' && !(isOfSession && (request.method === 'GET' || request.method === 'DELETE')))
      return refuse(response, 405, 'only POST', { allow: 'POST' })
    const { rate, access, principal } = verdict
    const waitS = rate === undefined ? undefined : await rates.take(principal, rate)
    if (rate !== undefined && waitS !== undefined)
      return refuse(response, 429, tooOften(rate, waitS), { 'retry-after': String(waitS) })
    using call = admit(response)
    if (call === undefined) return
    const front = await frontFor(access, address)
    if (request.method !== 'POST' && session !== undefined)
      return await serveSession({ session, principal, front, request, response, call })
    const body = await readJsonBody(request, { maxBytes: maxBodyBytes, maxValues: maxBodyValues })
    // The connection stays: a client that still writes would find it broken, and not the reason.
    if ('status' in body) return refuse(response, body.status, body.reason)
    const caller = { principal, ...sessionOf(request), ...traceOf(request), signal: call.signal }
    if (address.endpoint === '/mcp') {
      if (await isForeign(engine, request, body.value, caller)) return refuseSession(response, idIn(body.value))
      let named = session
      if (isInitialize(body.value)) {
        // Without it the client has no session by itself, and may still name one.
        named = await engine.openSession(principal).catch(() => undefined)
        if (named !== undefined) response.setHeader(SESSION_HEADER, named)
      }
      const link = named === undefined ? undefined : () => linksOf.of(front).of(named, principal)
      const endpoint = { body: body.value, hold: () => call.hold(), link, ...caller }
      return await serveMcp(dispatchers.of(front), request, response, endpoint)
    }
    const keyOf = idempotencyKeys(request)
    const result = await serveRpc(front.engine, front.surface, body.value, { ...caller, keyOf })
    if (result === undefined) return void response.writeHead(204).end()
    sendJson(response, 200, result)
  }

  return {
    async serve(request, response, guard) {
      response.setHeader('x-content-type-options', 'nosniff')
      await answer(request, response, guard).catch(() => {
        if (!response.headersSent) refuse(response, 500, 'the gateway failed inside')
        else response.end()
      })
    },
    close() {
      draining = true
      for (const call of held) call.abort(closing())
      for (const links of opened) links[Symbol.dispose]()
    },
    abort() {
      for (const call of calls) call.abort(closing())
    },
    get size() {
      return calls.size
    },
  }
}

function closing(): OptimizerError {
  return new OptimizerError('CANCELLED', 'the gateway is closing')
}

function sessionOf({ headers }: IncomingMessage): { readonly session?: string } {
  const session = headers[SESSION_HEADER]
  return typeof session === 'string' && session !== '' ? { session } : {}
}

function isModern({ headers }: IncomingMessage): boolean {
  return headers['mcp-protocol-version'] === MODERN_VERSION
}

function refuseSession(response: ServerResponse, id: RequestId | null): void {
  const reason = 'session not found: the one in Mcp-Session-Id is not known here; begin a new one with initialize'
  sendJson(response, 404, failure(id, -32_001, reason))
}

/** A request that is about a session itself. */
interface SessionRequest {
  readonly session: string
  readonly principal: string
  readonly front: Front
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly call: Admitted
}

/** A request that is under way, and takes part in the bound of requests. */
interface Admitted extends Disposable {
  readonly signal: AbortSignal
  /** It is held open from now on, and takes the place of no call. */
  hold(): void
}

/** True where the client goes on with a session of before our start, or of somebody else: a 404 lets it begin anew. */
async function isForeign(
  engine: Engine,
  { headers }: IncomingMessage,
  body: unknown,
  { session, principal }: { readonly session?: string; readonly principal: string },
): Promise<boolean> {
  if (session === undefined || isInitialize(body) || headers['mcp-protocol-version'] === MODERN_VERSION) return false
  const params = isRecord(body) && isRecord(body['params']) ? body['params'] : {}
  if (isRecord(params['_meta']) && params['_meta'][VERSION_KEY] !== undefined) return false
  return !(await engine.isSession(session, principal))
}

function idIn(body: unknown): RequestId | null {
  return isRecord(body) && isRequestId(body['id']) ? body['id'] : null
}

function isInitialize(body: unknown): boolean {
  return isRecord(body) && body['method'] === 'initialize'
}

/** The trace that the HTTP request is part of. */
function traceOf({ headers }: IncomingMessage): { readonly httpTrace?: string } {
  const { traceparent } = headers
  return typeof traceparent === 'string' ? { httpTrace: traceparent } : {}
}

/** For people who open the address alone: the pages, or a line that says what is here. It tells nothing of the servers. */
function frontDoor(response: ServerResponse, monitor: HttpMonitor | undefined, pages: Pages | undefined): void {
  if (pages !== undefined) return void response.writeHead(302, { location: '/ui' }).end()
  const text = `mcp-optimizer: MCP clients connect to /mcp; there are ${paths(monitor, pages)}. For pages: mcp-optimizer dashboard\n`
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text)
}

function paths(monitor: HttpMonitor | undefined, pages: Pages | undefined): string {
  const ours = [...(monitor === undefined ? [] : ['/status']), ...(pages === undefined ? [] : ['/ui'])]
  const all = ['/mcp', '/rpc', '/healthz', '/readyz', ...ours]
  return [...all, ...(monitor?.scrape === undefined ? [] : ['/metrics'])].join(', ')
}

function tooOften({ requests, seconds }: Rate, waitS: number): string {
  return `too many requests: this token may make ${requests} in ${seconds} s; try again in ${waitS} s`
}

function refuse(
  response: ServerResponse,
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(response, status, failure(null, status === 400 ? -32700 : -32600, reason), headers)
}
