import { Socket } from 'node:net'
import process, { argv, kill, pid } from 'node:process'
import { Worker } from 'node:worker_threads'
import { entryPath } from '../../internal/entry.ts'
import { SLOTS_HEAP_MB, threadOptions } from '../engine/thread-flags.ts'
import { compileBounded } from '../engine/wasm-module.ts'
import { Claims } from '../engine/claims.ts'
import { type EngineSetup, FIRST_LINE_FD, KEEPER_FD } from './engine-lines.ts'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import { FromKeeper, ToKeeper } from './protocol.ts'
import { readRunnerOptions } from './runner-options.ts'

/**
 * The main thread of a jailed process with engines. Programs run on other threads, each of which talks to the host by
 * itself; this one sleeps, speaks for an engine while a program keeps it, ends those that have to go, and the process as
 * soon as the host is gone.
 */

interface Engine {
  readonly thread: Worker
  readonly claims: Claims
}

const { slots, memoryMb } = readRunnerOptions(argv[2] ?? '')
const memoryBytes = memoryMb * 1024 * 1024
const module = compileBounded(memoryBytes)
const engines = new Map<number, Engine>()
const host = new Socket({ fd: KEEPER_FD })
const reader = new FrameReader(() => 0xffff_fff0)

for (const event of ['end', 'close', 'error']) host.on(event, die)
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
host.on('data', (chunk: Buffer) => {
  for (const frame of reader.read(chunk)) handle(frame)
})

function handle({ operation, run, a: place, b: index }: Frame): void {
  if (operation === ToKeeper.start) return void start(index)
  const engine = engines.get(index)
  if (operation === ToKeeper.end) void engine?.thread.terminate()
  if (operation === ToKeeper.end || engine === undefined) return
  const isBack = engine.claims.takeBack(place, run)
  if (!isBack && operation !== ToKeeper.takeBack) engine.claims.stop(place, run, operation === ToKeeper.cancel)
  tell(isBack ? FromKeeper.gaveBack : FromKeeper.begun, run, index)
}

async function start(index: number): Promise<void> {
  const claims = Claims.share(slots)
  const setup = { fd: FIRST_LINE_FD + index, slots, claims, memoryBytes, module: await module }
  const thread = new Worker(entryPath('./engine-thread.js', import.meta.url), {
    ...threadOptions(SLOTS_HEAP_MB),
    workerData: setup satisfies EngineSetup,
  })
  // The host may show why.
  thread.on('error', complain)
  thread.on('exit', () => {
    engines.delete(index)
    tell(FromKeeper.ended, 0, index)
  })
  engines.set(index, { thread, claims: new Claims(claims) })
}

function tell(operation: number, run: number, index: number): void {
  host.write(encodeFrame(operation, run, 0, index, []))
}

function complain(error: unknown): void {
  process.stderr.write(`${String(error)}\n`)
}

function fail(error: unknown): void {
  complain(error)
  die()
}

/** At once: an orderly exit would wait for the threads. */
function die(): void {
  kill(pid, 'SIGKILL')
}
