import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import AuthorizationServer from 'oidc-provider'

/** Stands before a server: answers a request itself, or leaves it (false). */
export type Fault = (asked: Knock, response: ServerResponse) => boolean | Promise<boolean>

/** A request as it came in. */
export interface Knock {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Of a POST. */
  readonly body: string
}

export interface SignedWorldOptions {
  /** Seconds that an access token is good for. @default 3600 */
  readonly tokenSeconds?: number
  /** Clients that are registered by hand. */
  readonly clients?: readonly object[]
  /** False: registrations are refused. @default true */
  readonly registers?: boolean
  /** False: a 401 does not say where the metadata is. @default true */
  readonly challenges?: boolean
  /** A session serves the token that opened it alone. @default false */
  readonly bindsSessions?: boolean
  /** Scopes that a call needs. @default none */
  readonly needs?: readonly string[]
}

/** An MCP server that wants a login, and the authorization server that gives it. */
export interface SignedWorld extends AsyncDisposable {
  /** Address of the MCP server. */
  readonly url: string
  readonly issuer: string
  /** What came to the MCP server, JSON-RPC methods in order. */
  readonly seen: string[]
  /** What came to the authorization server. */
  readonly knocks: Knock[]
  /** How often a refresh token was redeemed, with success or not. */
  redemptions(): number
  /** Before the authorization server. */
  fault: Fault | undefined
  /** Before the MCP server. */
  serverFault: Fault | undefined
  /** All access tokens so far are refused from now on, as if they had expired. */
  expireAll(): void
  /** What a browser does: follows the address, logs in, consents, and goes where it is sent at last. */
  browse(address: URL | string, account?: string, change?: (address: URL) => void): Promise<Response>
}

/** A real authorization server (`oidc-provider`) and a resource server beside it, both on loopback. */
export async function signedWorld(options: SignedWorldOptions = {}): Promise<SignedWorld> {
  const { tokenSeconds = 3_600, challenges = true, needs = [] } = options
  const seen: string[] = []
  const knocks: Knock[] = []
  const refused = new Set<string>()
  const known = new Set<string>()
  const sessions = new Map<string, string>()
  let account = 'ann'

  const authorization = createServer()
  const issuer = `http://127.0.0.1:${await listen(authorization)}`
  const resourceServer = createServer()
  const resourceOrigin = `http://127.0.0.1:${await listen(resourceServer)}`
  const url = `${resourceOrigin}/mcp`
  const provider = createProvider(issuer, url, { ...options, tokenSeconds })
  const callback = provider.callback()

  const world: SignedWorld = {
    url,
    issuer,
    seen,
    knocks,
    redemptions: () =>
      knocks.filter(({ path, body }) => path === '/token' && body.includes('grant_type=refresh_token')).length,
    fault: undefined,
    serverFault: undefined,
    expireAll() {
      for (const token of known) refused.add(token)
    },
    async browse(address, who = 'ann', change = () => undefined) {
      account = who
      return await browse(new URL(address), change)
    },
    async [Symbol.asyncDispose]() {
      for (const server of [authorization, resourceServer]) {
        server.closeAllConnections()
        await new Promise((closed) => server.close(closed))
      }
    },
  }

  authorization.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void (async () => {
      const { pathname: path, searchParams: query } = new URL(request.url ?? '/', issuer)
      const body = request.method === 'POST' ? await text(request) : ''
      const knock = { method: request.method ?? 'GET', path, query, headers: request.headers, body }
      knocks.push(knock)
      if ((await world.fault?.(knock, response)) === true) return
      if (path.startsWith('/interaction/')) return await interact(provider, request, response, () => account)
      // As many real ones have it, a request without scopes gets the usual ones.
      if (path === '/auth' && !query.has('scope')) request.url += '&scope=read'
      // The provider takes a body that was read before it.
      Object.assign(request, { body })
      await callback(request, response)
    })()
  })

  resourceServer.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void (async () => {
      const { pathname: path, searchParams: query } = new URL(request.url ?? '/', url)
      const body = request.method === 'POST' ? await text(request) : ''
      const knock = { method: request.method ?? 'GET', path, query, headers: request.headers, body }
      if ((await world.serverFault?.(knock, response)) === true) return
      if (path === '/.well-known/oauth-protected-resource/mcp')
        return answer(response, 200, { resource: url, authorization_servers: [issuer], scopes_supported: ['read'] })
      if (path !== '/mcp') return answer(response, 404, { error: 'nothing here' })
      const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
      const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))
      if (found !== undefined) known.add(token)
      const metadata = challenges
        ? `resource_metadata="${resourceOrigin}/.well-known/oauth-protected-resource/mcp"`
        : ''
      if (found === undefined || refused.has(token)) {
        if (challenges) response.setHeader('www-authenticate', `Bearer ${metadata}`)
        return answer(response, 401, { error: 'invalid_token' })
      }
      const missing = needs.filter((scope) => !(found.scope ?? '').split(' ').includes(scope))
      const message = body === '' ? {} : (JSON.parse(body) as { id?: number; method?: string })
      if (missing.length > 0 && message.method === 'tools/call') {
        response.setHeader(
          'www-authenticate',
          `Bearer error="insufficient_scope", scope="${needs.join(' ')}", ${metadata}`,
        )
        return answer(response, 403, { error: 'insufficient_scope' })
      }
      if (request.method === 'DELETE') {
        seen.push('DELETE')
        sessions.delete(String(request.headers['mcp-session-id']))
        return response.writeHead(204).end()
      }
      if (request.method !== 'POST') return response.writeHead(405).end()
      seen.push(String(message.method))
      const session = request.headers['mcp-session-id']
      const opener = typeof session === 'string' ? sessions.get(session) : undefined
      if (options.bindsSessions === true && typeof session === 'string' && opener !== token)
        return answer(response, 404, { error: 'session not found' })
      serve(message, found.accountId ?? found.clientId ?? '', response, () => {
        const id = randomUUID()
        sessions.set(id, token)
        return id
      })
    })()
  })
  return world
}

