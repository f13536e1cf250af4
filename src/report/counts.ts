import type { TokenFigures } from '../tokens/figure.ts'

/** Requests to a model that costs are given for. */
export const REQUESTS = 1_000

/** A server, a mode or a tool, and what its definitions cost in each request. */
export interface Counted {
  readonly name: string
  readonly tools: number
  readonly tokens: TokenFigures
}

/** Dollars of the definitions in {@link REQUESTS} requests with one model. */
export interface Cost {
  readonly model: string
  readonly today: number
  readonly ours: number
  readonly todayCached: number
  readonly oursCached: number
}
