import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Answer, Preview } from '../../src/engine/engine.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'
import { DEMO_TOOLS, demoGateway } from '../support/gateway.ts'
import { hostile, temporaryFolder } from '../support/servers.ts'

const intents = temporaryFolder()
writeFileSync(
  join(intents, 'first_rows.ts'),
  `export const metadata = {
  name: 'first_rows',
  description: 'The first rows',
  servers: ['demo'],
  readOnly: true,
  input: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'], additionalProperties: false },
}
export default async ({ n }: { n: number }, tools: any) => (await tools.demo.rows({ count: 100 })).rows.slice(0, n).map((row: any) => row.id)
`,
)
writeFileSync(join(intents, 'broken.ts'), 'export const metadata = {')
writeFileSync(
  join(intents, 'importing.ts'),
  "import fs from 'node:fs'\nexport const metadata = { name: 'x', description: fs.readFileSync('/etc/passwd') }\nexport default async () => 1",
)
const gateway = demoGateway({ intents: [intents] })
afterAll(async () => await gateway[Symbol.asyncDispose]())

const data = (answer: Answer): unknown => (answer.status === 'ok' ? answer.data : answer.error)
const error = (answer: Answer) => {
  if (answer.status !== 'error') throw new TypeError(`expected an error, found ${JSON.stringify(answer.data)}`)
  return answer.error
}

