// Requests as clients and models write them (real-life 42, 43; new-user 5.10).
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { runOperation } from '../../src/surface/operations.ts'
import type { SurfaceToolName } from '../../src/surface/own-tools.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const text = { type: 'string' }
const gateway = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), {
  upstreams: [
    createMemoryUpstream('crm', [
      {
        name: 'find',
        description: 'Finds people',
        inputSchema: {
          type: 'object',
          properties: { city: text, tags: { type: 'array', items: text }, title: text, input: text, server: text },
          additionalProperties: false,
        },
        run: (input) => ({ found: input }),
      },
      {
        name: 'either',
        description: 'Takes one of two',
        inputSchema: {
          type: 'object',
          oneOf: [
            { properties: { title: text }, required: ['title'] },
            { properties: { id: text }, required: ['id'] },
          ],
        },
        run: (input) => ({ took: input }),
      },
      {
        name: 'note',
        description: 'Keeps anything',
        inputSchema: { type: 'object' },
        run: (input) => ({ kept: input }),
      },
    ]),
  ],
})
afterAll(async () => await gateway[Symbol.asyncDispose]())
await gateway.ready()

const ask = async (name: SurfaceToolName, request: unknown): Promise<Answer> =>
  await runOperation(gateway, name, request, {})
const data = (answer: Answer): unknown => (answer.status === 'error' ? answer.error : answer.data)
const rome = { found: { city: 'Rome' } }

describe('execute_intent', () => {
  it.each<[string, unknown, unknown]>([
    ['as declared', { intent: 'crm.find', params: { city: 'Rome' } }, rome],
    ['arguments', { intent: 'crm.find', arguments: { city: 'Rome' } }, rome],
    ['args', { intent: 'crm.find', args: { city: 'Rome' } }, rome],
    ['the same twice', { intent: 'crm.find', params: { city: 'Rome' }, arguments: { city: 'Rome' } }, rome],
    ['the same twice, once as text', { intent: 'crm.find', params: { city: 'Rome' }, input: '{"city":"Rome"}' }, rome],
    ['empty params beside arguments', { intent: 'crm.find', params: {}, arguments: { city: 'Rome' } }, rome],
    ['empty arguments beside params', { intent: 'crm.find', params: { city: 'Rome' }, arguments: {} }, rome],
    ['input', { intent: 'crm.find', input: { city: 'Rome' } }, rome],
    ['parameters', { intent: 'crm.find', parameters: { city: 'Rome' } }, rome],
    ['tool', { tool: 'crm.find', params: { city: 'Rome' } }, rome],
    ['name and arguments', { name: 'crm.find', arguments: { city: 'Rome' } }, rome],
    ['server, tool, arguments', { server: 'crm', tool: 'find', arguments: { city: 'Rome' } }, rome],
    ['server beside a whole name', { server: 'crm', tool: 'crm.find', arguments: { city: 'Rome' } }, rome],
    ['flattened', { intent: 'crm.find', city: 'Rome' }, rome],
    ['flattened, a remark that is a parameter', { intent: 'crm.find', title: 'Dr' }, { found: { title: 'Dr' } }],
    ['flattened, a name of params that is a parameter', { intent: 'crm.find', input: 'x' }, { found: { input: 'x' } }],
    ['flattened, a server that is a parameter', { intent: 'crm.find', server: 'eu-1' }, { found: { server: 'eu-1' } }],
    ['flattened, of one form of two', { intent: 'crm.either', title: 'x', reason: 'r' }, { took: { title: 'x' } }],
    ['flattened, any parameter', { intent: 'crm.note', a: 1, title: 'x' }, { kept: { a: 1 } }],
    ['params as text', { intent: 'crm.find', params: '{"city": "Rome"}' }, rome],
    ['params as text in text', { intent: 'crm.find', params: JSON.stringify('{"city":"Rome"}') }, rome],
    ['arguments as text', { intent: 'crm.find', arguments: ' {"city":"Rome"}' }, rome],
    ['all of it as text', '{"intent":"crm.find","params":{"city":"Rome"}}', rome],
    ['params in params', { intent: 'crm.find', params: { arguments: { city: 'Rome' } } }, rome],
    ['a request in arguments', { arguments: { intent: 'crm.find', params: { city: 'Rome' } } }, rome],
    [
      'params of its own that are called so',
      { intent: 'crm.note', params: { params: { a: 1 } } },
      { kept: { params: { a: 1 } } },
    ],
    ['null', { intent: 'crm.find', params: null, session: null, timeoutMs: null, server: null }, { found: {} }],
    ['empty texts', { intent: 'crm.find', params: '', session: '' }, { found: {} }],
    ['no params', { intent: 'crm.find' }, { found: {} }],
    ['digits for a number', { intent: 'crm.find', params: {}, timeoutMs: '5000' }, { found: {} }],
    [
      'remarks',
      { intent: 'crm.find', params: { city: 'Rome' }, description: 'Find', reason: 'r', language: 'typescript' },
      rome,
    ],
    ['remarks alone', { intent: 'crm.find', description: 'Finds all', reasoning: 'to see' }, { found: {} }],
  ])('takes %s', async (_what, request, right) => {
    expect(data(await ask('execute_intent', request))).toEqual(right)
    expect(data(await ask('execute_batch', { requests: [request] }))).toMatchObject(
      isTimed(request) ? [{}] : [{ status: 'ok', data: right }],
    )
    expect(data(await ask('call_tool', request))).toEqual(right)
  })

  it.each<[string, unknown, string, string]>([
    ['an unknown parameter', { intent: 'crm.find', town: 'Rome' }, 'town', '{"intent": "crm.find", "params": {…}}'],
    ['two kinds of params', { intent: 'crm.find', params: { city: 'a' }, input: 'b' }, 'input', '"params": {…}}'],
    ['params that are none', { intent: 'crm.find', params: 'Rome' }, 'params', 'an object with the parameters by name'],
    ['params that are a list', { intent: 'crm.find', arguments: [1] }, 'arguments', 'an object'],
    ['no name', { params: {} }, 'intent', '{"intent": "server.tool", "params": {…}}'],
    ['another server', { intent: 'crm.find', params: { city: 'a' }, server: 'web' }, 'server', 'crm.find'],
    ['broken text', { intent: 'crm.find', params: '{"city": ' }, 'params', 'an object'],
  ])('refuses %s in one sentence that shows how', async (_what, request, path, wanted) => {
    const error = data(await ask('execute_intent', request)) as { message: string; details: { path: string } }
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', details: { path } })
    expect(error.message).toContain(wanted)
    expect(error.message.split(wanted).length - 1).toBe(1)
  })
})

