import { describe, expect, it } from 'vitest'
import { createUpstream } from '../../src/upstream/create.ts'
import { oddHttpServer } from '../support/odd-http-server.ts'

const TOOL = { name: 'act', inputSchema: { type: 'object' } }
const HOLDS = { ttlMs: 60_000, cacheScope: 'private' }

/** Tools that the gateway knows of a server of 2026-07-28 with this list. */
async function listed(
  list: object,
): Promise<{ readonly names: readonly string[]; readonly problems: readonly string[] }> {
  await using server = await oddHttpServer(({ id, method }, response) => {
    const result =
      method === 'server/discover'
        ? {
            supportedVersions: ['2026-07-28'],
            capabilities: { tools: {} },
            serverInfo: { name: 'o', version: '1' },
            ...HOLDS,
          }
        : method === 'tools/list'
          ? { ...HOLDS, ...list }
          : undefined
    if (result === undefined) return false
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } }))
    return true
  })
  await using upstream = createUpstream('h', { type: 'http', url: server.url })
  const tools = await upstream.listTools(new AbortController().signal)
  return { names: tools.map(({ name }) => name), problems: upstream.status().problems }
}

describe('the list of a server of 2026-07-28', () => {
  it.each([
    ['no name', { inputSchema: { type: 'object' } }],
    ['the name null', { name: null, inputSchema: { type: 'object' } }],
    ['a number as name', { name: 5, inputSchema: { type: 'object' } }],
    ['no object at all', 'tool'],
    ['nothing', null],
  ])('loses a tool with %s alone, and says so', async (_what, odd) => {
    const { names, problems } = await listed({ tools: [odd, TOOL] })
    expect(names).toEqual(['act'])
    expect(problems).toEqual(['left out a tool without a name'])
  })

  it.each([
    ['a schema of no known type', { name: 'odd', inputSchema: { type: 'fruit' } }],
    ['a schema that is null', { name: 'odd', inputSchema: null }],
    ['no schema', { name: 'odd' }],
    ['hints that are a text', { name: 'odd', inputSchema: { type: 'object' }, annotations: 'all' }],
    ['a title that is a number', { name: 'odd', inputSchema: { type: 'object' }, title: 7 }],
  ])('keeps the others beside a tool with %s', async (_what, odd) => {
    expect((await listed({ tools: [odd, TOOL] })).names).toContain('act')
  })

  it.each([
    ['a negative time', { ttlMs: -1 }],
    ['a time beyond all', { ttlMs: 1e18 }],
    ['a text as time', { ttlMs: 'soon' }],
    ['a scope that is none', { cacheScope: 'all' }],
    ['a cursor that is an object', { nextCursor: {} }],
  ])('is read with %s', async (_what, odd) => {
    expect((await listed({ tools: [TOOL], ...odd })).names).toEqual(['act'])
  })
})
