import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { DEFAULT_LIMITS, type HostCall, type Outcome, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { GUEST_GLOBALS } from '../../src/sandbox/guest/guest-globals.ts'
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
    expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
    await backend[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
    expect(await running).toMatchObject({ status: 'cancelled' })
    await expect(backend.create(IMAGE)).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
