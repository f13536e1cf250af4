import { Client as ClientOne } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as HttpOne } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { createMemoryUpstream, type MemoryTool } from '../../src/upstream/memory.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'
import { listedServers } from '../catalog/support/definitions.ts'
import { temporaryFolder } from '../support/servers.ts'

interface Listed {
  readonly name: string
  readonly inputSchema: object
  readonly outputSchema?: object | undefined
}

interface Result {
  readonly content: readonly Record<string, unknown>[]
  readonly structuredContent?: unknown
  readonly isError?: boolean | undefined
  readonly _meta?: Record<string, unknown> | undefined
}

interface StockClient extends AsyncDisposable {
  list(): Promise<readonly Listed[]>
  call(name: string): Promise<Result>
}

const CLIENTS: readonly (readonly [string, (url: URL) => Promise<StockClient>])[] = [
  [
    'v1',
    async (url) => {
      const client = new ClientOne({ name: 'test', version: '1' })
      await client.connect(new HttpOne(url))
      return {
        list: async () => (await client.listTools()).tools,
        call: async (name) => (await client.callTool({ name, arguments: {} })) as Result,
        [Symbol.asyncDispose]: async () => await client.close(),
      }
    },
  ],
  ...(['2025-11-25', '2026-07-28'] as const).map(
    (version) =>
      [
        `v2 at ${version}`,
        async (url: URL): Promise<StockClient> => {
          const negotiation = version === '2026-07-28' ? { versionNegotiation: { mode: { pin: version } } } : {}
          const client = new Client({ name: 'test', version: '1' }, negotiation)
          await client.connect(new StreamableHTTPClientTransport(url))
          return {
            list: async () => (await client.listTools()).tools,
            call: async (name) => await client.callTool({ name, arguments: {} }),
            [Symbol.asyncDispose]: async () => await client.close(),
          }
        },
      ] as const,
  ),
]

const features = { executionMode: 'traditional' } as const
const open = async (upstreams: readonly Upstream[]) => {
  const gateway = createOptimizer(defineConfig({ cacheDir: temporaryFolder(), features }), { upstreams })
  const service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
  return {
    url: new URL(`${service.url}/mcp`),
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      await gateway[Symbol.asyncDispose]()
    },
  }
}