describe('executeIntent', () => {
  it('runs an intent and measures its stages', async () => {
    const answer = await gateway.executeIntent({ intent: 'first_rows', params: { n: 3 } })
    expect(data(answer)).toEqual([0, 1, 2])
    expect(answer.metadata).toMatchObject({
      cache_hit: false,
      host_calls: 1,
      tokens_used: expect.any(Number),
      catalog: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(Object.keys(answer.metadata.stages)).toEqual([
      'validate',
      'route',
      'generate',
      'acquire',
      'execute',
      'format',
      'measure',
    ])
  })

  it('runs every tool by its name, without a sandbox', async () => {
    const answer = await gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } })
    expect(data(answer)).toEqual({ sum: 3 })
    expect(answer.metadata.stages).not.toHaveProperty('acquire')
  })

  it.each([
    ['a wrong type', { intent: 'first_rows', params: { n: 'x' } }, 'INVALID_REQUEST', 'params.n'],
    ['a missing parameter', { intent: 'first_rows' }, 'INVALID_REQUEST', 'params.n'],
    ['an unknown parameter', { intent: 'first_rows', params: { n: 1, m: 2 } }, 'INVALID_REQUEST', 'params.m'],
    ['wrong tool arguments', { intent: 'demo.add', params: { a: 1, c: 2 } }, 'INVALID_REQUEST', 'b'],
    ['params that are no object', { intent: 'first_rows', params: [1] }, 'INVALID_REQUEST', 'params'],
    ['an unknown field', { intent: 'first_rows', parms: {} }, 'INVALID_REQUEST', 'parms'],
    ['no intent', {}, 'INVALID_REQUEST', 'intent'],
    ['nothing', undefined, 'INVALID_REQUEST', 'request'],
    ['a wrong timeout', { intent: 'first_rows', timeoutMs: -1 }, 'INVALID_REQUEST', 'timeoutMs'],
  ])('refuses %s with the path and what was expected', async (_what, request, code, path) => {
    expect(error(await gateway.executeIntent(request as never))).toMatchObject({
      code,
      suggestion: expect.any(String),
      details: { path, expected: expect.any(String) },
    })
  })

  it('refuses params that nest too deep', async () => {
    let deep: unknown = 1
    for (let level = 0; level < 5_000; level++) deep = { deep }
    expect(error(await gateway.executeIntent({ intent: 'demo.add', params: { deep } })).code).toBe('INVALID_REQUEST')
  })

  it('offers the nearest names for an unknown one', async () => {
    expect(error(await gateway.executeIntent({ intent: 'demo.ad' }))).toMatchObject({
      code: 'UNKNOWN_INTENT',
      details: { nearest: expect.arrayContaining(['demo.add']) },
    })
  })

  it('passes on why a tool failed, in its words', async () => {
    expect(error(await gateway.executeIntent({ intent: 'demo.fail' }))).toMatchObject({
      code: 'TOOL_ERROR',
      message: 'demo.fail failed: no luck at /home/ann/secret',
    })
  })

  it('stops at the timeout of the request', async () => {
    const started = performance.now()
    expect(error(await gateway.executeIntent({ intent: 'demo.wait', timeoutMs: 100 })).code).toBe('TIMEOUT')
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('stops when the caller leaves', async () => {
    const leaving = new AbortController()
    const answer = gateway.executeIntent({ intent: 'demo.wait' }, { signal: leaving.signal })
    leaving.abort()
    expect(error(await answer).code).toBe('CANCELLED')
  })

  it('gives the value of text, of JSON in text, and keeps bytes out of it', async () => {
    expect(data(await gateway.executeIntent({ intent: 'demo.json_text' }))).toEqual({ a: [1, 2] })
    expect(data(await gateway.executeIntent({ intent: 'demo.plain_text' }))).toBe('just words')
    const picture = data(await gateway.executeIntent({ intent: 'demo.picture' })) as { content: { handle: string }[] }
    expect(picture).toMatchObject({ text: 'here', content: [{ type: 'image', mimeType: 'image/png', bytes: 5 }] })
    expect(
      data(
        await gateway.execute({
          code: 'return (await results.get(params)).base64',
          params: picture.content[0]?.handle,
        }),
      ),
    ).toBe('aGVsbG8=')
  })

  it.each(['[INFO] started', '{not: "json"}', '{"a":1} and more', '[1, 2', ' {"a":1,"__proto__":{"b":2}}'])(
    'gives a text that begins like JSON as what it is, to programs too: %s',
    async (text) => {
      const content = [{ type: 'text', text }]
      await using texts = demoGateway({}, [
        { name: 'say', run: () => ({ content }) },
        { name: 'tell', outputSchema: { type: 'object' }, run: () => ({ content }) },
      ])
      const wanted = text.includes('__proto__') ? { a: 1 } : text
      expect(data(await texts.executeIntent({ intent: 'demo.say' }))).toEqual(wanted)
      expect(data(await texts.execute({ code: 'return await tools.demo.say({})' }))).toEqual(wanted)
      // Its own schema is held against what it is.
      const told = await texts.executeIntent({ intent: 'demo.tell' })
      expect(told.metadata.output_problems).toEqual(typeof wanted === 'string' ? [expect.any(String)] : undefined)
    },
  )

  it('loses no bytes that come beside structured content', async () => {
    const image = { type: 'image', mimeType: 'image/png', data: 'aGVsbG8=' }
    const text = { type: 'text', text: '{"n":1}' }
    const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, additionalProperties: false }
    const run = (structuredContent: unknown) => () => ({ content: [text, image], structuredContent })
    await using charts = demoGateway({}, [
      { name: 'chart', outputSchema, run: run({ n: 1 }) },
      { name: 'own', run: run({ content: 'its own' }) },
    ])
    const drawn = await charts.executeIntent({ intent: 'demo.chart' })
    const handle: unknown = expect.stringMatching(/^r_/)
    expect(data(drawn)).toEqual({ n: 1, content: [{ type: 'image', mimeType: 'image/png', bytes: 5, handle }] })
    // What is added to it breaks no schema.
    expect(drawn.metadata).not.toHaveProperty('output_problems')
    expect(data(await charts.executeIntent({ intent: 'demo.own' }))).toEqual({
      content: 'its own',
      text: '{"n":1}',
      $content: [{ type: 'image', mimeType: 'image/png', bytes: 5, handle }],
    })
  })

  it('keeps the bytes of resources out of it too, and leaves their text in', async () => {
    const uri = 'file:///a.pdf'
    const resource = (more: object) => ({ type: 'resource', resource: { uri, ...more } })
    const content = [resource({ mimeType: 'application/pdf', blob: 'aGVsbG8=' }), resource({ text: 'readable' })]
    await using files = demoGateway({}, [{ name: 'read', run: () => ({ content }) }])
    const read = data(await files.executeIntent({ intent: 'demo.read' })) as {
      content: { resource: { handle?: string } }[]
    }
    expect(read.content).toEqual([
      resource({ mimeType: 'application/pdf', bytes: 5, handle: expect.stringMatching(/^r_/) }),
      resource({ text: 'readable' }),
    ])
    const [pdf] = read.content
    const kept = await files.execute({ code: 'return await results.get(params)', params: pdf?.resource.handle })
    expect(data(kept)).toMatchObject({ base64: 'aGVsbG8=' })
  })
})

