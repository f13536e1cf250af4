import {
  ClientCredentialsProvider,
  computeScopeUnion,
  fetchToken,
  type OAuthClientProvider,
  OAuthError,
  type OAuthTokens,
  PrivateKeyJwtProvider,
} from '@modelcontextprotocol/client'
import { OptimizerError } from '../../errors.ts'
import type { Clock } from '../../internal/clock.ts'
import { createKnownScrub } from '../../internal/scrub.ts'
import { messageOf, serverText } from '../../internal/text.ts'
import type { Challenge, Credentials } from './credentials.ts'
import { discover, type Discovery } from './discover.ts'
import { guardedFetch } from './guarded-fetch.ts'
import type { LoginEntry } from './login.ts'
import type { ClientCredentialsSettings } from './settings.ts'
import type { TokenStore } from './token-store.ts'

export interface ClientCredentialsOptions {
  readonly entry: LoginEntry
  readonly settings: ClientCredentialsSettings
  readonly clock: Clock
  /** Remembers which issuer was given the credentials. */
  readonly store: TokenStore | undefined
}

/** A token is replaced so long before it expires, or when a tenth of its life is left where that is shorter. */
const AHEAD_MS = 60_000

/** The gateway itself is the client: its secret, or an assertion signed with its key, gets a token whenever one is needed. */
export function createClientCredentials(options: ClientCredentialsOptions): Credentials {
  const { entry, settings, clock } = options
  const fetchFn = guardedFetch({ server: new URL(entry.url) })
  let discovery: Promise<Discovery> | undefined
  let token: Held | undefined
  let asked: Promise<Held> | undefined
  /** Scopes that a 403 asked for. */
  let wider: string | undefined
  let scrub = createKnownScrub([])

  const find = async (resourceMetadataUrl: URL | undefined): Promise<Discovery> => {
    discovery ??= discover(entry, { fetchFn, resourceMetadataUrl }).then(async (found) => {
      await pinIssuer(options, found.issuer)
      return found
    })
    return await discovery.catch((thrown: unknown) => {
      discovery = undefined
      throw thrown
    })
  }
  const fetchNew = async (challenge: Partial<Challenge>): Promise<Held> => {
    const found = await find(challenge.resourceMetadataUrl)
    const offered = found.resourceMetadata?.scopes_supported?.join(' ')
    const scope = computeScopeUnion(settings.scopes?.join(' ') ?? challenge.scope ?? offered, wider)
    const tokens = await request(found, { entry, settings, fetchFn, scope })
    const now = clock.wall()
    const lifeMs = tokens.expires_in === undefined ? Number.POSITIVE_INFINITY : tokens.expires_in * 1_000
    token = { text: tokens.access_token, until: now + lifeMs - Math.min(AHEAD_MS, lifeMs / 10) }
    scrub = createKnownScrub([token.text])
    return token
  }
  const next = async (challenge: Partial<Challenge>): Promise<string> => {
    asked ??= fetchNew(challenge).finally(() => {
      asked = undefined
    })
    return (await asked).text
  }

  return {
    async token() {
      // The first token needs to know what the server asks for: its 401 says it.
      if (token === undefined || clock.wall() < token.until) return token?.text
      return await next({})
    },
    renewed: async (refused, challenge) =>
      token !== undefined && token.text !== refused ? token.text : await next(challenge),
    async widened(refused, scope) {
      if (token !== undefined && token.text !== refused) return token.text
      const union = computeScopeUnion(wider, scope)
      // Asked once: an issuer that gives no more than before is not asked again.
      if (union === wider) return undefined
      wider = union
      return await next({})
    },
    advice: () => undefined,
    scrub: (text) => scrub(text),
  }
}

interface Held {
  readonly text: string
  /** Milliseconds since 1970 from which on another one is fetched. */
  readonly until: number
}

/** The first issuer that was given the credentials stays the only one: a server must not send them elsewhere by its metadata. */
async function pinIssuer({ entry, settings, store }: ClientCredentialsOptions, issuer: string): Promise<void> {
  if (settings.issuer !== undefined || store === undefined) return
  const key = `issuer ${JSON.stringify([entry.name, entry.url, settings.clientId])}`
  const known = await store.read(key)
  if (known === undefined) await store.write(key, issuer, undefined)
  else if (known !== issuer)
    throw new OptimizerError(
      'POLICY_DENIED',
      `${entry.name} names another authorization server than before: found ${serverText(issuer, 200)}, wanted ${known}`,
      { suggestion: `where that is right, set auth.issuer of ${entry.name} to the new one` },
    )
}

interface TokenRequest {
  readonly entry: LoginEntry
  readonly settings: ClientCredentialsSettings
  readonly fetchFn: typeof fetch
  readonly scope: string | undefined
}

async function request(found: Discovery, { entry, settings, fetchFn, scope }: TokenRequest): Promise<OAuthTokens> {
  const { metadata, resource, issuer, authorizationServer } = found
  try {
    return await fetchToken(providerFor(entry, settings, issuer), authorizationServer, {
      ...(metadata === undefined ? {} : { metadata }),
      ...(resource === undefined ? {} : { resource }),
      ...(scope === undefined ? {} : { scope }),
      fetchFn,
    })
  } catch (thrown) {
    if (OptimizerError.is(thrown)) throw thrown
    const words = serverText(messageOf(thrown), 500)
    const what = `${issuer} gave no token for ${entry.name}`
    if (OAuthError.isInstance(thrown) && thrown.code !== 'server_error')
      throw new OptimizerError('UNAUTHORIZED', `${what}: it refused (${thrown.code}): ${words}`, {
        suggestion: `correct auth (clientId, clientSecret or privateKey, scopes) of ${entry.name} in the configuration`,
      })
    throw new OptimizerError('UPSTREAM_UNAVAILABLE', `${what}: ${words}`, { cause: thrown })
  }
}

function providerFor(
  { name }: LoginEntry,
  { clientId, clientSecret, privateKey, algorithm = 'RS256' }: ClientCredentialsSettings,
  expectedIssuer: string,
): OAuthClientProvider {
  if (privateKey !== undefined) return new PrivateKeyJwtProvider({ clientId, privateKey, algorithm, expectedIssuer })
  if (clientSecret !== undefined) return new ClientCredentialsProvider({ clientId, clientSecret, expectedIssuer })
  throw new OptimizerError(
    'CONFIG_INVALID',
    `cannot log in to ${name}: its auth has neither clientSecret nor privateKey`,
    {
      suggestion: 'set one of them',
    },
  )
}
