import { fetchToken, OAuthError, type OAuthClientInformationMixed, registerClient } from '@modelcontextprotocol/client'
import { setTimeout as pause } from 'node:timers/promises'
import { OptimizerError } from '../../errors.ts'
import { isRecord } from '../../internal/json.ts'
import { serverText } from '../../internal/text.ts'
import { clientMetadataFor, configuredClient, loginError, scopeOf, toLogin } from './begin-login.ts'
import type { Discovery } from './discover.ts'
import type { Login, LoginEntry } from './login.ts'
import { findLogin, type LogInOptions } from './log-in.ts'

/** A code that a person types in on any machine, and the address for it. */
export interface DeviceCode {
  readonly address: string
  /** The address that has the code in it already. */
  readonly wholeAddress?: string
  readonly code: string
}

export interface DeviceLogInOptions extends LogInOptions {
  readonly show: (code: DeviceCode) => void
}

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** RFC 8628: where the server does not say, and what it adds when it is asked too often. */
const INTERVAL_SECONDS = 5

/** Logs in by a code that a person types in on another machine (RFC 8628). Keeps nothing. */
export async function logInByDevice(entry: LoginEntry, options: DeviceLogInOptions): Promise<Login> {
  const { discovery, challenge, fetchFn } = await findLogin(entry, options)
  const endpoint = deviceEndpoint(entry, discovery)
  try {
    const client = configuredClient(entry) ?? (await register(discovery, fetchFn))
    const { scope } = scopeOf({ entry, discovery, challenge, scope: options.scope })
    const body = new URLSearchParams({ client_id: client.client_id })
    if (scope !== undefined) body.set('scope', scope)
    if (discovery.resource !== undefined) body.set('resource', discovery.resource)
    const started = await start(endpoint, body, fetchFn)
    options.show(started)
    return toLogin(
      { entry, discovery },
      client,
      await poll(started, discovery, client, { fetchFn, signal: options.signal }),
    )
  } catch (thrown) {
    if (options.signal.aborted) throw thrown
    throw loginError(thrown, { entry, discovery })
  }
}

function deviceEndpoint({ name }: LoginEntry, { metadata, issuer }: Discovery): URL {
  const { device_authorization_endpoint: endpoint } = { ...metadata } as Readonly<Record<string, unknown>>
  if (typeof endpoint === 'string' && URL.canParse(endpoint)) return new URL(endpoint)
  throw new OptimizerError('LOGIN_REQUIRED', `cannot log in to ${name} by a code: ${issuer} does not offer that`, {
    suggestion: 'log in by a browser: leave --device out, or use --no-browser',
  })
}

async function register(discovery: Discovery, fetchFn: typeof fetch): Promise<OAuthClientInformationMixed> {
  const { metadata, authorizationServer } = discovery
  return await registerClient(authorizationServer, {
    ...(metadata === undefined ? {} : { metadata }),
    clientMetadata: clientMetadataFor(discovery, [GRANT, 'refresh_token'], undefined),
    fetchFn,
  })
}

interface Started extends DeviceCode {
  readonly deviceCode: string
  readonly intervalSeconds: number
}

async function start(endpoint: URL, body: URLSearchParams, fetchFn: typeof fetch): Promise<Started> {
  const response = await fetchFn(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: body.toString(),
  })
  const answer: unknown = await response.json().catch(() => undefined)
  const said = isRecord(answer) ? answer : {}
  const { device_code: deviceCode, user_code: code, verification_uri: address, interval } = said
  if (!response.ok)
    throw new OAuthError(
      String(said['error'] ?? response.status),
      String(said['error_description'] ?? 'no reason given'),
    )
  if (typeof deviceCode !== 'string' || typeof code !== 'string' || typeof address !== 'string')
    throw new Error('its answer holds no code')
  const whole = said['verification_uri_complete']
  return {
    deviceCode,
    code: serverText(code, 100),
    address: serverText(address, 500),
    ...(typeof whole === 'string' ? { wholeAddress: serverText(whole, 500) } : {}),
    intervalSeconds: typeof interval === 'number' && interval > 0 ? interval : INTERVAL_SECONDS,
  }
}

async function poll(
  { deviceCode, intervalSeconds }: Started,
  { authorizationServer, metadata, resource, issuer }: Discovery,
  client: OAuthClientInformationMixed,
  { fetchFn, signal }: { readonly fetchFn: typeof fetch; readonly signal: AbortSignal },
): Promise<Awaited<ReturnType<typeof fetchToken>>> {
  const provider = {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [] },
    clientInformation: () => ({ ...client, issuer }),
    prepareTokenRequest: () => new URLSearchParams({ grant_type: GRANT, device_code: deviceCode }),
    tokens: () => undefined,
    saveTokens: () => undefined,
    redirectToAuthorization: () => undefined,
    saveCodeVerifier: () => undefined,
    codeVerifier: () => '',
  }
  for (let seconds = intervalSeconds; ;) {
    await pause(seconds * 1_000, undefined, { signal })
    try {
      return await fetchToken(provider, authorizationServer, {
        ...(metadata === undefined ? {} : { metadata }),
        ...(resource === undefined ? {} : { resource }),
        fetchFn,
      })
    } catch (thrown) {
      const code = OAuthError.isInstance(thrown) ? thrown.code : undefined
      if (code === 'slow_down') seconds += INTERVAL_SECONDS
      // A network that is away for a moment ends no login.
      else if (code !== 'authorization_pending' && !isPassing(thrown)) throw thrown
    }
  }
}

function isPassing(thrown: unknown): boolean {
  return OptimizerError.is(thrown, 'UPSTREAM_TIMEOUT') || OptimizerError.is(thrown, 'UPSTREAM_UNAVAILABLE')
}
