import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Engine } from '../../engine/engine.ts'
import { OptimizerError } from '../../errors.ts'
import type { Surface } from '../surface.ts'
import { createFront, type HttpFront, type HttpFrontOptions } from './front.ts'
import { createGuard, type Guard, isLoopback } from './guard.ts'

/** Where the HTTP front listens, whom it answers, and its bounds. */
export interface HttpServerOptions extends HttpFrontOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0: any free port. @default 7331 */
  readonly port?: number
  /** Bearer token; required unless `host` is loopback. */
  readonly token?: string
  /** Further values of Host and Origin to accept. */
  readonly allowedHosts?: readonly string[]
  readonly allowedOrigins?: readonly string[]
}

/** A running HTTP front; disposing it drains requests in flight. */
export interface HttpService extends AsyncDisposable {
  /** `http://127.0.0.1:7331` */
  readonly url: string
}

/** A request's headers must be there within this time, the whole request within twice of it. */
const HEADERS_MS = 7_000

/**
 * Serves `/mcp` (MCP streamable HTTP, both eras), `/rpc` (JSON-RPC 2.0), `/healthz` and `/readyz`, to operators `/metrics` and
 * `/status`, to people `/ui`. Throws `CONFIG_INVALID` when it would be open to other machines without a token.
 */
export async function serveHttp(
  engine: Engine,
  surface: Surface,
  options: HttpServerOptions = {},
): Promise<HttpService> {
  const { host = '127.0.0.1', port = 7331, token, graceMs = 3_000, callers } = options
  if (!isLoopback(host) && (token === undefined || token === '') && callers?.required !== true) {
    throw new OptimizerError(
      'CONFIG_INVALID',
      `cannot listen on ${host} without a token: other machines could reach every configured server`,
      {
        suggestion:
          'set http.token, MCP_OPTIMIZER_HTTP_TOKEN or --token, or make tokens: mcp-optimizer token create NAME',
      },
    )
  }
  const front = createFront(engine, surface, options)
  // There once the port is known.
  let guard: Guard | undefined
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: HEADERS_MS * 2,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 16_384,
    },
    (request, response) => {
      void front.serve(request, response, guard)
    },
  )
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  await listen(server, port, host)
  const bound = (server.address() as AddressInfo).port
  guard = createGuard({
    host,
    port: bound,
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    ...(token === undefined ? {} : { token }),
    ...(callers === undefined ? {} : { callers }),
  })
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async [Symbol.asyncDispose]() {
      front.close()
      await close(server, front, graceMs)
    },
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message
      reject(
        new OptimizerError('CONFIG_INVALID', `cannot listen on ${host}:${port}: ${why}`, {
          suggestion: 'choose another port with --http PORT',
        }),
      )
    })
    server.listen(port, host, resolve)
  })
}

/** No new requests; those in flight get the grace, then are aborted. */
async function close(server: Server, front: HttpFront, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
  server.closeIdleConnections()
  const abort = setTimeout(
    () => {
      front.abort()
      setTimeout(() => server.closeAllConnections(), 200).unref()
    },
    front.size === 0 ? 0 : graceMs,
  )
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  await closed
  clearTimeout(abort)
  clearInterval(idle)
}
