// The HTTP front that bench/observe.mjs measures: `node observe-front.mjs CONFIG FOLDER`, forked.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createMemoryUpstream,
  createOptimizer,
  createSurface,
  defineConfig,
  openMonitor,
  serveHttp,
} from '../dist/index.js'
import { keepRequestsYoung } from '../dist/cli/collector-flags.js'
import { createLog } from '../dist/metrics/log.js'

// As "mcp-optimizer serve" does.
keepRequestsYoung()
const [config, folder] = process.argv.slice(2)
const rows = (count, chars) =>
  Array.from({ length: count }, (_, id) => ({ id, title: `row ${id}`, body: 'x'.repeat(chars) }))
const answers = { small: { rows: rows(20, 60) }, large: { rows: rows(200, 80) } }
for (const name of Object.keys(answers)) {
  writeFileSync(
    join(folder, `${name}.ts`),
    `export const metadata = { name: '${name}_rows', description: 'First rows', servers: ['bench'], readOnly: true, input: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } }
export default async ({ n }: { n: number }, tools: any) => (await tools.bench.${name}({})).rows.slice(0, n).map((row: any) => row.id)
`,
  )
}
const tools = Object.entries(answers).map(([name, answer]) => ({ name, run: () => answer }))
const given = JSON.parse(config)
const logger = createLog({ level: given.features?.enableMetrics === false ? 'silent' : 'info' })
const optimizer = createOptimizer(
  defineConfig({
    cacheDir: join(folder, 'cache'),
    intents: [folder],
    http: { port: 0 },
    sandbox: { poolSize: 2 },
    ...given,
  }),
  { upstreams: [createMemoryUpstream('bench', tools)], logger },
)
await optimizer.ready()
const monitor = await openMonitor(optimizer)
const surface = createSurface({ servers: ['bench'], compact: false, programs: true, version: '0' })
const service = await serveHttp(optimizer, surface, { ...optimizer.config.http, monitor })
process.on('message', async (message) => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage()
    return process.send(user + system)
  }
  await service[Symbol.asyncDispose]()
  monitor[Symbol.dispose]()
  await optimizer[Symbol.asyncDispose]()
  process.disconnect()
})
process.send(Number(new URL(service.url).port))
