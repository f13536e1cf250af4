import { describe, expect, it } from 'vitest'
import { decodeCompact } from '../../src/context/compact.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { toCallResult } from '../../src/surface/answers.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'
import type { ContentBlock } from '../../src/upstream/upstream.ts'
import { demoGateway } from '../support/gateway.ts'

const rows = Array.from({ length: 30 }, (_, id) => ({ id, title: `Issue ${id}`, state: 'open', assignee: null }))
const metadata = {
  id: '0011223344556677',
  tokens_used: 900,
  tokenizer: 'estimate',
  execution_time_ms: 1,
  cache_hit: false,
  host_calls: 1,
  stages: {},
  catalog: 'x',
}
const PLAIN = { compactAnswers: false }
const textOf = (block: ContentBlock | undefined): string => String(block?.['text'])
const answer = (data: unknown): Answer => ({ status: 'ok', data, metadata })

describe('answers for models', () => {
  it('bring lists of records as a table in a text of its own, and say how to read it', async () => {
    const { content, _meta } = await toCallResult(answer({ issues: rows, total: 30 }), {
      compactAnswers: true,
      metadata: true,
    })
    expect(content).toHaveLength(2)
    const envelope = JSON.parse(textOf(content[0]))
    expect(envelope).toMatchObject({ status: 'ok', data: expect.stringContaining('TOON below: [count]{fields}') })
    expect(await decodeCompact(textOf(content[1]))).toEqual({ issues: rows, total: 30 })
    const { tokens_used, tokens_saved, format } = _meta['mcp-optimizer/metadata'] as Record<string, number>
    expect(format).toBe('toon')
    expect((tokens_used ?? 0) + (tokens_saved ?? 0)).toBe(900)
  })

  it('say what they cost with the table, exactly counted where that is asked for', async () => {
    const exact = await loadTokenizer('cl100k_base')
    await using gateway = demoGateway({ features: { exactTokens: true } })
    const { exactTokens } = gateway
    await expect.poll(async () => await exactTokens?.count([''])).toEqual([0])
    const request = { intent: 'demo.rows', params: { count: 40 } }
    const given = await gateway.executeIntent(request)
    const data = JSON.stringify((given as { data: unknown }).data)
    const requestTokens = exact.count(JSON.stringify(request))
    expect(given.metadata).toMatchObject({
      tokenizer: 'cl100k_base',
      tokens_used: requestTokens + exact.count(data),
    })
    const { content, _meta } = await toCallResult(given, { compactAnswers: true, exactTokens, metadata: true })
    const [envelope, table] = content.map(textOf)
    const tokens = requestTokens + exact.count(JSON.parse(envelope ?? '').data) + exact.count(table ?? '')
    expect(_meta['mcp-optimizer/metadata']).toMatchObject({
      tokenizer: 'cl100k_base',
      tokens_used: tokens,
      tokens_saved: requestTokens + exact.count(data) - tokens,
    })
    // Where a part of it can only be estimated, the whole is an estimate.
    await exactTokens?.[Symbol.asyncDispose]()
    const late = await toCallResult(given, { compactAnswers: true, exactTokens, metadata: true })
    expect(late._meta['mcp-optimizer/metadata']).toMatchObject({ tokenizer: 'estimate' })
  })

  it('bring a text as it is, and beside it only what the agent can use (F15)', async () => {
    const plain = await toCallResult(answer('a "text"\nof lines'), { compactAnswers: true })
    expect(plain.content).toEqual([{ type: 'text', text: 'a "text"\nof lines' }])
    const noted: Answer = { status: 'ok', data: 'text', metadata: { ...metadata, session: 's_1', logs: ['a'] } }
    expect((await toCallResult(noted, { compactAnswers: true })).content).toEqual([
      { type: 'text', text: 'text' },
      { type: 'text', text: '{"status":"ok","logs":["a"],"metadata":{"session":"s_1"}}' },
    ])
    // APIs of models refuse texts of nothing.
    const empty = await toCallResult(answer(' '), { compactAnswers: true })
    expect(empty.content).toEqual([{ type: 'text', text: '{"status":"ok","data":" "}' }])
  })

  it('bring the only member of a record as it is, where its name says nothing more', async () => {
    for (const data of [{ content: 'a "file"\n' }, { result: 'a "file"\n' }, { text: 'a "file"\n' }])
      expect((await toCallResult(answer(data), PLAIN)).content).toEqual([{ type: 'text', text: 'a "file"\n' }])
    for (const data of [
      { id: 'x1' },
      { error: 'no such\nfile' },
      { content: '' },
      { content: 'x', size: 1 },
      { text: 3 },
    ])
      expect(JSON.parse(textOf((await toCallResult(answer(data), PLAIN)).content[0])).data).toEqual(data)
  })

  it('bring long texts below the value that holds them', async () => {
    const page = Array.from({ length: 40 }, (_, index) => `line "${index}"`).join('\n')
    const one = await toCallResult(answer({ path: 'a.md', page }), PLAIN)
    expect(one.content).toEqual([
      { type: 'text', text: '{"status":"ok","data":{"path":"a.md","page":"[text below]"}}' },
      { type: 'text', text: page },
    ])
    const batch = [
      { status: 'ok', data: page },
      { status: 'ok', data: { content: `${page}!` } },
      { status: 'ok', data: 1 },
    ]
    const several = await toCallResult(answer(batch), PLAIN)
    expect(JSON.parse(textOf(several.content[0])).data).toEqual([
      { status: 'ok', data: '[text 1 below]' },
      { status: 'ok', data: { content: '[text 2 below]' } },
      { status: 'ok', data: 1 },
    ])
    expect(several.content.slice(1).map(textOf)).toEqual([`[text 1]\n${page}`, `[text 2]\n${page}!`])
    const error = { code: 'TOOL_ERROR', message: `Traceback:\n${page}\nTHE REASON`, suggestion: 'x' } as const
    const failed = await toCallResult({ status: 'error', error, metadata }, PLAIN)
    expect(JSON.parse(textOf(failed.content[0])).error).toMatchObject({ code: 'TOOL_ERROR', message: '[text below]' })
    expect(textOf(failed.content[1])).toMatch(/THE REASON$/)
    expect(failed.isError).toBe(true)
  })

  it('keep texts in a table beside it, and at most 20 below', async () => {
    const page = 'a "line"\n'.repeat(15)
    const list = Array.from({ length: 30 }, (_, id) => ({
      id,
      title: `Issue ${id}`,
      state: 'open',
      page: `${page}${id}`,
    }))
    const { content } = await toCallResult(answer({ list, rows }), { compactAnswers: true })
    expect(textOf(content[0])).toContain('TOON')
    expect(textOf(content[1])).toContain('[text 20 below]')
    expect(content).toHaveLength(22)
    expect(textOf(content.at(-1))).toBe(`[text 20]\n${page}19`)
    const all = content.map(textOf).join('\n')
    for (const { id } of list) expect(all).toMatch(new RegExp(`(?:\\n|n)${id}\\b`))
  })

  it('say their id alone in _meta, and all of the metadata where it is asked for (F9)', async () => {
    const asked = { compactAnswers: true, metadata: true }
    for (const given of [answer(1), answer('x'), { status: 'error', error: { code: 'TIMEOUT' }, metadata } as Answer]) {
      expect((await toCallResult(given, PLAIN))._meta).toEqual({ 'mcp-optimizer/metadata': { id: metadata.id } })
      expect((await toCallResult(given, asked))._meta).toEqual({ 'mcp-optimizer/metadata': metadata })
    }
  })

  it('have no half of a surrogate pair in their JSON', async () => {
    const { content } = await toCallResult(answer({ half: 'a\ud83d' }), PLAIN)
    expect(JSON.parse(textOf(content[0])).data).toEqual({ half: 'a\ufffd' })
  })

  it('are JSON where that is as good, or where tables are switched off', async () => {
    for (const [data, compactAnswers] of [
      [{ sum: 3 }, true],
      [rows, false],
    ] as const) {
      const { content, _meta } = await toCallResult(answer(data), { compactAnswers })
      expect(content).toHaveLength(1)
      expect(JSON.parse(textOf(content[0])).data).toEqual(data)
      expect(_meta['mcp-optimizer/metadata']).not.toHaveProperty('format')
    }
  })

  it('of batches, code and previews are tables too, and fit the budget, exactly counted', async () => {
    const exact = await loadTokenizer('cl100k_base')
    await using gateway = demoGateway({ features: { maxTokensPerRequest: 1_500 } })
    const code =
      'return (await tools.demo.rows({ count: 500 })).rows.slice(0, params).map(({ id, title }) => ({ id, title, ok: true }))'
    const answers = [
      await gateway.execute({ code, params: 60 }),
      await gateway.execute({ code, params: 500 }),
      await gateway.executeBatch({
        requests: [{ intent: 'demo.rows', params: { count: 20 } }, { intent: 'demo.add' }],
      }),
    ]
    for (const given of answers) {
      const { content } = await toCallResult(given, { compactAnswers: true })
      expect(content).toHaveLength(2)
      expect(await decodeCompact(textOf(content[1]))).toEqual((given as { data: unknown }).data)
      expect(content.reduce((sum, block) => sum + exact.count(textOf(block)), 0)).toBeLessThanOrEqual(1_500)
    }
  })
})