describe('executeBatch', () => {
  it('runs several in one sandbox, settled and in order', async () => {
    const answer = await gateway.executeBatch({
      requests: [
        { intent: 'demo.add', params: { a: 1, b: 2 } },
        { intent: 'nope' },
        { intent: 'first_rows', params: { n: 2 } },
        { intent: 'demo.fail' },
        { intent: 'first_rows', params: { n: 'x' } },
        { intent: 'demo.plain_text' },
      ],
    })
    expect(data(answer)).toMatchObject([
      { status: 'ok', data: { sum: 3 } },
      { status: 'error', error: { code: 'UNKNOWN_INTENT' } },
      { status: 'ok', data: [0, 1] },
      { status: 'error', error: { code: 'TOOL_ERROR' } },
      { status: 'error', error: { code: 'INVALID_REQUEST', details: { path: 'params.n' } } },
      { status: 'ok', data: 'just words' },
    ])
  })

  it.each([[[]], [undefined], ['x'], [Array.from({ length: 51 }, () => ({ intent: 'demo.add' }))]])(
    'refuses %j',
    async (requests) => {
      expect(error((await gateway.executeBatch({ requests } as never)) as Answer)).toMatchObject({
        code: 'INVALID_REQUEST',
        details: { path: 'requests' },
      })
    },
  )
})

describe('execute', () => {
  it('runs TypeScript against tools and intents, side by side', async () => {
    const answer = await gateway.execute({
      code: `const [sum, rows]: [{ sum: number }, number[]] = await Promise.all([tools.demo.add({ a: params.a, b: 2 }), intents.first_rows({ n: 2 })])
console.log('half way', { rows })
return { sum: sum.sum, rows }`,
      params: { a: 40 },
    })
    expect(data(answer)).toEqual({ sum: 42, rows: [0, 1] })
    expect(answer.metadata).toMatchObject({ host_calls: 2, logs: ['half way {"rows":[0,1]}'] })
  })

  it('lets a program catch what a tool throws', async () => {
    const code =
      'try { await tools.demo.fail({}) } catch (thrown: any) { return [thrown instanceof Error, thrown.code, thrown.message] }'
    expect(data(await gateway.execute({ code }))).toEqual([
      true,
      'TOOL_ERROR',
      'demo.fail failed: no luck at /home/ann/secret',
    ])
  })

  it.each([
    ['does not parse', 'const a = 1\nconst b = ;', { code: 'INVALID_CODE', details: { line: 2, column: 11 } }],
    [
      'throws',
      '\nthrow new TypeError("x")',
      { code: 'PROGRAM_ERROR', message: expect.stringContaining('TypeError: x'), details: { line: 2 } },
    ],
    [
      'calls a tool that is not there',
      'return await tools.demo.ad({})',
      { code: 'PROGRAM_ERROR', message: expect.stringContaining('tools.demo.add') },
    ],
    [
      'gives a tool wrong arguments',
      'return await tools.demo.add({ a: 1 })',
      { code: 'INVALID_REQUEST', details: { path: 'b' } },
    ],
    ['waits for ever', 'await new Promise(() => {})', { code: 'PROGRAM_ERROR' }],
    ['is empty', '  ', { code: 'INVALID_REQUEST', details: { path: 'code' } }],
  ])('says so when code %s', async (_what, code, expected) => {
    expect(error(await gateway.execute({ code }))).toMatchObject(expected)
  })

  it.each([
    ['loops', 'for (;;) {}', 1_500, 'TIMEOUT'],
    ['floods promises', 'for (;;) await 0', 1_500, 'TIMEOUT'],
    ['hangs in native code', "new Array(3e8).join('x')", 1_500, 'TIMEOUT'],
    ['fills memory', 'const all = []; for (;;) all.push(new Uint8Array(1e6))', 20_000, 'MEMORY_LIMIT'],
    ['floods tools', 'for (;;) await tools.demo.plain_text({})', 20_000, 'LIMIT_EXCEEDED'],
  ])('ends a program that %s, while others go on', async (_what, code, timeoutMs, expected) => {
    const hostileRun = gateway.execute({ code, timeoutMs })
    const neighbours = await Promise.all(
      Array.from({ length: 5 }, async () => await gateway.executeIntent({ intent: 'first_rows', params: { n: 1 } })),
    )
    expect(neighbours.map(data)).toEqual(Array.from({ length: 5 }, () => [0]))
    expect(error(await hostileRun).code).toBe(expected)
  })

  it('tells which calls had taken effect when a program fails', async () => {
    expect(
      error(await gateway.execute({ code: 'await tools.demo.add({ a: 1, b: 1 }); throw new Error("late")' })).details,
    ).toMatchObject({ done: ['demo.add'] })
  })
})

