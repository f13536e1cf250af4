import { describe, expect, it } from 'vitest'
import { fitToBudget, type StoredPreview } from '../../src/context/budget.ts'
import { createResultStore } from '../../src/context/results.ts'
import { shapeOf } from '../../src/context/shape.ts'
import { createMemoryStore } from '../../src/context/store/memory.ts'
import { estimateTokenizer } from '../../src/tokens/estimate.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'

const rows = (count: number): unknown[] =>
  Array.from({ length: count }, (_, id) => ({
    id,
    title: `row ${id}`,
    tags: ['a', 'b'],
    body: 'lorem ipsum dolor '.repeat(8),
  }))

describe('token budget', () => {
  const ann = { principal: 'ann' }
  const store = createResultStore({ store: createMemoryStore() })
  const fit = async (value: unknown, maxTokens: number) =>
    await fitToBudget(JSON.stringify(value), { tokenizer: estimateTokenizer, store, owner: ann, maxTokens })

  it('leaves a small value as it is', async () => {
    expect(await fit({ a: [1, 2] }, 1_000)).toEqual({
      data: { a: [1, 2] },
      json: '{"a":[1,2]}',
      tokens: expect.any(Number),
    })
  })

  it.each([150, 300, 1_000, 4_000])('holds %i tokens, exactly counted, for a large value', async (maxTokens) => {
    const exact = await loadTokenizer('cl100k_base')
    for (const value of [
      rows(3_000),
      { issues: rows(500), total: 500 },
      'word '.repeat(40_000),
      { [`k${'x'.repeat(9_000)}`]: rows(50) },
    ]) {
      const { data, stored } = await fit(value, maxTokens)
      expect(stored).toBe(true)
      expect(exact.count(JSON.stringify(data))).toBeLessThanOrEqual(maxTokens)
    }
  })

  it('keeps the whole value behind the handle, for its owner alone', async () => {
    const { handle = '' } = (await fit(rows(3_000), 500)).data as StoredPreview
    expect(JSON.parse(await store.get(ann, handle))).toHaveLength(3_000)
    await expect(store.get({ principal: 'bob' }, handle)).rejects.toMatchObject({ code: 'UNKNOWN_HANDLE' })
    expect(await store.list({ principal: 'bob' })).toEqual([])
  })

  it('shows shape, counts and the first rows', async () => {
    const { shape, preview } = (await fit({ issues: rows(3_000) }, 1_000)).data as StoredPreview
    expect(shape).toBe('{issues: Array<{id: number; title: string; tags: Array<string>(2); body: string}>(3000)}')
    expect((preview as { issues: unknown[] }).issues[0]).toMatchObject({ id: 0, title: 'row 0' })
  })

  it('shows what can be shown of a result that cannot be kept, and says why', async () => {
    const tiny = createResultStore({ store: createMemoryStore(), maxSessionBytes: 1_000 })
    const options = { tokenizer: estimateTokenizer, store: tiny, owner: ann, maxTokens: 500 }
    const { data } = await fitToBudget(JSON.stringify(rows(3_000)), options)
    expect(data).not.toHaveProperty('handle')
    expect(data).toMatchObject({ problem: expect.stringContaining('cannot keep'), preview: expect.any(Array) })
  })
})

describe('shapes', () => {
  it('stay short for wide and deep values', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`field_number_${index}`, { a: { b: { c: 1 } } }]),
    )
    expect(shapeOf(wide).length).toBeLessThan(700)
  })
})
