// A gateway in front of the in-memory demo server, over stdio: what tests with stock clients start.
import { createSurface, createMemoryUpstream, createOptimizer, defineConfig, serveStdio } from '../../dist/index.js'

const tools = [
  {
    name: 'add',
    description: 'Adds two numbers',
    inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
    run: ({ a, b }) => ({ sum: a + b }),
  },
  {
    name: 'progress',
    // Clients handle a notification a turn after it came, and drop it when its answer is there by then.
    run: async (_input, { onProgress }) => {
      for (const progress of [1, 2, 3]) {
        onProgress?.({ progress, total: 3 })
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return 'done'
    },
  },
  {
    name: 'wait',
    run: (_input, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  },
]
const optimizer = createOptimizer(defineConfig(), { upstreams: [createMemoryUpstream('demo', tools)] })
const surface = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0.0.0' })
await serveStdio(optimizer, surface, { input: process.stdin, output: process.stdout })
await optimizer[Symbol.asyncDispose]()
