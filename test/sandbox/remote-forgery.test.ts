import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { connect, type RemoteBackend } from '../../src/sandbox/remote/backend.ts'
import { type EngineKeeper } from '../../src/sandbox/remote/channel.ts'
import { encodeFrame, FrameReader } from '../../src/sandbox/remote/frames.ts'
import { FromRunner, PROTOCOL_VERSION, ToRunner } from '../../src/sandbox/remote/protocol.ts'
import { DEFAULT_LIMITS, type HostCall, type Outcome } from '../../src/sandbox/sandbox.ts'
import { Run } from '../../src/sandbox/run/run.ts'
import { answer, body, IMAGE } from '../contracts/sandbox.ts'

interface FakeRunner {
  readonly backend: RemoteBackend
  readonly isKilled: () => boolean
  /** Closes what it says. */
  readonly close: () => void
  /** Says what became of a run that was asked for. */
  readonly answer: (run: number, isBack: boolean) => void
}

/** A runner that a program has taken over: it answers each program with what the test says. */
async function takenOver(
  onRun: (run: number, send: (bytes: Buffer) => void) => void,
  isEngine = false,
): Promise<FakeRunner> {
  const input = new PassThrough()
  const output = new PassThrough()
  const reader = new FrameReader(() => 10_000_000)
  let killed = false
  let leave = (): void => undefined
  const gone = new Promise<{ memory: boolean }>((resolve) => {
    leave = () => resolve({ memory: false })
  })
  const send = (bytes: Buffer): void => void output.write(bytes)
  input.on('data', (chunk: Buffer) => {
    for (const { operation, run } of reader.read(chunk)) {
      if (operation === ToRunner.image) send(encodeFrame(FromRunner.primed, run, 0, 0, []))
      else if (operation === ToRunner.run) onRun(run, send)
    }
  })
  send(encodeFrame(FromRunner.ready, 0, PROTOCOL_VERSION, 0, []))
  const keeper: EngineKeeper = { takeBack: () => undefined, stop: () => undefined, onAnswer: () => undefined }
  const channel = {
    input,
    output,
    gone,
    ...(isEngine && { keeper }),
    hold: () => undefined,
    complaint: () => '',
    kill: () => {
      killed = true
      leave()
    },
  }
  const backend = await connect('fake', channel, new AbortController().signal)
  const close = (): void => void output.destroy()
  return { backend, isKilled: () => killed, close, answer: (run, isBack) => keeper.onAnswer(run, isBack) }
}

async function run({ backend }: FakeRunner, call: HostCall = answer, timeoutMs = 2_000): Promise<Outcome> {
  const limits = { ...DEFAULT_LIMITS, timeoutMs, resultBytes: 1_000, argumentBytes: 1_000, hostCallsInFlight: 2 }
  const program = new Run(IMAGE, body('return 1'), call, limits)
  if ((await backend.carry(program, IMAGE)) !== 'ended') program.finishLost()
  return await program.outcome
}

const STATUS = { ok: 0, error: 1 }
const done = (id: number, status: number, texts: readonly string[]): Buffer =>
  encodeFrame(FromRunner.done, id, 0, status, texts)

