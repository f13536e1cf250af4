import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { ExecutionMode } from '../../src/config/features.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { createShownTools } from '../../src/surface/shown-tools.ts'
import { createMemoryUpstream, type MemoryTool } from '../../src/upstream/memory.ts'
import { listedServers } from '../catalog/support/definitions.ts'
import { temporaryFolder } from '../support/servers.ts'
import { VENDORS, vendorFaults } from '../support/vendor-subsets.ts'

/** A tool of these parameters, as a server declares it, which answers what it got. */
const odd = (name: string, properties: object, more: object = {}): MemoryTool => ({
  name,
  inputSchema: { type: 'object', properties, ...more },
  run: (input: object) => ({ got: input }),
})
const ODD: readonly MemoryTool[] = [
  odd('unions', { query: { type: ['string', 'array'] }, at: { anyOf: [{ type: 'string' }, { type: 'null' }] } }),
  odd('choices', { level: { enum: [1, 2] }, mode: { enum: ['', 'fast'] }, only: { const: 'x' } }),
  odd('bounds', {
    count: { type: 'integer', exclusiveMinimum: 0, default: 3 },
    at: { type: 'string', format: 'time' },
  }),
  odd(
    'names',
    { $filter: { type: 'string' }, 'ids[]': { type: 'array', items: { 'x y': true } } },
    { required: ['$filter'] },
  ),
  odd(
    'circle',
    { node: { $ref: '#/$defs/node' } },
    { $defs: { node: { properties: { next: { $ref: '#/$defs/node' } } } } },
  ),
  odd('roots', { a: { type: 'string' } }, { oneOf: [{ required: ['a'] }, { required: ['b'] }], required: ['zz'] }),
  odd('t'.repeat(120), { pair: { type: 'array', items: [{ type: 'number' }, { type: 'number' }] } }),
  { ...odd('no words', { any: {} }), description: null as never, title: null as never },
  { name: 'no schema', inputSchema: null, run: () => 'done' },
  { name: 'a text', inputSchema: { type: 'string' }, run: () => 'done' },
]
const SERVERS = { 'my server': ODD, ['s'.repeat(70)]: [odd('short', {})] }

function gatewayOf(executionMode: ExecutionMode, more: object = {}): Optimizer {
  return createOptimizer(defineConfig({ cacheDir: temporaryFolder(), features: { executionMode }, ...more }), {
    upstreams: Object.entries(SERVERS).map(([name, tools]) => createMemoryUpstream(name, tools)),
  })
}

describe('every surface', () => {
  it.each([
    ['code_execution', {}],
    ['code_execution', { compact: true }],
    ['code_execution', { features: { executionMode: 'code_execution', enableSandbox: false } }],
    ['traditional', {}],
    ['lazy_loading', {}],
    ['server_side', {}],
    ['auto', {}],
    ['code_execution', { pinned: ['*'] }],
    ['server_side', { pinned: ['*'] }],
  ] as const)('of mode %s %j is taken by every vendor, as a whole', async (mode, more) => {
    await using gateway = gatewayOf(mode, more)
    await using service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
    const client = new Client({ name: 'test', version: '1' })
    await client.connect(new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`)))
    const { tools } = await client.listTools()
    await client.close()
    const isShown = mode === 'traditional' || 'pinned' in more
    expect(tools.length).toBeGreaterThanOrEqual(isShown ? ODD.length + 1 : 2)
    expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length)
    if (mode !== 'traditional' && mode !== 'auto') expect(tools[0]?.description).toContain('Servers: my server')
    for (const { name, description = '', inputSchema } of tools)
      expect(vendorFaults({ name, description, inputSchema })).toEqual([])
  })

  it('is judged by rules that refuse what vendors refuse', () => {
    const refused = (inputSchema: object, more = {}): string[] =>
      Object.keys(VENDORS).filter(
        (vendor) => VENDORS[vendor]?.({ name: 'x', description: 'x', inputSchema, ...more }).length,
      )
    const of = (p: object): object => ({ type: 'object', properties: { p } })
    expect(refused(of({ type: 'string' }))).toEqual([])
    expect(refused(of({ type: ['string', 'array'] }))).toEqual(['openai', 'openai strict', 'gemini', 'codex'])
    expect(refused(of({ type: 'array' }))).toEqual(['openai', 'gemini', 'vscode'])
    expect(refused({ type: 'object', anyOf: [], properties: {} })).toContain('anthropic')
    expect(refused(of({ type: 'integer', exclusiveMinimum: 3 }))).toContain('gemini')
    expect(refused({ type: 'object', properties: { $p: { type: 'string' } } })).toEqual(['anthropic'])
    expect(refused(of({ type: 'string', enum: [''] }))).toEqual(['gemini'])
    expect(refused({ type: 'object' })).toContain('openai')
    expect(refused(of({ type: 'string' }), { name: 'n'.repeat(50) })).toContain('anthropic')
  })
})

describe('what is shown in other words', () => {
  let gateway: Optimizer
  let client: Client
  let stop: () => Promise<void>
  beforeAll(async () => {
    gateway = gatewayOf('traditional')
    const service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
    client = new Client({ name: 'test', version: '1' })
    await client.connect(new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`)))
    stop = async () => await service[Symbol.asyncDispose]()
  })
  afterAll(async () => {
    await client.close()
    await stop()
    await gateway[Symbol.asyncDispose]()
  })
  const call = async (name: string, input: Record<string, unknown>): Promise<unknown> => {
    const { structuredContent, content } = await client.callTool({ name: `my_server__${name}`, arguments: input })
    return (structuredContent as { got?: unknown } | undefined)?.got ?? content
  }

  it('takes all that the server takes', async () => {
    expect(await call('names', { _filter: 'x', ids_: [] })).toEqual({ $filter: 'x', 'ids[]': [] })
    expect(await call('names', { $filter: 'x', 'ids[]': [{}] })).toEqual({ $filter: 'x', 'ids[]': [{}] })
    for (const query of ['x', ['x', 3]])
      expect(await call('unions', { query, at: 'now' })).toEqual({ query, at: 'now' })
    expect(await call('choices', { level: 2, mode: '' })).toEqual({ level: 2, mode: '' })
    const node = { next: { next: { next: { next: {} } } } }
    expect(await call('circle', { node })).toEqual({ node })
    expect(await call('no_words', { any: [1, { a: null }] })).toEqual({ any: [1, { a: null }] })
  })

  it('is refused where the server would refuse it', async () => {
    expect(JSON.stringify(await call('bounds', { count: 0 }))).toContain('count must be > 0')
    expect(JSON.stringify(await call('names', {}))).toContain('$filter')
  })
})

describe('servers as they are listed', () => {
  it('are shown to every vendor with nothing refused', async () => {
    const servers = listedServers()
    const upstreams = servers.map(({ name, tools }) => createMemoryUpstream(name, tools as unknown as MemoryTool[]))
    await using gateway = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), { upstreams })
    const shown = await createShownTools(gateway, { kind: 'all', patterns: ['*'] }).list()
    expect(shown.length).toBe(servers.reduce((sum, { tools }) => sum + tools.length, 0))
    const faults = shown.flatMap((tool) => vendorFaults(tool).map((fault) => `${tool.name}: ${fault}`))
    expect(faults).toEqual([])
    const tools = [...gateway.catalog().tools.values()]
    const chars = (schemas: readonly unknown[]): number => JSON.stringify(schemas).length
    // What keywords say takes fewer characters in words.
    expect(chars(shown.map(({ inputSchema }) => inputSchema))).toBeLessThan(
      chars(tools.map(({ definition }) => definition.inputSchema)),
    )
  })
})
