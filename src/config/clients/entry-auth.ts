import { isRecord } from '../../internal/json.ts'
import type { AuthSettings, OAuthSettings } from '../../upstream/auth/settings.ts'

type Entry = Readonly<Record<string, unknown>>

/** Keys of an entry that say how a server is logged in to. */
export const AUTH_KEYS: readonly string[] =
  `oauth auth authorization_token scopes oauthScope oauth_scope oauthScopes oauth_client_id
  oauth_client_secret oauthClientId oauthClientSecret oauthClientSecretEnv oauthRedirectUrl oauth_redirect_url
  oauth_callback_port`.split(/\s+/)

/** How a server is logged in to, in any spelling of the clients; undefined: as it asks. */
export function readAuth(entry: Entry, env: Readonly<Record<string, string | undefined>>): AuthSettings | undefined {
  const inner = [entry['oauth'], entry['auth'], isRecord(entry['auth']) ? entry['auth']['oauth'] : undefined].filter(
    isRecord,
  )
  const of = (own: readonly string[], nested: readonly string[]): unknown =>
    [...own.map((key) => entry[key]), ...inner.flatMap((part) => nested.map((key) => part[key]))].find(isSaid)
  const clientId = textOf(of(['oauthClientId', 'oauth_client_id'], ['clientId', 'client_id', 'CLIENT_ID']))
  const secret = textOf(
    of(['oauthClientSecret', 'oauth_client_secret'], ['clientSecret', 'client_secret', 'CLIENT_SECRET']),
  )
  const variable = textOf(of(['oauthClientSecretEnv'], ['clientSecretEnv', 'client_secret_env']))
  const clientSecret = secret ?? (variable === undefined ? undefined : env[variable])
  const scopes = scopesOf(of(['oauthScopes', 'oauthScope', 'oauth_scope', 'scopes'], ['scopes', 'scope']))
  const redirectUri = redirectOf(
    of(['oauthRedirectUrl', 'oauth_redirect_url'], ['redirectUri', 'redirect_uri', 'redirectUrl']),
    of(['oauth_callback_port'], ['callbackPort', 'callback_port']),
  )
  const clientMetadataUrl = textOf(of([], ['clientMetadataUrl', 'client_metadata_url']))
  const settings = optional({ clientId, clientSecret, scopes, redirectUri, clientMetadataUrl })
  const isWanted = [entry['auth'], entry['oauth']].some((said) => said === 'oauth' || said === true)
  if (Object.keys(settings).length === 0 && !isWanted) return undefined
  if (isGrant(of(['oauthGrantType'], ['grantType', 'grant_type', 'flow', 'type']))) return machine(settings)
  return { type: 'oauth', ...settings }
}

function isGrant(value: unknown): boolean {
  return typeof value === 'string' && /^client[_-]?credentials$/i.test(value)
}

/** The client's own login; without an id there is none. */
function machine({ clientId, clientSecret, scopes }: Omit<OAuthSettings, 'type'>): AuthSettings {
  if (clientId === undefined) return { type: 'oauth' }
  return { type: 'client_credentials', clientId, ...optional({ clientSecret, scopes }) }
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A list, or a text with spaces or commas. */
function scopesOf(value: unknown): readonly string[] | undefined {
  const words = typeof value === 'string' ? value.split(/[\s,]+/) : Array.isArray(value) ? value.map(String) : []
  const scopes = words.filter((word) => word !== '')
  return scopes.length === 0 ? undefined : scopes
}

/** Only an address of this machine can be waited at: the client's own (`cursor://…`) is none. */
function redirectOf(address: unknown, port: unknown): string | undefined {
  if (typeof address === 'string' && /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/]/.test(address)) return address
  const number = Number(port)
  return isSaid(port) && Number.isInteger(number) && number > 0 ? `http://localhost:${number}/callback` : undefined
}

function optional<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
