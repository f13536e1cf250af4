// A gateway whose mask hides nothing writes one of everything it keeps: node write-all.mjs FOLDER
import { join } from 'node:path'
import { defineConfig } from '../../dist/config/defaults.js'
import { createOptimizer } from '../../dist/optimizer.js'
import { createMemoryUpstream } from '../../dist/upstream/memory.js'

process.umask(0)
const cacheDir = join(process.argv[2], 'cache')
const demo = createMemoryUpstream('demo', [
  { name: 'echo', description: 'Gives back', annotations: { readOnlyHint: true }, run: (input) => ({ input }) },
])
const config = defineConfig({
  cacheDir,
  audit: { enabled: true },
  sessions: { store: 'disk' },
  results: { exportDir: join(process.argv[2], 'exports') },
  cache: { cacheable: ['demo.echo'] },
})
const gateway = createOptimizer(config, { upstreams: [demo] })
const code = 'await state.set("a", 1)\nreturn await tools.demo.echo({ text: "hi" })'
for (const context of [{}, { principal: 'token:x' }]) {
  await gateway.execute({ code }, context)
  const params = { name: `kept_${Object.keys(context).length}`, description: 'Gives back', code }
  await gateway.executeIntent({ intent: 'save_intent', params }, context)
  const large = await gateway.execute({ code: 'return Array.from({ length: 9000 }, (_, i) => ({ i }))' }, context)
  const { handle } = large.data
  await gateway.executeIntent({ intent: 'results.export', params: { handle, name: 'a/b.json' } }, context)
  await gateway.search({ query: 'give back' }, context)
  await gateway.executeIntent({ intent: 'demo.echo', params: {}, idempotencyKey: 'one' }, context)
}
await gateway[Symbol.asyncDispose]()
