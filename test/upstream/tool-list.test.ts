import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/upstream/connection.ts'
import { fetchToolList } from '../../src/upstream/tool-list.ts'

const OPTIONS = { signal: new AbortController().signal, timeoutMs: 1_000, maxTotalMs: 1_000 }

describe('the tool list of a server', () => {
  it('leaves out a definition that nests too deep, and keeps those beside it', async () => {
    const deep = JSON.parse(`${'{"items":'.repeat(20_000)}true${'}'.repeat(20_000)}`) as unknown
    const tools = [{ name: 'first' }, { name: 'deep', inputSchema: deep }, { name: 'last' }]
    const list = await fetchToolList(serverWith(tools), OPTIONS)
    expect(list.tools.map(({ name }) => name)).toEqual(['first', 'last'])
    expect(list.problems).toEqual([expect.stringContaining('"deep": its definition nests deeper than')])
  })

  it('ends where all pages together are too much, and tells so', async () => {
    let pages = 0
    const description = 'x'.repeat(1_900_000)
    const connection = {
      request: async () => ({
        tools: Array.from({ length: 5 }, (_, at) => ({ name: `t${pages * 5 + at}`, description })),
        nextCursor: String(++pages),
      }),
    }
    const list = await fetchToolList(connection, OPTIONS)
    expect(pages).toBeLessThan(6)
    expect(list.tools.map(({ name }) => name)).toEqual(Array.from({ length: 16 }, (_, at) => `t${at}`))
    expect(list.problems).toEqual([expect.stringContaining('its tool list has more than 32000000 characters')])
  })
})

function serverWith(tools: readonly unknown[]): Connection {
  return { request: async () => ({ tools }), close: async () => {}, protocolVersion: '', problems: () => [] }
}
