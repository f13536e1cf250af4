import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createOptimizer, type Optimizer, type OptimizerParts } from '../../src/optimizer.ts'
import { createMemoryUpstream, type MemoryTool } from '../../src/upstream/memory.ts'
import { startEmbeddingService } from '../support/embedding-service.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

const data = (answer: Answer): unknown => (answer.status === 'ok' ? answer.data : answer.error)
const tool = (name: string, description: string): MemoryTool => ({ name, description, run: () => ({ ran: name }) })

function gatewayOf(
  servers: Readonly<Record<string, readonly MemoryTool[]>>,
  config: PartialConfig = {},
  parts: OptimizerParts = {},
): Optimizer {
  const upstreams = Object.entries(servers).map(([name, tools]) => createMemoryUpstream(name, tools))
  return createOptimizer(defineConfig({ cacheDir: temporaryFolder(), ...config }), { ...parts, upstreams })
}

describe('search inside programs', () => {
  const gateway = demoGateway()
  afterAll(async () => await gateway[Symbol.asyncDispose]())
  const run = async (code: string): Promise<unknown> => data(await gateway.execute({ code }))

  it('finds tools as data, and describes one', async () => {
    expect(await run(`return (await tools.search('add two numbers', { limit: 1 }))[0]`)).toEqual({
      id: 'demo.add',
      kind: 'tool',
      signature: 'demo.add({a: number; b: number})',
      description: 'Adds two numbers',
    })
    expect(await run(`return await tools.describe('demo.add')`)).toMatchObject({
      id: 'demo.add',
      parameters: 'a: number\nb: number',
      inputSchema: { type: 'object', required: ['a', 'b'] },
    })
  })

  it('lets a program call what it found, in one run', async () => {
    const code = `const [{ id }] = await tools.search(['add numbers', 'rows'], { server: 'demo' })
const [server, name] = id.split('.')
return await tools[server][name]({ a: 2, b: 3 })`
    expect(await run(code)).toEqual({ sum: 5 })
  })

  it.each([
    [`tools.search('')`, 'INVALID_REQUEST'],
    [`tools.search()`, 'INVALID_REQUEST'],
    [`tools.search('x', { limit: 0 })`, 'INVALID_REQUEST'],
    [`tools.search('x', { lim: 1 })`, 'INVALID_REQUEST'],
    [`tools.search('x', { server: 'dmo' })`, 'UNKNOWN_SERVER'],
    [`tools.search('x'.repeat(100000))`, 'INVALID_REQUEST'],
    [`tools.describe('demo.ad')`, 'UNKNOWN_TOOL'],
    [`tools.describe({})`, 'INVALID_REQUEST'],
  ])('answers %s with an error that the program can catch', async (call, code) => {
    expect(await run(`try { await ${call} } catch (error) { return error.code }`)).toBe(code)
  })

  it('leaves a server that is called search or describe its name', async () => {
    await using taken = gatewayOf({
      search: [tool('web', 'Searches the web')],
      other: [tool('web', 'Another search of the web')],
    })
    expect(data(await taken.execute({ code: 'return await tools.search.web()' }))).toEqual({ ran: 'web' })
    expect(data(await taken.execute({ code: `return (await tools.describe('other.web')).id` }))).toBe('other.web')
    expect(data(await taken.execute({ code: 'return [typeof tools.search, typeof tools.describe]' }))).toEqual([
      'object',
      'function',
    ])
  })
})

describe('learning from use', () => {
  const twins = { a: [tool('send', 'Sends a text')], b: [tool('send', 'Sends a text')] }
  const first = async (gateway: Optimizer, query = 'text sending'): Promise<string> =>
    String(data(await gateway.search({ query }))).split('(')[0] ?? ''

  it('raises a tool that was executed after a search, and remembers it', async () => {
    const cacheDir = temporaryFolder()
    await using gateway = gatewayOf(twins, { cacheDir })
    expect(await first(gateway)).toBe('a.send')
    await gateway.executeIntent({ intent: 'b.send' })
    expect(await first(gateway, 'send a text')).toBe('b.send')
    expect(await first(gateway, 'a.send')).toBe('a.send')
    await gateway[Symbol.asyncDispose]()
    await using later = gatewayOf(twins, { cacheDir })
    expect(await first(later)).toBe('b.send')
  })

  it('learns from what programs call, for each principal alone', async () => {
    await using gateway = gatewayOf(twins)
    await gateway.search({ query: 'text sending' }, { principal: 'ann' })
    await gateway.execute({ code: 'return await tools.b.send()' }, { principal: 'bob' })
    expect(await first(gateway)).toBe('a.send')
    await gateway.execute(
      { code: `await tools.search('text sending'); return await tools.b.send()` },
      { principal: 'ann' },
    )
    expect(await first(gateway)).toBe('b.send')
  })

  it('can be switched off', async () => {
    const cacheDir = temporaryFolder()
    await using gateway = gatewayOf(twins, { cacheDir, search: { learn: false } })
    await first(gateway)
    await gateway.executeIntent({ intent: 'b.send' })
    expect(await first(gateway)).toBe('a.send')
    expect(readdirSync(cacheDir)).not.toContain('usage')
  })
})

describe('an embedder', () => {
  const tools = { x: [tool('alpha', 'Öffnet die Tür'), tool('beta', 'Schließt das Fenster')] }
  const text = async (gateway: Optimizer, query: string): Promise<string> =>
    String(data(await gateway.search({ query })))

  it('finds what has no words in common with the query', async () => {
    await using service = await startEmbeddingService()
    const search = { embedder: { type: 'tei', url: service.url } as const, waitMs: 10_000 }
    await using gateway = gatewayOf(tools, { search })
    // The service's vectors are counts of words: "das" is the only one in common.
    expect((await text(gateway, 'das')).split('\n')[0]).toContain('x.beta')
    expect(service.requests.map(({ path }) => path)).toEqual(expect.arrayContaining(['/embed']))
  })

  it.each(['silent', 'refuse', 'nonsense'] as const)(
    'that is %s costs neither the answer nor much time',
    async (mode) => {
      await using service = await startEmbeddingService()
      service.mode = mode
      const search = { embedder: { type: 'openai', url: service.url, model: 'm' } as const, waitMs: 50 }
      await using gateway = gatewayOf(tools, { search })
      await gateway.ready()
      await using plain = gatewayOf(tools)
      const before = performance.now()
      const answers = [await text(gateway, 'alpha'), await text(gateway, 'Fenster')]
      expect(performance.now() - before).toBeLessThan(3_000)
      expect(answers).toEqual([await text(plain, 'alpha'), await text(plain, 'Fenster')])
    },
  )
})

describe('servers that are switched off', () => {
  it('are named to an agent that asks for them', async () => {
    const servers = { linear: { type: 'stdio', command: 'no-such-command', disabled: true } } as const
    await using gateway = demoGateway({ servers })
    expect(data(await gateway.search({ query: 'linear issues' }))).toContain('linear is disabled in the configuration')
    expect(data(await gateway.search({ query: 'x', server: 'linear' }))).toMatchObject({ code: 'UNKNOWN_SERVER' })
  })
})
