import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { beginLogin } from '../../../src/upstream/auth/begin-login.ts'
import { logInByDevice } from '../../../src/upstream/auth/device-login.ts'
import { createFileTokenStore } from '../../../src/upstream/auth/file-store.ts'
import { guardedFetch } from '../../../src/upstream/auth/guarded-fetch.ts'
import { createLogins, type Login, type LoginEntry } from '../../../src/upstream/auth/login.ts'
import { findLogin, logIn } from '../../../src/upstream/auth/log-in.ts'
import { temporaryFolder } from '../../support/servers.ts'
import {
  answer,
  type Fault,
  type SignedWorld,
  signedWorld,
  type SignedWorldOptions,
} from '../../support/signed-world.ts'

const signal = (): AbortSignal => AbortSignal.timeout(20_000)

async function logInTo(
  world: SignedWorld,
  more: Partial<LoginEntry> = {},
  change?: (url: URL) => void,
): Promise<Login> {
  const entry = { name: 'signed', url: world.url, ...more }
  return await logIn(entry, { open: (address) => void world.browse(address, 'ann', change) }, { signal: signal() })
}

/** Answers one path with this. */
function answering(path: string, status: number, value: object): Fault {
  return (asked, response) => {
    if (asked.path !== path) return false
    answer(response, status, value)
    return true
  }
}

const RFC_8414 = '/.well-known/oauth-authorization-server'
const RESOURCE = '/.well-known/oauth-protected-resource/mcp'

describe('a login is found', () => {
  it.each<[string, SignedWorldOptions, (world: SignedWorld) => void]>([
    ['by the metadata that a 401 names', {}, () => undefined],
    ['where a 401 names none', { challenges: false }, () => undefined],
    ['by OpenID where RFC 8414 has nothing', {}, (world) => (world.fault = answering(RFC_8414, 404, {}))],
    [
      'where the scopes that the server names cannot be registered',
      {},
      (world) => {
        const metadata = { resource: world.url, authorization_servers: [world.issuer], scopes_supported: ['mcp:tools'] }
        world.serverFault = answering(RESOURCE, 200, metadata)
      },
    ],
    [
      'where the scopes that the server names are refused',
      {},
      (world) => {
        world.fault = ({ path, query }, response) => {
          if (path !== '/auth' || !query.has('scope')) return false
          const back = new URL(query.get('redirect_uri') ?? '')
          back.search = new URLSearchParams({ error: 'invalid_scope', state: query.get('state') ?? '' }).toString()
          response.writeHead(302, { location: back.href }).end()
          return true
        }
      },
    ],
  ])('%s', async (_case, options, arrange) => {
    await using world = await signedWorld(options)
    arrange(world)
    expect(await logInTo(world)).toMatchObject({ issuer: world.issuer, resource: world.url })
  })

  it('for a client that was registered by hand, whose secret stays in the configuration', async () => {
    const client = {
      client_id: 'by-hand',
      client_secret: 'a-secret-of-the-configuration',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic',
    }
    await using world = await signedWorld({ clients: [client], registers: false })
    const folder = temporaryFolder()
    const logins = createLogins(createFileTokenStore({ folder }))
    const auth = { type: 'oauth', clientId: 'by-hand', clientSecret: client.client_secret } as const
    const entry = { name: 'signed', url: world.url, auth }
    await logins.save(entry, await logInTo(world, { auth }))
    const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
    expect(kept.join('\n')).not.toContain(client.client_secret)
    expect(await logins.read(entry)).toMatchObject({ client: { client_id: 'by-hand' } })
  })

  it('for a client whose metadata document the authorization server takes', async () => {
    await using world = await signedWorld({ registers: false })
    world.fault = async ({ path }, response) => {
      if (path !== RFC_8414) return false
      const metadata = (await (await fetch(`${world.issuer}/.well-known/openid-configuration`)).json()) as object
      answer(response, 200, { ...metadata, client_id_metadata_document_supported: true })
      return true
    }
    const clientMetadataUrl = 'https://client.example/mcp.json'
    const entry = { name: 'signed', url: world.url, auth: { type: 'oauth', clientMetadataUrl } } as const
    const found = await findLogin(entry, { signal: signal() })
    const begun = await beginLogin({ entry, ...found, redirectUri: 'http://127.0.0.1:1/callback', state: 'x' })
    expect(begun.address.searchParams.get('client_id')).toBe(clientMetadataUrl)
    expect(begun.address.searchParams.get('code_challenge_method')).toBe('S256')
    expect(begun.address.searchParams.get('resource')).toBe(world.url)
  })

  it('by a code that is typed in elsewhere', async () => {
    await using world = await signedWorld()
    const login = await logInByDevice(
      { name: 'signed', url: world.url },
      { signal: signal(), show: ({ wholeAddress, address }) => void world.browse(wholeAddress ?? address) },
    )
    expect(login.tokens.refresh_token).toBeDefined()
  })
})

