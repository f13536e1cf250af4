// The cache: hits of each layer, the specification's workload on the sentry pack, memory between 10,000 and 100,000
// operations. Budgets are checked; a missed one exits with 1.
//   node --expose-gc bench/cache.mjs [--json FILE] [--quick]
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sentryServerArguments, startFakeSentry } from '../demo/fake-sentry.mjs'
import { createDiskCache } from '../dist/cache/disk.js'
import { createMemoryCache } from '../dist/cache/memory.js'
import { createRedisCache } from '../dist/cache/redis.js'
import { createMemoryUpstream, createOptimizer, defineConfig } from '../dist/index.js'
import { createWasmBackend } from '../dist/sandbox/wasm/backend.js'
import { createUpstream } from '../dist/upstream/create.js'
import { createReport, jsonFile } from './report.mjs'

const quick = process.argv.includes('--quick')
if (globalThis.gc === undefined) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', ...process.argv.slice(1)], { stdio: 'inherit' })
  process.exit(status ?? 1)
}
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-bench-'))

const report = createReport({ digits: 5 })
const { note, most, least } = report

async function percentiles(count, work) {
  const latencies = new Float64Array(count)
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    await work(index)
    latencies[index] = performance.now() - start
  }
  latencies.sort()
  return { p50: latencies[Math.floor(count / 2)], p99: latencies[Math.floor(count * 0.99)] }
}

/** A hit of 2 KB, layer by layer, one at a time. */
async function layers() {
  const count = quick ? 2_000 : 20_000
  const entry = { value: JSON.stringify('x'.repeat(2_000)), expiresAt: Date.now() + 3_600_000 }
  const hits = async (cache) => {
    for (let index = 0; index < 1_000; index++) await cache.set(`g:${index}`, entry)
    return await percentiles(count, async (index) => {
      const hit = await cache.get(`g:${index % 1_000}`)
      if (hit === undefined) throw new Error(`${cache.name} lost an entry`)
    })
  }
  const memory = await hits(createMemoryCache())
  most('memory, hit of 2 KB: P50', memory.p50, 'ms', 0.0006)
  note('memory, hit of 2 KB: P99', memory.p99, 'ms')
  const disk = await hits(createDiskCache({ folder: join(folder, 'disk') }))
  note('disk, hit of 2 KB: P50', disk.p50, 'ms')
  note('disk, hit of 2 KB: P99', disk.p99, 'ms')
  await redis(hits)
}

async function redis(hits) {
  if (spawnSync('redis-server', ['--version']).status !== 0)
    return console.log('Redis: not measured, redis-server is not installed')
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address()
      server.close(() => resolve(free))
    })
  })
  const child = spawn('redis-server', ['--port', String(port), '--save', '', '--dir', folder], { stdio: 'ignore' })
  const cache = createRedisCache({ url: `redis://127.0.0.1:${port}` })
  while ((await cache.add('probe:x', { value: '', expiresAt: 9e15 })) === 'unavailable')
    await new Promise((resolve) => setTimeout(resolve, 50))
  const hit = await hits(cache)
  most('Redis on loopback, hit of 2 KB: P50', hit.p50, 'ms', 0.155)
  note('Redis on loopback, hit of 2 KB: P99', hit.p99, 'ms')
  await cache[Symbol.asyncDispose]()
  child.kill()
}

/**
 * The tools of the real Sentry server, answering in this process: each distinct call is made once on the real server in
 * front of the fake Sentry API, and its answer given from then on.
 */
async function sentryInMemory(port) {
  const server = fileURLToPath(new URL('../node_modules/@sentry/mcp-server/dist/index.js', import.meta.url))
  const real = createUpstream('sentry', {
    type: 'stdio',
    command: process.execPath,
    args: [server, ...sentryServerArguments(port)],
  })
  const answers = new Map()
  const run = (tool) => (input) => {
    const key = `${tool} ${JSON.stringify(input)}`
    if (!answers.has(key)) answers.set(key, real.callTool(tool, input, { signal: new AbortController().signal }))
    return answers.get(key)
  }
  const tools = (await real.listTools(new AbortController().signal)).map((tool) => ({ ...tool, run: run(tool.name) }))
  return { upstream: createMemoryUpstream('sentry', tools), real }
}

