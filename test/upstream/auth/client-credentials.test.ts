import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createFileTokenStore } from '../../../src/upstream/auth/file-store.ts'
import { createLogins } from '../../../src/upstream/auth/login.ts'
import type { AuthSettings } from '../../../src/upstream/auth/settings.ts'
import { createUpstream } from '../../../src/upstream/create.ts'
import type { Upstream } from '../../../src/upstream/upstream.ts'
import { temporaryFolder } from '../../support/servers.ts'
import { answer, type SignedWorld, signedWorld, type SignedWorldOptions } from '../../support/signed-world.ts'

const MACHINE = {
  client_id: 'machine',
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials'],
  scope: 'read write',
}
const SECRET = { ...MACHINE, client_secret: 'between-us-two', token_endpoint_auth_method: 'client_secret_basic' }
const auth = { type: 'client_credentials', clientId: 'machine', clientSecret: 'between-us-two' } as const

function reach(world: SignedWorld, settings: AuthSettings = auth, folder = temporaryFolder()): Upstream {
  const logins = createLogins(createFileTokenStore({ folder }))
  return createUpstream('signed', { type: 'http', url: world.url, auth: settings }, { logins })
}

async function whoami(upstream: Upstream): Promise<unknown> {
  const { content } = await upstream.callTool('whoami', {}, { signal: AbortSignal.timeout(20_000) })
  return content[0]?.['text']
}

function tokensAsked(world: SignedWorld): number {
  return world.knocks.filter(({ path }) => path === '/token').length
}

async function machineWorld(options: SignedWorldOptions = {}): Promise<SignedWorld> {
  return await signedWorld({ clients: [SECRET], registers: false, ...options })
}

describe('a gateway that is the client itself', () => {
  it('gets a token by its secret, once for all that it asks, and another one when that is refused', async () => {
    await using world = await machineWorld()
    await using upstream = reach(world)
    expect(await Promise.all([whoami(upstream), whoami(upstream)])).toEqual(['machine', 'machine'])
    expect(tokensAsked(world)).toBe(1)
    world.expireAll()
    expect(await whoami(upstream)).toBe('machine')
    expect(tokensAsked(world)).toBe(2)
  })

  it('gets a token by an assertion that its key signed', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const jwk = { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }
    const client = { ...MACHINE, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }
    await using world = await signedWorld({ clients: [client], registers: false })
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    await using upstream = reach(world, { type: 'client_credentials', clientId: 'machine', privateKey: pem })
    expect(await whoami(upstream)).toBe('machine')
  })

  it('asks for more scopes once where a call needs them', async () => {
    await using world = await machineWorld({ needs: ['write'] })
    await using upstream = reach(world)
    expect(await whoami(upstream)).toBe('machine')
    expect(tokensAsked(world)).toBe(2)
  })

  it('asks once where the issuer gives no more', async () => {
    await using world = await machineWorld({ needs: ['write'] })
    world.fault = ({ path, body }, response) => {
      if (path !== '/token' || !body.includes('write')) return false
      answer(response, 400, { error: 'invalid_scope', error_description: 'write is for people' })
      return true
    }
    await using upstream = reach(world)
    await expect(whoami(upstream)).rejects.toMatchObject({ message: expect.stringContaining('write is for people') })
    await expect(whoami(upstream)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(tokensAsked(world)).toBe(2)
  })

  it('gives its secret to no other issuer than before', async () => {
    await using world = await machineWorld()
    await using thief = await machineWorld()
    const folder = temporaryFolder()
    {
      await using upstream = reach(world, auth, folder)
      await whoami(upstream)
    }
    world.serverFault = ({ path }, response) => {
      if (!path.startsWith('/.well-known')) return false
      answer(response, 200, { resource: world.url, authorization_servers: [thief.issuer] })
      return true
    }
    await using upstream = reach(world, auth, folder)
    await expect(whoami(upstream)).rejects.toMatchObject({ code: 'POLICY_DENIED' })
    expect(tokensAsked(thief)).toBe(0)
  })

  it('says what the issuer says of its secret', async () => {
    await using world = await machineWorld()
    await using upstream = reach(world, { ...auth, clientSecret: 'guessed-wrongly' })
    await expect(whoami(upstream)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining('invalid_client'),
      suggestion: expect.stringContaining('clientSecret'),
    })
  })
})
