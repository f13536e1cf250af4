import { expect, it } from 'vitest'
import { logIn } from '../../src/upstream/auth/log-in.ts'
import { openLogins } from '../../src/upstream/auth/open-store.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'
import { type SignedWorld, signedWorld } from '../support/signed-world.ts'

const WHOAMI = { intent: 'signed.whoami', params: {} }

async function logInAs(world: SignedWorld, folder: string, account: string): Promise<void> {
  const entry = { name: 'signed', url: world.url, auth: undefined }
  const signal = AbortSignal.timeout(20_000)
  const login = await logIn(entry, { open: (address) => void world.browse(address, account) }, { signal })
  await openLogins({ folder, keychain: false }).save(entry, login)
}

it('what was read with one account is not served to the next one of the same server', async () => {
  await using world = await signedWorld()
  const folder = temporaryFolder()
  const config = {
    cacheDir: temporaryFolder(),
    servers: { signed: { type: 'http', url: world.url } },
    logins: { folder, keychain: false },
    cache: { cacheable: ['signed.whoami'] },
  } as const
  await logInAs(world, folder, 'ann')
  {
    await using gateway = demoGateway(config)
    expect(await gateway.executeIntent(WHOAMI)).toMatchObject({ data: 'ann' })
    expect(await gateway.executeIntent(WHOAMI)).toMatchObject({ data: 'ann', metadata: { cache_layer: 'memory' } })
  }
  await logInAs(world, folder, 'bob')
  await using gateway = demoGateway(config)
  expect(await gateway.executeIntent(WHOAMI)).toMatchObject({ data: 'bob' })
})

it('search says which server needs a login, and the command', async () => {
  await using world = await signedWorld()
  const logins = { folder: temporaryFolder(), keychain: false }
  await using gateway = demoGateway({ servers: { signed: { type: 'http', url: world.url } }, logins })
  await gateway.ready(10_000)
  const answer = await gateway.search({ query: 'qqqq' })
  expect(JSON.stringify(answer)).toContain(
    'signed needs a login, which a person gives with: mcp-optimizer login signed',
  )
})

it('the token of a client goes to no server', async () => {
  await using world = await signedWorld()
  const folder = temporaryFolder()
  await logInAs(world, folder, 'ann')
  const sent = new Set<string | undefined>()
  world.serverFault = ({ headers }) => {
    sent.add(headers.authorization)
    return false
  }
  await using gateway = demoGateway({
    servers: { signed: { type: 'http', url: world.url } },
    logins: { folder, keychain: false },
  })
  const surface = createSurface({ servers: ['signed'], compact: false, programs: true, version: '0.0.0' })
  await using front = await serveHttp(gateway, surface, { port: 0, token: 'of-the-client-alone' })
  const response = await fetch(`${front.url}/rpc`, {
    method: 'POST',
    headers: { authorization: 'Bearer of-the-client-alone', 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'execute_intent', params: WHOAMI }),
  })
  expect(await response.text()).toContain('ann')
  expect([...sent].join(' ')).not.toContain('of-the-client-alone')
  expect(sent.size).toBeGreaterThan(0)
})
