import { Socket } from 'node:net'
import process, { argv, kill, pid } from 'node:process'
import { OptimizerError } from '../../errors.ts'
import { isRecord } from '../../internal/json.ts'
import { DEFAULT_LIMITS, type SandboxImage } from '../sandbox.ts'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import {
  ALIVE_MS,
  FromRunner,
  outcomeTexts,
  PROTOCOL_VERSION,
  readProgram,
  statusNumber,
  ToRunner,
} from './protocol.ts'
import { createWasmBackend } from '../wasm/backend.ts'
import { PAGE_BYTES } from '../engine/wasm-module.ts'
import { readRunnerOptions } from './runner-options.ts'

/**
 * The program inside a jail: hosts a backend and serves the host over its standard input and output. It ends as soon as
 * its input does; programs never run on this thread, so nothing they do keeps it from noticing.
 */

interface Running {
  readonly controller: AbortController
  readonly calls: Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>
  nextCall: number
}

/** One buffer for all that is read: a new one for each read costs a quarter of this thread's time. */
const READ_BYTES = 64 * 1024

const options = readRunnerOptions(argv[2] ?? '')
const backend = createWasmBackend({
  poolSize: options.threads,
  slotsPerWorker: options.slots,
  queueLimit: 100_000,
  callSignals: false,
})
const images = new Map<number, SandboxImage>()
const running = new Map<number, Running>()
const reading = { fd: 0, writable: false, onread: { buffer: Buffer.allocUnsafe(READ_BYTES), callback: receive } }
const input = new Socket(reading)
const output = new Socket({ fd: 1, readable: false })
// The host is trusted: it sends what its own limits let through.
const reader = new FrameReader(() => 0xffff_fff0)
/** Those of programs that were not stopped serve again: making one takes a tenth of this thread's time. */
const unused: AbortController[] = []
let outgoing: Buffer[] = []
let heartbeat: ReturnType<typeof setInterval> | undefined

input.resume()
for (const event of ['end', 'close', 'error']) input.on(event, die)
output.on('error', die)
process.on('uncaughtException', die)
process.on('unhandledRejection', die)
send(FromRunner.ready, 0, PROTOCOL_VERSION, 0, [])

function receive(bytes: number, buffer: Uint8Array): boolean {
  for (const frame of reader.read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes))) handle(frame)
  return true
}

function handle(frame: Frame): void {
  const { operation, run, a, texts } = frame
  if (operation === ToRunner.run) void start(frame)
  else if (operation === ToRunner.answer) take(run, a)?.resolve(texts[0] ?? '')
  else if (operation === ToRunner.reject) take(run, a)?.reject(toError(texts[0] ?? '{}'))
  else if (operation === ToRunner.stop) running.get(run)?.controller.abort()
  else if (operation === ToRunner.image) void prime(run, a, texts[0] ?? '')
  else if (operation === ToRunner.forget) images.delete(run)
}

/** Runs an empty program, so that the image is compiled before the time of a real one runs. */
async function prime(key: number, memoryPages: number, text: string): Promise<void> {
  const image = JSON.parse(text) as SandboxImage
  images.set(key, image)
  const sandbox = await backend.create(image)
  const program = { kind: 'body', source: '', input: '' } as const
  const limits = { ...DEFAULT_LIMITS, memoryBytes: memoryPages * PAGE_BYTES }
  await sandbox.run(program, () => Promise.reject(new Error('no calls')), limits)
  await sandbox[Symbol.asyncDispose]()
  send(FromRunner.primed, key, 0, 0, [])
}

async function start(frame: Frame): Promise<void> {
  const image = images.get(frame.a)
  if (image === undefined) throw new Error('the image was not sent')
  const { program, limits } = readProgram(frame)
  const current: Running = { controller: unused.pop() ?? new AbortController(), calls: new Map(), nextCall: 1 }
  running.set(frame.run, current)
  heartbeat ??= setInterval(() => send(FromRunner.alive, 0, 0, 0, []), ALIVE_MS)
  const call = (name: string, argument: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const id = current.nextCall++
      current.calls.set(id, { resolve, reject })
      send(FromRunner.call, frame.run, id, Number(name), [argument])
    })
  const sandbox = await backend.create(image)
  const outcome = await sandbox.run(program, call, limits, current.controller.signal)
  running.delete(frame.run)
  if (!current.controller.signal.aborted) unused.push(current.controller)
  if (running.size === 0) {
    clearInterval(heartbeat)
    heartbeat = undefined
  }
  send(FromRunner.done, frame.run, outcome.hostCalls, statusNumber(outcome.status), outcomeTexts(outcome))
  await sandbox[Symbol.asyncDispose]()
}

function take(
  run: number,
  id: number,
): { resolve: (text: string) => void; reject: (error: Error) => void } | undefined {
  const calls = running.get(run)?.calls
  const call = calls?.get(id)
  calls?.delete(id)
  return call
}

/** The error of a failed call, as the backend passes it on to the program. */
function toError(text: string): Error {
  const body: unknown = JSON.parse(text)
  const { name, message, code, details } = isRecord(body) ? body : {}
  const shown = String(message)
  if (code === undefined) return Object.assign(new Error(shown), { name: String(name) })
  return new OptimizerError(code as OptimizerError['code'], shown, isRecord(details) ? { details } : {})
}

/** What is sent together at the end of this turn of the event loop. */
function send(operation: number, run: number, a: number, b: number, texts: readonly string[]): void {
  if (outgoing.length === 0) setImmediate(flush)
  outgoing.push(encodeFrame(operation, run, a, b, texts))
}

function flush(): void {
  const [first] = outgoing
  if (first !== undefined) output.write(outgoing.length === 1 ? first : Buffer.concat(outgoing))
  outgoing = []
}

/** At once: an orderly exit would wait for threads that spin. */
function die(): void {
  kill(pid, 'SIGKILL')
  // The first process of a container is not killed by its own signal.
  process.abort()
}
