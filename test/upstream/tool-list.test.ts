import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/upstream/connection.ts'
import { createListBudget } from '../../src/upstream/list-budget.ts'
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
    const description = 'x'.repeat(900_000)
    const connection = {
      request: async () => ({
        tools: Array.from({ length: 5 }, (_, at) => ({ name: `t${pages * 5 + at}`, description })),
        nextCursor: String(++pages),
      }),
    }
    const list = await fetchToolList(connection, OPTIONS)
    expect(pages).toBeLessThan(6)
    expect(list.tools.map(({ name }) => name)).toEqual(Array.from({ length: 13 }, (_, at) => `t${at}`))
    expect(list.problems).toEqual([
      expect.stringContaining('its tool list has more than 12000000 characters (toolLists.maxChars)'),
    ])
  })

  it('shares what all lists may have with those of other servers', async () => {
    const limits = { maxTools: 10, maxToolChars: 5_000, maxChars: 20_000, maxAllChars: 25_000 }
    const lists = createListBudget(limits)
    const tools = Array.from({ length: 6 }, (_, at) => ({ name: `t${at}`, description: 'x'.repeat(3_000) }))
    expect((await fetchToolList(serverWith(tools), OPTIONS, lists.of('one'))).tools).toHaveLength(6)
    const second = await fetchToolList(serverWith(tools), OPTIONS, lists.of('two'))
    expect(second.tools).toHaveLength(2)
    expect(second.problems).toEqual([expect.stringContaining('(toolLists.maxAllChars)')])
    const again = await fetchToolList(serverWith(tools), OPTIONS, lists.of('one'))
    expect([again.tools.length, again.problems]).toEqual([6, []])
    const many = serverWith(Array.from({ length: 12 }, (_, at) => ({ name: `t${at}` })))
    const { tools: kept, problems } = await fetchToolList(many, OPTIONS, createListBudget(limits).of('many'))
    expect([kept.length, problems]).toEqual([10, [expect.stringContaining('(toolLists.maxTools)')]])
  })
})

function serverWith(tools: readonly unknown[]): Connection {
  return { request: async () => ({ tools }), close: async () => {}, protocolVersion: '', problems: () => [] }
}
