import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compact, decodeCompact } from '../../src/context/compact.ts'
import { estimateTokenizer } from '../../src/tokens/estimate.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'

const issues = Array.from({ length: 40 }, (_, id) => ({
  id,
  title: `Issue number ${id}, with a comma`,
  state: id % 3 === 0 ? 'open' : 'closed',
  assignee: null,
  repository: 'octo/hello-world',
}))
/** Finds JSON, which is counted first, longer than all else: what is written is then judged by its loss alone. */
const eager = () => {
  let count = 0
  return { name: 'eager', exact: false, count: () => (count++ === 0 ? 1_000 : 1) }
}

describe('compact answers', () => {
  it('write a list of records as a table, and what is equal in all rows once', async () => {
    const { text = '', tokens = 0, jsonTokens = 0 } = (await compact(issues, estimateTokenizer)) ?? {}
    expect(text.split('\n').slice(0, 6)).toEqual([
      '"*":',
      '  assignee: null',
      '  repository: octo/hello-world',
      'rows[40]{id,title,state}:',
      '  0,"Issue number 0, with a comma",open',
      '  1,"Issue number 1, with a comma",closed',
    ])
    expect(tokens).toBeLessThan(jsonTokens * 0.85)
    expect(await decodeCompact(text)).toEqual(issues)
  })

  it.each([
    ['a text', 'x'.repeat(1_000)],
    ['a record', { a: 1, b: { c: [1, 2, 3] } }],
    ['two rows', issues.slice(0, 2)],
    ['records of different kinds', Array.from({ length: 30 }, (_, n) => ({ [`field${n}`]: [n, { deep: [n] }] }))],
    [
      'long texts, of which the names are a small part',
      Array.from({ length: 5 }, (_, n) => ({ n, body: `word ${n} `.repeat(200) })),
    ],
  ])('leave %s as JSON', async (_what, value) => {
    expect(await compact(value, estimateTokenizer)).toBeUndefined()
  })

  it('leave what nests deep as JSON', async () => {
    let deep: unknown = issues
    for (let level = 0; level < 10_000; level++) deep = [deep]
    expect(await compact(deep, estimateTokenizer)).toBeUndefined()
  })

  it('save at least 15 % of exactly counted tokens where they are written', async () => {
    const exact = await loadTokenizer('cl100k_base')
    const batch = [1, 2, 3].map(() => ({ status: 'ok', data: issues }))
    for (const value of [issues, { issues, total: 40 }, batch]) {
      const { text = '' } = (await compact(value, estimateTokenizer)) ?? {}
      expect(exact.count(text)).toBeLessThan(exact.count(JSON.stringify(value)) * 0.85)
    }
  })

  it('lose nothing, whatever the value', async () => {
    const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null))
    const key = fc.oneof(fc.constantFrom('id', '*', 'rows', '…', 'a b', '', 'null', '-', '[3]', 'x:y'), fc.string())
    const rows = fc.array(fc.dictionary(key, fc.oneof(cell, fc.jsonValue({ maxDepth: 1 })), { maxKeys: 5 }), {
      minLength: 3,
      maxLength: 6,
    })
    const value = fc.oneof(
      rows,
      fc.dictionary(key, rows, { maxKeys: 3 }),
      fc.jsonValue(),
      fc.record({ '*': fc.object(), rows }),
      fc.record({ rows: fc.jsonValue(), '…': fc.string() }),
    )
    let written = 0
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        const wanted = JSON.parse(JSON.stringify(given).replaceAll('__proto__', 'proto')) as unknown
        const encoded = await compact(wanted, eager())
        if (encoded === undefined) return
        written++
        expect(await decodeCompact(encoded.text)).toEqual(wanted)
      }),
      { numRuns: 600 },
    )
    expect(written).toBeGreaterThan(50)
  })
})
