import {
  type AuthorizationServerMetadata,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  IssuerMismatchError,
  type OAuthProtectedResourceMetadata,
  resourceUrlFromServerUrl,
  checkResourceAllowed,
} from '@modelcontextprotocol/client'
import { OptimizerError } from '../../errors.ts'
import { messageOf, serverText } from '../../internal/text.ts'
import type { LoginEntry } from './login.ts'

/** Metadata of a server and of its authorization server. */
export interface Discovery {
  /** As the server names it, or the root of the server itself. */
  readonly authorizationServer: string
  readonly issuer: string
  readonly metadata?: AuthorizationServerMetadata
  readonly resource?: string
  readonly resourceMetadata?: OAuthProtectedResourceMetadata
}

export interface DiscoverOptions {
  readonly fetchFn: typeof fetch
  /** Address of the resource metadata that a 401 names. */
  readonly resourceMetadataUrl?: URL | undefined
}

/**
 * Finds the authorization server: by the metadata that a 401 names, at its usual place, or at the server's own root as
 * servers of 2025-03-26 have it; its metadata by RFC 8414, then OpenID. Its `issuer` must be the one that was asked.
 */
export async function discover(
  entry: LoginEntry,
  { fetchFn, resourceMetadataUrl }: DiscoverOptions,
): Promise<Discovery> {
  const { name, url, auth } = entry
  const found = await resourceMetadataOf(url, resourceMetadataUrl, fetchFn)
  const { metadata: resourceMetadata } = found
  const resource = resourceMetadata === undefined ? undefined : checkedResource(name, url, resourceMetadata)
  const wanted = auth !== undefined && 'issuer' in auth ? auth.issuer : undefined
  const [named] = resourceMetadata?.authorization_servers ?? []
  const authorizationServer = wanted ?? named ?? new URL('/', url).href
  const metadata = await authorizationMetadata(name, authorizationServer, fetchFn)
  if (metadata === undefined && (wanted ?? named) !== undefined)
    throw failure(name, `${authorizationServer}, its authorization server, has no metadata`)
  if (metadata === undefined && found.problem !== undefined) throw failure(name, found.problem)
  return {
    authorizationServer,
    issuer: metadata?.issuer ?? authorizationServer,
    ...(metadata === undefined ? {} : { metadata }),
    ...(resource === undefined ? {} : { resource }),
    ...(resourceMetadata === undefined ? {} : { resourceMetadata }),
  }
}

async function resourceMetadataOf(
  url: string,
  resourceMetadataUrl: URL | undefined,
  fetchFn: typeof fetch,
): Promise<{ readonly metadata?: OAuthProtectedResourceMetadata; readonly problem?: string }> {
  try {
    const options = resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }
    return { metadata: await discoverOAuthProtectedResourceMetadata(url, options, fetchFn) }
  } catch (thrown) {
    // A forbidden address is no missing document.
    if (OptimizerError.is(thrown, 'POLICY_DENIED')) throw thrown
    return { problem: `its protected resource metadata cannot be read: ${serverText(messageOf(thrown), 300)}` }
  }
}

function checkedResource(name: string, url: string, { resource }: OAuthProtectedResourceMetadata): string {
  const requestedResource = resourceUrlFromServerUrl(url)
  if (checkResourceAllowed({ requestedResource, configuredResource: resource })) return resource
  throw failure(name, `its metadata is for ${serverText(resource, 200)}, wanted ${requestedResource.href}`)
}

async function authorizationMetadata(
  name: string,
  authorizationServer: string,
  fetchFn: typeof fetch,
): Promise<AuthorizationServerMetadata | undefined> {
  if (!URL.canParse(authorizationServer))
    throw failure(name, `it names "${serverText(authorizationServer, 200)}" as its authorization server`)
  try {
    return await discoverAuthorizationServerMetadata(authorizationServer, { fetchFn })
  } catch (thrown) {
    if (OptimizerError.is(thrown)) throw thrown
    if (IssuerMismatchError.isInstance(thrown))
      throw failure(name, `the metadata of ${authorizationServer} is another issuer's: ${messageOf(thrown)}`)
    throw failure(name, `the metadata of ${authorizationServer} cannot be read: ${serverText(messageOf(thrown), 300)}`)
  }
}

function failure(name: string, why: string): OptimizerError {
  return new OptimizerError('UPSTREAM_PROTOCOL', `cannot log in to ${name}: ${why}`, {
    suggestion: 'report it to the maker of the server, or name its authorization server: auth.issuer',
  })
}

/** The parts of a 401 or 403 that a login begins with. */
export interface LoginChallenge {
  readonly resourceMetadataUrl?: URL
  readonly scope?: string
}

/** Asks a server without a token; a server that answers asks for no login, or only for some of its tools. */
export async function askChallenge(
  url: URL,
  headers: Readonly<Record<string, string>> | undefined,
  { fetchFn, signal }: { readonly fetchFn: typeof fetch; readonly signal: AbortSignal },
): Promise<LoginChallenge> {
  const response = await fetchFn(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'mcp-optimizer', version: '0.1.0' },
      },
    }),
    signal,
  })
  await response.body?.cancel()
  return challengeIn(response)
}

/** Reads `WWW-Authenticate` of a refusal. */
export function challengeIn({ headers }: Pick<Response, 'headers'>): LoginChallenge {
  if (headers.get('www-authenticate') === null) return {}
  const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(new Response(null, { headers }))
  return {
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    ...(scope === undefined ? {} : { scope }),
  }
}
