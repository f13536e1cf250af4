import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  DEFAULT_LIMITS,
  type HostCall,
  type Outcome,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
} from '../../src/sandbox/sandbox.ts'
import { answer, body, IMAGE } from './sandbox.ts'

export interface RunOptions {
  readonly image?: SandboxImage
  readonly call?: HostCall
  readonly limits?: Partial<SandboxLimits>
  readonly session?: string
  readonly signal?: AbortSignal
}

export async function run(backend: SandboxBackend, source: string, options: RunOptions = {}): Promise<Outcome> {
  const { image = IMAGE, call = answer, limits = {}, session, signal } = options
  await using sandbox = await backend.create(image, session === undefined ? {} : { session })
  return await sandbox.run(body(source), call, { ...DEFAULT_LIMITS, timeoutMs: 20_000, ...limits }, signal)
}

/** A gate that host calls wait at. */
export function gate(): { readonly call: HostCall; readonly reached: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  let reach = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const reached = new Promise<void>((resolve) => (reach = resolve))
  const call: HostCall = async (_name, argument) => {
    reach()
    await opened
    return argument
  }
  return { call, reached, open }
}

const NEVER = new AbortController().signal

/**
 * Runs a program while the host is kept from its work for longer than an engine has to begin one: it is taken back before it
 * is on its way.
 */
export async function runLate(backend: SandboxBackend, source: string, options: RunOptions = {}): Promise<Outcome> {
  // What is sent from here leaves after the timers of the next turn of the event loop.
  await nextTurn()
  const outcome = run(backend, source, options)
  await backend.create(IMAGE).then((sandbox) => sandbox[Symbol.asyncDispose]())
  for (const end = performance.now() + 70; performance.now() < end;);
  return await outcome
}

/**
 * What programs of an engine may rely on, whoever else is in it and whatever that does. Takes a backend of one engine with
 * some places: a thread, or a process.
 */
