// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { parentPort, workerData } from 'node:worker_threads'
import type { Counted, CountingSetup, ToCount } from './exact-counter.ts'
import { loadTokenizer } from './exact.ts'

/** The thread of `exact-counter.ts`: counts what it is sent, in order. Its first message says that it has loaded. */
const { encoding } = workerData as CountingSetup
const tokenizer = await loadTokenizer(encoding)

parentPort?.on('message', ({ id, texts }: ToCount) =>
  parentPort?.postMessage({ id, tokens: texts.map(tokenizer.count) } satisfies Counted),
)
parentPort?.postMessage({ id: 0, tokens: [] } satisfies Counted)
