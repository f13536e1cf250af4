import { completeConfig } from '../../src/config/complete-config.ts'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { createMemoryUpstream, type MemoryTool } from '../../src/upstream/memory.ts'
import { temporaryFolder } from './servers.ts'

/** Tools of a small server of our own, `demo`. */
export const DEMO_TOOLS: readonly MemoryTool[] = [
  {
    name: 'add',
    description: 'Adds two numbers',
    inputSchema: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
      additionalProperties: false,
    },
    run: ({ a, b }) => ({ sum: Number(a) + Number(b) }),
  },
  {
    name: 'rows',
    description: 'Gives many rows',
    annotations: { readOnlyHint: true },
    run: ({ count = 100 }) => ({
      rows: Array.from({ length: Number(count) }, (_, id) => ({
        id,
        title: `row ${id}`,
        body: 'lorem ipsum '.repeat(5),
      })),
    }),
  },
  { name: 'fail', description: 'Always fails', run: () => Promise.reject(new Error('no luck at /home/ann/secret')) },
  { name: 'json_text', run: () => '{"a": [1, 2]}' },
  { name: 'plain_text', run: () => 'just words' },
  {
    name: 'picture',
    run: () => ({
      content: [
        { type: 'text', text: 'here' },
        { type: 'image', mimeType: 'image/png', data: 'aGVsbG8=' },
      ],
    }),
  },
  {
    name: 'wait',
    description: 'Waits until cancelled',
    run: (_input, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
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
]

/** A gateway in front of `demo` and whatever the configuration adds. */
export function demoGateway(config: PartialConfig = {}, tools: readonly MemoryTool[] = DEMO_TOOLS): Optimizer {
  return createOptimizer(completeConfig({ cacheDir: temporaryFolder(), ...config }), {
    upstreams: [createMemoryUpstream('demo', tools)],
  })
}
