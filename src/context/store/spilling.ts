import { OptimizerError } from '../../errors.ts'
import { createKeyedQueue } from '../../internal/keyed-queue.ts'
import type { Store } from './store.ts'

/**
 * Two stores as one: what is longer than `threshold` characters is kept in `large`, the rest in `small`, and all of it
 * there while `large` cannot be reached. Disposes of both.
 */
export function createSpillingStore(small: Store, large: Store, threshold: number): Store {
  const inTurn = createKeyedQueue()
  const spill = async (group: string, id: string, text: string, ttlMs: number): Promise<boolean> => {
    try {
      return await large.set(group, id, text, { ttlMs })
    } catch (thrown) {
      ignoreUnreachable(thrown)
      return false
    }
  }
  const both = async (group: string, id: string, renewMs?: number): Promise<string | undefined> =>
    // Once more in the first: between the two looks it may have moved there.
    (await small.get(group, id, renewMs)) ?? (await large.get(group, id, renewMs)) ?? (await small.get(group, id))

  return {
    name: small.name,
    get: both,
    async set(group, id, text, { ttlMs, replaces }) {
      return await inTurn(`${group}\n${id}`, async () => {
        if (replaces !== undefined && ((await both(group, id)) ?? null) !== replaces) return false
        const isSpilled = text.length > threshold && (await spill(group, id, text, ttlMs))
        if (!isSpilled) await small.set(group, id, text, { ttlMs })
        await (isSpilled ? small : large).delete(group, id).catch(ignoreUnreachable)
        return true
      })
    },
    async delete(group, id) {
      await Promise.all([small.delete(group, id), large.delete(group, id)])
    },
    async list(group) {
      const entries = await Promise.all([small.list(group), large.list(group)])
      return entries.flat().toSorted((a, b) => a.expiresAt - b.expiresAt)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([small[Symbol.asyncDispose](), large[Symbol.asyncDispose]()])
    },
  }
}

function ignoreUnreachable(thrown: unknown): void {
  if (!OptimizerError.is(thrown, 'STORE_UNAVAILABLE')) throw thrown
}
