// A thread for tests of TaskThreads: does what the task says.
import { parentPort } from 'node:worker_threads'

parentPort.on('message', ({ task }) => {
  if (task.hold) {
    // Until the thread is ended.
    for (;;);
  }
  if (task.fill) {
    const all = []
    for (;;) all.push(Array.from({ length: 1_000_000 }, (_, at) => ({ at })))
  }
  if (task.exit) process.exit(1)
  if (task.fail)
    parentPort.postMessage({ error: { code: 'INVALID_REQUEST', message: task.fail, suggestion: 'mend it' } })
  else parentPort.postMessage({ result: task.say })
})
