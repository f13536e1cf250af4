import { describe, expect, it, vi } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createPool, type PoolMember, type PoolOptions } from '../../src/sandbox/pool.ts'
import { DEFAULT_LIMITS, type HostCall, type Outcome, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { answer, body, IMAGE } from '../contracts/sandbox.ts'

const OK: Outcome = { status: 'ok', value: '1', logs: [], hostCalls: 0, durationMs: 1, setupMs: 0 }
const LOST: Outcome = { ...OK, status: 'lost', error: { name: 'Error', message: 'lost', code: 'SANDBOX_LOST' } }

/** A member whose programs answer what the test says; it is lost when the test says so. */
class FakeMember implements PoolMember {
  readonly name = 'fake'
  readonly enforces = new Set(['timeoutMs'] as const)
  readonly lost: Promise<void>
  lose: () => void = () => undefined
  closed = false
  readonly run: (call: HostCall) => Promise<Outcome>

  constructor(run: (call: HostCall) => Promise<Outcome> = async () => OK) {
    this.run = run
    this.lost = new Promise((resolve) => {
      this.lose = resolve
    })
  }

  async create(): Promise<Sandbox> {
    return {
      run: async (_program, call) => await this.run(call),
      reset: async () => true,
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true
  }
}

function poolOf(
  options: Partial<PoolOptions> = {},
  run?: (call: HostCall) => Promise<Outcome>,
): { pool: ReturnType<typeof createPool>; members: FakeMember[] } {
  const members: FakeMember[] = []
  const open = async (): Promise<PoolMember> => {
    const member = new FakeMember(run)
    members.push(member)
    return member
  }
  return { pool: createPool({ name: 'fake', open, max: 1, ...options }), members }
}

const run = async (sandbox: Sandbox): Promise<Outcome> => await sandbox.run(body('return 1'), answer, DEFAULT_LIMITS)

describe('a pool', () => {
  it('starts nothing before its first use, then keeps members and uses them again', async () => {
    const { pool, members } = poolOf({ max: 4 })
    expect(members).toHaveLength(0)
    for (let i = 0; i < 10; i++) {
      await using sandbox = await pool.create(IMAGE)
      expect(await run(sandbox)).toMatchObject({ status: 'ok' })
    }
    expect(members).toHaveLength(1)
    expect(pool.stats()).toMatchObject({ size: 1, busy: 0, waiting: 0, served: 10, reuseRate: 0.9 })
    await pool[Symbol.asyncDispose]()
    expect(members[0]?.closed).toBe(true)
  })

  it('starts ahead what is kept warm, where it is asked to', async () => {
    const { pool, members } = poolOf({ min: 2, max: 4 })
    await pool.warmUp()
    expect(members).toHaveLength(2)
    await (await pool.create(IMAGE))[Symbol.asyncDispose]()
    expect(pool.stats()).toMatchObject({ size: 2, reuseRate: 0 })
    await pool[Symbol.asyncDispose]()
  })

  it('serves those who wait session by session, not in the order in which they came', async () => {
    const { pool } = poolOf()
    const first = await pool.create(IMAGE, { session: 'a' })
    const order: string[] = []
    const waiting = ['a', 'a', 'a', 'b', 'c', 'b'].map(async (session) => {
      const sandbox = await pool.create(IMAGE, { session })
      order.push(session)
      await sandbox[Symbol.asyncDispose]()
    })
    expect(pool.stats().waiting).toBe(6)
    await first[Symbol.asyncDispose]()
    await Promise.all(waiting)
    expect(order.join('')).toBe('abcaba')
    await pool[Symbol.asyncDispose]()
  })

  it('refuses more than its queue holds, with a time to come back', async () => {
    const { pool } = poolOf({ queueLimit: 1 })
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
    await pool[Symbol.asyncDispose]()
  })

  it('refuses the session that fills the queue, not the one that comes late', async () => {
    const { pool } = poolOf({ queueLimit: 2 })
    const first = await pool.create(IMAGE)
    const [kept, displaced] = [1, 2].map(() => pool.create(IMAGE, { session: 'many' }))
    const refused = expect(displaced).rejects.toMatchObject({ code: 'OVERLOADED' })
    const late = pool.create(IMAGE, { session: 'late' })
    await refused
    await first[Symbol.asyncDispose]()
    for (const waiting of [kept, late]) await (await waiting)?.[Symbol.asyncDispose]()
    expect(pool.stats()).toMatchObject({ waiting: 0, refused: 1, served: 3 })
    await pool[Symbol.asyncDispose]()
  })

  it('forgets who gave up waiting', async () => {
    const { pool } = poolOf()
    const first = await pool.create(IMAGE)
    const controller = new AbortController()
    const second = pool.create(IMAGE, { signal: controller.signal })
    controller.abort(new Error('client left'))
    await expect(second).rejects.toThrow('client left')
    expect(pool.stats().waiting).toBe(0)
    await first[Symbol.asyncDispose]()
    await (await pool.create(IMAGE))[Symbol.asyncDispose]()
    await pool[Symbol.asyncDispose]()
  })

  it('runs a program again that was lost before it called anything, and no other', async () => {
    let runs = 0
    const { pool, members } = poolOf({ max: 2 }, async () => {
      runs++
      if (runs > 1) return OK
      members[0]?.lose()
      return LOST
    })
    await using sandbox = await pool.create(IMAGE)
    expect(await run(sandbox)).toMatchObject({ status: 'ok' })
    expect(runs).toBe(2)
    expect(pool.stats().discarded.lost).toBe(1)
    await pool[Symbol.asyncDispose]()

    const other = poolOf({}, async () => ({ ...LOST, hostCalls: 1 }))
    await using acted = await other.pool.create(IMAGE)
    expect(await run(acted)).toMatchObject({ status: 'lost' })
    await other.pool[Symbol.asyncDispose]()
  })

  it('replaces a member after its last use, also within one sandbox', async () => {
    const { pool, members } = poolOf({ max: 2, usesPerMember: 1 })
    await using sandbox = await pool.create(IMAGE)
    await run(sandbox)
    expect(await sandbox.reset()).toBe(true)
    await run(sandbox)
    expect(members[0]?.closed).toBe(true)
    expect(pool.stats().discarded.used).toBe(1)
    await pool[Symbol.asyncDispose]()
  })

  it('goes on with a fresh member while the used one still has programs', async () => {
    const { pool, members } = poolOf({ capacity: 2, usesPerMember: 2 })
    const held = [await pool.create(IMAGE), await pool.create(IMAGE)]
    await using third = await pool.create(IMAGE)
    expect(await run(third)).toMatchObject({ status: 'ok' })
    expect(members).toHaveLength(2)
    for (const sandbox of held) await sandbox[Symbol.asyncDispose]()
    expect(members[0]?.closed).toBe(true)
    await pool[Symbol.asyncDispose]()
  })

  it('keeps more single-use members ready the more programs arrive', async () => {
    const { pool } = poolOf({ min: 1, max: 100, usesPerMember: 1 })
    await (await pool.create(IMAGE))[Symbol.asyncDispose]()
    expect(pool.stats().size).toBe(1)
    const burst = Array.from({ length: 60 }, async () => await (await pool.create(IMAGE))[Symbol.asyncDispose]())
    await Promise.all(burst)
    expect(pool.stats().arrivalsPerSecond).toBeGreaterThan(10)
    expect(pool.stats().size).toBeGreaterThan(1)
    await pool[Symbol.asyncDispose]()
  })

  it('lets members go that are not needed any more', async () => {
    const { pool } = poolOf({ min: 1, max: 4, idleMs: 20 })
    const held = await Promise.all([1, 2, 3].map(async () => await pool.create(IMAGE)))
    expect(pool.stats().size).toBe(3)
    for (const sandbox of held) await sandbox[Symbol.asyncDispose]()
    await vi.waitFor(() => expect(pool.stats()).toMatchObject({ size: 1, discarded: { idle: 2 } }))
    await pool[Symbol.asyncDispose]()
  })

  it('tells those who wait why nothing starts, and tries again for the next', async () => {
    let works = false
    const open = async (): Promise<PoolMember> => {
      if (works) return new FakeMember()
      throw new OptimizerError('CONFIG_INVALID', 'no engine')
    }
    const pool = createPool({ name: 'fake', open, max: 2 })
    await expect(pool.create(IMAGE)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    works = true
    await using sandbox = await pool.create(IMAGE)
    expect(await run(sandbox)).toMatchObject({ status: 'ok' })
    expect(pool.stats().discarded.failed).toBeGreaterThan(0)
    await pool[Symbol.asyncDispose]()
  })

  it('refuses all when it is closed, and can be closed twice', async () => {
    const { pool } = poolOf()
    const first = await pool.create(IMAGE)
    const second = pool.create(IMAGE)
    const closing = pool[Symbol.asyncDispose]()
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' })
    await closing
    await first[Symbol.asyncDispose]()
    await pool[Symbol.asyncDispose]()
    await expect(pool.create(IMAGE)).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
