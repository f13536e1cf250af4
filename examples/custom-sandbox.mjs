// A backend of sandboxes of your own, proved by the contract of ours: npm install mcp-optimizer
import assert from 'node:assert/strict'
import { createMemoryUpstream, createOptimizer, defineConfig } from 'mcp-optimizer'
import { createSandboxBackend } from 'mcp-optimizer/sandbox'

/** Another backend that counts how programs end. */
export function countOutcomes(inner, counts) {
  return {
    name: `counted ${inner.name}`,
    enforces: inner.enforces,
    async create(image, options) {
      const sandbox = await inner.create(image, options)
      return {
        async run(program, call, limits, signal) {
          const outcome = await sandbox.run(program, call, limits, signal)
          counts.set(outcome.status, (counts.get(outcome.status) ?? 0) + 1)
          return outcome
        },
        reset: () => sandbox.reset(),
        [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
      }
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
}

const counts = new Map()
const sandbox = countOutcomes(createSandboxBackend({ poolSize: 1 }), counts)
const upstreams = [createMemoryUpstream('maths', [{ name: 'twice', run: ({ n }) => ({ result: n * 2 }) }])]
const optimizer = createOptimizer(defineConfig(), { sandbox, upstreams })
try {
  const answer = await optimizer.execute({ code: 'return (await tools.maths.twice({ n: 21 })).result' })
  assert.equal(answer.data, 42)
  await optimizer.execute({ code: 'throw new Error("no")' })
  // Intents that are shipped are read in sandboxes too, and end well.
  assert.ok(counts.get('ok') >= 1)
  assert.equal(counts.get('error'), 1)
  console.log(Object.fromEntries(counts))
} finally {
  await optimizer[Symbol.asyncDispose]()
}
