// One bad tool, or an odd field of a list, of a server of the newest revision over HTTP costs that tool or field alone.
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { statusOf } from '../../src/surface/status.ts'
import { readToolResult } from '../../src/upstream/tool-result.ts'
import { json, oddHttpServer, type OddHttpServer } from '../support/odd-http-server.ts'
import { temporaryFolder } from '../support/servers.ts'

const GOOD = { name: 'good', description: 'Says hello', inputSchema: { type: 'object' } }

/** A server of 2026-07-28 with this answer to `tools/list`, and this one to `tools/call`. */
async function modernServer(list: object, call: object = { content: [] }): Promise<OddHttpServer> {
  return await oddHttpServer(({ id, method }, response) => {
    const results: Record<string, object> = {
      'server/discover': {
        supportedVersions: ['2026-07-28'],
        capabilities: { tools: {} },
        serverInfo: { name: 'm', version: '1' },
        ttlMs: 0,
        cacheScope: 'private',
      },
      'tools/list': list,
      'tools/call': call,
    }
    const result = results[method]
    if (result === undefined) return false
    json(response, { jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } })
    return true
  })
}

function gatewayTo({ url }: OddHttpServer): Optimizer {
  return createOptimizer(defineConfig({ cacheDir: temporaryFolder(), servers: { odd: { type: 'http', url } } }))
}

const page = (...tools: readonly unknown[]): object => ({ tools, ttlMs: 60_000, cacheScope: 'public' })

describe('a list of a modern server over HTTP', () => {
  it.each<[string, object]>([
    ['a tool named null', page(GOOD, { ...GOOD, name: null })],
    ['a tool named by a number', page({ ...GOOD, name: 7 }, GOOD)],
    ['a tool that is no object', page('tool', GOOD, null)],
    ['a schema of another type', page(GOOD, { name: 'bad', inputSchema: { type: 'array' } })],
    ['no schema', page(GOOD, { name: 'bad' })],
    ['a schema that is a boolean', page(GOOD, { name: 'bad', inputSchema: true })],
    ['hints that are texts', page(GOOD, { ...GOOD, name: 'b', annotations: { readOnlyHint: 'yes' } })],
    ['icons that are no list', page(GOOD, { ...GOOD, name: 'b', icons: 'x' })],
    ['a time below zero', { tools: [GOOD], ttlMs: -1, cacheScope: 'public' }],
    ['a time beyond all', { tools: [GOOD], ttlMs: 1e300, cacheScope: 'public' }],
    ['a time that is a text', { tools: [GOOD], ttlMs: 'for ever', cacheScope: 'public' }],
    ['an unknown scope', { tools: [GOOD], ttlMs: 1, cacheScope: 'everybody' }],
    ['no time and no scope', { tools: [GOOD] }],
  ])('with %s keeps its other tools', async (_what, list) => {
    await using server = await modernServer(list)
    await using gateway = gatewayTo(server)
    const answer = await gateway.executeIntent({ intent: 'odd.good' })
    expect(answer).toMatchObject({ status: 'ok' })
    expect(server.seen).not.toContain('initialize')
    expect([...gateway.catalog().tools.keys()]).toContain('odd.good')
  })

  it('that is none is told in the error, the search and the status', async () => {
    await using server = await modernServer({ tools: { good: GOOD }, ttlMs: 1, cacheScope: 'public' })
    await using gateway = gatewayTo(server)
    const answer = await gateway.executeIntent({ intent: 'odd.good' })
    expect(answer).toMatchObject({ status: 'error', error: { code: 'UPSTREAM_PROTOCOL' } })
    const found = await gateway.search({ query: 'says hello' })
    expect(JSON.stringify(found)).toContain('no array of tools')
    expect(statusOf(gateway, 0).servers).toMatchObject([
      { state: 'ready', tools: 0, problems: [expect.stringContaining('its tool list could not be read: ')] },
    ])
  })
})

describe('a result that only begins something', () => {
  const task = { taskId: 't-1', status: 'working', ttl: 1_000 }

  it('over HTTP is an error that says so and that the outcome is unknown', async () => {
    await using server = await modernServer(page(GOOD), { task })
    await using gateway = gatewayTo(server)
    const answer = await gateway.executeIntent({ intent: 'odd.good' })
    expect(answer).toMatchObject({
      status: 'error',
      error: {
        code: 'UPSTREAM_PROTOCOL',
        message: expect.stringMatching(/odd began a task .*t-1.*unknown/),
        details: { outcome: 'unknown' },
      },
    })
  })

  it('is told from data of that name', () => {
    expect(() => readToolResult({ task }, 's')).toThrow(expect.objectContaining({ code: 'UPSTREAM_PROTOCOL' }))
    expect(readToolResult({ task: { id: 1, title: 'Sweep' } }, 's').structuredContent).toEqual({
      task: { id: 1, title: 'Sweep' },
    })
    expect(readToolResult({ task, content: [] }, 's').content).toEqual([])
  })
})
