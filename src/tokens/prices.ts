import type { TokenizerName } from './figure.ts'

/** A model with a published price. */
export interface PricedModel {
  /** As the price list names it. */
  readonly id: string
  readonly provider: 'openai' | 'anthropic' | 'google'
  readonly title: string
  /** Whose count of tokens is nearest to what the provider bills. */
  readonly tokenizer: TokenizerName
}

/** Tokens of one request to a model. */
export interface TokenUsage {
  /** All input, cached or not. */
  readonly inputTokens: number
  /** Part of the input that the provider reads from its prompt cache. @default 0 */
  readonly cacheReadTokens?: number
  /** Part of the input that it keeps for later requests. @default 0 */
  readonly cacheWriteTokens?: number
  /** @default 0 */
  readonly outputTokens?: number
}

/** Prices in US dollars, from the list of the installed package; nothing is fetched. */
export interface Prices {
  /** Name and version of the list. */
  readonly source: string
  readonly models: readonly PricedModel[]
  /** Dollars of one request. Context tiers count. Throws RangeError for a model that the list does not know. */
  cost(model: string, usage: TokenUsage): number
}

/** The specification's models first, then current ones. */
export const MODELS: readonly PricedModel[] = [
  { id: 'gpt-4-turbo', provider: 'openai', title: 'GPT-4 Turbo', tokenizer: 'cl100k_base' },
  { id: 'gpt-4o', provider: 'openai', title: 'GPT-4o', tokenizer: 'o200k_base' },
  { id: 'claude-3-opus', provider: 'anthropic', title: 'Claude 3 Opus', tokenizer: 'claude' },
  { id: 'claude-3-5-sonnet', provider: 'anthropic', title: 'Claude 3.5 Sonnet', tokenizer: 'claude' },
  { id: 'claude-3-haiku', provider: 'anthropic', title: 'Claude 3 Haiku', tokenizer: 'claude' },
  { id: 'claude-opus-5-5', provider: 'anthropic', title: 'Claude Opus 5.5', tokenizer: 'claude' },
  { id: 'claude-sonnet-5', provider: 'anthropic', title: 'Claude Sonnet 5', tokenizer: 'claude' },
  { id: 'claude-haiku-4-5', provider: 'anthropic', title: 'Claude Haiku 4.5', tokenizer: 'claude' },
  { id: 'gpt-6-sol', provider: 'openai', title: 'GPT-6 Sol', tokenizer: 'o200k_base' },
  { id: 'gpt-6-luna', provider: 'openai', title: 'GPT-6 Luna', tokenizer: 'o200k_base' },
  { id: 'gemini-3.5-flash', provider: 'google', title: 'Gemini 3.5 Flash', tokenizer: 'o200k_base' },
]

/** The model whose prices are shown to people who chose none: neither the dearest nor the cheapest of today. */
export const DEFAULT_MODEL = 'claude-sonnet-5'
/** One of each provider, for comparisons. */
export const DEFAULT_MODELS: readonly string[] = [DEFAULT_MODEL, 'gpt-6-sol', 'gemini-3.5-flash']

/** Loads the price list (30 ms). */
export async function loadPrices(): Promise<Prices> {
  const { calcPrice } = await import('@pydantic/genai-prices')
  return {
    source: PRICE_LIST,
    models: MODELS,
    cost(model, usage) {
      const known = MODELS.find(({ id }) => id === model)
      const price = known && calcPrice(toListUsage(usage), known.id, { providerId: known.provider })
      if (!price) throw new RangeError(`cannot price "${model}": found no such model, wanted one of ${modelIds()}`)
      return price.total_price
    },
  }
}

/** Kept in step with package.json by a test. */
export const PRICE_LIST = '@pydantic/genai-prices 0.1.8'

function toListUsage(usage: TokenUsage): Record<string, number> {
  const { inputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = usage
  return {
    input_tokens: inputTokens,
    cache_read_tokens: cacheReadTokens,
    cache_write_tokens: cacheWriteTokens,
    output_tokens: outputTokens,
  }
}

function modelIds(): string {
  return MODELS.map(({ id }) => id).join(', ')
}
