import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { conversationCost, conversationTokens } from '../../src/tokens/conversation.ts'
import { loadPrices, MODELS, PRICE_LIST } from '../../src/tokens/prices.ts'

describe('prices', () => {
  it('names the list and version that are installed', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      dependencies: Record<string, string>
    }
    expect(PRICE_LIST).toBe(`@pydantic/genai-prices ${dependencies['@pydantic/genai-prices']}`)
  })

  it('knows every model it names, and asks nobody', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const prices = await loadPrices()
    for (const { id } of MODELS) {
      const plain = prices.cost(id, { inputTokens: 10_000 })
      expect(plain).toBeGreaterThan(0)
      expect(prices.cost(id, { inputTokens: 10_000, cacheReadTokens: 10_000 })).toBeLessThanOrEqual(plain)
      expect(prices.cost(id, { inputTokens: 0, outputTokens: 10_000 })).toBeGreaterThan(plain)
    }
    expect(fetched).not.toHaveBeenCalled()
    fetched.mockRestore()
  })

  it("has the specification's models at their list prices per million", async () => {
    const prices = await loadPrices()
    const perMillion = (id: string): number => Math.round(prices.cost(id, { inputTokens: 1_000 }) * 1e5) / 100
    expect(
      Object.fromEntries(
        ['gpt-4-turbo', 'gpt-4o', 'claude-3-opus', 'claude-3-5-sonnet', 'claude-3-haiku'].map((id) => [
          id,
          perMillion(id),
        ]),
      ),
    ).toEqual({
      'gpt-4-turbo': 10,
      'gpt-4o': 2.5,
      'claude-3-opus': 15,
      'claude-3-5-sonnet': 3,
      'claude-3-haiku': 0.25,
    })
  })

  it('refuses a model that the list does not know', async () => {
    const prices = await loadPrices()
    expect(() => prices.cost('gpt-0', { inputTokens: 1 })).toThrow(/gpt-0.*wanted one of gpt-4-turbo/)
  })
})

describe('the cost of a conversation', () => {
  const turns = [
    { repeatedTokens: 0, newTokens: 10_000, outputTokens: 100 },
    { repeatedTokens: 10_000, newTokens: 200, outputTokens: 100 },
    { repeatedTokens: 10_200, newTokens: 200, outputTokens: 100 },
  ]

  it('counts repeated input in every turn', () => {
    expect(conversationTokens(turns)).toBe(10_100 + 10_300 + 10_500)
  })

  it('is lower with caching, though writing to the cache is dearer', async () => {
    const prices = await loadPrices()
    const { uncachedUsd, cachedUsd } = conversationCost(turns, 'claude-sonnet-5', prices)
    expect(uncachedUsd).toBeCloseTo((30_600 * 2 + 300 * 10) / 1e6, 9)
    expect(cachedUsd).toBeCloseTo((20_200 * 0.2 + 10_400 * 2.5 + 300 * 10) / 1e6, 9)
  })
})