describe('a runner that was taken over', () => {
  it.each<[string, (run: number) => Buffer]>([
    ['bytes that are no frame', () => Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
    ['a frame of a gigabyte', () => Buffer.from([0, 0, 0, 0x40, 4, 0])],
    ['an unknown operation', (id) => encodeFrame(99, id, 0, 0, [])],
    ['a result that is no JSON', (id) => done(id, STATUS.ok, ['{', '', '', '1 1'])],
    ['a result over its limit', (id) => done(id, STATUS.ok, [JSON.stringify('x'.repeat(2_000)), '', '', '1 1'])],
    ['a result that is too deep', (id) => done(id, STATUS.ok, ['['.repeat(400_000), '', '', '1 1'])],
    ['an unknown status', (id) => done(id, 77, ['1', '', '', '1 1'])],
    ['no times', (id) => done(id, STATUS.ok, ['1', '', '', 'x'])],
    ['an error that is no object', (id) => done(id, STATUS.error, ['', '[]', '', '1 1'])],
    ['a log that is no list', (id) => done(id, STATUS.ok, ['1', '', '{}', '1 1'])],
    ['a log over its limit', (id) => done(id, STATUS.ok, ['1', '', JSON.stringify(['x'.repeat(200_000)]), '1 1'])],
    ['an argument over its limit', (id) => encodeFrame(FromRunner.call, id, 1, 0, ['"'.padEnd(2_000, 'x')])],
  ])('is ended for %s; its program counts as lost', async (_name, forge) => {
    const fake = await takenOver((id, send) => send(forge(id)))
    expect(await run(fake)).toMatchObject({ status: 'lost', error: { code: 'SANDBOX_LOST' } })
    expect(fake.isKilled()).toBe(true)
  })

  it('is ended for more calls in flight than the limit', async () => {
    const fake = await takenOver((id, send) => {
      for (let call = 1; call <= 3; call++) send(encodeFrame(FromRunner.call, id, call, 0, ['{}']))
    })
    expect(await run(fake, () => new Promise(() => {}))).toMatchObject({ status: 'lost', hostCalls: 2 })
    expect(fake.isKilled()).toBe(true)
  })

  it('cannot call what is not in the image, nor for a program that is not there', async () => {
    const calls: string[] = []
    const fake = await takenOver((id, send) => {
      send(encodeFrame(FromRunner.call, id, 1, 4_000, ['{}']))
      send(encodeFrame(FromRunner.call, id + 1, 1, 0, ['{}']))
      send(done(id + 1, STATUS.ok, ['"forged"', '', '', '1 1']))
      send(done(id, STATUS.ok, ['1', '', '', '1 1']))
    })
    const outcome = await run(fake, async (name) => {
      calls.push(name)
      return ''
    })
    expect(outcome).toMatchObject({ status: 'ok', value: '1', hostCalls: 0 })
    expect(calls).toEqual([])
  })

  it('gets errors shown cleaned, bounded and without foreign codes', async () => {
    const error = {
      name: 'x'.repeat(1_000),
      message: 'see /home/me/.ssh/key \u202e',
      code: 'ROOT',
      line: -1,
      column: 'x',
      stack: 7,
      details: { a: 'x'.repeat(50_000) },
    }
    const fake = await takenOver((id, send) => send(done(id, STATUS.error, ['', JSON.stringify(error), '', '1 1'])))
    const outcome = await run(fake)
    expect(outcome.error).toEqual({ name: expect.any(String), message: 'see /home/me/.ssh/key \ufffd' })
    expect(outcome.error?.name.length).toBeLessThanOrEqual(100)
  })

  it('is ended when it is silent after the deadline of its program', async () => {
    const fake = await takenOver(() => undefined)
    const before = performance.now()
    expect(await run(fake, answer, 100)).toMatchObject({ status: 'timeout', error: { code: 'TIMEOUT' } })
    expect(performance.now() - before).toBeLessThan(2_000)
    expect(fake.isKilled()).toBe(true)
  })

  it('is ended when it gives a program back that has called already: it would be run twice', async () => {
    let id = 0
    const calls: string[] = []
    const fake = await takenOver((run, send) => {
      id = run
      send(encodeFrame(FromRunner.call, run, 1, 0, ['{}']))
    }, true)
    const outcome = await run(fake, async (name) => {
      calls.push(name)
      fake.answer(id + 1, true)
      expect(fake.isKilled()).toBe(false)
      fake.answer(id, true)
      return 'null'
    })
    expect(outcome).toMatchObject({ status: 'lost', hostCalls: 1 })
    expect(calls).toHaveLength(1)
    expect(fake.isKilled()).toBe(true)
  })

  it('has not started a program that it gives back: what happens elsewhere is the first time', async () => {
    const fake = await takenOver((id) => setImmediate(() => fake.answer(id, true)), true)
    const program = new Run(IMAGE, body('return 1'), answer, DEFAULT_LIMITS)
    expect(await fake.backend.carry(program, IMAGE)).toBe('handed back')
    expect(program).toMatchObject({ ended: false, attempts: 0 })
    program.finishLost()
  })

  it.each([
    ['its keeper', ['keeper', 'engine']],
    ['the engine, which has a line of its own', ['engine', 'keeper']],
  ])('is free again after a program that it gave back, heard first from %s', async (_who, order) => {
    const fake = await takenOver((id, send) => {
      const tell = {
        keeper: () => fake.answer(id, true),
        engine: () => send(encodeFrame(FromRunner.skipped, id, 0, 0, [])),
      }
      void (async () => {
        for (const who of order) {
          await nextTurn()
          tell[who as keyof typeof tell]()
        }
      })()
    }, true)
    const program = new Run(IMAGE, body('return 1'), answer, DEFAULT_LIMITS)
    expect(await fake.backend.carry(program, IMAGE)).toBe('handed back')
    await expect.poll(() => fake.backend.accepting).toBe(true)
    expect(program).toMatchObject({ ended: false, attempts: 0 })
    expect(fake.isKilled()).toBe(false)
    program.finishLost()
  })

  it('gets no further program once it says nothing any more, before it is known to be gone', async () => {
    const fake = await takenOver((id, send) => send(done(id, STATUS.ok, ['1', '', '', '1 1'])))
    expect(await run(fake)).toMatchObject({ status: 'ok' })
    fake.close()
    expect(fake.backend.accepting).toBe(false)
    const program = new Run(IMAGE, body('return 1'), answer, DEFAULT_LIMITS)
    expect(await fake.backend.carry(program, IMAGE)).toBe('handed back')
    expect(program.attempts).toBe(0)
  })

  it('of another version is refused', async () => {
    const output = new PassThrough()
    let leave = (): void => undefined
    const gone = new Promise<{ memory: boolean }>((resolve) => {
      leave = () => resolve({ memory: false })
    })
    output.write(encodeFrame(FromRunner.ready, 0, PROTOCOL_VERSION + 1, 0, []))
    const hold = (): void => undefined
    const channel = { input: new PassThrough(), output, gone, hold, kill: () => leave(), complaint: () => '' }
    await expect(connect('fake', channel, new AbortController().signal)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})
