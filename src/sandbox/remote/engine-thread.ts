import { readSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import { SlotHost } from '../engine/slot-host.ts'
import { EngineModules } from '../engine/wasm-module.ts'
import { Claims } from '../engine/claims.ts'
import { type EngineSetup } from './engine-lines.ts'
import { toFrames, toMessages } from './engine-messages.ts'
import { encodeFrame, FrameReader } from './frames.ts'
import { FromRunner, PROTOCOL_VERSION } from './protocol.ts'

/** An engine: a thread that runs programs. It reads and writes its line itself, so that nobody is between it and the host. */

const READ_BYTES = 64 * 1024
/** Milliseconds between tries to write more than the host has read. */
const PAUSE_MS = 1

const setup = workerData as EngineSetup
// The host is trusted: it sends what its own limits let through.
const reader = new FrameReader(() => 0xffff_fff0)
const modules = new EngineModules()
modules.add(setup.memoryBytes, setup.module)
const pause = new Int32Array(new SharedArrayBuffer(4))
const waiting = Buffer.allocUnsafe(READ_BYTES)
const host = new SlotHost({
  slots: setup.slots,
  restoreOnly: false,
  port: {
    waiting: () => toMessages(reader.read(waiting.subarray(0, readWaiting())), modules),
    post: (batch) => write(toFrames(batch)),
  },
  turnstile: new Claims(setup.claims),
})
const reading = { buffer: Buffer.allocUnsafe(READ_BYTES), callback: receive }
const streams = { fd: setup.fd, onread: reading }
const input = new Socket(streams)

// The host has closed the line: the keeper ends this thread.
input.on('error', () => undefined)
input.resume()
write(encodeFrame(FromRunner.ready, 0, PROTOCOL_VERSION, 0, []))

function receive(bytes: number, buffer: Uint8Array): boolean {
  host.receive(toMessages(reader.read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes)), modules))
  host.flush()
  return true
}

/** Bytes that wait, without the event loop, which stands still while a program computes. */
function readWaiting(): number {
  try {
    return readSync(setup.fd, waiting)
  } catch {
    return 0
  }
}

/** Waits for the host where it has not read yet: what is written while a program computes must not wait for its end. */
function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSome(bytes, at)
}

function writeSome(bytes: Uint8Array, at: number): number {
  try {
    return writeSync(setup.fd, bytes, at)
  } catch (thrown) {
    // Nobody reads any more.
    if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') return bytes.length
    Atomics.wait(pause, 0, 0, PAUSE_MS)
    return 0
  }
}
