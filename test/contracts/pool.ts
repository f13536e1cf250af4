import { describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { type PooledBackend } from '../../src/sandbox/pool/pool.ts'
import { IMAGE } from './sandbox.ts'

/** Whose turn it is and who is refused, whatever the members are. Takes a pool of one member with one place. */
export function poolContract(name: string, makePool: (options?: { queueLimit: number }) => PooledBackend): void {
  describe(`the queue of ${name}`, () => {
    it('serves those who wait session by session, not in the order in which they came', async () => {
      await using pool = makePool()
      const first = await pool.create(IMAGE, { session: 'a' })
      const order: string[] = []
      const waiting = ['a', 'a', 'a', 'b', 'c', 'b'].map(async (session) => {
        const sandbox = await pool.create(IMAGE, { session })
        order.push(session)
        await sandbox[Symbol.asyncDispose]()
      })
      expect(pool.stats()).toMatchObject({ size: 1, busy: 1, waiting: 6 })
      await first[Symbol.asyncDispose]()
      await Promise.all(waiting)
      expect(order.join('')).toBe('abcaba')
      expect(pool.stats()).toMatchObject({ busy: 0, waiting: 0 })
    })

    it('refuses more than it holds, with a time to come back', async () => {
      await using pool = makePool({ queueLimit: 1 })
      const first = await pool.create(IMAGE)
      const second = pool.create(IMAGE)
      const third = await pool.create(IMAGE).catch((error: unknown) => error)
      expect(OptimizerError.is(third, 'OVERLOADED') && third.details).toMatchObject({
        retryAfterMs: expect.any(Number),
        queueLimit: 1,
      })
      expect(pool.stats().refused).toBe(1)
      await first[Symbol.asyncDispose]()
      await (await second)[Symbol.asyncDispose]()
    })

    it('refuses the session that fills it, not the one that comes late', async () => {
      await using pool = makePool({ queueLimit: 2 })
      const first = await pool.create(IMAGE)
      const [kept, displaced] = [1, 2].map(() => pool.create(IMAGE, { session: 'many' }))
      const refused = expect(displaced).rejects.toMatchObject({ code: 'OVERLOADED' })
      const late = pool.create(IMAGE, { session: 'late' })
      await refused
      await first[Symbol.asyncDispose]()
      for (const waiting of [kept, late]) await (await waiting)?.[Symbol.asyncDispose]()
      expect(pool.stats()).toMatchObject({ waiting: 0, refused: 1, served: 3 })
    })

    it('forgets who gave up waiting', async () => {
      await using pool = makePool()
      const first = await pool.create(IMAGE)
      const controller = new AbortController()
      const second = pool.create(IMAGE, { signal: controller.signal })
      controller.abort(new Error('client left'))
      await expect(second).rejects.toThrow('client left')
      expect(pool.stats().waiting).toBe(0)
      await first[Symbol.asyncDispose]()
      await (await pool.create(IMAGE))[Symbol.asyncDispose]()
    })
  })
}
