import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Who may talk to the gateway over HTTP. */
export interface GuardOptions {
  /** Address the server is bound to. */
  readonly host: string
  readonly port: number
  readonly token?: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/** The requester, or why he is refused. */
export type Verdict = { readonly principal: string } | { readonly status: number; readonly reason: string }

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** Checks Host and Origin (against DNS rebinding and web pages), then the bearer token. */
export function createGuard(options: GuardOptions): (request: IncomingMessage) => Verdict {
  const { host, port, token, allowedHosts, allowedOrigins } = options
  const names = isLoopback(host) ? LOOPBACK : [...LOOPBACK, host]
  const hosts = new Set([...names.flatMap((name) => [name, `${name}:${port}`]), ...allowedHosts])
  const origins = new Set([...names.flatMap((name) => [`http://${name}:${port}`, `http://${name}`]), ...allowedOrigins])
  const wanted = token === undefined ? undefined : digest(token)
  return (request) => {
    const { headers, rawHeaders } = request
    if (count(rawHeaders, 'host') !== 1 || !hosts.has(headers.host ?? ''))
      return { status: 403, reason: 'this Host is not served' }
    if (!(request.url ?? '').startsWith('/')) return { status: 400, reason: 'the request target must be a path' }
    if (headers.origin !== undefined && !origins.has(headers.origin))
      return { status: 403, reason: 'this Origin is not served' }
    if (wanted === undefined) return { principal: 'local' }
    if (count(rawHeaders, 'authorization') !== 1) return { status: 401, reason: 'a bearer token is needed' }
    const given = /^Bearer ([\x21-\x7e]+)$/i.exec(headers.authorization ?? '')?.[1]
    if (given === undefined || !timingSafeEqual(digest(given), wanted))
      return { status: 401, reason: 'the bearer token is not valid' }
    return { principal: `token:${wanted.toString('hex').slice(0, 16)}` }
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function count(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((header, index) => index % 2 === 0 && header.toLowerCase() === name).length
}
