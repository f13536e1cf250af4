import { randomBytes, randomUUID } from 'node:crypto'
import {
  auth,
  computeScopeUnion,
  OAuthError,
  type OAuthClientInformationMixed,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type OAuthTokens,
  RegistrationRejectedError,
  type StoredOAuthClientInformation,
} from '@modelcontextprotocol/client'
import { OptimizerError } from '../../errors.ts'
import { messageOf, serverText } from '../../internal/text.ts'
import type { Discovery, LoginChallenge } from './discover.ts'
import { accountIn, type Login, type LoginEntry, withTokens } from './login.ts'
import type { OAuthSettings } from './settings.ts'

export interface LoginRequest {
  readonly entry: LoginEntry
  readonly discovery: Discovery
  readonly challenge: LoginChallenge
  readonly redirectUri: string
  readonly state: string
  /** Instead of the scopes that the configuration or the server names. */
  readonly scope?: string | undefined
  readonly fetchFn: typeof fetch
}

/** A login that waits for its person. */
export interface BegunLogin {
  /** The address for the browser. */
  readonly address: URL
  /** Ends it with what the browser brought back. */
  finish(answer: URLSearchParams): Promise<Login>
  /** The scopes came from the server's metadata, so that a login without them may do where they are refused. */
  readonly mayDropScopes: boolean
}

/** Text that no other login has, for the `state` of one. */
export function newState(): string {
  return randomBytes(24).toString('base64url')
}

/** Registers where that is needed, and makes the address for the browser: code grant, PKCE with S256, resource indicator. */
export async function beginLogin(request: LoginRequest): Promise<BegunLogin> {
  const asked = scopeOf(request)
  try {
    return await begin(request, asked)
  } catch (thrown) {
    // Some servers name scopes that their own authorization server does not register.
    if (!RegistrationRejectedError.isInstance(thrown) || !asked.mayDrop) throw loginError(thrown, request)
    return await begin(request, NO_SCOPE).catch((again: unknown) => {
      throw loginError(again, request)
    })
  }
}

/** As {@link beginLogin}, asking for no scopes: for the second try of a login whose scopes were refused. */
export async function beginWithoutScopes(request: LoginRequest): Promise<BegunLogin> {
  return await begin(request, NO_SCOPE).catch((thrown: unknown) => {
    throw loginError(thrown, request)
  })
}

interface AskedScope {
  readonly scope?: string
  readonly mayDrop: boolean
}

const NO_SCOPE: AskedScope = { mayDrop: false }

/** The scopes to ask for: as the person says, as configured, as the server names them. */
export function scopeOf({
  entry,
  discovery,
  challenge,
  scope,
}: Pick<LoginRequest, 'entry' | 'discovery' | 'challenge' | 'scope'>): AskedScope {
  const { scopes } = settingsOf(entry)
  if (scope !== undefined) return { scope, mayDrop: false }
  if (scopes !== undefined) return { scope: scopes.join(' '), mayDrop: false }
  const offered = discovery.resourceMetadata?.scopes_supported?.join(' ')
  const offline =
    discovery.metadata?.scopes_supported?.includes('offline_access') === true ? 'offline_access' : undefined
  const asked = computeScopeUnion(challenge.scope ?? offered, offline)
  return asked === undefined ? NO_SCOPE : { scope: asked, mayDrop: true }
}

async function begin(request: LoginRequest, asked: AskedScope): Promise<BegunLogin> {
  const provider = new LoginProvider(request)
  const { entry, fetchFn } = request
  const options = { serverUrl: entry.url, fetchFn, ...(asked.scope === undefined ? {} : { scope: asked.scope }) }
  if (asked.scope === undefined) provider.dropScopes()
  await auth(provider, options)
  const { address } = provider
  if (address === undefined) throw new TypeError('a login that has no tokens begins in the browser')
  return {
    address,
    mayDropScopes: asked.mayDrop,
    async finish(answer) {
      refuseError(answer, request)
      const code = answer.get('code')
      if (code === null) throw loginError(new Error('the answer holds no code'), request)
      const iss = answer.get('iss') ?? undefined
      try {
        await auth(provider, { ...options, authorizationCode: code, ...(iss === undefined ? {} : { iss }) })
      } catch (thrown) {
        throw loginError(thrown, request)
      }
      const { brought: tokens, client } = provider
      if (tokens === undefined || client === undefined) throw new TypeError('a login that succeeded has tokens')
      return toLogin(request, client, tokens)
    },
  }
}

export function settingsOf({ auth: settings }: LoginEntry): Partial<OAuthSettings> {
  return settings?.type === 'oauth' ? settings : {}
}

/** The record of a login, with all that its renewal needs. */
export function toLogin(
  { entry, discovery }: Pick<LoginRequest, 'entry' | 'discovery'>,
  client: OAuthClientInformationMixed,
  tokens: OAuthTokens,
): Login {
  const { issuer, metadata, resource } = discovery
  const account = accountIn(tokens)
  const isConfigured = settingsOf(entry).clientSecret !== undefined
  const login = {
    format: 1,
    id: randomUUID(),
    server: entry.name,
    url: entry.url,
    issuer,
    ...(metadata === undefined ? {} : { metadata }),
    ...(resource === undefined ? {} : { resource }),
    // A secret of the configuration is kept there alone.
    client: isConfigured ? { client_id: client.client_id } : client,
    ...(account === undefined ? {} : { account }),
  } as const
  return withTokens(login, tokens, Date.now())
}

