import type {
  AuthorizationServerMetadata,
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/client'
import { longHash } from '../../internal/hash.ts'
import { isRecord } from '../../internal/json.ts'
import type { AuthSettings } from './settings.ts'
import type { TokenStore } from './token-store.ts'

/** One login as it is kept, with all that its renewal needs. */
export interface Login {
  readonly format: 1
  /** Stays through all renewals. */
  readonly id: string
  /** Name and address of the server in the configuration. */
  readonly server: string
  readonly url: string
  readonly issuer: string
  /** Endpoints of the issuer; absent: at their usual places below the issuer. */
  readonly metadata?: AuthorizationServerMetadata
  /** Resource indicator (RFC 8707). */
  readonly resource?: string
  readonly client: OAuthClientInformationMixed
  readonly tokens: OAuthTokens
  /** Milliseconds since 1970. */
  readonly obtainedAt: number
  /** Milliseconds since 1970; absent: the issuer did not say. */
  readonly expiresAt?: number
  /** Who logged in, as the issuer calls them. */
  readonly account?: string
}

/** The entry of the configuration that a login belongs to. */
export interface LoginEntry {
  readonly name: string
  readonly url: string
  readonly auth?: AuthSettings | undefined
}

/** Logins of all servers, over one store. */
export interface Logins {
  readonly store: TokenStore
  /** The login of an entry. */
  read(entry: LoginEntry): Promise<Login | undefined>
  /** Puts a new login in place of whatever was there. */
  save(entry: LoginEntry, login: Login): Promise<void>
  /** Forgets the login of an entry; the login that was there. */
  remove(entry: LoginEntry): Promise<Login | undefined>
  all(): Promise<readonly Login[]>
}

export function createLogins(store: TokenStore): Logins {
  /** The issuer of the entry's present login stands under the entry's own key. */
  const pointerOf = async (entry: LoginEntry): Promise<string | undefined> => await store.read(entryKey(entry))
  const put = async (key: string, value: string): Promise<void> => {
    for (;;) {
      const before = await store.read(key)
      if (before === value || (await store.write(key, value, before))) return
    }
  }
  const drop = async (key: string): Promise<string | undefined> => {
    for (;;) {
      const before = await store.read(key)
      if (before === undefined || (await store.delete(key, before))) return before
    }
  }

  return {
    store,
    async read(entry) {
      const issuer = await pointerOf(entry)
      return issuer === undefined ? undefined : parseLogin(await store.read(loginKey(entry, issuer)))
    },
    async save(entry, login) {
      await put(loginKey(entry, login.issuer), JSON.stringify(login))
      await put(entryKey(entry), login.issuer)
    },
    async remove(entry) {
      const issuer = await drop(entryKey(entry))
      return issuer === undefined ? undefined : parseLogin(await drop(loginKey(entry, issuer)))
    },
    async all() {
      const keys = (await store.keys()).filter((key) => key.startsWith(LOGIN))
      const logins = await Promise.all(keys.map(async (key) => parseLogin(await store.read(key))))
      return logins.filter((login) => login !== undefined)
    },
  }
}

const LOGIN = 'login '

/** Two entries with one address are two logins, and so are two clients of one entry. */
function entryKey(entry: LoginEntry): string {
  return `entry ${entryHash(entry)}`
}

/** The key of one login: its entry and its issuer. */
export function loginKey(entry: LoginEntry, issuer: string): string {
  return `${LOGIN}${entryHash(entry)} ${issuer}`
}

function entryHash({ name, url, auth }: LoginEntry): string {
  const clientId = auth !== undefined && 'clientId' in auth ? (auth.clientId ?? '') : ''
  return longHash(JSON.stringify([name, url, clientId]))
}

/** A login of this or an older version; undefined for anything else. */
export function parseLogin(text: string | undefined): Login | undefined {
  if (text === undefined) return undefined
  try {
    const login: unknown = JSON.parse(text)
    return isRecord(login) && login['format'] === 1 && isRecord(login['tokens']) && isRecord(login['client'])
      ? (login as unknown as Login)
      : undefined
  } catch {
    return undefined
  }
}

/** A login with the tokens that the issuer answered with. */
export function withTokens<T extends object>(
  login: T,
  tokens: OAuthTokens,
  now: number,
): T & Pick<Login, 'tokens' | 'obtainedAt' | 'expiresAt'> {
  const { id_token: _identity, ...kept } = tokens
  const { expiresAt: _before, ...rest } = login as T & { readonly expiresAt?: number }
  const expiry = typeof tokens.expires_in === 'number' ? { expiresAt: now + tokens.expires_in * 1_000 } : {}
  return { ...(rest as T), tokens: kept, obtainedAt: now, ...expiry }
}

/** Who an identity token names. It came from the issuer itself and is only shown, so its signature decides nothing. */
export function accountIn(tokens: OAuthTokens): string | undefined {
  const [, claims = ''] = tokens.id_token?.split('.') ?? []
  try {
    const {
      email,
      preferred_username: username,
      sub,
    } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, unknown>
    return [email, username, sub].find((name): name is string => typeof name === 'string' && name !== '')
  } catch {
    return undefined
  }
}