/** Same numbers in each run. */
function createRandom(seed) {
  let state = seed
  return () => (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) / 0x7fffffff
}

/** Picks from a list, the n-th with a probability like 1/n. */
function zipf(list, random) {
  let sum = 0
  const sums = list.map((_, index) => (sum += 1 / (index + 1)))
  return () => {
    const at = random() * sum
    return list[sums.findIndex((limit) => limit >= at)]
  }
}

async function workload() {
  const sentry = await startFakeSentry({ issues: 400 })
  const { upstream, real } = await sentryInMemory(sentry.port)
  const sandbox = createWasmBackend({ poolSize: 2 })
  const config = defineConfig({
    cacheDir: join(folder, 'cache'),
    cache: { cacheable: ['sentry.find_*', 'sentry.search_*', 'sentry.get_*'] },
  })
  const optimizer = createOptimizer(config, { upstreams: [upstream], sandbox })
  await optimizer.ready()
  const random = createRandom(7)
  const project = zipf(['web', 'api', 'jobs'], random)
  const limit = zipf([10, 5, 25, 3, 50, 1, 20, 100], random)
  const id = zipf(
    sentry.issues.map(({ shortId }) => shortId),
    random,
  )
  const next = () => {
    const which = random()
    if (which < 0.6) return { intent: 'list_errors', params: { project: project(), limit: limit() } }
    return { intent: which < 0.9 ? 'get_error' : 'analyze_error', params: { id: id() } }
  }

  let ok = 0
  const failures = new Map()
  const results = { hits: 0, calls: 0 }
  const run = async (count) => {
    let left = count
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        while (left-- > 0) {
          optimizer.discover()
          const answer = await optimizer.executeIntent(next())
          results.calls += answer.metadata.host_calls
          if (answer.status === 'ok') ok++
          else failures.set(answer.error.code, (failures.get(answer.error.code) ?? 0) + 1)
        }
      }),
    )
  }
  const resident = async () => {
    for (let round = 0; round < 3; round++) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    const { rss, heapUsed } = process.memoryUsage()
    return { rss: rss / 1e6, heap: heapUsed / 1e6 }
  }
  const [early, all] = quick ? [1_000, 5_000] : [10_000, 100_000]
  await run(early)
  const before = await resident()
  const start = performance.now()
  await run(all - early)
  const seconds = (performance.now() - start) / 1_000
  const after = await resident()

  const rate = ({ hits, misses }) => (100 * hits) / (hits + misses)
  const stats = new Map(optimizer.cacheStats().map((one) => [one.layer, one]))
  note(`operations, 60 % list, 30 % detail, 10 % analysis, Zipf parameters`, all, '')
  note('operations a second, concurrency 16', (all - early) / seconds, '/s')
  // The first of all operations finds nothing; 1.25 of them may.
  const onceMissed = 100 - 125 / all
  least('manifest answered from cache', rate(stats.get('manifest')), '%', onceMissed)
  least('generated code from cache', rate(stats.get('code')), '%', onceMissed)
  note('results of host calls from memory', rate(stats.get('memory')), '%')
  const sandboxes = sandbox.stats?.()
  if (sandboxes === undefined) console.log('sandbox reuse: not measured, this backend does not count')
  else
    least(
      'sandboxes reused',
      (100 * sandboxes.reused) / (sandboxes.reused + sandboxes.created),
      '%',
      quick ? 97 : 99.968,
    )
  least('operations that succeeded', (100 * ok) / all, '%', 100)
  for (const [code, count] of failures) console.log(`  failed with ${code}: ${count}`)
  note(`heap of the gateway's thread after ${early} operations`, before.heap, 'MB')
  most(`  growth to ${all} operations`, after.heap - before.heap, 'MB', 5)
  note(`resident memory of the process, sandbox threads included, after ${early} operations`, before.rss, 'MB')
  most(`  growth to ${all} operations`, after.rss - before.rss, 'MB', 20)
  most('  the same, relative', (100 * (after.rss - before.rss)) / before.rss, '%', 5)
  await optimizer[Symbol.asyncDispose]()
  await real[Symbol.asyncDispose]()
  await sentry.close()
}

try {
  await layers()
  await workload()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
report.finish({}, jsonFile())
process.exit()