export function engineContract(name: string, makeBackend: () => SandboxBackend): void {
  describe(`an engine of ${name}`, () => {
    it('is not waited for while programs spin there: others run in further ones', async () => {
      await using backend = makeBackend()
      const stop = new AbortController()
      let ended = 0
      const spinning = [1, 2].map(async () => {
        const outcome = await run(backend, 'for (;;);', { limits: { timeoutMs: 60_000 }, signal: stop.signal })
        ended++
        return outcome
      })
      for (let i = 0; i < 5; i++) expect(await run(backend, `return ${i}`)).toMatchObject({ status: 'ok' })
      expect(ended).toBe(0)
      stop.abort()
      for (const outcome of await Promise.all(spinning)) expect(outcome.status).toBe('cancelled')
    })

    describe('that does not answer is ended', () => {
      // A native loop never asks whether it should end: only the outer deadline stops it.
      const STUCK = 'return [].copyWithin.call({ length: 1e10 }, 1, 0)'

      it('and starts programs there again, with the answers of the calls that they made: none is made twice', async () => {
        await using backend = makeBackend()
        const calls: string[] = []
        const { call: waits, reached, open } = gate()
        const source = `const id = Math.random()
const first = await tools.test.echo({ id })
const second = await tools.test.echo({ wait: first.id })
console.log('once')
return [id === second.wait, (await tools.test.echo({ n: 3 })).n]`
        const waiting = run(backend, source, {
          call: async (_name, argument) => {
            calls.push(argument)
            return calls.length === 2 ? await waits(_name, argument, NEVER) : argument
          },
        })
        await reached
        expect(await run(backend, STUCK, { limits: { timeoutMs: 100 } })).toMatchObject({
          status: 'timeout',
          error: { code: 'TIMEOUT' },
        })
        expect(await run(backend, 'return 8')).toMatchObject({ status: 'ok', value: '8' })
        open()
        expect(await waiting).toMatchObject({ status: 'ok', value: '[true,3]', hostCalls: 3, logs: ['once'] })
        expect(calls).toHaveLength(3)
      })

      it('and says that a program is lost which does something else the second time', async () => {
        await using backend = makeBackend()
        const calls: string[] = []
        const { call: waits, reached } = gate()
        const source = `let now = Date.now(); await tools.test.echo({ now }); await tools.test.never({})`
        const waiting = run(backend, source, {
          call: async (name, argument) => {
            calls.push(argument)
            return name === 'test.never' ? await waits(name, argument, NEVER) : argument
          },
        })
        await reached
        await run(backend, STUCK, { limits: { timeoutMs: 100 } })
        expect(await waiting).toMatchObject({ status: 'lost', hostCalls: 2, error: { code: 'SANDBOX_LOST' } })
        expect(calls).toHaveLength(2)
        expect(await run(backend, 'return 8')).toMatchObject({ status: 'ok', value: '8' })
      })

      it('and says that a program is lost whose answers were too large to keep', async () => {
        await using backend = makeBackend()
        const { call: waits, reached } = gate()
        const waiting = run(backend, `await tools.test.echo('x'.repeat(6e5)); await tools.test.never({})`, {
          call: async (name, argument) => (name === 'test.never' ? await waits(name, argument, NEVER) : argument),
        })
        await reached
        await run(backend, STUCK, { limits: { timeoutMs: 100 } })
        expect(await waiting).toMatchObject({ status: 'lost', hostCalls: 2 })
      })
    })

    it('stays when the host itself was kept from its work', async () => {
      await using backend = makeBackend()
      expect(await run(backend, 'return 0')).toMatchObject({ status: 'ok' })
      for (let i = 0; i < 30; i++) {
        expect(await runLate(backend, `return ${i}`)).toMatchObject({ status: 'ok', value: String(i) })
      }
    })

    it('has a program end within its time and 500 ms, however often it is handed back', async () => {
      await using backend = makeBackend()
      expect(await run(backend, 'return 0')).toMatchObject({ status: 'ok' })
      await using sandbox = await backend.create(IMAGE)
      await nextTurn()
      const before = performance.now()
      const settled = { ms: 0 }
      const outcome = sandbox.run(body('return 1'), answer, { ...DEFAULT_LIMITS, timeoutMs: 200 }).finally(() => {
        settled.ms = performance.now() - before
      })
      // The host is kept from its work in each turn: what it sends is on its way only when it is time to take it back.
      while (settled.ms === 0 && performance.now() - before < 5_000) {
        for (const end = performance.now() + 70; performance.now() < end;);
        await nextTurn()
      }
      expect(['ok', 'timeout']).toContain((await outcome).status)
      // Its own turns make it late, by one each.
      expect(settled.ms).toBeLessThan(200 + 500 + 2 * 70)
    })

    it('serves again after it looked stuck, although all that is left there waits for its calls', async () => {
      await using backend = makeBackend()
      const gates = Array.from({ length: 6 }, gate)
      const waiting: Promise<Outcome>[] = []
      for (const [i, { call, reached }] of gates.entries()) {
        waiting.push(run(backend, 'return await tools.test.echo({})', { call, limits: { timeoutMs: 60_000 } }))
        await reached
        const outcome = await runLate(backend, `return ${i}`, { limits: { timeoutMs: 10_000 } })
        expect(outcome).toMatchObject({ status: 'ok', value: String(i) })
      }
      for (const { open } of gates) open()
      for (const outcome of await Promise.all(waiting)) expect(outcome).toMatchObject({ status: 'ok', value: '{}' })
    })

    it('loses nothing that waits when it is ended', async () => {
      await using backend = makeBackend()
      const stuck = run(backend, 'return [].copyWithin.call({ length: 1e10 }, 1, 0)', { limits: { timeoutMs: 300 } })
      const waiting = Array.from({ length: 80 }, (_, i) => run(backend, `return ${i}`))
      expect(await stuck).toMatchObject({ status: 'timeout' })
      const values = (await Promise.all(waiting)).map(({ value }) => Number(value))
      expect(values).toEqual(Array.from({ length: 80 }, (_, i) => i))
      expect(backend.stats?.()).toMatchObject({ busy: 0, waiting: 0 })
    })

    describe('that a native loop keeps', () => {
      it('gives back what it has not begun, also when all of it came before it was there', async () => {
        await using backend = makeBackend()
        const loop = 'return [].copyWithin.call({ length: 1e10 }, 1, 0)'
        const stuck = run(backend, loop, { limits: { timeoutMs: 5_000 } })
        const ended: string[] = []
        const others = Array.from({ length: 3 }, (_, i) =>
          run(backend, `return ${i}`).then(({ status, value }) => ended.push(`${status} ${value}`)),
        )
        await Promise.all([...others, stuck.then(({ status }) => ended.push(status))])
        expect(ended.slice(0, 3).toSorted()).toEqual(['ok 0', 'ok 1', 'ok 2'])
        expect(ended.slice(3)).toEqual(['timeout'])
      })
    })

    describe('that a program computes on', () => {
      it.each([
        ['in a loop', 'for (;;);'],
        ['in promise reactions', 'const f = async () => { for (;;) await 0 }; await Promise.all([f(), f()])'],
        ['in the depth of a recursion', 'const f = () => { try { f() } catch {} for (;;); }; f()'],
        ['in a search', 'return /(a+)+$/.test("a".repeat(40) + "b")'],
      ])('goes on with programs whose answers come, %s', async (_where, hostile) => {
        await using backend = makeBackend()
        const { call, reached, open } = gate()
        const source = `const f = () => f()
let caught = false
for (let i = 0; i < 5; i++) {
  await tools.test.echo({ i })
  try { f() } catch { caught = true }
}
return caught`
        const ended: string[] = []
        const waiting = run(backend, source, { call }).then(({ status, value }) => ended.push(`${status} ${value}`))
        await reached
        const { call: spins, reached: isSpinning, open: spin } = gate()
        const computing = run(backend, `await tools.test.echo({})\n${hostile}`, {
          call: spins,
          limits: { timeoutMs: 6_000 },
        })
        await isSpinning
        spin()
        const stopped = computing.then(({ status }) => ended.push(status))
        await run(backend, 'return 1')
        open()
        await Promise.all([waiting, stopped])
        expect(ended).toEqual(['ok true', 'timeout'])
      })

      it('goes on with those whose answers came in the same message', async () => {
        await using backend = makeBackend()
        const { call, reached, open } = gate()
        const ended: string[] = []
        const stuck = run(backend, 'await tools.test.echo({}); for (;;);', { call, limits: { timeoutMs: 3_000 } })
        await reached
        const { call: second, reached: isWaiting, open: openSecond } = gate()
        const waiting = run(backend, 'for (let i = 0; i < 5; i++) await tools.test.echo({ i }); return 1', {
          call: second,
        })
        await isWaiting
        open()
        openSecond()
        const tell = ({ status }: Outcome): number => ended.push(status)
        await Promise.all([waiting.then(tell), stuck.then(tell)])
        expect(ended).toEqual(['ok', 'timeout'])
      })

      it('tells one that computes why it ends, however often others had their turn', async () => {
        await using backend = makeBackend()
        const controller = new AbortController()
        const { call, reached, open } = gate()
        const waiting = run(backend, 'for (let i = 0; i < 20; i++) await tools.test.echo({ i }); return 1', { call })
        await reached
        const computing = run(backend, 'await tools.test.echo({}); for (;;);', { signal: controller.signal })
        await run(backend, 'return 1')
        open()
        expect(await waiting).toMatchObject({ status: 'ok', hostCalls: 20 })
        controller.abort()
        expect(await computing).toMatchObject({ status: 'cancelled', hostCalls: 1 })
        expect(await run(backend, 'return 2')).toMatchObject({ status: 'ok', value: '2' })
      })
    })

    it('runs a program with the image that it was started with: old runs end on the old one while new ones see the new', async () => {
      await using backend = makeBackend()
      const { call, reached, open } = gate()
      const source = 'const before = Object.keys(tools); await tools.old.wait({}); return [before, Object.keys(tools)]'
      const image = (version: string, server: string): SandboxImage => ({
        version,
        functions: [{ path: ['tools', server, 'wait'], name: `${server}.wait` }],
        modules: [],
      })
      const old = run(backend, source, { image: image('old', 'old'), call })
      await reached
      // More versions than it keeps: that of a running program is never forgotten.
      for (let version = 0; version < 12; version++) {
        const outcome = await run(backend, 'return Object.keys(tools)', {
          image: image(`new ${version}`, `v${version}`),
        })
        expect(outcome.value).toBe(`["v${version}"]`)
      }
      open()
      expect(await old).toMatchObject({ status: 'ok', value: '[["old"],["old"]]' })
      expect(await run(backend, source, { image: image('old', 'old') })).toMatchObject({ status: 'ok' })
    })

    it('enters no program with an answer that comes after the end', async () => {
      await using backend = makeBackend()
      const { call, reached, open } = gate()
      const source =
        'tools.test.echo({ late: true }).then((x) => console.log("late", x)); await null; throw new Error("over")'
      const ended = run(backend, source, { call })
      await reached
      expect(await ended).toMatchObject({ status: 'error', error: { message: 'over' }, logs: [] })
      const next = run(backend, 'const x = await tools.test.echo({ mine: 1 }); return x')
      open()
      expect(await next).toMatchObject({ status: 'ok', value: '{"mine":1}', logs: [] })
    })

    it('that is closed answers "cancelled"', async () => {
      const backend = makeBackend()
      const sandbox = await backend.create(IMAGE)
      await backend[Symbol.asyncDispose]()
      expect(await sandbox.run(body('return 1'), answer, DEFAULT_LIMITS)).toMatchObject({ status: 'cancelled' })
      await sandbox[Symbol.asyncDispose]()
      await sandbox[Symbol.asyncDispose]()
    })
  })
}
