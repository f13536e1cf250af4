import type { Prices } from './prices.ts'

/** One request to a model: what it is sent again, what is new, what it writes. */
export interface Turn {
  /** Input that an earlier turn of the conversation already sent: definitions, calls, answers. */
  readonly repeatedTokens: number
  /** Input that is sent for the first time. */
  readonly newTokens: number
  readonly outputTokens: number
}

export interface ConversationCost {
  /** Dollars when every turn pays its whole input. */
  readonly uncachedUsd: number
  /** Dollars when the provider keeps what was sent before and reads it from its prompt cache. */
  readonly cachedUsd: number
}

/** All tokens of a conversation, input of every turn and output. */
export function conversationTokens(turns: readonly Turn[]): number {
  return turns.reduce((sum, turn) => sum + turn.repeatedTokens + turn.newTokens + turn.outputTokens, 0)
}

/** What a conversation costs with and without prompt caching; writing into the cache is paid for too. */
export function conversationCost(turns: readonly Turn[], model: string, prices: Prices): ConversationCost {
  const usd = { uncachedUsd: 0, cachedUsd: 0 }
  for (const { repeatedTokens, newTokens, outputTokens } of turns) {
    const inputTokens = repeatedTokens + newTokens
    usd.uncachedUsd += prices.cost(model, { inputTokens, outputTokens })
    usd.cachedUsd += prices.cost(model, {
      inputTokens,
      outputTokens,
      cacheReadTokens: repeatedTokens,
      cacheWriteTokens: newTokens,
    })
  }
  return usd
}
