import type { Prices, TokenUsage } from '../tokens/prices.ts'
import type { Receipt } from './receipts.ts'

/** What a session's tokens cost with one model, US dollars: without and with the provider's prompt cache. */
export interface ReceiptCost {
  readonly model: string
  readonly title: string
  readonly uncached: SidesUsd
  readonly cached: SidesUsd
}

export interface SidesUsd {
  readonly oursUsd: number
  readonly allDefinitionsUsd: number
  /** Negative when the gateway cost more than it saved. */
  readonly savedUsd: number
}

/** Prices a receipt with every model of the list: what the agent writes is output, all else input. */
export function createReceiptPricer(prices: Prices): (receipt: ReceiptTokens) => readonly ReceiptCost[] {
  const models = prices.models.map((model) => ({ ...model, rates: ratesOf(prices, model.id) }))
  return (receipt) =>
    models.map(({ id, title, rates }) => ({
      model: id,
      title,
      uncached: sides(receipt, { ...rates, cacheRead: rates.input, cacheWrite: rates.input }),
      cached: sides(receipt, rates),
    }))
}

/** The part of a receipt that is paid for. */
export type ReceiptTokens = Pick<Receipt, 'ours' | 'allDefinitions' | 'repeated'>

interface Rates {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
}

/** Priced in requests of this size, below the tiers of long contexts. */
const SAMPLE_TOKENS = 10_000

function ratesOf(prices: Prices, model: string): Rates {
  const rate = (usage: Omit<TokenUsage, 'inputTokens'> & { inputTokens: number }): number =>
    prices.cost(model, usage) / SAMPLE_TOKENS
  return {
    input: rate({ inputTokens: SAMPLE_TOKENS }),
    cacheRead: rate({ inputTokens: SAMPLE_TOKENS, cacheReadTokens: SAMPLE_TOKENS }),
    cacheWrite: rate({ inputTokens: SAMPLE_TOKENS, cacheWriteTokens: SAMPLE_TOKENS }),
    output: rate({ inputTokens: 0, outputTokens: SAMPLE_TOKENS }),
  }
}

function sides({ ours, allDefinitions, repeated }: ReceiptTokens, rates: Rates): SidesUsd {
  const oursUsd = usd(ours.total, ours.requests, repeated.surface, rates)
  const allDefinitionsUsd = usd(allDefinitions.total, allDefinitions.requests, repeated.definitions, rates)
  return { oursUsd, allDefinitionsUsd, savedUsd: allDefinitionsUsd - oursUsd }
}

function usd(total: number, output: number, repeated: number, rates: Rates): number {
  return output * rates.output + repeated * rates.cacheRead + (total - output - repeated) * rates.cacheWrite
}