function createProvider(issuer: string, resource: string, options: SignedWorldOptions): AuthorizationServer {
  const { clients = [], registers = true, tokenSeconds } = options
  return new AuthorizationServer(issuer, {
    clients,
    scopes: ['openid', 'offline_access', 'read', 'write'],
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: registers },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx: { body: unknown }, form: string) => void (ctx.body = form),
        userCodeConfirmSource: (ctx: { body: unknown }, form: string) => void (ctx.body = form),
        successSource: (ctx: { body: unknown }) => void (ctx.body = 'done'),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'read write',
          accessTokenFormat: 'opaque',
          accessTokenTTL: tokenSeconds,
        }),
      },
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    responseTypes: ['code'],
    cookies: { keys: ['a test'] },
    jwks: undefined,
    ttl: { AccessToken: tokenSeconds, ClientCredentials: tokenSeconds, Interaction: 60, Session: 600, Grant: 86_400 },
    findAccount: async (_ctx: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@example.com` }),
    }),
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  })
}

/** Logs in and consents, as fast as a person would never do. */
async function interact(
  provider: AuthorizationServer,
  request: IncomingMessage,
  response: ServerResponse,
  account: () => string,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login')
    return await provider.interactionFinished(request, response, { login: { accountId: account() } })
  const grant = new provider.Grant({
    accountId: session?.accountId ?? account(),
    clientId: String(params['client_id']),
  })
  const { missingOIDCScope, missingResourceScopes = {} } = prompt.details as {
    missingOIDCScope?: string[]
    missingResourceScopes?: Record<string, string[]>
  }
  if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '))
  for (const [resource, scopes] of Object.entries(missingResourceScopes))
    grant.addResourceScope(resource, scopes.join(' '))
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

/** Follows redirects with cookies; forms are sent as they stand. */
async function browse(start: URL, change: (address: URL) => void): Promise<Response> {
  const cookies = new Map<string, string>()
  let url = start
  let init: RequestInit = {}
  for (let steps = 0; steps < 20; steps++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...init, headers: { cookie, ...(init.headers as object) }, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location !== null) {
      await response.body?.cancel()
      url = new URL(location, url)
      change(url)
      init = {}
      continue
    }
    const form = response.headers.get('content-type')?.includes('html') === true ? await response.clone().text() : ''
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(form) ?? []
    if (action === undefined) return response
    url = new URL(action.replaceAll('&amp;', '&'), url)
    const fields = [...form.matchAll(/<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"/g)]
    const body = new URLSearchParams(fields.map(([, name = '', value = '']): [string, string] => [name, value]))
    body.set('confirm', 'yes')
    init = { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  }
  throw new Error(`the browser was sent round without end: ${url}`)
}

function serve(
  { id, method }: { readonly id?: number; readonly method?: string },
  account: string,
  response: ServerResponse,
  openSession: () => string,
): void {
  if (id === undefined) return void response.writeHead(202).end()
  const result = (value: object): void => answer(response, 200, { jsonrpc: '2.0', id, result: value })
  if (method === 'initialize') {
    response.setHeader('mcp-session-id', openSession())
    return result({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'signed', version: '1' },
    })
  }
  if (method === 'tools/list') return result({ tools: [{ name: 'whoami', inputSchema: { type: 'object' } }] })
  if (method === 'tools/call') return result({ content: [{ type: 'text', text: account }] })
  answer(response, 200, { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } })
}

export function answer(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