describe('call_tool', () => {
  it.each<[string, unknown, string]>([
    ['nothing', {}, 'name'],
    ['arguments that are none', { name: 'crm.find', arguments: 'x' }, 'arguments'],
    ['no name', { arguments: {} }, 'name'],
  ])('speaks of its own fields for %s', async (_what, request, field) => {
    const error = data(await ask('call_tool', request)) as { message: string; details: { path: string } }
    expect(error.details.path).toBe(field)
    expect(error.message).not.toMatch(/params|intent\b/)
  })
})

describe('execute_batch', () => {
  const one = { intent: 'crm.find', params: { city: 'Rome' } }
  const done = { status: 'ok', data: rome }
  it.each<[string, unknown, unknown]>([
    ['a list as text', { requests: JSON.stringify([one]) }, [done]],
    ['items as text', { requests: [JSON.stringify(one)] }, [done]],
    ['a list of names', { requests: ['crm.find', 'crm/find'] }, [{ data: { found: {} } }, { data: { found: {} } }]],
    ['one request', { requests: one }, [done]],
    ['one request, not wrapped', one, [done]],
    ['a list alone', [one, one], [done, done]],
    ['another name', { calls: [one], description: 'both' }, [done]],
    ['one bad one', { requests: [one, { intent: 'crm.find', town: 'x' }] }, [done, { status: 'error' }]],
  ])('takes %s', async (_what, request, right) => {
    expect(data(await ask('execute_batch', request))).toMatchObject(right as object)
  })

  it.each([[{ requests: [] }], [{ requests: null }], [{}], [{ requests: 7 }]])('refuses %j', async (request) => {
    expect(data(await ask('execute_batch', request))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('{"requests": ['),
    })
  })
})

describe('execute_code', () => {
  it.each<[string, unknown, unknown]>([
    ['another name', { source: 'return 1' }, 1],
    ['lines', { code: ['const a = 2', 'return a'] }, 2],
    ['code that is JSON', { code: '[1, 2]' }, expect.anything()],
    ['params as text', { code: 'return params.a', params: '{"a": 3}' }, 3],
    ['input', { code: 'return params.a', input: { a: 4 } }, 4],
    ['remarks', { code: 'return 5', language: 'typescript', description: 'five', timeoutMs: '10000' }, 5],
    ['null', { code: 'return params', params: null, timeoutMs: null, session: null }, {}],
  ])('takes %s', async (_what, request, right) => {
    expect(data(await ask('execute_code', request)) ?? 'null').toEqual(right)
  })

  it('says where the input of code goes', async () => {
    expect(data(await ask('execute_code', { code: 'return 1', repo: 'a' }))).toMatchObject({
      message: expect.stringMatching(/no field "repo"; wanted .*"params": \{…\}/),
    })
  })

  it('names the field that a time without its unit stands for', async () => {
    expect(data(await ask('execute_code', { code: 'return 1', timeout: 500 }))).toMatchObject({
      message: expect.stringMatching(/no field "timeout"; wanted "timeoutMs", or \{"code"/),
    })
  })
})

describe('search and lists', () => {
  it.each<[SurfaceToolName, unknown]>([
    ['search', { q: 'find people' }],
    ['search', { text: 'find people', limit: '5', server: null, detail: null }],
    ['search', { query: 'find people', limit: 100 }],
    ['search', { queries: ['find people', 'note'] }],
    ['search', { query: '["find people", "note"]' }],
    ['search', { keywords: ['find', 'people'], server: '' }],
    ['search', 'find people'],
    ['list_tools', { server: null }],
    ['list_tools', undefined],
    ['describe_tools', { names: 'crm.find' }],
    ['describe_tools', { names: '["crm.find"]' }],
    ['describe_tools', { name: 'crm.find, crm.note' }],
    ['describe_tools', { tools: ['crm.find'] }],
    ['find_tools', { query: 'find people' }],
  ])('%s takes %j', async (name, request) => {
    expect(JSON.stringify(data(await ask(name, request)))).toContain('crm.find')
  })

  it('says what it wants instead', async () => {
    expect(data(await ask('search', { question: 'x' }))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('{"query": "product action object"'),
    })
  })
})

function isTimed(request: unknown): boolean {
  return JSON.stringify(request).includes('"session":"')
}
