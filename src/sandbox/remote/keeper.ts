import { Socket } from 'node:net'
import process, { argv, kill, pid } from 'node:process'
import { Worker } from 'node:worker_threads'
import { entryPath } from '../../internal/entry.ts'
import { SLOTS_HEAP_MB, threadOptions } from '../thread-flags.ts'
import { Claims, type EngineSetup } from './claims.ts'
import { encodeFrame, type Frame, FrameReader } from './frames.ts'
import { FromKeeper, ToKeeper } from './protocol.ts'
import { readRunnerOptions } from './runner-options.ts'

/**
 * The main thread of a jailed engine. Programs run on its other thread, which has the standard streams to itself; this
 * one sleeps, speaks for the engine while a program keeps it, and ends the process as soon as the host is gone.
 */

/** The stream beside the standard ones that the host keeps open for it. */
const HOST_FD = 3

const { slots } = readRunnerOptions(argv[2] ?? '')
const shared = Claims.share(slots)
const claims = new Claims(shared)
const engine = new Worker(entryPath('./engine-thread.js', import.meta.url), {
  ...threadOptions(SLOTS_HEAP_MB),
  workerData: { slots, claims: shared } satisfies EngineSetup,
})
const host = new Socket({ fd: HOST_FD })
const reader = new FrameReader(() => 0xffff_fff0)

for (const event of ['error', 'exit']) engine.on(event, fail)
for (const event of ['end', 'close', 'error']) host.on(event, die)
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
host.on('data', (chunk: Buffer) => {
  for (const frame of reader.read(chunk)) handle(frame)
})

function handle({ operation, run, a: place, b }: Frame): void {
  const isTaken = claims.takeBack(place, run)
  if (!isTaken && operation === ToKeeper.stop) claims.stop(place, run, b === 1)
  host.write(encodeFrame(isTaken ? FromKeeper.gaveBack : FromKeeper.begun, run, 0, 0, []))
}

/** The host may show it to whoever wants to know why nothing starts. */
function fail(error: unknown): void {
  process.stderr.write(`${String(error)}\n`, die)
}

/** At once: an orderly exit would wait for the thread. */
function die(): void {
  kill(pid, 'SIGKILL')
}
