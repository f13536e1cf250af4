import { describe, expect, it, vi } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createPool, type PoolOptions } from '../../src/sandbox/pool/pool.ts'
import { type PoolMember } from '../../src/sandbox/pool/member.ts'
import { type Parting } from '../../src/sandbox/run/attempts.ts'
import { DEFAULT_LIMITS, type HostCall, type Outcome, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { type Run } from '../../src/sandbox/run/run.ts'
import { poolContract } from '../contracts/pool.ts'
import { answer, body, IMAGE } from '../contracts/sandbox.ts'

const OK: Outcome = { status: 'ok', value: '1', logs: [], hostCalls: 0, durationMs: 1, setupMs: 0 }

/** How a program leaves a member before its end, or the outcome that it has there. */
type End = Outcome | Exclude<Parting, 'ended'>

/** A member whose programs do what the test says; it is lost when the test says so. */
class FakeMember implements PoolMember {
  readonly lost: Promise<void>
  lose: () => void = () => undefined
  accepting = true
  waiting = 0
  onChange = (): void => undefined
  closed = false
  readonly run: (run: Run) => Promise<End>

  constructor(run: (run: Run) => Promise<End> = async () => OK) {
    this.run = run
    this.lost = new Promise((resolve) => {
      this.lose = resolve
    })
  }

  prepare(): undefined {
    return undefined
  }

  async carry(run: Run): Promise<Parting> {
    run.start()
    const end = await this.run(run)
    if (typeof end === 'string') return end
    run.finish(end)
    return 'ended'
  }

  stop(run: Run, reason: 'timeout' | 'cancelled'): void {
    run.finishStopped(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true
  }
}

function poolOf(
  options: Partial<PoolOptions> = {},
  run?: (run: Run) => Promise<End>,
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

poolContract('a pool', (options) => poolOf(options).pool)

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

  it('runs a program again that was lost, and no second time', async () => {
    let runs = 0
    const { pool, members } = poolOf({ max: 2 }, async () => {
      runs++
      if (runs > 1) return OK
      members[0]?.lose()
      return 'lost'
    })
    await using sandbox = await pool.create(IMAGE)
    expect(await run(sandbox)).toMatchObject({ status: 'ok' })
    expect(runs).toBe(2)
    expect(pool.stats().discarded.lost).toBe(1)
    await pool[Symbol.asyncDispose]()

    const other = poolOf({}, async (lost) => {
      lost.handleCall(0, '{}', () => undefined)
      return 'lost'
    })
    await using acted = await other.pool.create(IMAGE)
    expect(await run(acted)).toMatchObject({ status: 'lost', hostCalls: 1, error: { code: 'SANDBOX_LOST' } })
    await other.pool[Symbol.asyncDispose]()
  })

  it.each<[string, Partial<PoolOptions>, Exclude<Parting, 'ended'>, number]>([
    ['twice, where nobody knows why', {}, 'lost', 2],
    ['more often, where it was for others', {}, 'displaced', 32],
  ])('starts a program whose member goes away %s', async (_why, options, parting, times) => {
    let runs = 0
    const { pool } = poolOf(options, async () => {
      runs++
      return parting
    })
    await using sandbox = await pool.create(IMAGE)
    expect(await run(sandbox)).toMatchObject({ status: 'lost' })
    expect(runs).toBe(times)
    await pool[Symbol.asyncDispose]()
  })

  it('of engines starts a program again with the answers of its calls: none is made twice', async () => {
    const asked: string[] = []
    const answers: string[] = []
    const call: HostCall = async (_name, argument) => {
      asked.push(argument)
      return `"answer ${asked.length}"`
    }
    const { pool } = poolOf({ max: 2, isEngine: true }, async (program) => {
      for (const argument of ['{"a":1}', '{"a":2}', '{"a":3}'].slice(0, program.attempts + 1)) {
        await new Promise<void>((resolve) => {
          program.handleCall(0, argument, (_ok, text) => {
            answers.push(text)
            resolve()
          })
        })
      }
      return program.attempts === 1 ? 'displaced' : OK
    })
    await using sandbox = await pool.create(IMAGE)
    expect(await sandbox.run(body('return 1'), call, DEFAULT_LIMITS)).toMatchObject({ status: 'ok' })
    expect(asked).toEqual(['{"a":1}', '{"a":2}', '{"a":3}'])
    expect(answers).toEqual([1, 2, 1, 2, 3].map((n) => `"answer ${n}"`))
    await pool[Symbol.asyncDispose]()
  })

  it('has a program go on elsewhere that a member gives back, as often as it has to and with all of its time', async () => {
    let runs = 0
    const { pool } = poolOf({}, async ({ remainingMs }) => {
      expect(remainingMs).toBeGreaterThan(DEFAULT_LIMITS.timeoutMs - 50)
      return ++runs < 20 ? 'handed back' : OK
    })
    await using sandbox = await pool.create(IMAGE)
    expect(await run(sandbox)).toMatchObject({ status: 'ok' })
    expect(runs).toBe(20)
    await pool[Symbol.asyncDispose]()
  })

  it('has a program go on before those that wait', async () => {
    const order: string[] = []
    const { pool } = poolOf({}, async ({ program, handBacks, attempts }) => {
      if (program.kind === 'body' && program.source === 'first' && attempts === 1 && handBacks === 0) return 'displaced'
      if (program.kind === 'body') order.push(program.source)
      return OK
    })
    const runs = ['first', 'second', 'third'].map(async (source) => {
      await using sandbox = await pool.create(IMAGE)
      return await sandbox.run(body(source), answer, DEFAULT_LIMITS)
    })
    await Promise.all(runs)
    expect(order).toEqual(['first', 'second', 'third'])
    await pool[Symbol.asyncDispose]()
  })

  it('ends a program within its time and 500 ms that is handed back for ever', async () => {
    const { pool } = poolOf({}, async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'handed back'
    })
    await using sandbox = await pool.create(IMAGE)
    const limits = { ...DEFAULT_LIMITS, timeoutMs: 50 }
    const before = performance.now()
    expect(await sandbox.run(body('return 1'), answer, limits)).toMatchObject({ status: 'timeout' })
    expect(performance.now() - before).toBeLessThan(550)
    await pool[Symbol.asyncDispose]()
  })

  it('ends a program in time, or when its caller leaves, that waits for another member', async () => {
    const opened: (() => void)[] = []
    const open = async (): Promise<PoolMember> => {
      if (opened.length > 0) await new Promise<void>((resolve) => opened.push(resolve))
      const member = new FakeMember(async () => {
        member.accepting = false
        return 'handed back'
      })
      opened.push(() => undefined)
      return member
    }
    const pool = createPool({ name: 'fake', open, max: 1, isEngine: true })
    await using late = await pool.create(IMAGE)
    expect(await late.run(body('return 1'), answer, { ...DEFAULT_LIMITS, timeoutMs: 50 })).toMatchObject({
      status: 'timeout',
    })
    const controller = new AbortController()
    const waiting = pool.create(IMAGE, { signal: controller.signal })
    controller.abort(new Error('client left'))
    await expect(waiting).rejects.toThrow('client left')
    for (const go of opened) go()
    await pool[Symbol.asyncDispose]()
  })

  it('places nothing on members that are kept, starts others in their stead and ends those when all are back', async () => {
    const { pool, members } = poolOf({ max: 1, capacity: 4, isEngine: true })
    const kept: Sandbox[] = []
    // Four times as many as wanted at most: then programs wait.
    for (let count = 1; count <= 4; count++) {
      kept.push(await pool.create(IMAGE))
      expect(members).toHaveLength(count)
      for (const member of members) member.accepting = false
    }
    const waiting = pool.create(IMAGE)
    expect(pool.stats()).toMatchObject({ size: 4, waiting: 1 })
    for (const member of members) {
      member.accepting = true
      member.onChange()
    }
    kept.push(await waiting)
    for (const sandbox of kept) await sandbox[Symbol.asyncDispose]()
    expect(pool.stats()).toMatchObject({ size: 1, busy: 0, discarded: { idle: 3, lost: 0 } })
    await pool[Symbol.asyncDispose]()
  })

  it('of engines starts one for each program that computes, none for those that wait', async () => {
    const { pool, members } = poolOf({ max: 3, capacity: 16, isEngine: true })
    const held = [await pool.create(IMAGE), await pool.create(IMAGE)]
    await vi.waitFor(() => expect(members).toHaveLength(2), { timeout: 10_000 })
    for (const member of members) member.waiting = 1
    held.push(await pool.create(IMAGE))
    expect(members).toHaveLength(2)
    for (const sandbox of held) await sandbox[Symbol.asyncDispose]()
    await pool[Symbol.asyncDispose]()
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
    await vi.waitFor(() => expect(pool.stats()).toMatchObject({ size: 1, discarded: { idle: 2 } }), { timeout: 10_000 })
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

  it('tries what worked before once more, before it tells those who wait', async () => {
    // After each loss the first start is the pool's own, which nobody waits for.
    const works = [true, false, false, true, false, false, false, true]
    const members: FakeMember[] = []
    await using pool = createPool({
      name: 'fake',
      max: 1,
      open: async () => {
        if (works.shift() !== true) throw new OptimizerError('CONFIG_INVALID', 'it ended while it started')
        members.push(new FakeMember())
        return members.at(-1) as FakeMember
      },
    })
    await run(await pool.create(IMAGE))
    members[0]?.lose()
    await expect.poll(() => members[0]?.closed).toBe(true)
    expect(await run(await pool.create(IMAGE))).toMatchObject({ status: 'ok' })
    members[1]?.lose()
    await expect.poll(() => members[1]?.closed).toBe(true)
    await expect(pool.create(IMAGE)).rejects.toMatchObject({ message: 'it ended while it started' })
    expect(await run(await pool.create(IMAGE))).toMatchObject({ status: 'ok' })
    expect(works).toEqual([])
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
