import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Rate } from './grant.ts'

/** Counts the requests of principals. */
export interface Rates {
  /** Undefined: it is within the rate. Else whole seconds until it is again. */
  take(principal: string, rate: Rate): Promise<number | undefined>
}

/** Counts in memory: a rate holds for each instance. */
export function createRates(): Rates {
  const limiters = new Map<string, RateLimiterMemory>()
  const limiterOf = ({ requests, seconds }: Rate): RateLimiterMemory => {
    const key = `${requests}/${seconds}`
    const limiter = limiters.get(key) ?? new RateLimiterMemory({ points: requests, duration: seconds })
    limiters.set(key, limiter)
    return limiter
  }
  return {
    async take(principal, rate) {
      try {
        await limiterOf(rate).consume(principal)
        return undefined
      } catch (thrown) {
        if (thrown instanceof RateLimiterRes) return Math.max(1, Math.ceil(thrown.msBeforeNext / 1_000))
        throw thrown
      }
    },
  }
}
