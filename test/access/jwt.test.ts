import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type JwtOptions, jwtCallers } from '../../src/access/jwt.ts'

type Keys = Awaited<ReturnType<typeof generateKeyPair>>

let server: Server
let issuer: string
let first: Keys
let second: Keys
let published: readonly object[]
let asked = 0
let isDown = false
const jwk = async ({ publicKey }: Keys, kid: string): Promise<object> => ({
  ...(await exportJWK(publicKey)),
  kid,
  alg: 'ES256',
  use: 'sig',
})

beforeAll(async () => {
  ;[first, second] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
  published = [await jwk(first, 'one')]
  server = createServer((request, response) => {
    const isKeys = request.url === '/keys'
    if (isKeys) asked++
    response.writeHead(isDown ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isKeys ? { keys: published } : { issuer, jwks_uri: `${issuer}/keys` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

interface Claims {
  readonly iss?: string
  readonly aud?: string | string[]
  readonly sub?: string
  readonly exp?: number
  readonly scope?: unknown
  readonly scp?: unknown
}

const NOW = () => Math.floor(Date.now() / 1_000)
const sign = async (claims: Claims = {}, keys = first, kid = 'one'): Promise<string> =>
  await new SignJWT({
    iss: issuer,
    aud: 'gateway',
    sub: 'ann',
    exp: NOW() + 600,
    scope: 'openid mcp:read',
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(keys.privateKey)
const callers = (options: Partial<JwtOptions> = {}) => jwtCallers({ issuer, audience: 'gateway', ...options })

describe('tokens of an authorization server', () => {
  it.each([
    ['read', 'mcp:read', [{ effects: 'read' }]],
    ['write, the widest of several', 'mcp:read mcp:write', [{ effects: 'write' }]],
    ['everything', 'mcp:destructive', []],
  ])('allow what their scopes say: %s', async (_what, scope, access) => {
    expect(await callers().find(await sign({ scope }))).toMatchObject({
      principal: expect.stringMatching(/^ann#[0-9a-f]{12}$/),
      access,
    })
  })

  it('take scopes as other vendors write them, and those of the configuration', async () => {
    expect(await callers().find(await sign({ scope: undefined, scp: ['mcp:write'] }))).toMatchObject({
      access: [{ effects: 'write' }],
    })
    const own = callers({ scopes: { 'tools.use': 'write' } })
    expect(await own.find(await sign({ scope: 'tools.use' }))).toMatchObject({ access: [{ effects: 'write' }] })
    expect(await own.find(await sign({ scope: 'mcp:destructive constructor' }))).toMatchObject({
      status: 403,
      scope: 'tools.use',
    })
  })

  it.each([
    ['of another issuer', { iss: 'http://127.0.0.1:1' }, /claim "iss"/],
    ['for another audience', { aud: 'mail' }, /claim "aud"/],
    ['for no audience', { aud: [] as string[] }, /claim "aud"/],
    ['that has expired', { exp: 1_700_000_000 }, /has expired/],
  ])('are refused: %s', async (_what, claims, reason) => {
    expect(await callers().find(await sign(claims))).toMatchObject({
      status: 401,
      reason: expect.stringMatching(reason),
    })
  })

  it('are refused where anybody could have signed them', async () => {
    const unsigned = new UnsecuredJWT({ scope: 'mcp:destructive' })
      .setIssuer(issuer)
      .setAudience('gateway')
      .setSubject('eve')
      .setExpirationTime('1h')
      .encode()
    const byPublicKey = await new SignJWT({ scope: 'mcp:destructive' })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience('gateway')
      .setSubject('eve')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(await exportSPKI(first.publicKey)))
    const byOthers = await sign({}, second)
    const whole = await sign()
    const altered = whole.replace(
      /\.[^.]+\./,
      `.${Buffer.from(JSON.stringify({ iss: issuer, aud: 'gateway', sub: 'eve', exp: NOW() + 600, scope: 'mcp:destructive' })).toString('base64url')}.`,
    )
    for (const token of [byPublicKey, byOthers, altered])
      expect(await callers().find(token)).toMatchObject({ status: 401 })
    // Without a signature it is no token at all.
    expect(await callers().find(unsigned)).toBeUndefined()
  })

  it('may come from a clock that is a little off, and not much', async () => {
    const late = await sign({ exp: NOW() - 30 })
    expect(await callers().find(late)).toMatchObject({ access: [{ effects: 'read' }] })
    expect(await callers({ clockSkewSeconds: 5 }).find(late)).toMatchObject({ status: 401 })
    expect(await callers({ clockSkewSeconds: 100_000 }).find(await sign({ exp: NOW() - 400 }))).toMatchObject({
      status: 401,
    })
  })

  it('are taken by keys that came since, which are asked for once', async () => {
    const known = callers()
    expect(await known.find(await sign())).toMatchObject({ access: [{ effects: 'read' }] })
    const before = asked
    await Promise.all(Array.from({ length: 20 }, async () => await known.find(await sign())))
    expect(asked).toBe(before)
    published = [await jwk(second, 'two')]
    expect(await callers().find(await sign({}, second, 'two'))).toMatchObject({ access: [{ effects: 'read' }] })
    published = [await jwk(first, 'one')]
  })

  it('are told that nobody can check them while the keys cannot be read, and are checked again afterwards', async () => {
    const fresh = callers()
    isDown = true
    expect(await fresh.find(await sign())).toMatchObject({
      status: 503,
      reason: expect.stringMatching(/cannot be read.*HTTP 500/),
    })
    isDown = false
    expect(await fresh.find(await sign())).toMatchObject({ access: [{ effects: 'read' }] })
  })

  it('are two principals where two people have them, whatever they are called', async () => {
    const found = await Promise.all(
      [sign({ sub: 'ann' }), sign({ sub: 'ann#' }), sign({ sub: 'Ann' })].map(
        async (token) => await callers().find(await token),
      ),
    )
    expect(new Set(found.map((one) => (one as { principal: string }).principal)).size).toBe(3)
  })

  it('are no other texts', async () => {
    for (const text of ['', 'mcpo_x', 'a.b', `${'x'.repeat(20_000)}.b.c`])
      expect(await callers().find(text)).toBeUndefined()
  })
})
