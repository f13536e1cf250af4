import { OAuthError, refreshAuthorization } from '@modelcontextprotocol/client'
import { OptimizerError } from '../../errors.ts'
import { messageOf, serverText } from '../../internal/text.ts'
import { guardedFetch } from './guarded-fetch.ts'
import { type Login, type LoginEntry, loginKey, parseLogin, withTokens } from './login.ts'
import { loginRequired } from './login-required.ts'
import type { TokenStore } from './token-store.ts'

/** One renewal. */
export interface Redemption {
  readonly entry: LoginEntry
  readonly issuer: string
  /** The access token that is no longer good: where the store has another one by now, nothing is redeemed. */
  readonly stale: string
}

/**
 * Redeems a refresh token, once for all processes: under the lock of the login, which is read again inside. What fails
 * leaves the login as it was.
 */
export async function redeem(
  store: TokenStore,
  { entry, issuer, stale }: Redemption,
  signal: AbortSignal,
): Promise<Login> {
  const key = loginKey(entry, issuer)
  using _held = await store.lock(key, signal)
  const before = await store.read(key)
  const login = parseLogin(before)
  if (before === undefined || login === undefined) throw loginRequired(entry.name, 'its login is gone')
  if (login.tokens.access_token !== stale) return login
  const next = await renewed(login, entry)
  // Somebody who logs in meanwhile has the newer login.
  if (await store.write(key, JSON.stringify(next), before)) return next
  return parseLogin(await store.read(key)) ?? next
}

async function renewed(login: Login, entry: LoginEntry): Promise<Login> {
  const { tokens, issuer, metadata, resource } = login
  if (tokens.refresh_token === undefined) throw loginRequired(entry.name, 'its login has ended and cannot be renewed')
  try {
    const next = await refreshAuthorization(issuer, {
      ...(metadata === undefined ? {} : { metadata }),
      clientInformation: withSecret(login, entry),
      refreshToken: tokens.refresh_token,
      ...(resource === undefined ? {} : { resource }),
      fetchFn: guardedFetch({ server: new URL(login.url) }),
    })
    const scope = next.scope ?? tokens.scope
    return withTokens(login, { ...next, ...(scope === undefined ? {} : { scope }) }, Date.now())
  } catch (thrown) {
    throw refusal(thrown, entry.name, issuer)
  }
}

/** A secret that stands in the configuration is kept there alone. */
function withSecret({ client }: Login, { auth }: LoginEntry): Login['client'] {
  return auth?.type === 'oauth' && auth.clientSecret !== undefined
    ? { ...client, client_secret: auth.clientSecret }
    : client
}

/** Answers that only a new login mends. */
const ENDED: ReadonlySet<string> = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client'])

function refusal(thrown: unknown, name: string, issuer: string): OptimizerError {
  if (OptimizerError.is(thrown)) return thrown
  const words = serverText(messageOf(thrown), 500)
  if (OAuthError.isInstance(thrown) && ENDED.has(thrown.code))
    return loginRequired(name, `${issuer} refused to renew its login (${thrown.code}): ${words}`)
  return new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot renew the login of ${name} at ${issuer}: ${words}`, {
    cause: thrown,
    suggestion: 'try again later: the login is kept',
  })
}
