import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { type Offering, offering } from '../support/offering.ts'
import { temporaryFolder } from '../support/servers.ts'

const NOTE = { uri: 'note://1', name: 'first note', mimeType: 'text/plain' }
const GREET = { name: 'greet', description: 'Greets somebody', arguments: [{ name: 'who', required: true }] }
const SETTINGS: Offering = {
  name: 'one',
  resources: [NOTE],
  templates: [{ uriTemplate: 'note://{id}', name: 'notes' }],
  prompts: [GREET],
  reads: { 'note://image': { contents: [{ uri: 'note://image', mimeType: 'image/png', blob: 'aGVsbG8=' }] } },
}

function gatewayOf(servers: Readonly<Record<string, Offering>>, cacheDir = temporaryFolder()): Optimizer {
  const entries = Object.entries(servers).map(([name, settings]) => [name, offering(settings)])
  return createOptimizer(defineConfig({ cacheDir, servers: Object.fromEntries(entries) }))
}

function dataOf(answer: Answer): unknown {
  return answer.status === 'error' ? answer.error : answer.data
}

describe('programs', () => {
  it('list and read resources, listed or made from a template', async () => {
    await using gateway = gatewayOf({ one: SETTINGS, two: { name: 'two', resources: [NOTE] } })
    const run = async (code: string): Promise<unknown> => dataOf(await gateway.execute({ code }))
    expect(await run('return await resources.list()')).toEqual([
      { uri: 'note://1', server: 'one', name: 'first note', mimeType: 'text/plain' },
      { uri: 'note://1#mcp-server=two', server: 'two', name: 'first note', mimeType: 'text/plain' },
      { uriTemplate: 'note://{id}', server: 'one', name: 'notes' },
    ])
    expect(await run(`return (await resources.list('two')).length`)).toBe(1)
    expect(await run(`return (await resources.read('note://7')).contents[0].text`)).toBe('one: note://7')
    expect(await run(`return (await resources.read({ uri: 'note://1#mcp-server=two' })).contents`)).toMatchObject([
      { text: 'two: note://1' },
    ])
    expect(await run(`return (await resources.list('none')).length`)).toMatchObject({ code: 'UNKNOWN_SERVER' })
  })

  it('get bytes of a resource behind a handle', async () => {
    await using gateway = gatewayOf({ one: SETTINGS })
    const code = `const [part] = (await resources.read('note://image')).contents
      return { type: part.type, bytes: part.bytes, data: (await results.get(part.handle)).base64 }`
    expect(dataOf(await gateway.execute({ code }))).toEqual({ type: 'image', bytes: 5, data: 'aGVsbG8=' })
  })

  it('get prompts by server and name, and errors in the words of the server', async () => {
    await using gateway = gatewayOf({ one: { ...SETTINGS, prompts: [GREET, { name: 'refused' }] } })
    const run = async (code: string): Promise<unknown> => dataOf(await gateway.execute({ code }))
    expect(await run('return await prompts.list()')).toMatchObject([
      { name: 'one.greet', description: 'Greets somebody', arguments: [{ name: 'who', required: true }] },
      { name: 'one.refused' },
    ])
    expect(await run(`return (await prompts.get('one.greet', { who: 'Ann', times: 2 })).messages`)).toEqual([
      { role: 'user', content: { type: 'text', text: 'one: greet {"who":"Ann","times":"2"}' } },
    ])
    const caught = `try { await prompts.get('one.refused') } catch (error) { return error.message }`
    expect(await run(caught)).toContain('the topic is missing')
    expect(await run(`return await resources.read('note://missing')`)).toMatchObject({
      message: expect.stringContaining('nothing at note://missing'),
    })
  })
})

describe('intents for what servers offer', () => {
  it('are found and run once a server offers such, and not before', async () => {
    const cacheDir = temporaryFolder()
    await using gateway = gatewayOf({ one: SETTINGS }, cacheDir)
    await gateway.ready()
    const found = await gateway.search({ query: 'read resource uri' })
    expect(dataOf(found)).toContain('resources.read')
    const read = await gateway.executeIntent({ intent: 'resources.read', params: { uri: 'note://1' } })
    expect(dataOf(read)).toMatchObject({ contents: [{ text: 'one: note://1' }] })
    const got = await gateway.executeIntent({
      intent: 'prompts.get',
      params: { name: 'one.greet', arguments: { who: 'A' } },
    })
    expect(dataOf(got)).toMatchObject({ messages: [{ role: 'user' }] })

    await using other = gatewayOf({ plain: { capabilities: { tools: {} } } })
    await other.ready()
    expect(other.intents().map(({ name }) => name)).not.toContain('resources.read')
    // What a server offers is remembered with its tools.
    await using later = gatewayOf({ one: SETTINGS }, cacheDir)
    await later.ready()
    expect(later.intents().map(({ name }) => name)).toContain('resources.read')
  })
})

describe('readings', () => {
  it('come from the cache for as long as the server vouches for them, until it says that they changed', async () => {
    const seen = join(temporaryFolder(), 'seen')
    const kept = { contents: [{ uri: 'note://kept', text: 'kept' }], ttlMs: 60_000, cacheScope: 'private' }
    await using gateway = gatewayOf({ one: { ...SETTINGS, seen, reads: { 'note://kept': kept } } })
    const run = async (code: string): Promise<unknown> => dataOf(await gateway.execute({ code }))
    const readings = (): number =>
      existsSync(seen) ? readFileSync(seen, 'utf8').split('"resources/read"').length - 1 : 0
    await run(`await resources.read('note://kept'); await resources.read('note://kept')`)
    expect(readings()).toBe(1)
    await run(`await tools.one.act({ touch: 'note://kept' }); return await resources.read('note://kept')`)
    expect(readings()).toBe(2)
    await run(`await tools.one.act(); return await resources.read('note://kept')`)
    expect(readings()).toBe(3)
    await run(`await resources.read('note://1'); await resources.read('note://1')`)
    expect(readings()).toBe(5)
  })
})
