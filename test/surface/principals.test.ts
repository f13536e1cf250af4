import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { tokenCallers } from '../../src/access/callers.ts'
import { type LiveTokens, openTokens } from '../../src/access/live-tokens.ts'
import { createTokenFile } from '../../src/access/token-file.ts'
import { createMemoryUpstream, createOptimizer, defineConfig } from '../../src/index.ts'
import { systemClock } from '../../src/internal/clock.ts'
import { createFronts } from '../../src/surface/fronts.ts'
import { openMonitor } from '../../src/surface/http/monitor.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { temporaryFolder } from '../support/servers.ts'

const folder = temporaryFolder()
const file = createTokenFile(join(folder, 'tokens.json'))
const NOW = new Date()
const tool = (name: string, readOnly = false) => ({
  name,
  description: `Does ${name}`,
  inputSchema: { type: 'object', properties: {} },
  annotations: readOnly ? { readOnlyHint: true } : {},
  run: () => ({ done: name }),
})
const profiles = { desk: { servers: ['desk'] }, looking: { effects: 'read' as const } }
const gateway = createOptimizer(defineConfig({ cacheDir: join(folder, 'cache'), profiles }), {
  upstreams: [
    createMemoryUpstream('desk', [tool('list_ledgers', true), tool('add_ledger')]),
    createMemoryUpstream('vault', [tool('read_gold', true)]),
  ],
})
let tokens: LiveTokens
let service: HttpService
const given: Record<string, string> = {}
const OPERATOR = 'operator-token'

beforeAll(async () => {
  given['all'] = await file.create('all', {}, NOW)
  given['desk'] = await file.create('desk', { servers: ['desk'] }, NOW)
  given['profiled'] = await file.create('profiled', { profile: 'desk' }, NOW)
  given['orphan'] = await file.create('orphan', { profile: 'gone' }, NOW)
  given['slow'] = await file.create('slow', { rate: { requests: 3, seconds: 60 } }, NOW)
  tokens = await openTokens({ path: file.path, clock: systemClock, pollMs: 20 })
  const surface = await openSurface(gateway)
  service = await serveHttp(gateway, surface, {
    port: 0,
    token: OPERATOR,
    callers: tokenCallers(tokens, profiles),
    fronts: createFronts(gateway, surface),
    profiles,
    monitor: await openMonitor(gateway),
  })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  tokens[Symbol.dispose]()
  await gateway[Symbol.asyncDispose]()
})

const post = async (path: string, token: string | undefined, method: string, params: object = {}): Promise<Response> =>
  await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
const run = async (path: string, token: string | undefined, intent: string): Promise<string> =>
  await (await post(path, token, 'execute_intent', { intent })).text()
const names = async (path: string, token?: string): Promise<string[]> => {
  const answer = (await (await post(path, token, 'tools/list')).json()) as { result: { tools: { name: string }[] } }
  return answer.result.tools.map(({ name }) => name)
}

describe('a token of its own', () => {
  it('sees and uses its part of the gateway alone, on both endpoints', async () => {
    expect(await run('/rpc', given['desk'], 'desk.add_ledger')).toContain('"done":"add_ledger"')
    const refused = await run('/rpc', given['desk'], 'vault.read_gold')
    expect(refused).toContain('UNKNOWN_INTENT')
    expect(await run('/rpc', given['all'], 'vault.read_gold')).toContain('"done":"read_gold"')
    expect(await run('/rpc', OPERATOR, 'vault.read_gold')).toContain('"done":"read_gold"')
    const listed = await post('/mcp', given['desk'], 'tools/list')
    expect(await listed.text()).not.toMatch(/vault/)
  })

  it('is narrowed by its profile, by that of the address, and by both', async () => {
    expect(await run('/rpc', given['profiled'], 'vault.read_gold')).toContain('UNKNOWN_INTENT')
    expect(await run('/rpc/p/looking', OPERATOR, 'desk.add_ledger')).toContain('UNKNOWN_INTENT')
    expect(await run('/rpc/p/looking', given['profiled'], 'desk.list_ledgers')).toContain('"done":"list_ledgers"')
    expect(await run('/rpc/p/looking', given['profiled'], 'vault.read_gold')).toContain('UNKNOWN_INTENT')
    const orphan = await post('/rpc', given['orphan'], 'discover')
    expect([orphan.status, await orphan.text()]).toEqual([403, expect.stringContaining('profile')])
  })

  it.each([
    ['none at all', undefined, /a bearer token is needed/],
    ['one that nobody holds', `mcpo_${'a'.repeat(43)}`, /is not valid/],
    ['one that is no token', 'x', /is not valid/],
  ])('is refused: %s', async (_what, token, reason) => {
    const answer = await post('/rpc', token, 'discover')
    expect([answer.status, await answer.text()]).toEqual([401, expect.stringMatching(reason)])
  })

  it('opens none of what is of everybody', async () => {
    for (const path of ['/status', '/metrics']) {
      const of = async (token: string | undefined) =>
        (await fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${token ?? ''}` } })).status
      expect([path, await of(given['desk']), await of(given['all']), await of(OPERATOR)]).toEqual([path, 404, 404, 200])
    }
  })

  it('may not ask more often than its rate', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => await post('/rpc', given['slow'], 'discover')),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429, 429])
    const late = answers.find(({ status }) => status === 429)
    expect(Number(late?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await late?.text()).toMatch(/3 in 60 s; try again in \d+ s/)
    expect((await post('/rpc', given['all'], 'discover')).status).toBe(200)
  })

  it('ends when it is revoked, also in the middle of a session', async () => {
    const token = await file.create('passing', {}, NOW)
    const client = new Client({ name: 'test', version: '1' })
    await vi.waitFor(() => expect(tokens.find(token)).toBeDefined())
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${token}` } },
      }),
    )
    expect((await client.listTools()).tools.length).toBeGreaterThan(0)
    await file.revoke('passing')
    await vi.waitFor(() => expect(tokens.find(token)).toBeUndefined())
    await expect(client.listTools()).rejects.toThrow()
    await client.close()
  })

  it('reads nothing of another one', async () => {
    const session = (await post('/mcp', given['all'], 'initialize', initialize)).headers.get('mcp-session-id') ?? ''
    const program = { code: "await state.set('k', 'mine'); return 'set'", session }
    await post('/rpc', given['all'], 'execute_code', program)
    const stolen = await (
      await post('/rpc', given['desk'], 'execute_code', { code: "return await state.get('k')", session })
    ).text()
    expect(stolen).toContain('UNKNOWN_HANDLE')
  })
})

