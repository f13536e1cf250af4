import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { DEFAULT_LIMITS, type HostCall, type Outcome, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { GUEST_GLOBALS } from '../../src/sandbox/wasm/guest-globals.ts'
import { answer, body, IMAGE, leakContract, sandboxContract } from '../contracts/sandbox.ts'

sandboxContract('wasm', () => createWasmBackend({ poolSize: 2 }))
sandboxContract('wasm without in-place reset', () => createWasmBackend({ poolSize: 1, restoreOnly: true }))
leakContract('wasm', () => createWasmBackend({ poolSize: 2 }))

async function run(
  backend: SandboxBackend,
  source: string,
  call: HostCall = answer,
  timeoutMs = 5_000,
): Promise<Outcome> {
  const sandbox = await backend.create(IMAGE)
  try {
    return await sandbox.run(body(source), call, { ...DEFAULT_LIMITS, timeoutMs })
  } finally {
    await sandbox[Symbol.asyncDispose]()
  }
}

async function withBackend(backend: SandboxBackend, use: (backend: SandboxBackend) => Promise<void>): Promise<void> {
  try {
    await use(backend)
  } finally {
    await backend[Symbol.asyncDispose]()
  }
}

/** Tells when something was reached, and holds it until it is released. */
function signalOf() {
  let reached = (): void => undefined
  let release = (): void => undefined
  const isReached = new Promise<void>((resolve) => {
    reached = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return { isReached, released, reached: () => reached(), release: () => release() }
}

const never: HostCall = () => new Promise(() => {})

describe('the wasm backend', () => {
  it('shows exactly the reviewed globals', async () => {
    await withBackend(createWasmBackend({ poolSize: 1 }), async (backend) => {
      const outcome = await run(backend, 'return Object.getOwnPropertyNames(globalThis).sort()')
      const roots = ['console', 'intents', 'results', 'tools']
      expect(JSON.parse(outcome.value ?? '')).toEqual([...GUEST_GLOBALS, ...roots].toSorted())
    })
  })

  it('refuses more waiting programs than the queue holds, with a time to retry', async () => {
    await withBackend(createWasmBackend({ poolSize: 1, slotsPerWorker: 1, queueLimit: 1 }), async (backend) => {
      const first = await backend.create(IMAGE)
      const second = backend.create(IMAGE)
      const third = await backend.create(IMAGE).catch((error: unknown) => error)
      expect(OptimizerError.is(third, 'OVERLOADED') && third.details).toMatchObject({
        retryAfterMs: expect.any(Number),
        queueLimit: 1,
      })
      await first[Symbol.asyncDispose]()
      await (await second)[Symbol.asyncDispose]()
    })
  })

  it('gives up waiting for a sandbox when the signal aborts', async () => {
    await withBackend(createWasmBackend({ poolSize: 1, slotsPerWorker: 1 }), async (backend) => {
      const first = await backend.create(IMAGE)
      const controller = new AbortController()
      const second = backend.create(IMAGE, { signal: controller.signal })
      controller.abort(new Error('client left'))
      await expect(second).rejects.toThrow('client left')
      await first[Symbol.asyncDispose]()
      expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
    })
  })

  it('runs other programs while some spin, on threads beyond its size if need be', async () => {
    await withBackend(createWasmBackend({ poolSize: 1 }), async (backend) => {
      const spinning = [1, 2].map(() => run(backend, 'for (;;);', answer, 3_000))
      const before = performance.now()
      for (let i = 0; i < 5; i++) expect(await run(backend, `return ${i}`)).toMatchObject({ status: 'ok' })
      expect(performance.now() - before).toBeLessThan(2_500)
      for (const outcome of await Promise.all(spinning)) expect(outcome.status).toBe('timeout')
    })
  })

  describe('ends a thread that does not answer', () => {
    // A native loop never asks whether it should end: only the outer deadline stops it.
    const STUCK = 'return [].copyWithin.call({ length: 1e10 }, 1, 0)'

    it('and starts programs there again, with the answers of the calls that they made: none is made twice', async () => {
      await withBackend(createWasmBackend({ poolSize: 1, slotsPerWorker: 3 }), async (backend) => {
        const calls: string[] = []
        const gate = signalOf()
        const source = `const id = Math.random()
const first = await tools.test.echo({ id })
const second = await tools.test.echo({ wait: first.id })
console.log('once')
return [id === second.wait, (await tools.test.echo({ n: 3 })).n]`
        const waiting = run(backend, source, async (_name, argument) => {
          calls.push(argument)
          if (calls.length !== 2) return argument
          gate.reached()
          await gate.released
          return argument
        })
        await gate.isReached
        expect(await run(backend, STUCK, answer, 100)).toMatchObject({ status: 'timeout', error: { code: 'TIMEOUT' } })
        expect(await run(backend, 'return 8')).toMatchObject({ status: 'ok', value: '8' })
        gate.release()
        expect(await waiting).toMatchObject({ status: 'ok', value: '[true,3]', hostCalls: 3, logs: ['once'] })
        expect(calls).toHaveLength(3)
      })
    })

    it('and says that a program is lost which does something else the second time', async () => {
      await withBackend(createWasmBackend({ poolSize: 1, slotsPerWorker: 3 }), async (backend) => {
        const calls: string[] = []
        const gate = signalOf()
        const source = `let now = Date.now(); await tools.test.echo({ now }); await tools.test.never({})`
        const waiting = run(backend, source, (name, argument) => {
          calls.push(argument)
          if (name === 'test.never') gate.reached()
          return answer(name, argument, AbortSignal.abort())
        })
        await gate.isReached
        await run(backend, STUCK, answer, 100)
        expect(await waiting).toMatchObject({ status: 'lost', hostCalls: 2, error: { code: 'SANDBOX_LOST' } })
        expect(calls).toHaveLength(2)
        expect(await run(backend, 'return 8')).toMatchObject({ status: 'ok', value: '8' })
      })
    })

    it('and says that a program is lost whose answers were too large to keep', async () => {
      await withBackend(createWasmBackend({ poolSize: 1, slotsPerWorker: 3 }), async (backend) => {
        const gate = signalOf()
        const waiting = run(
          backend,
          `await tools.test.echo('x'.repeat(6e5)); await tools.test.never({})`,
          (name, argument) => {
            if (name === 'test.never') gate.reached()
            return answer(name, argument, AbortSignal.abort())
          },
        )
        await gate.isReached
        await run(backend, STUCK, answer, 100)
        expect(await waiting).toMatchObject({ status: 'lost', hostCalls: 2 })
      })
    })
  })

  it('keeps its threads when the host itself was kept from its work', async () => {
    await withBackend(createWasmBackend({ poolSize: 1 }), async (backend) => {
      expect(await run(backend, 'return 0')).toMatchObject({ status: 'ok' })
      for (let i = 0; i < 30; i++) {
        const outcome = run(backend, `return ${i}`)
        await backend.create(IMAGE).then((sandbox) => sandbox[Symbol.asyncDispose]())
        // Whatever was sent in this turn of the event loop is not on its way yet.
        for (const end = performance.now() + 70; performance.now() < end;);
        expect(await outcome).toMatchObject({ status: 'ok', value: String(i) })
      }
    })
  })

  it('starts threads ahead where it is asked to', async () => {
    await withBackend(createWasmBackend({ poolSize: 3, poolMin: 2 }), async (backend) => {
      expect(backend.stats?.().size).toBe(0)
      await backend.warmUp?.()
      expect(backend.stats?.().size).toBe(2)
      expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
      expect(backend.stats?.().size).toBe(2)
    })
  })

  it('keeps no process alive while it is idle, and keeps it alive while a program runs', async () => {
    const script = `
      const { createWasmBackend } = await import(${JSON.stringify(new URL('../../dist/sandbox/wasm/backend.js', import.meta.url).href)})
      const { DEFAULT_LIMITS } = await import(${JSON.stringify(new URL('../../dist/sandbox/sandbox.js', import.meta.url).href)})
      const sandbox = await createWasmBackend().create({ version: '1', functions: [], modules: [] })
      sandbox.run({ kind: 'body', source: 'return 6 * 7', input: '' }, async () => '', DEFAULT_LIMITS).then((outcome) => console.log(outcome.value))`
    const child = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
    expect((await child).stdout).toBe('42\n')
  })

  it('ends all that runs when it is closed, and can be closed twice', async () => {
    const backend = createWasmBackend({ poolSize: 1 })
    const running = run(backend, 'await tools.test.never({})', never)
    await vi.waitFor(async () => expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' }))
    await backend[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
    expect(await running).toMatchObject({ status: 'cancelled' })
    await expect(backend.create(IMAGE)).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
