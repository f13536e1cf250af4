import { expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/sandbox/sandbox.ts'
import { type Batch, pushRun, ToHost, ToWorker } from '../../src/sandbox/engine/protocol.ts'
import { SlotHost } from '../../src/sandbox/engine/slot-host.ts'
import { compileBounded } from '../../src/sandbox/engine/wasm-module.ts'
import { body, IMAGE } from '../contracts/sandbox.ts'

interface Thread {
  /** The operations of each batch, as the host gets them. */
  readonly told: number[][]
  send(batch: Batch): void
  run(slot: number, id: number, source: string): void
}

/** Slots on this thread, with an image; runs in `taken` the host has taken back. */
async function openThread(taken: ReadonlySet<number> = new Set()): Promise<Thread> {
  const told: number[][] = []
  const host = new SlotHost({
    slots: 2,
    restoreOnly: false,
    port: { waiting: () => [], post: (batch) => void told.push(operationsOf(batch)) },
    turnstile: {
      claim: (_slot, run) => !taken.has(run),
      isOpen: (_slot, run) => !taken.has(run),
      stopReason: () => undefined,
    },
  })
  const send = (batch: Batch): void => {
    host.receive([batch])
    host.flush()
  }
  const run = (slot: number, id: number, source: string): void => {
    const batch: Batch = []
    pushRun(batch, slot, id, 'image', body(source), DEFAULT_LIMITS, 1)
    send(batch)
  }
  const module = compileBounded(DEFAULT_LIMITS.memoryBytes)
  host.receive([{ kind: 'image', key: 'image', image: IMAGE, module }])
  return { told, send, run }
}

const SIZES: Readonly<Record<number, number>> = {
  [ToHost.call]: 6,
  [ToHost.done]: 11,
  [ToHost.busy]: 1,
  [ToHost.free]: 1,
}

function operationsOf(batch: Batch): number[] {
  const operations: number[] = []
  for (let at = 0; at < batch.length; at += SIZES[batch[at] as number] ?? 2) operations.push(batch[at] as number)
  return operations
}

it('a thread that was kept for long says that it is free again, though its program only waits', async () => {
  const { told, run, send } = await openThread()
  run(
    0,
    1,
    'const answer = tools.test.echo({}); for (const end = Date.now() + 100; Date.now() < end;); return await answer',
  )
  await expect.poll(() => told.flat()).toContain(ToHost.busy)
  expect(told.flat()).toContain(ToHost.call)
  expect(told.at(-1)).toEqual([ToHost.free])
  send([ToWorker.answer, 0, 1, 1, '{}'])
  expect(told.at(-1)).toEqual([ToHost.done])
})

it('a thread that comes to a program which the host took back says so', async () => {
  const { told, run } = await openThread(new Set([1]))
  run(0, 1, 'return 1')
  await expect.poll(() => told.flat()).toContain(ToHost.skipped)
  run(0, 2, 'return 1')
  await expect.poll(() => told.flat()).toContain(ToHost.done)
})
