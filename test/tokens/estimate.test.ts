import { describe, expect, it } from 'vitest'
import { estimateTokens } from '../../src/tokens/estimate.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'
import { listedServers } from '../catalog/support/definitions.ts'

describe('token estimate', () => {
  it('is 0 for nothing and at least 1 for something', () => {
    expect(estimateTokens('')).toBe(0)
    expect(estimateTokens('a')).toBe(1)
  })

  it.each([
    ['prose', 'The gateway answers with signatures, and keeps large results behind a handle. '.repeat(20)],
    [
      'JSON rows',
      JSON.stringify(
        Array.from({ length: 50 }, (_, id) => ({
          id,
          title: `row ${id}`,
          url: `https://example.com/items/${id}?q=abc`,
          at: '2026-11-24T10:00:00Z',
        })),
      ),
    ],
    ['code', 'export function add(first: number, second: number): number {\n  return first + second\n}\n'.repeat(10)],
    ['Chinese', '这是一个测试文本，用于估计令牌数量。'.repeat(10)],
    ['Russian', 'Это тестовый текст для оценки количества токенов. '.repeat(10)],
  ])('is within a quarter of the exact count for %s', async (_kind, text) => {
    const exact = (await loadTokenizer('cl100k_base')).count(text)
    expect(estimateTokens(text) / exact).toBeGreaterThan(0.75)
    expect(estimateTokens(text) / exact).toBeLessThan(1.25)
  })

  it('is within 12 % over the definitions of servers', async () => {
    const tokenizer = await loadTokenizer('cl100k_base')
    const texts = listedServers().map(({ tools }) => JSON.stringify(tools).slice(0, 200_000))
    const exact = texts.reduce((sum, text) => sum + tokenizer.count(text), 0)
    const estimated = texts.reduce((sum, text) => sum + estimateTokens(text), 0)
    expect(Math.abs(estimated / exact - 1)).toBeLessThan(0.12)
  })

  it('counts text that spells a special token as ordinary text', async () => {
    expect((await loadTokenizer('o200k_base')).count('<|endoftext|>')).toBeGreaterThan(1)
  })
})