const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }

describe('the mode of an address', () => {
  it.each([
    ['/mcp', ['search', 'execute_intent', 'execute_batch', 'execute_code']],
    ['/mcp?mode=compact', ['search', 'execute_code']],
    ['/mcp?mode=lazy_loading', ['list_tools', 'describe_tools', 'call_tool']],
    ['/mcp?mode=server_side', ['find_tools', 'call_tool']],
    ['/mcp?codemode=false', ['find_tools', 'call_tool']],
    ['/mcp?codemode=true', ['search', 'execute_intent', 'execute_batch', 'execute_code']],
    ['/mcp?mode=traditional', ['desk__add_ledger', 'desk__list_ledgers', 'vault__read_gold']],
    ['/mcp/p/desk?mode=traditional', ['desk__add_ledger', 'desk__list_ledgers']],
  ])('%s', async (path, expected) => {
    expect((await names(path, OPERATOR)).toSorted()).toEqual(expected.toSorted())
  })

  it.each([
    [
      '/mcp?mode=fast',
      /no mode .{1,2}fast.{1,2}; there are: code_execution, lazy_loading, server_side, traditional, compact/,
    ],
    ['/mcp/p/none', /no profile .{1,2}none.{1,2}; there are: desk, looking/],
    ['/mcp/p/__proto__', /no profile/],
    ['/mcp?codemode=perhaps', /wanted true or false/],
  ])('is refused with what there is: %s', async (path, reason) => {
    const answer = await post(path, OPERATOR, 'tools/list')
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringMatching(reason)])
  })

  it('is the same bytes for each request', async () => {
    const texts = await Promise.all(
      Array.from(
        { length: 3 },
        async () => await (await post('/mcp/p/desk?mode=lazy_loading', given['all'], 'tools/list')).text(),
      ),
    )
    expect(new Set(texts).size).toBe(1)
  })
})

describe('a gateway without a token of the operator', () => {
  const open = async (own: LiveTokens) =>
    await serveHttp(gateway, await openSurface(gateway), {
      port: 0,
      callers: tokenCallers(own, profiles),
      fronts: createFronts(gateway, await openSurface(gateway)),
    })

  it('serves this machine as ever while no token was made, and nobody without one from then on', async () => {
    const other = createTokenFile(join(temporaryFolder(), 'tokens.json'))
    using own = await openTokens({ path: other.path, clock: systemClock, pollMs: 20 })
    await using front = await open(own)
    const ask = async () =>
      (
        await fetch(`${front.url}/rpc`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"jsonrpc":"2.0","id":1,"method":"discover"}',
        })
      ).status
    expect(await ask()).toBe(200)
    await other.create('one', {}, NOW)
    await vi.waitFor(async () => expect(await ask()).toBe(401))
    // With the last one gone whoever held it must not come in without one.
    await other.revoke('one')
    await vi.waitFor(() => expect(own.count).toBe(0))
    expect(await ask()).toBe(401)
    writeFileSync(other.path, readFileSync(other.path, 'utf8').slice(5))
    await vi.waitFor(() => expect(own.problem).toBeDefined())
    expect(await ask()).toBe(401)
  })
})
