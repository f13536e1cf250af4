import { afterAll, describe, expect, it } from 'vitest'
import { SecureSandbox, type SecureSandboxOptions } from '../../src/sandbox/secure-sandbox.ts'

const BACKENDS: Readonly<Record<string, SecureSandboxOptions>> = {
  wasm: { backend: 'wasm', poolSize: 1 },
  process: { backend: 'process', poolSize: 1 },
  'process with v8': { backend: 'process', poolSize: 2, process: { engine: 'v8' } },
}

describe.each(Object.entries(BACKENDS))('SecureSandbox: %s', (_name, options) => {
  const sandbox = new SecureSandbox(options)
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]()
  })

  it('runs a body with input and tools', async () => {
    const execution = await sandbox.execute('console.log("hi"); return (await tools.add({ a: params.a, b: 2 })).sum', {
      input: { a: 1 },
      tools: { add: (argument) => ({ sum: (argument as { a: number }).a + 2 }) },
    })
    expect(execution).toMatchObject({ status: 'ok', value: 3, logs: ['hi'], hostCalls: 1, error: undefined })
    expect(execution.executionTimeMs).toBeGreaterThan(0)
  })

  it('does the same again with the same clock and randomness', async () => {
    const replay = { now: Date.UTC(2024, 0, 1), seed: 7 }
    const runs = [1, 2].map(() => sandbox.execute('return [Date.now(), Math.random()]', { replay }))
    const [first, second] = await Promise.all(runs)
    expect(first?.value).toEqual([replay.now, expect.any(Number)])
    expect(second?.value).toEqual(first?.value)
  })

  it('ends what takes too long or too much memory', async () => {
    expect(await sandbox.execute('for (;;);', { timeout: 100 })).toMatchObject({ status: 'timeout' })
    const bomb = 'const a = []; for (;;) a.push(new Uint8Array(1e6))'
    expect(await sandbox.execute(bomb, { memoryMb: 16 })).toMatchObject({ status: 'memory' })
    expect(await sandbox.execute('return 1', { signal: AbortSignal.abort() })).toMatchObject({ status: 'cancelled' })
  })

  it('passes errors of tools as errors that a program can catch', async () => {
    const tools = {
      fail: (): never => {
        throw new Error('tool failed')
      },
    }
    const caught = 'try { await tools.fail() } catch (error) { return error.message }'
    expect(await sandbox.execute(caught, { tools })).toMatchObject({ status: 'ok', value: 'tool failed' })
    expect(await sandbox.execute('await tools.fail()', { tools })).toMatchObject({ status: 'error' })
  })

  it('answers with an error when a limit is passed or the input is no JSON data', async () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(await sandbox.execute('return 1', { input: cycle })).toMatchObject({
      status: 'error',
      error: { code: 'INVALID_REQUEST' },
    })
    expect(await sandbox.execute('return params', { input: 2n ** 60n })).toMatchObject({
      status: 'ok',
      value: '1152921504606846976',
    })
    expect(await sandbox.execute('return params', { input: () => 1 })).toMatchObject({ status: 'ok', value: null })
    const tools = { add: (): number => 1 }
    expect(await sandbox.execute('for (;;) await tools.add()', { tools })).toMatchObject({
      status: 'error',
      hostCalls: 1_000,
      error: { code: 'LIMIT_EXCEEDED' },
    })
  })

  it('gives up waiting for a sandbox when it is cancelled', async () => {
    await using full = new SecureSandbox({ poolSize: 1 })
    const controller = new AbortController()
    const tools = { wait: (): Promise<never> => new Promise(() => {}) }
    const all = Array.from({ length: 17 }, () =>
      full.execute('await tools.wait()', { tools, signal: controller.signal }),
    )
    setImmediate(() => controller.abort())
    const statuses = (await Promise.all(all)).map(({ status }) => status)
    expect(statuses).toEqual(all.map(() => 'cancelled'))
  })
})