describe('token budget', () => {
  it.each([150, 500, 4_000])(
    'every answer holds %i tokens, exactly counted; the whole stays readable',
    async (maxTokensPerRequest) => {
      await using small = demoGateway({ features: { maxTokensPerRequest } })
      const exact = await loadTokenizer('cl100k_base')
      const answer = await small.execute({
        code: 'console.log("x".repeat(100)); return (await tools.demo.rows({ count: 3000 })).rows',
      })
      expect(answer.status).toBe('ok')
      const { handle, preview, shape } = data(answer) as Preview
      const { status, metadata } = answer
      const { tokens_used, execution_time_ms, cache_hit } = metadata
      expect(
        exact.count(
          JSON.stringify({ status, data: data(answer), metadata: { tokens_used, execution_time_ms, cache_hit } }),
        ),
      ).toBeLessThanOrEqual(maxTokensPerRequest)
      expect(shape).toContain('(3000)')
      if (maxTokensPerRequest > 400) expect(preview).not.toBeNull()
      expect(
        data(await small.execute({ code: 'return (await results.get(params.handle)).length', params: { handle } })),
      ).toBe(3_000)
      expect(data(await small.executeIntent({ intent: 'results.read', params: { handle, path: '[2999].id' } }))).toBe(
        2_999,
      )
      expect(
        data(await small.executeIntent({ intent: 'results.read', params: { handle, offset: 2_998, limit: 1 } })),
      ).toMatchObject({ items: [{ id: 2_998 }], total: 3_000, next: 2_999 })
    },
  )

  it('gives a result to nobody but its owner', async () => {
    const answer = await gateway.execute(
      { code: 'return (await tools.demo.rows({ count: 3000 })).rows' },
      { principal: 'ann' },
    )
    const { handle } = data(answer) as Preview
    expect(
      error(await gateway.executeIntent({ intent: 'results.read', params: { handle } }, { principal: 'bob' })).code,
    ).toBe('UNKNOWN_HANDLE')
    expect(
      (
        await gateway.executeIntent(
          { intent: 'results.read', params: { handle, path: '[0].id' } },
          { principal: 'ann' },
        )
      ).status,
    ).toBe('ok')
  })
})

describe('save_intent', () => {
  const code = 'return (await tools.demo.add({ a: params.a, b: params.b })).sum'
  const save = (params: object) =>
    gateway.executeIntent({ intent: 'save_intent', params: { name: 'add_up', description: 'Adds', code, ...params } })

  it('keeps only code that worked, with its input schema, and runs it afterwards', async () => {
    expect(error(await save({}))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('has not run'),
    })
    await gateway.execute({ code, params: { a: 1, b: 2 } })
    expect(data(await save({}))).toMatchObject({
      saved: 'add_up',
      input: { properties: { a: { type: 'number' } }, required: ['a', 'b'] },
    })
    expect(data(await gateway.executeIntent({ intent: 'add_up', params: { a: 20, b: 22 } }))).toBe(42)
    expect(error(await gateway.executeIntent({ intent: 'add_up', params: { a: 'x' } })).code).toBe('INVALID_REQUEST')
    expect(readFileSync(join(intents, 'add_up.ts'), 'utf8')).toContain('export const metadata')
  })

  it('keeps what was meant of code in a fence, of a function and of exports', async () => {
    for (const [index, written] of [
      '```ts\nconst { sum } = await tools.demo.add({ a: params.a, b: params.b })\nsum\n```',
      'async ({ a, b }) => (await tools.demo.add({ a, b })).sum',
      'export default async (input: any, tools: any) => (await tools.demo.add(input)).sum',
    ].entries()) {
      expect(data(await gateway.execute({ code: written, params: { a: 1, b: 2 } }))).toBe(3)
      const name = `meant_${index}`
      expect(data(await save({ name, code: written }))).toMatchObject({ saved: name })
      expect(data(await gateway.executeIntent({ intent: name, params: { a: 20, b: 22 } }))).toBe(42)
    }
  })

  it('does not take a name that is in use, or one that is no name', async () => {
    expect(error(await save({})).message).toContain('exists')
    expect(error(await save({ name: 'first_rows' })).message).toContain('exists')
    expect(error(await save({ name: 'save_intent', replace: true })).message).toContain('builtin')
    expect((await save({ name: '../evil' })).status).toBe('error')
    expect(data(await save({ replace: true }))).toMatchObject({ saved: 'add_up' })
  })
})

