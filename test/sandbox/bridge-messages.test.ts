import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, type HostCall, type Outcome, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { isBatchToHost, ToHost } from '../../src/sandbox/engine/protocol.ts'
import { body, IMAGE } from '../contracts/sandbox.ts'

/** The host's side of a thread, as messages find it. */
interface Receiver {
  receive(message: unknown): void
  readonly accepting: boolean
  readonly carried: readonly ({ readonly id: number } | undefined)[]
}

describe('messages of a worker thread', () => {
  it('are taken only with the right types in the right places', () => {
    expect(isBatchToHost([ToHost.call, 0, 1, 1, 0, '{}', ToHost.busy, ToHost.prepared, 'key'])).toBe(true)
    expect(isBatchToHost([ToHost.done, 0, 1, 'ok', '1', 0, ['log'], 0, 1, 1, 0])).toBe(true)
    for (const wrong of [
      null,
      {},
      'text',
      [99],
      [ToHost.call, 0, 1, 1, 0],
      [ToHost.call, 0, 1, 1, 0, { toString: 1 }],
      [ToHost.done, 0, 1, 'lost', '1', 0, [], 0, 1, 1, 0],
      [ToHost.done, 0, 1, 'ok', '1', { name: 'x' }, [], 0, 1, 1, 0],
      [ToHost.done, 0, 1, 'ok', '1', 0, [1], 0, 1, 1, 0],
    ]) {
      expect(isBatchToHost(wrong)).toBe(false)
    }
    fc.assert(fc.property(fc.anything(), (message) => typeof isBatchToHost(message) === 'boolean'))
  })

  describe('that a program forged', () => {
    let backend: SandboxBackend
    let release = (): void => undefined
    let running: Promise<Outcome>[]
    let calls: number
    beforeEach(async () => {
      backend = createWasmBackend({ poolSize: 3, slotsPerWorker: 1 })
      calls = 0
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const started: Promise<void>[] = []
      running = [1, 2].map((n) => {
        let start = (): void => undefined
        started.push(
          new Promise((resolve) => {
            start = resolve
          }),
        )
        return run(`return (await tools.test.echo({ n: ${n} })).n`, async (_name, argument) => {
          calls++
          start()
          await released
          return argument
        })
      })
      await Promise.all(started)
    })
    afterEach(async () => {
      await backend[Symbol.asyncDispose]()
    })

    async function run(source: string, call: HostCall): Promise<Outcome> {
      const sandbox = await backend.create(IMAGE)
      try {
        return await sandbox.run(body(source), call, DEFAULT_LIMITS)
      } finally {
        await sandbox[Symbol.asyncDispose]()
      }
    }

    it('settle no run but that of its own place: not with the ids of others, not twice, not with odd ones', async () => {
      const [first, second] = threads(backend)
      const [own, foreign] = [runOf(first), runOf(second)]
      const odd = fc.oneof(fc.constantFrom(foreign, 0, -1, 1.5, Number.NaN, 2 ** 53), fc.integer(), fc.double())
      const notOwn = odd.filter((id) => id !== own)
      const slot = fc.oneof(fc.constantFrom(0, 1, 16, -1, Number.NaN), fc.integer())
      const call = fc.tuple(fc.constant(ToHost.call), slot, notOwn, odd, odd, fc.string())
      const status = fc.constantFrom('ok', 'error', 'timeout', 'memory', 'limit', 'cancelled')
      const error = fc.constantFrom(0, { name: 'Error', message: 'forged' })
      const done = fc
        .tuple(fc.constant(ToHost.done), slot, notOwn, status, fc.json(), error)
        .chain((head) => fc.tuple(fc.array(fc.string()), odd, odd, odd, odd).map((tail) => [...head, ...tail]))
      const prepared = fc.tuple(fc.constant(ToHost.prepared), fc.string())
      const batch = fc.array(fc.oneof(call, done, prepared)).map((frames) => frames.flat())
      fc.assert(
        fc.property(batch, (message) => {
          expect(isBatchToHost(message)).toBe(true)
          first.receive(message)
        }),
      )
      expect(calls).toBe(2)
      release()
      expect(await Promise.all(running)).toMatchObject([
        { status: 'ok', value: '1' },
        { status: 'ok', value: '2' },
      ])
    })

    it('end the thread when they are no messages: its programs start again, and no other notices', async () => {
      const [first] = threads(backend)
      first.receive([ToHost.done, 0, runOf(first), 'ok', { forged: true }])
      expect(first.accepting).toBe(false)
      expect(await run('return 7', async () => 'null')).toMatchObject({ status: 'ok', value: '7' })
      release()
      expect(await Promise.all(running)).toMatchObject([
        { status: 'ok', value: '1' },
        { status: 'ok', value: '2' },
      ])
      expect(calls).toBe(2)
    })

    it('call functions that there are not, and are never answered', async () => {
      const [first] = threads(backend)
      const missing = fc.oneof(fc.integer({ min: 1_000 }), fc.integer({ max: -1 }), fc.double({ min: 0.1, max: 0.9 }))
      const call = fc.tuple(fc.integer(), missing)
      fc.assert(fc.property(call, ([id, index]) => first.receive([ToHost.call, 0, runOf(first), id, index, '{}'])))
      expect(calls).toBe(2)
      release()
      expect(await Promise.all(running)).toMatchObject([{ status: 'ok' }, { status: 'ok' }])
    })
  })
})

/** Messages cannot be forged from outside: they are put where the thread's port would put them. */
function threads(backend: SandboxBackend): [Receiver, Receiver] {
  const { members } = backend as unknown as { members: Set<{ readonly backend: Receiver }> }
  return [...members].map(({ backend: thread }) => thread) as [Receiver, Receiver]
}

function runOf({ carried }: Receiver): number {
  return carried[0]?.id ?? -1
}