const text = (text: unknown) => ({ type: 'text', text })
/** What servers send, and what a stock client gets of it. */
const RESULTS: readonly (readonly [name: string, given: object, wanted: object])[] = [
  [
    'text and image',
    { content: [text('a'), { type: 'image', data: 'aGk=', mimeType: 'image/png' }] },
    { content: [text('a'), { type: 'image', data: 'aGk=', mimeType: 'image/png' }] },
  ],
  [
    'an error with all it has',
    {
      isError: true,
      content: [text('no'), { type: 'image', data: 'aGk=', mimeType: 'image/png' }],
      structuredContent: { code: 'E42', retryable: true },
    },
    {
      isError: true,
      content: [text('no'), { type: 'image', data: 'aGk=', mimeType: 'image/png' }],
      structuredContent: { code: 'E42', retryable: true },
    },
  ],
  ['an error without words', { isError: true, content: [] }, { isError: true, content: [] }],
  ['its own _meta', { content: [], _meta: { 'example.com/cost': 3 } }, { _meta: { 'example.com/cost': 3 } }],
  ['null as structured content', { content: [text('a')], structuredContent: null }, { content: [text('a')] }],
  ['a list as structured content', { content: [text('[1]')], structuredContent: [1] }, { content: [text('[1]')] }],
  ['a list alone', { content: [], structuredContent: [1, { a: 2 }] }, { content: [text('[1,{"a":2}]')] }],
  [
    'a record alone',
    { content: [], structuredContent: { a: 1 } },
    { content: [text('{"a":1}')], structuredContent: { a: 1 } },
  ],
  ['a number alone', { content: [], structuredContent: 5 }, { content: [text('5')] }],
  [
    'nulls in blocks',
    {
      content: [
        { type: 'text', text: 'a', annotations: null, _meta: null },
        { type: 'resource', resource: { uri: 'a:b', text: 'x', mimeType: null } },
      ],
    },
    { content: [text('a'), { type: 'resource', resource: { uri: 'a:b', text: 'x' } }] },
  ],
  [
    'annotations of no kind',
    { content: [{ type: 'text', text: 'a', annotations: { audience: ['bot'], priority: 7 } }] },
    { content: [text('a')] },
  ],
  [
    'annotations',
    { content: [{ type: 'text', text: 'a', annotations: { audience: ['user'], priority: 0.5 } }] },
    { content: [{ type: 'text', text: 'a', annotations: { audience: ['user'], priority: 0.5 } }] },
  ],
  [
    'an image without its type',
    { content: [{ type: 'image', data: 'aGk_-w' }] },
    { content: [{ type: 'image', data: 'aGk/+w==', mimeType: 'application/octet-stream' }] },
  ],
  [
    'a link without a name',
    { content: [{ type: 'resource_link', uri: 'file:///a', size: null }] },
    { content: [{ type: 'resource_link', uri: 'file:///a', name: 'file:///a' }] },
  ],
  [
    'a block of a kind of its own',
    { content: [{ type: 'chart', points: [1, 2] }] },
    { content: [text('{"type":"chart","points":[1,2]}')] },
  ],
  [
    'a text that is none',
    { content: [text({ a: 1 })] },
    { content: [expect.objectContaining({ type: 'text', text: expect.stringContaining('{"a":1}') })] },
  ],
  ['an odd ttl', { content: [text('a')], ttlMs: 'soon' }, { content: [text('a')] }],
]

const properties = (schema: object) => ({ inputSchema: { type: 'object', properties: { a: schema } } })
/** Definitions that direct clients throw away, or with them the whole list. */
const DEFINITIONS: readonly (readonly [name: string, definition: object, wanted: object])[] = [
  ['no_schema', {}, { inputSchema: { type: 'object' } }],
  ['empty_schema', { inputSchema: {} }, { inputSchema: { type: 'object' } }],
  ['null_schema', { inputSchema: null }, { inputSchema: { type: 'object' } }],
  ['true_schema', { inputSchema: true }, { inputSchema: { type: 'object' } }],
  ['list_schema', { inputSchema: [] }, { inputSchema: { type: 'object' } }],
  ['text_type', { inputSchema: { type: 'string' } }, { inputSchema: { type: 'object' } }],
  [
    'nullable',
    { inputSchema: { type: ['object', 'null'], properties: { a: { type: 'string' } } } },
    { inputSchema: { type: 'object', properties: { a: { type: 'string' } } } },
  ],
  [
    'untyped',
    { inputSchema: { properties: { a: {} }, required: ['a'] } },
    { inputSchema: { type: 'object', properties: { a: {} }, required: ['a'] } },
  ],
  [
    'null_parts',
    { inputSchema: { type: 'object', properties: null, required: null, description: null } },
    { inputSchema: { type: 'object' } },
  ],
  [
    'null_property',
    properties({ type: 'string', description: null, enum: null, items: null }),
    properties({ type: 'string' }),
  ],
  [
    'default_null',
    properties({ type: ['string', 'null'], default: null }),
    properties({ type: 'string', description: 'or null' }),
  ],
  [
    'booleans',
    { inputSchema: { type: 'object', properties: { yes: true, no: false } } },
    { inputSchema: { properties: { yes: { type: 'string' }, no: { description: 'never given' } } } },
  ],
  [
    'alternatives',
    {
      inputSchema: {
        anyOf: [
          { type: 'object', properties: { id: { type: 'string' }, x: {} }, required: ['id', 'x'] },
          { type: 'object', properties: { url: { type: 'string' }, x: {} }, required: ['url', 'x'] },
        ],
      },
    },
    {
      inputSchema: {
        type: 'object',
        properties: { id: { type: 'string' }, url: { type: 'string' }, x: {} },
        required: ['x'],
      },
    },
  ],
  [
    'dialect',
    {
      inputSchema: {
        $schema: 'http://json-schema.org/draft-04/schema#',
        type: 'object',
        properties: { n: { type: 'number', minimum: 0, exclusiveMinimum: true } },
      },
    },
    {},
  ],
  ['null_title', { title: null, annotations: null, icons: null, outputSchema: null, _meta: null }, {}],
  [
    'null_hints',
    { annotations: { title: null, readOnlyHint: null, destructiveHint: 'yes', idempotentHint: true } },
    { annotations: { idempotentHint: true } },
  ],
  [
    'output',
    { outputSchema: { type: 'object', properties: { n: { type: 'number', description: null } } } },
    { outputSchema: { type: 'object', properties: { n: { type: 'number' } } } },
  ],
  [
    'output_of_null',
    { outputSchema: { type: ['object', 'null'], required: null } },
    { outputSchema: { type: 'object' } },
  ],
  ['output_list', { outputSchema: { type: 'array' } }, {}],
  ['output_unknown', { outputSchema: { type: 'object', properties: { a: { $ref: '#/$defs/none' } } } }, {}],
  ['output_pattern', { outputSchema: { type: 'object', properties: { a: { type: 'string', pattern: '(' } } } }, {}],
  ['output_other', { outputSchema: { $schema: 'https://example.com/own', type: 'object', properties: { a: {} } } }, {}],
]

