import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Access, FULL_ACCESS } from '../../access/access.ts'
import type { Callers } from '../../access/callers.ts'
import type { Rate } from '../../access/grant.ts'

/** Who may talk to the gateway over HTTP. */
export interface GuardOptions {
  /** Address the server is bound to. */
  readonly host: string
  readonly port: number
  readonly token?: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** Those who have tokens of their own. */
  readonly callers?: Callers
}

/** Why a request is not served. */
export interface Refusal {
  readonly status: number
  readonly reason: string
  /** The scope that would let the request in. */
  readonly scope?: string
}

/** Whose request it is, and what it may use. */
export interface Requester {
  readonly principal: string
  readonly access: Access
  readonly rate?: Rate
  /** Whose the gateway is: sees figures and states of everybody. */
  readonly isOperator: boolean
}

/** The requester, or why the request is refused. */
export type Verdict = Requester | Refusal

/** Judges requests before anything else looks at them. */
export interface Guard {
  /** Host, Origin and target (against DNS rebinding and web pages), then the bearer token. */
  check(request: IncomingMessage): Promise<Verdict>
  /** Host, Origin and target alone; undefined: they are served. */
  checkPlace(request: IncomingMessage): Refusal | undefined
  /** True for the bearer token; takes the same time for every wrong one. */
  isToken(text: string): boolean
  /** False: no token is asked for, because only this machine reaches the front. */
  readonly wantsToken: boolean
  /** Who everybody is that has no token of their own. */
  readonly principal: string
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

export function createGuard(options: GuardOptions): Guard {
  const { host, port, token, allowedHosts, allowedOrigins, callers } = options
  const names = isLoopback(host) ? LOOPBACK : [...LOOPBACK, host]
  const hosts = new Set([...names.flatMap((name) => [name, `${name}:${port}`]), ...allowedHosts])
  const origins = new Set([...names.flatMap((name) => [`http://${name}:${port}`, `http://${name}`]), ...allowedOrigins])
  const wanted = token === undefined ? undefined : digest(token)
  const principal = wanted === undefined ? 'local' : `token:${wanted.toString('hex').slice(0, 16)}`

  const checkPlace = ({ headers, rawHeaders, url = '' }: IncomingMessage): Refusal | undefined => {
    if (count(rawHeaders, 'host') !== 1 || !hosts.has(headers.host ?? ''))
      return { status: 403, reason: 'this Host is not served' }
    if (!url.startsWith('/')) return { status: 400, reason: 'the request target must be a path' }
    if (headers.origin !== undefined && !origins.has(headers.origin))
      return { status: 403, reason: 'this Origin is not served' }
    return undefined
  }
  const isToken = (text: string): boolean => wanted !== undefined && timingSafeEqual(digest(text), wanted)

  return {
    checkPlace,
    isToken,
    wantsToken: wanted !== undefined,
    principal,
    async check(request) {
      const refusal = checkPlace(request)
      if (refusal !== undefined) return refusal
      const operator = { principal, access: FULL_ACCESS, isOperator: true }
      if (wanted === undefined && callers?.required !== true) return operator
      const { headers, rawHeaders } = request
      if (count(rawHeaders, 'authorization') !== 1) return { status: 401, reason: 'a bearer token is needed' }
      const given = /^Bearer ([\x21-\x7e]+)$/i.exec(headers.authorization ?? '')?.[1]
      if (given !== undefined && isToken(given)) return operator
      const caller = given === undefined ? undefined : await callers?.find(given)
      if (caller === undefined) return { status: 401, reason: 'the bearer token is not valid' }
      return 'status' in caller ? caller : { ...caller, isOperator: false }
    },
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function count(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((header, index) => index % 2 === 0 && header.toLowerCase() === name).length
}