describe('what the engine knows', () => {
  it('reports broken intents and offers the others', async () => {
    await gateway.ready()
    expect(gateway.problems().map(({ where }) => where)).toEqual(
      expect.arrayContaining(['file/broken.ts', 'file/importing.ts']),
    )
    expect(gateway.discover()).toEqual({
      name: 'mcp-optimizer',
      version: expect.any(String),
      capabilities: {
        code_execution: {
          intents: expect.arrayContaining(['first_rows', 'results.read', 'save_intent']),
          max_timeout: 300,
          max_memory_mb: 64,
        },
      },
    })
  })

  it('finds intents and tools', async () => {
    expect((await gateway.search({ query: 'first rows' })).status).toBe('ok')
    expect(data(await gateway.search({ query: 'first rows' }))).toContain('intent first_rows({n: number})')
  })

  it.each([{ query: 5 }, {}, { query: 'x', limit: 0 }, { query: 'x', detail: 'all' }])(
    'refuses the search %j',
    async (request) => {
      expect(error((await gateway.search(request as never)) as Answer).code).toBe('INVALID_REQUEST')
    },
  )

  it('refuses programs when the sandbox is switched off, and still runs tools', async () => {
    await using plain = demoGateway({ features: { enableSandbox: false } })
    expect(error(await plain.execute({ code: 'return 1' })).code).toBe('SANDBOX_DISABLED')
    expect(data(await plain.executeIntent({ intent: 'demo.add', params: { a: 1, b: 1 } }))).toEqual({ sum: 2 })
  })

  it('records every operation, failures too', async () => {
    await using measured = demoGateway()
    await measured.execute({ code: 'return 1' })
    await measured.execute({ code: 'throw 1' })
    expect(measured.metrics?.count('operations.ok')).toBe(1)
    expect(measured.metrics?.count('operations.error')).toBe(1)
  })
})

