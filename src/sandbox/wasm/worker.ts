// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { runBehindHost } from '../engine/thread-priority.ts'
import { Claims } from '../engine/claims.ts'
import { type WorkerSetup } from '../engine/protocol.ts'
import { SlotHost, type SlotMessage } from '../engine/slot-host.ts'

/** A thread of the gateway's own process with slots: they talk to it by messages and by shared memory. */

runBehindHost()
const port = requirePort()
const { slots, restoreOnly, claims } = workerData as WorkerSetup

const host = new SlotHost({
  slots,
  restoreOnly,
  port: {
    waiting: () => {
      const next = receiveMessageOnPort(port)
      return next === undefined ? [] : [next.message]
    },
    post: (batch) => port.postMessage(batch),
  },
  turnstile: new Claims(claims),
})

port.on('message', (message: SlotMessage) => {
  host.receive([message])
  host.receiveWaiting()
  host.flush()
})

function requirePort(): NonNullable<typeof parentPort> {
  if (parentPort === null) throw new Error('this file runs as a worker thread')
  return parentPort
}
