import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { OptimizerError } from '../errors.ts'
import { shortHash } from '../internal/hash.ts'
import { isRecord } from '../internal/json.ts'
import { modelText } from '../internal/text.ts'
import type { Effects } from './access.ts'
import type { Callers, TokenRefusal } from './callers.ts'
import { EFFECTS } from './grant.ts'

/** Tokens of an authorization server that are taken as they are (JWT, RFC 9068). */
export interface JwtOptions {
  /** `iss` of its tokens; its metadata is below this address. */
  readonly issuer: string
  /** `aud` of tokens for this gateway: of those for others none is taken. */
  readonly audience: string | readonly string[]
  /** Address of its keys. @default the one that its metadata names */
  readonly jwksUri?: string
  /** Effects that each scope allows. @default `mcp:read`, `mcp:write`, `mcp:destructive` */
  readonly scopes?: Readonly<Record<string, Effects>>
  /**
   * Scopes that clients are told to ask for. Without them a client asks for those of its own configuration, or for none, and
   * the authorization server decides: some refuse a client that asks for more than it may have. @default none
   */
  readonly askFor?: readonly string[]
  /** Seconds that its clock may be off. @default 60 */
  readonly clockSkewSeconds?: number
}

const DEFAULT_SCOPES: Readonly<Record<string, Effects>> = {
  'mcp:read': 'read',
  'mcp:write': 'write',
  'mcp:destructive': 'destructive',
}
/** Signatures that whoever knows the public keys alone cannot make. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const MAX_SKEW_S = 300
const FETCH_MS = 5_000
/** Three parts of base64url; of other texts no authorization server is asked. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/
const MAX_CHARS = 16_384

/** The callers of one authorization server. */
export function jwtCallers(options: JwtOptions): Callers {
  const { issuer, audience, clockSkewSeconds = 60 } = options
  const scopes = options.scopes ?? DEFAULT_SCOPES
  const keys = keysOf(options)
  return {
    required: true,
    async find(token) {
      if (token.length > MAX_CHARS || !JWT.test(token)) return undefined
      try {
        const { payload } = await jwtVerify(token, await keys(), {
          issuer,
          audience: typeof audience === 'string' ? audience : [...audience],
          algorithms: ALGORITHMS,
          clockTolerance: Math.min(clockSkewSeconds, MAX_SKEW_S),
          requiredClaims: ['exp', 'sub'],
        })
        return callerOf(payload, issuer, scopes)
      } catch (thrown) {
        return refusalOf(thrown)
      }
    },
  }
}

function callerOf(
  payload: JWTPayload,
  issuer: string,
  scopes: NonNullable<JwtOptions['scopes']>,
): ReturnType<Callers['find']> {
  const { sub = '' } = payload
  const allowed = new Set(scopesIn(payload).flatMap((scope) => (Object.hasOwn(scopes, scope) ? [scopes[scope]] : [])))
  const effects = EFFECTS.findLast((one) => allowed.has(one))
  if (effects === undefined) {
    const wanted = Object.keys(scopes)
    return { status: 403, reason: `the token has none of the scopes ${wanted.join(', ')}`, scope: wanted.join(' ') }
  }
  return {
    principal: `${modelText(sub, 60)}#${shortHash(JSON.stringify([issuer, sub])).slice(0, 12)}`,
    access: effects === 'destructive' ? [] : [{ effects }],
  }
}

/** `scope` of RFC 9068, or `scp` as other vendors write it. */
function scopesIn({ scope, scp }: JWTPayload): readonly string[] {
  const given: unknown = scope ?? scp
  if (Array.isArray(given)) return given.filter((one) => typeof one === 'string')
  return typeof given === 'string' ? given.split(/[\s,]+/) : []
}

function refusalOf(thrown: unknown): TokenRefusal {
  if (thrown instanceof errors.JWTExpired) return { status: 401, reason: 'the bearer token has expired' }
  if (thrown instanceof errors.JWTClaimValidationFailed)
    return {
      status: 401,
      reason: `the bearer token is not for this gateway: its claim "${thrown.claim}" is missing or another one`,
    }
  if (
    thrown instanceof errors.JWKSTimeout ||
    OptimizerError.is(thrown, 'UPSTREAM_UNAVAILABLE') ||
    !(thrown instanceof errors.JOSEError)
  )
    return {
      status: 503,
      reason: `the keys of the authorization server cannot be read: ${modelText((thrown as Error).message, 200)}`,
    }
  return { status: 401, reason: 'the bearer token is not valid' }
}

/** Where the keys are is asked once; what failed is asked again. */
function keysOf({ issuer, jwksUri }: JwtOptions): () => Promise<JWTVerifyGetKey> {
  let found: Promise<JWTVerifyGetKey> | undefined
  return async () => {
    found ??= (jwksUri === undefined ? discover(issuer) : Promise.resolve(jwksUri)).then((uri) =>
      createRemoteJWKSet(new URL(uri), { timeoutDuration: FETCH_MS, cooldownDuration: 5_000, cacheMaxAge: 600_000 }),
    )
    found.catch(() => (found = undefined))
    return await found
  }
}

/** The address of the keys, from the metadata of RFC 8414 or OpenID. */
async function discover(issuer: string): Promise<string> {
  const faults: string[] = []
  for (const address of metadataOf(issuer)) {
    try {
      const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) })
      const value: unknown = response.ok ? await response.json() : undefined
      const uri = isRecord(value) && value['issuer'] === issuer ? value['jwks_uri'] : undefined
      if (typeof uri === 'string' && URL.canParse(uri)) return uri
      faults.push(`${address}: ${response.ok ? 'names no jwks_uri of this issuer' : `HTTP ${response.status}`}`)
    } catch (thrown) {
      faults.push(`${address}: ${(thrown as Error).message}`)
    }
  }
  throw new OptimizerError('UPSTREAM_UNAVAILABLE', faults.join('; '))
}

function metadataOf(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
}