describe('a login is refused', () => {
  it.each<[string, SignedWorldOptions, (world: SignedWorld) => void, string, RegExp]>([
    [
      'where the metadata is that of another issuer',
      {},
      (world) =>
        (world.fault = answering(RFC_8414, 200, {
          issuer: 'https://other.example',
          authorization_endpoint: 'https://other.example/auth',
          token_endpoint: 'https://other.example/token',
          response_types_supported: ['code'],
        })),
      'UPSTREAM_PROTOCOL',
      /other\.example/,
    ],
    [
      'where the authorization server has no metadata',
      {},
      (world) =>
        (world.fault = ({ path }, response) => path.startsWith('/.well-known') && (answer(response, 404, {}), true)),
      'UPSTREAM_PROTOCOL',
      /has no metadata/,
    ],
    [
      'where the authorization server fails',
      {},
      (world) => (world.fault = answering(RFC_8414, 500, { error: 'down' })),
      'UPSTREAM_PROTOCOL',
      /HTTP 500/,
    ],
    [
      'where the metadata is for another server',
      {},
      (world) =>
        (world.serverFault = answering(RESOURCE, 200, {
          resource: 'https://bank.example/mcp',
          authorization_servers: [world.issuer],
        })),
      'UPSTREAM_PROTOCOL',
      /bank\.example/,
    ],
    [
      'where the metadata leads to the metadata of a cloud',
      {},
      (world) =>
        (world.serverFault = answering(RESOURCE, 200, {
          resource: world.url,
          authorization_servers: ['https://169.254.169.254/latest'],
        })),
      'POLICY_DENIED',
      /169\.254\.169\.254/,
    ],
    [
      'where the token endpoint is not encrypted',
      {},
      (world) => {
        world.fault = async ({ path }, response) => {
          if (path !== RFC_8414) return false
          const metadata = (await (await fetch(`${world.issuer}/.well-known/openid-configuration`)).json()) as object
          answer(response, 200, { ...metadata, token_endpoint: 'http://tokens.example/token' })
          return true
        }
      },
      'LOGIN_REQUIRED',
      /tokens\.example/,
    ],
    [
      'where the metadata is redirected in a circle',
      {},
      (world) =>
        (world.fault = ({ path }, response) => {
          if (!path.startsWith('/.well-known')) return false
          response.writeHead(302, { location: path }).end()
          return true
        }),
      'UPSTREAM_PROTOCOL',
      /has no metadata/,
    ],
    [
      'where no client is registered, and none is configured',
      { registers: false },
      () => undefined,
      'LOGIN_REQUIRED',
      /dynamic client registration/,
    ],
    [
      'in the words of the authorization server that registers none',
      {},
      (world) => (world.fault = answering('/reg', 403, { error: 'access_denied', error_description: 'only partners' })),
      'LOGIN_REQUIRED',
      /only partners/,
    ],
    [
      'in the words of the token endpoint',
      {},
      (world) => (world.fault = answering('/token', 500, { error: 'server_error', error_description: 'on fire' })),
      'LOGIN_REQUIRED',
      /on fire/,
    ],
  ])('%s', async (_case, options, arrange, code, message) => {
    await using world = await signedWorld(options)
    arrange(world)
    await expect(logInTo(world)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('where the answer names another issuer than was asked', async () => {
    await using world = await signedWorld()
    const spoof = (url: URL): void => {
      if (url.searchParams.has('code')) url.searchParams.set('iss', 'https://mixed-up.example')
    }
    await expect(logInTo(world, {}, spoof)).rejects.toMatchObject({
      message: expect.stringContaining('mixed-up.example'),
    })
    expect(world.knocks.filter(({ path }) => path === '/token')).toEqual([])
  })

  it('never by an answer of another login', async () => {
    await using world = await signedWorld()
    const forged = async (address: URL): Promise<void> => {
      const back = new URL(address.searchParams.get('redirect_uri') ?? '')
      back.search = new URLSearchParams({ code: 'stolen', state: 'of another' }).toString()
      expect((await fetch(back)).status).toBe(400)
      await world.browse(address)
    }
    const entry = { name: 'signed', url: world.url }
    const login = await logIn(entry, { open: (address) => void forged(address) }, { signal: signal() })
    expect(login.issuer).toBe(world.issuer)
  })

  it('with what the person said', async () => {
    await using world = await signedWorld()
    world.fault = ({ path, query }, response) => {
      if (path !== '/auth') return false
      const back = new URL(query.get('redirect_uri') ?? '')
      const said = { error: 'access_denied', error_description: 'ann said no', state: query.get('state') ?? '' }
      back.search = new URLSearchParams(said).toString()
      response.writeHead(302, { location: back.href }).end()
      return true
    }
    await expect(logInTo(world)).rejects.toMatchObject({ message: expect.stringContaining('ann said no') })
  })
})

describe('addresses that a server chose', () => {
  const remote = new URL('https://93.184.216.34/mcp')

  it.each([
    'http://93.184.216.34/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::1]/',
    'https://localhost/',
    'https://10.1.2.3/',
    'https://192.168.1.1/',
    'https://169.254.169.254/',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[::]/',
    'https://0.0.0.0/',
    'file:///etc/passwd',
  ])('%s is refused for a server of the internet', async (address) => {
    await expect(guardedFetch({ server: remote })(address)).rejects.toMatchObject({ code: 'POLICY_DENIED' })
  })

  it('are left when they take too long', async () => {
    await using world = await signedWorld()
    world.fault = () => true
    await expect(guardedFetch({ server: new URL(world.url), timeoutMs: 50 })(world.issuer)).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    })
  })

  it('are cut where they send without end', async () => {
    await using world = await signedWorld()
    world.fault = (_asked, response) => {
      const more = (): void => void response.write('x'.repeat(100_000), (error) => error ?? more())
      response.writeHead(200)
      more()
      return true
    }
    await expect(guardedFetch({ server: new URL(world.url) })(world.issuer)).rejects.toThrow(/more than 1048576 bytes/)
  })
})