const unchecked = (definitions: readonly object[]): readonly MemoryTool[] => definitions as readonly MemoryTool[]
const odd = createMemoryUpstream('odd', [
  ...unchecked(RESULTS.map(([, given], at) => ({ name: `result_${at}`, run: () => given }))),
  ...unchecked(DEFINITIONS.map(([name, definition]) => ({ name, ...definition, run: () => 'called' }))),
])
const opened = await open([odd])
afterAll(async () => await opened[Symbol.asyncDispose]())

describe.each(CLIENTS)('a stock client %s before tools that are passed through (21, 30)', (_what, connect) => {
  it.each(RESULTS.map((row, at) => [...row, at] as const))('gets %s', async (_name, _given, wanted, at) => {
    await using client = await connect(opened.url)
    const result = await client.call(`odd__result_${at}`)
    expect(result).toMatchObject(wanted)
    if (!('structuredContent' in wanted)) expect(result).not.toHaveProperty('structuredContent')
    if (!('isError' in wanted)) expect(result.isError).not.toBe(true)
  })

  it('gets every definition in a form that it takes, and can call it', async () => {
    await using client = await connect(opened.url)
    const tools = new Map((await client.list()).map((tool) => [tool.name, tool]))
    for (const [name, , wanted] of DEFINITIONS) {
      expect(tools.get(`odd__${name}`), name).toMatchObject(wanted)
      if (!name.startsWith('output') && name !== 'untyped' && name !== 'alternatives')
        expect((await client.call(`odd__${name}`)).content, name).toEqual([text('called')])
    }
  })

  it('gets our own refusals as results', async () => {
    await using client = await connect(opened.url)
    const refused = await client.call('odd__untyped')
    expect(refused.isError).toBe(true)
    expect(refused.content[0]?.['text']).toContain('INVALID_REQUEST')
  })
})

describe('the definitions of listed servers', () => {
  it.each(CLIENTS)('are all listed by a stock client %s', async (_what, connect) => {
    const upstreams = listedServers().map(({ name, tools }) =>
      createMemoryUpstream(name, unchecked(tools.map((tool) => ({ ...tool, run: () => 'x' })))),
    )
    await using gateway = await open(upstreams)
    await using client = await connect(gateway.url)
    const listed = await client.list()
    expect(listed.length).toBeGreaterThan(100)
    for (const { inputSchema } of listed) expect(inputSchema).toHaveProperty('type', 'object')
  })
})
