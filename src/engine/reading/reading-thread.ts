// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { parentPort } from 'node:worker_threads'
import { OptimizerError } from '../../errors.ts'
import type { FromThread, ToThread } from '../../internal/task-threads.ts'
import { messageOf } from '../../internal/text.ts'
import { runBehindHost } from '../../sandbox/engine/thread-priority.ts'
import { type FileContent, read, type ReadingTask } from './reading.ts'

/** The thread of `result-reader.ts`: one reading at a time. */
runBehindHost()
parentPort?.on('message', ({ task }: ToThread<ReadingTask>) => void answer(task))

async function answer(task: ReadingTask): Promise<void> {
  let told: FromThread<string | FileContent>
  try {
    told = { result: await read(task) }
  } catch (thrown) {
    const error = OptimizerError.is(thrown) ? thrown : new OptimizerError('INTERNAL', messageOf(thrown))
    told = { error: error.toJSON() }
  }
  parentPort?.postMessage(told)
}
