import { lookup } from 'node:dns'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { LookupFunction } from 'node:net'
import { OptimizerError } from '../../errors.ts'
import { messageOf } from '../../internal/text.ts'
import { placeOf, type Place } from './places.ts'

export interface GuardOptions {
  /** Address of the MCP server that named what is fetched. */
  readonly server: URL
  /** Milliseconds for one answer. @default 30000 */
  readonly timeoutMs?: number
}

/** Discovery documents and token answers are small. */
const MAX_BYTES = 1024 * 1024
const TIMEOUT_MS = 30_000

/**
 * `fetch` for addresses that a server or its metadata chose: https, or http from a loopback server to loopback; no
 * private address unless the server itself is at one; each address is judged when it is connected to, so that a name
 * cannot point elsewhere in between. Redirects are answers: the official client follows them within one origin.
 */
export function guardedFetch({ server, timeoutMs = TIMEOUT_MS }: GuardOptions): typeof fetch {
  const serverPlace = placeOfServer(server)
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input))
    const allowed = await serverPlace
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowed === 'loopback' && isLoopbackName(url)))
      throw refused(url, `found ${url.protocol}//, wanted https://`)
    const literal = placeOf(url.hostname.replace(/^\[|\]$/g, ''))
    if (literal !== undefined) checkPlace(url, literal, allowed)
    return await exchange(url, init, { lookup: guardedLookup(url, allowed), timeoutMs })
  }
}

async function placeOfServer(server: URL): Promise<Place> {
  const host = server.hostname.replace(/^\[|\]$/g, '')
  const literal = placeOf(host)
  if (literal !== undefined) return literal
  const places = await new Promise<readonly (Place | undefined)[]>((resolve) =>
    lookup(host, { all: true }, (error, found) =>
      resolve(error === null ? found.map(({ address }) => placeOf(address)) : []),
    ),
  )
  // A name with one public address is a public server: it must not open what is private.
  if (places.length === 0 || places.includes('public')) return 'public'
  return places.every((place) => place === 'loopback') ? 'loopback' : 'private'
}

function isLoopbackName({ hostname }: URL): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    placeOf(hostname.replace(/^\[|\]$/g, '')) === 'loopback'
  )
}

function checkPlace(url: URL, place: Place, server: Place): void {
  const isAllowed = place === 'public' || place === server || (server === 'loopback' && place === 'private')
  if (!isAllowed) throw refused(url, `found a ${place} address, and the server itself is at a ${server} one`)
}

function refused({ origin }: URL, why: string): OptimizerError {
  return new OptimizerError('POLICY_DENIED', `cannot log in by way of ${origin}: ${why}`, {
    suggestion: 'report it to the maker of the server: its metadata names an address that no client may follow',
  })
}

/** Resolves the name that is called, and refuses addresses at forbidden places. Names of others are those of a proxy. */
function guardedLookup(url: URL, server: Place): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0)
      try {
        if (hostname === url.hostname)
          for (const { address } of found) checkPlace(url, placeOf(address) ?? 'private', server)
      } catch (thrown) {
        return callback(thrown as NodeJS.ErrnoException, '', 0)
      }
      if (options.all === true) return callback(null, found)
      const [first] = found
      return callback(null, first?.address ?? '', first?.family ?? 0)
    })
  }
}

interface Exchange {
  readonly lookup: LookupFunction
  readonly timeoutMs: number
}

/** One request and its whole answer. */
async function exchange(url: URL, init: RequestInit | undefined, { lookup, timeoutMs }: Exchange): Promise<Response> {
  const body = init?.body === undefined || init.body === null ? undefined : String(init.body)
  const headers = Object.fromEntries(new Headers(init?.headers))
  const signals = [AbortSignal.timeout(timeoutMs), ...(init?.signal ? [init.signal] : [])]
  const request = url.protocol === 'https:' ? requestSecure : requestPlain
  return await new Promise<Response>((resolve, reject) => {
    const fail = (thrown: unknown): void =>
      reject(OptimizerError.is(thrown) ? thrown : unreachableBy(url, thrown, signals[0]?.aborted === true, timeoutMs))
    const sent = request(
      url,
      {
        method: init?.method ?? 'GET',
        headers: {
          'user-agent': 'mcp-optimizer',
          ...headers,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
        lookup,
        // A connection that is kept would keep the process that renews a token.
        agent: false,
        signal: AbortSignal.any(signals),
      },
      (answer) => {
        const chunks: Buffer[] = []
        let bytes = 0
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.byteLength
          if (bytes > MAX_BYTES) answer.destroy(new Error(`it sent more than ${MAX_BYTES} bytes`))
          else chunks.push(chunk)
        })
        answer.on('error', fail)
        answer.on('end', () => {
          const { statusCode = 500, headers: given } = answer
          const fields = Object.entries(given).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as [string, string]],
          )
          const isEmpty = statusCode === 204 || statusCode === 205 || statusCode === 304
          resolve(new Response(isEmpty ? null : Buffer.concat(chunks), { status: statusCode, headers: fields }))
        })
      },
    )
    sent.on('error', fail)
    sent.end(body)
  })
}

function unreachableBy({ origin }: URL, thrown: unknown, isLate: boolean, timeoutMs: number): OptimizerError {
  if (isLate) return new OptimizerError('UPSTREAM_TIMEOUT', `${origin} did not answer within ${timeoutMs} ms`)
  const { code } = thrown as NodeJS.ErrnoException
  const words = messageOf(thrown) || (code ?? 'no reason given')
  return new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot reach ${origin}: ${words}`, { cause: thrown })
}
