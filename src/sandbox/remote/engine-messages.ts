import { type GuestError, type OutcomeStatus, type SandboxImage } from '../sandbox.ts'
import { type Batch, pushRun, ToHost, ToWorker } from '../engine/protocol.ts'
import { type SlotMessage } from '../engine/slot-host.ts'
import { type EngineModules, PAGE_BYTES } from '../engine/wasm-module.ts'
import { encodeFrame, type Frame } from './frames.ts'
import { FromRunner, outcomeTexts, readProgram, statusNumber, ToRunner } from './protocol.ts'

/** What frames of the host say to slots; the places of the host are their numbers. */
export function toMessages(frames: readonly Frame[], modules: EngineModules): SlotMessage[] {
  const messages: SlotMessage[] = []
  let batch: Batch = []
  for (const frame of frames) {
    const { operation, run, a, b, texts } = frame
    const [text = ''] = texts
    if (operation === ToRunner.answer) batch.push(ToWorker.answer, b, run, a, text)
    else if (operation === ToRunner.reject) batch.push(ToWorker.reject, b, run, a, text)
    else if (operation === ToRunner.stop) batch.push(ToWorker.stop, b, run, a)
    else if (operation === ToRunner.run) {
      const { program, limits, seed } = readProgram(frame)
      pushRun(batch, b, run, String(a), program, limits, seed)
    } else {
      if (batch.length > 0) messages.push(batch)
      batch = []
      messages.push(operation === ToRunner.image ? toImage(frame, modules) : { kind: 'forget', key: String(run) })
    }
  }
  if (batch.length > 0) messages.push(batch)
  return messages
}

function toImage({ run: key, a: memoryPages, texts: [text = ''] }: Frame, modules: EngineModules): SlotMessage {
  const image = JSON.parse(text) as SandboxImage
  return { kind: 'image', key: String(key), image, module: modules.compile(memoryPages * PAGE_BYTES) }
}

/** What slots say, as frames for the host, in one piece. */
export function toFrames(batch: Batch): Buffer {
  const frames: Buffer[] = []
  let at = 0
  while (at < batch.length) {
    const operation = batch[at]
    if (operation === ToHost.call) {
      const [, run, id, index, text] = batch.slice(at + 1, at + 6) as [number, number, number, number, string]
      frames.push(encodeFrame(FromRunner.call, run, id, index, [text]))
      at += 6
    } else if (operation === ToHost.done) {
      frames.push(doneFrame(batch, at))
      at += 11
    } else if (operation === ToHost.prepared) {
      frames.push(encodeFrame(FromRunner.primed, Number(batch[at + 1]), 0, 0, []))
      at += 2
    } else if (operation === ToHost.busy) {
      frames.push(encodeFrame(FromRunner.busy, 0, 0, 0, []))
      at += 1
    } else if (operation === ToHost.skipped) {
      frames.push(encodeFrame(FromRunner.skipped, batch[at + 1] as number, 0, 0, []))
      at += 2
    } else if (operation === ToHost.free) {
      frames.push(encodeFrame(FromRunner.alive, 0, 0, 0, []))
      at += 1
      // Engines thrown away are not counted there.
    } else at += 2
  }
  const [only] = frames
  return frames.length === 1 && only !== undefined ? only : Buffer.concat(frames)
}

function doneFrame(batch: Batch, at: number): Buffer {
  const status = batch[at + 3] as OutcomeStatus
  const error = batch[at + 5] as GuestError | 0
  const hostCalls = batch[at + 7] as number
  const texts = outcomeTexts({
    status,
    value: batch[at + 4] as string,
    ...(error !== 0 && { error }),
    logs: batch[at + 6] as string[],
    hostCalls,
    durationMs: batch[at + 8] as number,
    setupMs: batch[at + 9] as number,
  })
  return encodeFrame(FromRunner.done, batch[at + 2] as number, hostCalls, statusNumber(status), texts)
}
