import { describe, expect, it } from 'vitest'
import { fitToBudget, type StoredPreview } from '../../src/context/budget.ts'
import { valueAt } from '../../src/context/path.ts'
import { createResultStore } from '../../src/context/results.ts'
import { shapeOf } from '../../src/context/shape.ts'
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
  const store = createResultStore()
  const fit = (value: unknown, maxTokens: number) =>
    fitToBudget(JSON.stringify(value), { tokenizer: estimateTokenizer, store, owner: 'ann', maxTokens })

  it('leaves a small value as it is', () => {
    expect(fit({ a: [1, 2] }, 1_000)).toMatchObject({ data: { a: [1, 2] }, stored: false })
  })

  it.each([150, 300, 1_000, 4_000])('holds %i tokens, exactly counted, for a large value', async (maxTokens) => {
    const exact = await loadTokenizer('cl100k_base')
    for (const value of [
      rows(3_000),
      { issues: rows(500), total: 500 },
      'word '.repeat(40_000),
      { [`k${'x'.repeat(9_000)}`]: rows(50) },
    ]) {
      const { data, stored } = fit(value, maxTokens)
      expect(stored).toBe(true)
      expect(exact.count(JSON.stringify(data))).toBeLessThanOrEqual(maxTokens)
    }
  })

  it('keeps the whole value behind the handle, for its owner alone', () => {
    const { handle } = fit(rows(3_000), 500).data as StoredPreview
    expect(JSON.parse(store.get('ann', handle))).toHaveLength(3_000)
    expect(() => store.get('bob', handle)).toThrowError(expect.objectContaining({ code: 'UNKNOWN_HANDLE' }))
    expect(store.list('bob')).toEqual([])
  })

  it('shows shape, counts and the first rows', () => {
    const { shape, preview } = fit({ issues: rows(3_000) }, 1_000).data as StoredPreview
    expect(shape).toBe('{issues: Array<{id: number; title: string; tags: Array<string>(2); body: string}>(3000)}')
    expect((preview as { issues: unknown[] }).issues[0]).toMatchObject({ id: 0, title: 'row 0' })
  })
})

describe('result store', () => {
  it('pushes the oldest out when it is full, and says so afterwards', () => {
    const store = createResultStore({ maxBytes: 10_000 })
    const first = store.put('ann', JSON.stringify('x'.repeat(3_000)))
    store.put('ann', JSON.stringify('y'.repeat(3_000)))
    expect(() => store.get('ann', first)).toThrowError(expect.objectContaining({ code: 'UNKNOWN_HANDLE' }))
  })

  it('refuses what can never fit', () => {
    const store = createResultStore({ maxBytes: 1_000 })
    expect(() => store.put('ann', 'x'.repeat(5_000))).toThrowError(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})

describe('paths into results', () => {
  const value = { items: [{ name: 'a' }, { 'odd key': { deep: 2 } }] }

  it.each([
    ['', value],
    ['items[0].name', 'a'],
    ['$.items[1]["odd key"].deep', 2],
    ['items[-1]', { 'odd key': { deep: 2 } }],
  ])('%s', (path, wanted) => {
    expect(valueAt(value, path)).toEqual(wanted)
  })

  it.each(['items.nope', 'items[0].name.x', 'a..b', 'items[x]', '__proto__', 'constructor'])('refuses %s', (path) => {
    expect(() => valueAt(value, path)).toThrowError(expect.objectContaining({ code: 'INVALID_REQUEST' }))
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
