// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { parentPort } from 'node:worker_threads'
import { OptimizerError } from '../../errors.ts'
import type { FromThread, ToThread } from '../../internal/task-threads.ts'
import { messageOf } from '../../internal/text.ts'
import { runBehindHost } from '../../sandbox/engine/thread-priority.ts'
import { type MessageTask, readMessages } from './read-messages.ts'

/** The thread of `message-reader.ts`: one message or result at a time. */
runBehindHost()
parentPort?.on('message', ({ task }: ToThread<MessageTask>) => void answer(task))

async function answer(task: MessageTask): Promise<void> {
  let told: FromThread<Awaited<ReturnType<typeof readMessages>>>
  try {
    told = { result: await readMessages(task) }
  } catch (thrown) {
    const error = OptimizerError.is(thrown) ? thrown : new OptimizerError('INTERNAL', messageOf(thrown))
    told = { error: error.toJSON() }
  }
  parentPort?.postMessage(told)
}