function refuseError(answer: URLSearchParams, request: LoginRequest): void {
  const error = answer.get('error')
  if (error === null) return
  const description = answer.get('error_description')
  throw loginError(new OAuthError(error, description ?? 'no reason given'), request)
}

/** True for a refusal of the scopes that were asked for. */
export function refusesScopes(thrown: unknown): boolean {
  return OptimizerError.is(thrown) && thrown.details?.['oauthError'] === 'invalid_scope'
}

/** A failed login in the words of whoever refused it. */
export function loginError(
  thrown: unknown,
  { entry, discovery }: Pick<LoginRequest, 'entry' | 'discovery'>,
): OptimizerError {
  if (OptimizerError.is(thrown)) return thrown
  const what = `cannot log in to ${entry.name} at ${discovery.issuer}`
  if (RegistrationRejectedError.isInstance(thrown))
    return new OptimizerError(
      'LOGIN_REQUIRED',
      `${what}: it registers no client of its own accord: ${serverText(messageOf(thrown), 500)}`,
      {
        cause: thrown,
        suggestion: 'register a client by hand, and set auth.clientId (and auth.clientSecret) of this server',
      },
    )
  if (OAuthError.isInstance(thrown))
    return new OptimizerError(
      'LOGIN_REQUIRED',
      `${what}: it refused (${thrown.code}): ${serverText(messageOf(thrown), 500)}`,
      {
        cause: thrown,
        details: { oauthError: thrown.code },
        suggestion:
          thrown.code === 'invalid_scope'
            ? 'set auth.scopes of this server to scopes that its authorization server has'
            : 'log in again, and correct what the reason names',
      },
    )
  return new OptimizerError('LOGIN_REQUIRED', `${what}: ${serverText(messageOf(thrown), 500)}`, {
    cause: thrown,
    suggestion: 'correct what the reason names, or set auth of this server',
  })
}

/** How we register, unless the server of the login knows us already. */
export function clientMetadataFor(
  { metadata }: Discovery,
  grantTypes: readonly string[],
  redirectUri: string | undefined,
): OAuthClientMetadata {
  const methods = metadata?.token_endpoint_auth_methods_supported
  const method = ['none', 'client_secret_post', 'client_secret_basic'].find((one) => methods?.includes(one)) ?? 'none'
  return {
    client_name: 'mcp-optimizer',
    redirect_uris: redirectUri === undefined ? [] : [redirectUri],
    grant_types: [...grantTypes],
    response_types: redirectUri === undefined ? [] : ['code'],
    token_endpoint_auth_method: method,
  }
}

/** The client of the configuration; undefined: it is registered, or has a document for its metadata. */
export function configuredClient(entry: LoginEntry): OAuthClientInformationMixed | undefined {
  const { clientId, clientSecret } = settingsOf(entry)
  if (clientId === undefined) return undefined
  return { client_id: clientId, ...(clientSecret === undefined ? {} : { client_secret: clientSecret }) }
}

/** One login in the terms of the official client; nothing of it is kept before it has succeeded. */
class LoginProvider implements OAuthClientProvider {
  readonly redirectUrl: string
  readonly clientMetadata: OAuthClientMetadata
  declare readonly clientMetadataUrl?: string
  client: StoredOAuthClientInformation | undefined
  #tokens: OAuthTokens | undefined
  address: URL | undefined
  readonly #state: string
  #discovery: OAuthDiscoveryState
  #verifier = ''

  constructor({ entry, discovery, redirectUri, state }: LoginRequest) {
    const { clientMetadataUrl } = settingsOf(entry)
    this.redirectUrl = redirectUri
    this.clientMetadata = clientMetadataFor(discovery, ['authorization_code', 'refresh_token'], redirectUri)
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl
    const configured = configuredClient(entry)
    this.client = configured && { ...configured, issuer: discovery.issuer }
    this.#state = state
    const { metadata, resourceMetadata } = discovery
    this.#discovery = {
      authorizationServerUrl: discovery.authorizationServer,
      ...(metadata === undefined ? {} : { authorizationServerMetadata: metadata }),
      ...(resourceMetadata === undefined ? {} : { resourceMetadata }),
    }
  }

  /** Else the official client would ask for all scopes that the metadata names. */
  dropScopes(): void {
    const { resourceMetadata, ...rest } = this.#discovery
    if (resourceMetadata === undefined) return
    const { scopes_supported: _scopes, ...others } = resourceMetadata
    this.#discovery = { ...rest, resourceMetadata: others }
  }

  state(): string {
    return this.#state
  }

  discoveryState(): OAuthDiscoveryState {
    return this.#discovery
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.client
  }

  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.client = client
  }

  tokens(): undefined {
    return undefined
  }

  /** Tokens of the login, once it has succeeded. */
  get brought(): OAuthTokens | undefined {
    return this.#tokens
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens
  }

  redirectToAuthorization(address: URL): void {
    this.address = address
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  codeVerifier(): string {
    return this.#verifier
  }
}