describe('caching', () => {
  it('keeps results of read-only tools of trusted servers only, and says so', async () => {
    const run = vi.fn<() => object>(() => ({ at: 1 }))
    const tools = [{ name: 'read', annotations: { readOnlyHint: true }, run }]
    await using untrusted = demoGateway({}, tools)
    await untrusted.executeIntent({ intent: 'demo.read' })
    expect((await untrusted.executeIntent({ intent: 'demo.read' })).metadata.cache_hit).toBe(false)
    expect(run).toHaveBeenCalledTimes(2)
  })

  const shop = () => {
    let stock = 1
    const run = vi.fn<() => object>(() => ({ stock }))
    return {
      run,
      tools: [
        { name: 'look', run },
        { name: 'buy', run: () => ({ left: (stock -= 1) }) },
        { name: 'glance', run: () => ({ content: [{ type: 'image', mimeType: 'image/png', data: 'aGVsbG8=' }] }) },
      ],
    }
  }

  it('keeps answers of tools that the configuration names, for each principal, and names the layer', async () => {
    const { tools, run } = shop()
    await using gateway = demoGateway({ cache: { cacheable: ['demo.look', 'demo.glance'] } }, tools)
    const look = async (principal: string) =>
      (await gateway.executeIntent({ intent: 'demo.look' }, { principal })).metadata
    expect(await look('ann')).toMatchObject({ cache_hit: false })
    expect(await look('ann')).toMatchObject({ cache_hit: true, cache_layer: 'memory' })
    expect((await look('ben')).cache_layer).toBeUndefined()
    expect(run).toHaveBeenCalledTimes(2)
    await gateway.executeIntent({ intent: 'demo.glance' })
    expect((await gateway.executeIntent({ intent: 'demo.glance' })).metadata.cache_hit).toBe(false)
    expect(gateway.cacheStats()).toEqual(
      expect.arrayContaining([
        { layer: 'memory', hits: 1, misses: 4, errors: 0 },
        { layer: 'disk', hits: 0, misses: 4, errors: 0 },
      ]),
    )
  })

  it('names the farthest of the layers that answered an operation', async () => {
    const { tools } = shop()
    // Memory has room for one answer.
    await using gateway = demoGateway({ cache: { cacheable: ['demo.look'], memoryBytes: 400 } }, tools)
    const look = async (...ids: readonly number[]) =>
      (await gateway.execute({ code: 'for (const id of params) await tools.demo.look({ id })', params: ids })).metadata
    await expect.poll(async () => (await look(1, 2, 1)).cache_layer).toBe('disk')
    expect(await look(1)).toMatchObject({ cache_hit: true, cache_layer: 'memory' })
    expect(await look(1, 2)).toMatchObject({ cache_hit: true, cache_layer: 'disk' })
    expect(await look(1, 1)).toMatchObject({ cache_hit: true, cache_layer: 'disk' })
    const partly = await look(1, 3)
    expect(partly).toMatchObject({ cache_hit: false, cache_layer: 'memory' })
  })

  it('sees its own writes, in programs too', async () => {
    const { tools } = shop()
    await using gateway = demoGateway({ cache: { cacheable: ['demo.look'] } }, tools)
    const code = 'const a = await tools.demo.look({}); await tools.demo.buy({}); return [a, await tools.demo.look({})]'
    expect(data(await gateway.execute({ code }))).toEqual([{ stock: 1 }, { stock: 0 }])
    expect(data(await gateway.executeIntent({ intent: 'demo.look' }))).toEqual({ stock: 0 })
  })

  it('keeps nothing when caching is off', async () => {
    const { tools, run } = shop()
    await using gateway = demoGateway(
      { features: { enableCaching: false }, cache: { cacheable: ['demo.look'] } },
      tools,
    )
    for (let index = 0; index < 2; index++) await gateway.executeIntent({ intent: 'demo.look' })
    expect(run).toHaveBeenCalledTimes(2)
  })

  it('remembers search answers, the manifest and generated code, and counts', async () => {
    await using gateway = demoGateway()
    for (let index = 0; index < 3; index++) {
      await gateway.search({ query: 'add numbers' })
      gateway.discover()
      await gateway.execute({ code: 'return 1' })
    }
    const stats = new Map(gateway.cacheStats().map((one) => [one.layer, one]))
    expect(stats.get('search')).toMatchObject({ hits: 2, misses: 1 })
    expect(stats.get('code')?.hits).toBeGreaterThanOrEqual(2)
    expect(stats.get('manifest')?.hits).toBeGreaterThanOrEqual(1)
  })
})

describe('broken servers', () => {
  it('do not keep the others from answering', async () => {
    await using mixed = demoGateway({
      servers: {
        dead: { type: 'stdio', command: 'no-such-command' },
        silent: { ...hostile('silent-start'), startTimeoutMs: 1_000 },
        good: hostile('healthy'),
      },
    })
    expect(data(await mixed.executeIntent({ intent: 'demo.add', params: { a: 1, b: 1 } }))).toEqual({ sum: 2 })
    expect(data(await mixed.executeIntent({ intent: 'good.echo', params: { text: 'hi' } }))).toBe('hi')
    await mixed.ready()
    expect(data(await mixed.search({ query: 'echo text' }))).toContain('Not searched: dead did not start')
    expect(error(await mixed.executeIntent({ intent: 'dead.tool' }))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringContaining('command "no-such-command" was not found'),
      details: { server: 'dead' },
    })
  })
})

it('has a demo server whose tools are all different', () => {
  expect(new Set(DEMO_TOOLS.map(({ name }) => name)).size).toBe(DEMO_TOOLS.length)
})
