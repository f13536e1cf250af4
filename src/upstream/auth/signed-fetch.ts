import type { OptimizerError } from '../../errors.ts'
import { SessionExpired } from '../connection.ts'
import type { Challenge, Credentials } from './credentials.ts'
import { challengeIn } from './discover.ts'
import { hasSession } from './session.ts'

type Fetch = typeof fetch
type Input = Parameters<Fetch>[0]

/**
 * Sends the token of this server with each request. A 401 renews it once and repeats the request, which was refused and so
 * did nothing; a 403 never renews, and widens the token where its scopes were too few. A session that was opened with
 * another token ends: `sessionEnded` says with which error.
 */
export function signedFetch(inner: Fetch, credentials: Credentials, sessionEnded: () => OptimizerError): Fetch {
  /** The token of the first request, which opened the session. */
  let opened: { readonly token: string | undefined } | undefined

  const send = async (input: Input, init: RequestInit | undefined, token: string | undefined): Promise<Response> => {
    if (token === undefined) return await inner(input, init)
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${token}`)
    return await inner(input, { ...init, headers })
  }

  return async (input, init) => {
    const isInSession = opened !== undefined && hasSession(input, init)
    const method = init?.method ?? 'GET'
    // The standing stream is part of its session, so it goes with the session's own token.
    if (isInSession && method === 'GET') return await send(input, init, opened?.token)
    const token = await credentials.token()
    // The end of a session goes with the present token, which most servers take for the same user.
    if (isInSession && method === 'DELETE') return await send(input, init, token)
    if (isInSession && opened?.token !== token) throw new SessionExpired(sessionEnded())
    opened ??= { token }
    const response = await send(input, init, token)
    const challenge = challengeOf(response)
    if (challenge === undefined) return response
    const next = await another(credentials, token, challenge)
    if (next === undefined || next === token) return response
    await response.body?.cancel()
    if (isInSession) throw new SessionExpired(sessionEnded())
    opened = { token: next }
    return await send(input, init, next)
  }
}

async function another(
  credentials: Credentials,
  token: string | undefined,
  challenge: Challenge,
): Promise<string | undefined> {
  if (challenge.status === 401) return await credentials.renewed(token, challenge)
  return token === undefined || challenge.scope === undefined
    ? undefined
    : await credentials.widened(token, challenge.scope)
}

/** Undefined for an answer that has nothing to do with who we are. */
export function challengeOf({ status, headers }: Pick<Response, 'status' | 'headers'>): Challenge | undefined {
  const lacksScope = status === 403 && /\berror="?insufficient_scope/.test(headers.get('www-authenticate') ?? '')
  if (status !== 401 && !lacksScope) return undefined
  return { status, ...challengeIn({ headers }) }
}
