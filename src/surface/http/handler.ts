import { setTimeout } from 'node:timers/promises'
import { FULL_ACCESS } from '../../access/access.ts'
import { OptimizerError } from '../../errors.ts'
import type { Optimizer } from '../../optimizer.ts'
import { openSurface } from '../open-surface.ts'
import { FetchReply, toIncoming } from './fetch-exchange.ts'
import { createFront, type HttpFront, type HttpFrontOptions } from './front.ts'
import { createGuard, type Guard } from './guard.ts'

/** Whom a handler serves, and its bounds. */
export interface HandlerOptions extends HttpFrontOptions {
  /** Bearer token. @default `http.token` of the configuration */
  readonly token?: string
  /**
   * Instead of a token: the name of who asks, as the application around knows it, or undefined to refuse. Sessions and stored
   * results belong to that name.
   */
  readonly authorize?: (request: Request) => string | undefined | Promise<string | undefined>
  /** Values of Host to accept beside loopback. @default `http.allowedHosts` of the configuration */
  readonly allowedHosts?: readonly string[]
  /** Values of Origin to accept beside loopback. @default `http.allowedOrigins` of the configuration */
  readonly allowedOrigins?: readonly string[]
}

/** Answers requests of the Fetch API; disposing it drains those in flight. */
export interface Handler extends AsyncDisposable {
  (request: Request): Promise<Response>
}

/**
 * Serves a gateway inside of another application: a function from `Request` to `Response`, as Hono, Next.js and every other
 * framework on the Fetch API mounts it. The last part of the path decides: `…/mcp` (MCP streamable HTTP, both eras), `…/rpc`,
 * `…/healthz`, `…/readyz`. The guards are those of `serveHttp`. Throws `CONFIG_INVALID` without a token and without
 * `authorize`: where the application listens is not known here.
 *
 * @example
 * const handler = createHandler(optimizer, { token: process.env.GATEWAY_TOKEN })
 * app.all('/api/*', (context) => handler(context.req.raw))
 */
export function createHandler(optimizer: Optimizer, options: HandlerOptions = {}): Handler {
  const { http } = optimizer.config
  const {
    token = http.token,
    authorize,
    allowedHosts = http.allowedHosts,
    allowedOrigins = http.allowedOrigins,
  } = options
  if ((token === undefined || token === '') && authorize === undefined && options.callers?.required !== true) {
    throw new OptimizerError(
      'CONFIG_INVALID',
      'cannot make a handler without a token: anybody could reach every server',
      {
        suggestion: 'set http.token, or pass a token, or authorize: (request) => the name of who asks',
      },
    )
  }
  const bounds = { maxBodyBytes: http.maxBodyBytes, maxBodyValues: http.maxBodyValues, ...options }
  const front = openFront(optimizer, bounds)
  const guardOf = (port: number): Guard =>
    createGuard({
      host: '127.0.0.1',
      port,
      allowedHosts,
      allowedOrigins,
      ...(authorize === undefined && token !== undefined && { token }),
      ...(options.callers !== undefined && { callers: options.callers }),
    })
  const handle = async (request: Request): Promise<Response> => {
    const { pathname, search, port, protocol } = new URL(request.url)
    const place = pathname.slice(pathname.lastIndexOf('/')) + search
    const reply = new FetchReply(request.signal)
    const guard = guardOf(Number(port || (protocol === 'https:' ? 443 : 80)))
    const known = authorize === undefined ? guard : authorized(guard, await authorize(request))
    void (await front).serve(toIncoming(request, place), reply.asResponse(), known)
    return await reply.response
  }
  return Object.assign(handle, {
    [Symbol.asyncDispose]: async () => await drain(await front, options.graceMs ?? 3_000),
  })
}

/** Milliseconds between two looks at whether all requests have ended. */
const LOOK_MS = 20

async function drain(front: HttpFront, graceMs: number): Promise<void> {
  front.close()
  const until = performance.now() + graceMs
  while (front.size > 0 && performance.now() < until) await setTimeout(LOOK_MS)
  front.abort()
}

async function openFront(optimizer: Optimizer, options: HttpFrontOptions): Promise<HttpFront> {
  return createFront(optimizer, await openSurface(optimizer), options)
}

/** The guard of a request whose sender the application knows, or refuses. */
function authorized(guard: Guard, principal: string | undefined): Guard {
  return {
    ...guard,
    async check(request) {
      const refusal = guard.checkPlace(request)
      if (refusal !== undefined) return refusal
      return principal === undefined
        ? { status: 401, reason: 'the application does not know who asks' }
        : { principal, access: FULL_ACCESS, isOperator: false }
    },
  }
}
