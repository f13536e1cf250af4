import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import schema from '../../schema/mcp-optimizer.schema.json' with { type: 'json' }
import { createSandboxBackend } from '../../src/sandbox/create.ts'
import type { Execution, SecureSandboxOptions } from '../../src/sandbox/execution.ts'
import { SecureSandbox } from '../../src/sandbox/secure-sandbox.ts'

const BACKENDS: Readonly<Record<string, SecureSandboxOptions>> = {
  wasm: { backend: 'wasm', poolSize: 1 },
  process: { backend: 'process', poolSize: 1 },
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
    expect(execution).toMatchObject({ status: 'ok', value: 3, logs: ['hi'], hostCalls: 1 })
    expect(execution.error).toBeUndefined()
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
    expect(await sandbox.execute('for (;;);', { timeoutMs: 100 })).toMatchObject({ status: 'timeout' })
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
      status: 'limit',
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

describe('the door of SecureSandbox', () => {
  const odd: [string, object, RegExp][] = [
    ['a misspelt backend', { backend: 'docker ' }, /sandbox\.backend: found "docker ", wanted one of wasm, process/],
    ['a backend of an empty variable', { backend: '' }, /sandbox\.backend: found ""/],
    ['a backend that is null', { backend: null }, /sandbox\.backend: found null/],
    ['a wall that is none', { require: 'namespace' }, /sandbox\.require: found "namespace", wanted one of engine/],
    [
      'an engine that is none',
      { backend: 'process', process: { engine: 'V8' } },
      /sandbox\.process\.engine: found "V8"/,
    ],
    ['root in a container', { backend: 'docker', docker: { user: '0:0' } }, /sandbox\.docker\.user: found "0:0"/],
    ['a misspelt key', { bakend: 'docker' }, /sandbox\.bakend: is not a known key, wanted backend/],
    [
      'a key of a misspelt section',
      { docker: { usr: '1:1' } },
      /sandbox\.docker\.usr: is not a known key, wanted user/,
    ],
    [
      'a pool of less than nothing',
      { poolSize: -3 },
      /sandbox\.poolSize: found -3, wanted a whole number from 1 to 64/,
    ],
    ['memory in words', { memoryMb: 'much' }, /sandbox\.memoryMb: found "much"/],
    ['a limit of programs', { timeoutMs: 100 }, /sandbox\.timeoutMs: is not a known key/],
  ]
  it.each(odd)('refuses %s instead of choosing the weakest wall', (_what, settings, message) => {
    const make = (): SecureSandbox => new SecureSandbox(settings)
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }))
  })

  const { sandbox: file } = schema.properties
  const sections = {
    sandbox: file.properties,
    process: file.properties.process.properties,
    docker: file.properties.docker.properties,
  }
  const settings = Object.entries(sections).flatMap(([section, known]) =>
    Object.keys(known)
      .filter((name) => !['timeoutMs', 'maxTimeoutMs', 'typeCheck'].includes(name))
      .map((name) => [section, name] as const),
  )
  it.each(settings)('judges every setting of the configuration file: %s.%s', (section, name) => {
    const wrong = { [name]: Symbol.iterator }
    expect(() => createSandboxBackend(section === 'sandbox' ? wrong : { [section]: wrong })).toThrow(/found Symbol/)
  })

  const options: [string, object, RegExp][] = [
    ['the old name of timeoutMs', { timeout: 100 }, /"timeout": wanted timeoutMs/],
    ['a time in words', { timeoutMs: 'soon' }, /timeoutMs: found "soon", wanted a number of milliseconds/],
    ['no time', { timeoutMs: Number.NaN }, /timeoutMs: found NaN/],
    ['memory of less than nothing', { memoryMb: -1 }, /memoryMb: found -1/],
  ]
  it.each(options)('refuses %s', async (_what, given, message) => {
    await using sandbox = new SecureSandbox()
    const refusal = { code: 'INVALID_REQUEST', message: expect.stringMatching(message) }
    await expect(sandbox.execute('return 1', given)).rejects.toMatchObject(refusal)
  })

  it('answers in types that status narrows', () => {
    const told = (execution: Execution<number>): string => {
      if (execution.status === 'ok') return execution.value.toFixed(1)
      return execution.status === 'incomplete'
        ? `${execution.value.toFixed(1)} ${execution.error.name}`
        : execution.error.name
    }
    expectTypeOf<Exclude<Execution<number>, { status: 'ok' | 'incomplete' }>['value']>().toEqualTypeOf<undefined>()
    expect(told({ status: 'ok', value: 1, logs: [], hostCalls: 0, executionTimeMs: 1 })).toBe('1.0')
  })
})
