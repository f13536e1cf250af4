import { afterAll, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, type HostCall, type Program, type Replay } from '../../src/sandbox/sandbox.ts'
import { createProcessBackend } from '../../src/sandbox/process/backend.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { answer, IMAGE } from '../contracts/sandbox.ts'

const REPLAY: Replay = { now: Date.UTC(2024, 1, 29, 12, 30), seed: 123_456_789_012_345 }
const SOURCE = `const before = Date.now()
const answers = await Promise.all([1, 2, 3].map((n) => tools.test.echo({ n, random: Math.random() })))
for (let i = 0; i < 1e5; i++);
return { before, after: Date.now(), date: new Date().toISOString(), zone: new Date().getTimezoneOffset(), answers, random: Math.random() }`

describe.each([
  ['wasm, reset in place', createWasmBackend({ poolSize: 1 })],
  ['wasm, reset by restore', createWasmBackend({ poolSize: 1, restoreOnly: true })],
  ['process', createProcessBackend({ poolSize: 1 })],
])('a replayed run in %s', (_name, backend) => {
  afterAll(async () => {
    await backend[Symbol.asyncDispose]()
  })
  const run = async (program: Program, call: HostCall = answer): Promise<unknown> => {
    await using sandbox = await backend.create(IMAGE)
    const outcome = await sandbox.run(program, call, { ...DEFAULT_LIMITS, timeoutMs: 5_000 })
    expect(outcome).toMatchObject({ status: 'ok' })
    return JSON.parse(outcome.value ?? '')
  }
  const body = (replay?: Replay): Program => ({
    kind: 'body',
    source: SOURCE,
    input: '{}',
    ...(replay === undefined ? {} : { replay }),
  })

  it('does the same again: time, randomness, arguments', async () => {
    const arguments_: string[] = []
    const record: HostCall = async (_name, argument) => {
      arguments_.push(argument)
      return argument
    }
    const first = await run(body(REPLAY), record)
    const second = await run(body(REPLAY), record)
    expect(second).toEqual(first)
    expect(arguments_.slice(3)).toEqual(arguments_.slice(0, 3))
    expect(first).toMatchObject({
      before: REPLAY.now,
      after: REPLAY.now,
      date: '2024-02-29T12:30:00.000Z',
      zone: 0,
    })
  })

  it('has other randomness with another seed, and leaves the next run alone', async () => {
    const first = (await run(body(REPLAY))) as { random: number }
    const other = (await run(body({ ...REPLAY, seed: 7 }))) as { random: number }
    const live = (await run(body())) as { random: number; before: number }
    expect(new Set([first.random, other.random, live.random]).size).toBe(3)
    expect(Math.abs(live.before - Date.now())).toBeLessThan(10_000)
  })

  it('may be a module of the image', async () => {
    const program: Program = { kind: 'module', module: 'twice', input: '{"n":2}', replay: REPLAY }
    expect(await run(program)).toEqual(await run(program))
  })
})
