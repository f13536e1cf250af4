import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { ExecutionMode } from '../../src/config/features.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { BREAK_EVEN_TOKENS, openSurface } from '../../src/surface/open-surface.ts'
import { shownName } from '../../src/surface/shown-tools.ts'
import { serveStdio } from '../../src/surface/stdio.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { DEMO_TOOLS, demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

interface Connection extends AsyncDisposable {
  readonly client: Client
  names(): Promise<string[]>
  call(name: string, input?: Record<string, unknown>): Promise<{ text: string; isError: boolean }>
}

/** A stock client of the 2026 era on a gateway in this mode, over HTTP. */
async function connect(gateway: Optimizer): Promise<Connection> {
  const service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`)))
  return {
    client,
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call(name, input = {}) {
      const { content, isError } = await client.callTool({ name, arguments: input })
      const [first] = content as { text?: string }[]
      return { text: first?.text ?? '', isError: isError === true }
    },
    async [Symbol.asyncDispose]() {
      await client.close()
      await service[Symbol.asyncDispose]()
      await gateway[Symbol.asyncDispose]()
    },
  }
}

function inMode(executionMode: ExecutionMode, more: { pinned?: string[] } = {}, maxTokensPerRequest = 500): Optimizer {
  return demoGateway({ features: { executionMode, maxTokensPerRequest, compactAnswers: false }, ...more })
}

describe('traditional', () => {
  it('passes every tool and its whole result through', async () => {
    await using gateway = await connect(inMode('traditional'))
    const { tools } = await gateway.client.listTools()
    expect(tools.map(({ name }) => name).toSorted()).toEqual(DEMO_TOOLS.map(({ name }) => `demo__${name}`).toSorted())
    expect(tools.find(({ name }) => name === 'demo__add')).toMatchObject({
      description: 'Adds two numbers',
      inputSchema: { required: ['a', 'b'] },
    })
    expect(tools.find(({ name }) => name === 'demo__rows')?.annotations).toEqual({ readOnlyHint: true })
    const { content } = await gateway.client.callTool({ name: 'demo__picture', arguments: {} })
    expect(content).toContainEqual({ type: 'image', mimeType: 'image/png', data: 'aGVsbG8=' })
    const rows = await gateway.client.callTool({ name: 'demo__rows', arguments: { count: 400 } })
    expect((rows.structuredContent as { rows: unknown[] }).rows).toHaveLength(400)
  })

  it('checks arguments, and passes errors of servers through as they are', async () => {
    await using gateway = await connect(inMode('traditional'))
    expect(await gateway.call('demo__add', { a: 'x' })).toMatchObject({ isError: true })
    const failed = await gateway.call('demo__fail')
    expect(failed.isError).toBe(true)
    expect(failed.text).toBe('no luck at /home/ann/secret')
  })

  it('refuses an unknown tool with the nearest names', async () => {
    await using gateway = await connect(inMode('traditional'))
    await expect(gateway.client.callTool({ name: 'demo__ad', arguments: {} })).rejects.toMatchObject({
      data: { tools: expect.arrayContaining(['demo__add']) },
    })
  })
})

describe('JSON-RPC', () => {
  it('has the tools that a mode shows as methods', async () => {
    const gateway = inMode('traditional')
    await using service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
    const call = async (method: string, params: object): Promise<unknown> => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      const response = await fetch(`${service.url}/rpc`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
      return await response.json()
    }
    expect(await call('demo__add', { a: 1, b: 2 })).toMatchObject({
      result: { status: 'ok', data: { structuredContent: { sum: 3 } } },
    })
    expect(await call('search', { query: 'x' })).toMatchObject({ error: { code: -32601 } })
    await gateway[Symbol.asyncDispose]()
  })
})

describe('lazy_loading', () => {
  it('gives names, then definitions, then calls', async () => {
    await using gateway = await connect(inMode('lazy_loading'))
    expect(await gateway.names()).toEqual(['list_tools', 'describe_tools', 'call_tool'])
    const { text } = await gateway.call('list_tools')
    expect(text).toContain('demo: ')
    expect(text).toContain('demo.add')
    expect(text).toContain('intents: ')
    const described = JSON.parse((await gateway.call('describe_tools', { names: ['demo.add', 'results.read'] })).text)
    expect(described.data).toMatchObject([
      { name: 'demo.add', description: 'Adds two numbers', inputSchema: { required: ['a', 'b'] } },
      { name: 'results.read', inputSchema: { required: ['handle'] } },
    ])
    const called = JSON.parse((await gateway.call('call_tool', { name: 'demo.add', arguments: { a: 2, b: 3 } })).text)
    expect(called).toMatchObject({ status: 'ok', data: { sum: 5 } })
  })

  it('keeps what is over the budget behind a handle that call_tool reads', async () => {
    await using gateway = await connect(inMode('lazy_loading'))
    const { data } = JSON.parse((await gateway.call('call_tool', { name: 'demo.rows' })).text)
    const page = await gateway.call('call_tool', {
      name: 'results.read',
      arguments: { handle: data.handle, path: 'rows[99].title' },
    })
    expect(JSON.parse(page.text).data).toMatchObject({ text: 'row 99' })
  })

  it('says what is not known', async () => {
    await using gateway = await connect(inMode('lazy_loading'))
    for (const [tool, input, code] of [
      ['list_tools', { server: 'dem' }, 'UNKNOWN_SERVER'],
      ['describe_tools', { names: ['demo.ad'] }, 'UNKNOWN_TOOL'],
      ['describe_tools', { names: [] }, 'INVALID_REQUEST'],
      ['describe_tools', {}, 'INVALID_REQUEST'],
      ['call_tool', { name: 'demo.ad' }, 'UNKNOWN_INTENT'],
      ['call_tool', { name: 'demo.add', arguments: 3 }, 'INVALID_REQUEST'],
    ] as const) {
      const answer = await gateway.call(tool, { ...input })
      expect([tool, answer.isError, JSON.parse(answer.text).error.code]).toEqual([tool, true, code])
    }
  })
})

describe('server_side', () => {
  it('picks the tools for a need, which can then be called', async () => {
    await using gateway = await connect(inMode('server_side', {}, 2_000))
    expect(await gateway.names()).toEqual(['find_tools', 'call_tool'])
    const found = JSON.parse((await gateway.call('find_tools', { need: 'add two numbers' })).text)
    expect(found.data[0]).toMatchObject({ name: 'demo.add', inputSchema: { required: ['a', 'b'] } })
    expect(found.data.length).toBeLessThanOrEqual(5)
    expect(
      JSON.parse((await gateway.call('call_tool', { name: 'demo.add', arguments: { a: 1, b: 1 } })).text).data,
    ).toEqual({ sum: 2 })
  })

  it('says so when no tool serves the need', async () => {
    await using gateway = await connect(inMode('server_side'))
    const answer = await gateway.call('find_tools', { need: 'xylophone' })
    expect(JSON.parse(answer.text).error).toMatchObject({ code: 'UNKNOWN_TOOL', details: { servers: ['demo'] } })
  })
})

describe('auto', () => {
  const wide = Array.from({ length: 400 }, (_, index) => ({
    name: `tool_${index}`,
    description: `Does thing ${index} with great care, and tells what it did`,
    run: () => 'done',
  }))

  it('passes few tools through, and offers our own surface before many', async () => {
    await using small = await connect(demoGateway({ features: { executionMode: 'auto' } }, DEMO_TOOLS.slice(0, 2)))
    expect(await small.names()).toEqual(['demo__add', 'demo__rows'])
    await using unknown = await connect(
      demoGateway(
        { features: { executionMode: 'auto' }, servers: { gone: { type: 'stdio', command: 'no-such-program' } } },
        DEMO_TOOLS.slice(0, 2),
      ),
    )
    expect(await unknown.names()).toContain('execute_code')
    await using large = await connect(demoGateway({ features: { executionMode: 'auto' } }, wide))
    expect(await large.names()).toEqual(['search', 'execute_intent', 'execute_batch', 'execute_code'])
  })

  it('decides by the break-even that was measured', () => {
    const results = readFileSync(new URL('../../bench/results/tasks.json', import.meta.url), 'utf8')
    const { breakEven } = JSON.parse(results) as { breakEven: { tokens: { most: number } } }
    expect(Math.abs(BREAK_EVEN_TOKENS / breakEven.tokens.most - 1)).toBeLessThan(0.1)
  })
})

describe('pinned tools', () => {
  it.each(['code_execution', 'lazy_loading', 'server_side'] as const)(
    'stay visible in %s, their results and errors whole where they fit the budget',
    async (mode) => {
      await using gateway = await connect(
        inMode(mode, { pinned: ['demo.add', 'demo.ro*', 'demo.fail', 'demo.picture'] }),
      )
      expect((await gateway.names()).slice(-4)).toEqual(['demo__add', 'demo__fail', 'demo__picture', 'demo__rows'])
      const added = await gateway.client.callTool({ name: 'demo__add', arguments: { a: 1, b: 2 } })
      expect(added).toMatchObject({ structuredContent: { sum: 3 } })
      const { content } = await gateway.client.callTool({ name: 'demo__picture', arguments: {} })
      expect(content).toEqual([
        { type: 'text', text: 'here' },
        { type: 'image', mimeType: 'image/png', data: 'aGVsbG8=' },
      ])
      expect(await gateway.call('demo__fail')).toEqual({ text: 'no luck at /home/ann/secret', isError: true })
      expect(JSON.parse((await gateway.call('demo__rows')).text).data.handle).toEqual(expect.any(String))
      expect(await gateway.call('demo__add', { a: 'x' })).toMatchObject({ isError: true })
    },
  )

  it('that name no tool are a problem', async () => {
    await using gateway = inMode('code_execution', { pinned: ['demo.add', 'demo.subtract'] })
    await gateway.ready()
    expect(gateway.problems().filter(({ where }) => where === 'pinned')).toEqual([
      { where: 'pinned', what: '"demo.subtract" is no tool; names are like server.tool' },
    ])
  })

  it('have names that every client takes', () => {
    expect(shownName({ serverKey: 'github', key: 'create_issue' })).toBe('github__create_issue')
    const long = shownName({ serverKey: 's'.repeat(40), key: 't'.repeat(40) })
    expect(`mcp__mcp-optimizer__${long}`).toMatch(/^[\w-]{64}$/)
    expect(shownName({ serverKey: 's'.repeat(40), key: `${'t'.repeat(39)}u` })).not.toBe(long)
  })
})

describe('a list that changes', () => {
  const first = [{ name: 'one', run: () => '1' }]
  const both = [...first, { name: 'two', run: () => '2' }]

  it('is told to clients of the 2025 era over stdio, unasked', async () => {
    const upstream = createMemoryUpstream('demo', first)
    await using gateway = createOptimizer(
      defineConfig({ cacheDir: temporaryFolder(), features: { executionMode: 'traditional' } }),
      { upstreams: [upstream] },
    )
    const [input, output] = [new PassThrough(), new PassThrough()]
    const lines = createInterface({ input: output })[Symbol.asyncIterator]()
    const next = async (): Promise<Record<string, never>> => JSON.parse((await lines.next()).value as string)
    const send = (message: object): void => void input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    const served = serveStdio(gateway, await openSurface(gateway), { input, output })
    send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } })
    expect(await next()).toMatchObject({ result: { capabilities: { tools: { listChanged: true } } } })
    send({ id: 2, method: 'tools/list' })
    expect(await next()).toMatchObject({ result: { tools: [{ name: 'demo__one' }] } })
    upstream.replace(both)
    expect(await next()).toMatchObject({ method: 'notifications/tools/list_changed' })
    send({ id: 3, method: 'tools/list' })
    expect(await next()).toMatchObject({ result: { tools: [{ name: 'demo__one' }, { name: 'demo__two' }] } })
    input.end()
    await served
  })

  it('is told to clients of the 2026 era that listen', async () => {
    const upstream = createMemoryUpstream('demo', first)
    await using gateway = await connect(
      createOptimizer(defineConfig({ cacheDir: temporaryFolder(), features: { executionMode: 'traditional' } }), {
        upstreams: [upstream],
      }),
    )
    expect(await gateway.names()).toEqual(['demo__one'])
    const told = new EventTarget()
    gateway.client.setNotificationHandler('notifications/tools/list_changed', () => {
      told.dispatchEvent(new Event('changed'))
    })
    const subscription = await gateway.client.listen({ toolsListChanged: true })
    const changed = once(told, 'changed')
    upstream.replace(both)
    await changed
    expect(await gateway.names()).toEqual(['demo__one', 'demo__two'])
    await subscription.close()
  })
})
