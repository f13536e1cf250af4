import { guardedFetch } from './guarded-fetch.ts'
import type { Login } from './login.ts'
import type { AuthSettings } from './settings.ts'

/** Asks the issuer to revoke the tokens of a login (RFC 7009); false where it cannot, or does not. */
export async function revoke(
  { metadata, client, tokens, url }: Login,
  auth: AuthSettings | undefined,
): Promise<boolean> {
  const endpoint = (metadata as { readonly revocation_endpoint?: unknown } | undefined)?.revocation_endpoint
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return false
  const secret = auth?.type === 'oauth' ? auth.clientSecret : undefined
  const { client_id: id, client_secret: own = secret } = client
  const body = new URLSearchParams({ token: tokens.refresh_token ?? tokens.access_token, client_id: id })
  if (own !== undefined) body.set('client_secret', own)
  try {
    const response = await guardedFetch({ server: new URL(url), timeoutMs: 10_000 })(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: body.toString(),
    })
    return response.ok
  } catch {
    return false
  }
}
