import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Client, ClientCredentialsProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import AuthorizationServer from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jwtCallers } from '../../src/access/jwt.ts'
import { createMemoryUpstream, createOptimizer, defineConfig } from '../../src/index.ts'
import { createFronts } from '../../src/surface/fronts.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { temporaryFolder } from '../support/servers.ts'

const AUDIENCE = 'https://tools.example.org/'
const tool = (name: string, readOnlyHint: boolean) => ({
  name,
  inputSchema: { type: 'object', properties: {} },
  annotations: { readOnlyHint },
  run: () => ({ done: name }),
})
const gateway = createOptimizer(defineConfig({ cacheDir: join(temporaryFolder(), 'cache') }), {
  upstreams: [createMemoryUpstream('desk', [tool('look', true), tool('act', false)])],
})
const authorization = createServer()
let service: HttpService
let issuer: string

beforeAll(async () => {
  await new Promise<void>((resolve) => authorization.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(authorization.address() as AddressInfo).port}`
  const client = (id: string, scope: string) => ({
    client_id: id,
    client_secret: `secret of ${id}`,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope,
  })
  const provider = new AuthorizationServer(issuer, {
    clients: [client('reader', 'mcp:read'), client('writer', 'mcp:read mcp:write'), client('stranger', 'mail')],
    scopes: ['mcp:read', 'mcp:write', 'mail'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: () => ({
          scope: 'mcp:read mcp:write mail',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    cookies: { keys: ['a test'] },
  })
  // A client has no account: it stands for itself.
  const callback = provider.callback()
  authorization.on('request', (request, response) => void callback(request, response))
  const surface = await openSurface(gateway)
  service = await serveHttp(gateway, surface, {
    port: 0,
    callers: jwtCallers({ issuer, audience: AUDIENCE }),
    protectedBy: { issuer },
    fronts: createFronts(gateway, surface),
  })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  authorization.closeAllConnections()
  await new Promise((closed) => authorization.close(closed))
  await gateway[Symbol.asyncDispose]()
})

const connect = async (id: string, scope: string): Promise<Client> => {
  const client = new Client({ name: 'stock', version: '1' })
  const authProvider = new ClientCredentialsProvider({ clientId: id, clientSecret: `secret of ${id}`, scope })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`), { authProvider }))
  return client
}
const run = async (client: Client, intent: string): Promise<string> =>
  JSON.stringify(await client.callTool({ name: 'execute_intent', arguments: { intent } }))

describe('the official client', () => {
  it('finds the authorization server by itself, logs in, and may do what its scopes say', async () => {
    const reader = await connect('reader', 'mcp:read')
    expect(await run(reader, 'desk.look')).toContain('look')
    expect(await run(reader, 'desk.act')).toContain('UNKNOWN_INTENT')
    await reader.close()
    const writer = await connect('writer', 'mcp:read mcp:write')
    expect(await run(writer, 'desk.act')).toContain('act')
    await writer.close()
  })

  it('is told of the scope that it lacks', async () => {
    await expect(connect('stranger', 'mail')).rejects.toThrow()
    const answer = await fetch(`${service.url}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tokenOf('stranger', 'mail')}` },
    })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toMatch(
      /error="insufficient_scope".*scope="mcp:read mcp:write mcp:destructive"/,
    )
  })

  it('is told where to log in, without a token and with a wrong one', async () => {
    const bare = await fetch(`${service.url}/mcp`, { method: 'POST' })
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining(`resource_metadata="${service.url}/.well-known/oauth-protected-resource/mcp"`),
    ])
    const wrong = await fetch(`${service.url}/mcp`, { method: 'POST', headers: { authorization: 'Bearer a.b.c' } })
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"')
    for (const path of ['', '/mcp']) {
      const metadata = await fetch(`${service.url}/.well-known/oauth-protected-resource${path}`)
      expect(await metadata.json()).toEqual({
        resource: `${service.url}/mcp`,
        authorization_servers: [issuer],
        bearer_methods_supported: ['header'],
        resource_name: 'mcp-optimizer',
      })
    }
  })
})

async function tokenOf(id: string, scope: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(`secret of ${id}`)}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: AUDIENCE }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}
