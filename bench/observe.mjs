// What watching costs: throughput over HTTP with all of it on against all of it off (interleaved pairs, the ratio of each
// pair, their median), microseconds an audit entry, memory of the collector, time of a scrape. A missed budget exits with 1.
//   node bench/observe.mjs [--json FILE] [--quick]
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createMemoryUpstream,
  createOptimizer,
  defineConfig,
  MetricsCollector,
  openMonitor,
  serveHttp,
  createSurface,
} from '../dist/index.js'
import { systemClock } from '../dist/internal/clock.js'
import { MIX } from './lib/shapes.mjs'
import { openAuditTrail } from '../dist/policy/audit-trail.js'
import { createReport, jsonFile } from './report.mjs'

const quick = process.argv.includes('--quick')
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-bench-'))
const report = createReport()
const { note, most } = report
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** Microseconds of processor time of this process, all threads: what others do on the machine does not count. */
const cpu = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** A collector in a process of its own, as in life: it takes what comes. */
async function collector() {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const server = require('node:http').createServer((request, response) => request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'))); server.listen(0, '127.0.0.1', () => console.log(server.address().port))`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const port = await new Promise((resolve) => child.stdout.once('data', (text) => resolve(Number(text))))
  return { endpoint: `http://127.0.0.1:${port}`, close: () => child.kill() }
}

/** Our front in a process of its own: so its processor time is its own, and the load's is not in it. */
async function front(config, kind) {
  const path = fileURLToPath(new URL('./observe-front.mjs', import.meta.url))
  const child = fork(path, [JSON.stringify(config), mkdtempSync(join(folder, 'front-')), kind])
  const answer = async () => (await once(child, 'message'))[0]
  const port = await answer()
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  const post = (intent) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'execute_intent',
        params: { intent, params: { q: 1 } },
      })
      const headers = { 'content-type': 'application/json', 'content-length': body.length }
      request({ port, host: '127.0.0.1', path: '/rpc', method: 'POST', agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
        response.on('end', () => (text.includes('"status":"ok"') ? resolve() : reject(new Error(text.slice(0, 300)))))
      })
        .on('error', reject)
        .end(body)
    })
  return {
    /** Operations a second by the clock, and microseconds of the front's processor time for each; the intents take turns. */
    async load(intents, count) {
      child.send('cpu')
      const used = await answer()
      const start = performance.now()
      let next = 0
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          while (next < count) await post(intents[next++ % intents.length])
        }),
      )
      const seconds = (performance.now() - start) / 1_000
      child.send('cpu')
      return { rate: count / seconds, micros: ((await answer()) - used) / count }
    },
    async close() {
      agent.destroy()
      child.send('close')
      await once(child, 'exit')
    },
  }
}

/**
 * Off and on take turns, in both orders, in short rounds: what the machine does meanwhile hits both. The ratio is taken pair by
 * pair; the median of many is what stays. Each start brings two new processes: of two that do the same, one may be faster by
 * some percent for as long as it lives.
 */
async function cost({ config, kind = 'memory', intents }, pairs, starts) {
  const lost = []
  const added = []
  const rates = []
  for (let start = 0; start < starts; start++) {
    // Both of the same age: one that has served longer is faster.
    const off = await front({ features: { enableMetrics: false } }, kind)
    const on = await front(config, kind)
    await compare(off, on, intents, pairs / starts, { lost, added, rates })
    await Promise.all([on.close(), off.close()])
  }
  return { lost: median(lost) * 100, added: median(added) * 100, rate: median(rates) }
}

async function compare(off, on, intents, pairs, { lost, added, rates }) {
  for (let round = 0; round < WARM_UP; round++) for (const one of [off, on]) await one.load(intents, ROUND)
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? [off, on] : [on, off]
    const found = new Map()
    for (const one of order) found.set(one, await one.load(intents, ROUND))
    lost.push(1 - found.get(on).rate / found.get(off).rate)
    added.push(1 - found.get(off).micros / found.get(on).micros)
    rates.push(found.get(off).rate)
  }
}

const ROUND = 400
/** Of the variant with a budget. */
const STARTS = 10
/** Rounds before the first that counts: code is compiled further for some thousand operations. */
const WARM_UP = 15

async function throughput() {
  const pairs = quick ? 10 : 40
  const sink = await collector()
  const nothing = { features: { enableMetrics: false } }
  const audit = (name) => ({ enabled: true, folder: join(folder, name) })
  const telemetry = { endpoint: sink.endpoint }
  const all = { features: { enableMetrics: true, enableTelemetry: true }, telemetry }
  const traced = { enableMetrics: false, enableTelemetry: true }
  const variants = [
    // What a gateway has to do at full load: the mix that the load figures use too, with its server in a process.
    {
      name: 'all of it on, mix 60/30/10, server over stdio',
      intents: MIX,
      config: { ...all, audit: audit('mix') },
      budget: 5,
      kind: 'stdio',
    },
    // And what there is to watch at worst: a server that answers at once, within the gateway.
    { name: 'all of it on, mix 60/30/10', intents: MIX, config: { ...all, audit: audit('memory') } },
    { name: 'all of it on, 23 KB answers', intents: ['list'], config: { ...all, audit: audit('large') } },
    { name: 'all of it on, 2 KB answers', intents: ['light'], config: { ...all, audit: audit('small') } },
    { name: 'control, nothing on, 2 KB answers', intents: ['light'], config: nothing },
    { name: 'metrics and receipts alone, 2 KB answers', intents: ['light'], config: {} },
    { name: 'audit trail alone, 2 KB answers', intents: ['light'], config: { ...nothing, audit: audit('alone') } },
    { name: 'telemetry alone, 2 KB answers', intents: ['light'], config: { features: traced, telemetry } },
  ]
  for (const { name, budget, ...variant } of variants) {
    const { lost, added, rate } = await cost(variant, pairs, budget === undefined ? 1 : STARTS)
    // Processor time is throughput where all processors are ours, and others on the machine do not change it as much.
    const what = `${name}: throughput lost, by processor time`
    if (budget === undefined) note(what, added, '%')
    else most(what, added, '%', budget)
    note(`  by the clock; off: ${Math.round(rate)} operations/s over HTTP`, lost, '%')
  }
  sink.close()
}

function auditEntries() {
  const call = (index) => ({
    id: '1112131415161718',
    parentId: 'a1b2c3d4e5f60718',
    startedAt: 1_764_000_000_001,
    startMs: 1_000,
    durationMs: 2.5,
    principal: 'token:0123456789abcdef',
    session: 'session-1',
    tool: 'github.list_issues',
    server: 'github',
    inputJson: JSON.stringify({ owner: 'octo', repo: 'hello', state: 'open', page: index }),
    requestTokens: 20,
    answerTokens: 600,
    cached: false,
  })
  const count = quick ? 5_000 : 20_000
  const runs = (options) =>
    Array.from({ length: quick ? 3 : 7 }, () => {
      const trail = openAuditTrail({ folder: join(folder, 'entries'), clock: systemClock, ...options })
      const used = cpu()
      for (let index = 0; index < count; index++) trail.called(call(index))
      const micros = (cpu() - used) / count
      trail[Symbol.dispose]()
      return micros
    })
  runs({})
  most('audit: one entry, hashed, chained and written', median(runs({})), 'µs of CPU', 9.2)
  note('  with its arguments, redacted', median(runs({ arguments: 'redacted' })), 'µs of CPU')
}

/** Resident memory before and after a million observations of one name, the histogram's pages touched first. */
function collectorMemory() {
  const metrics = new MetricsCollector()
  const observe = (count) => {
    for (let index = 0; index < count; index++) metrics.observe('latency_ms', Math.exp((index % 1_000) / 70))
  }
  observe(100_000)
  globalThis.gc?.()
  const before = process.memoryUsage()
  observe(1_000_000)
  globalThis.gc?.()
  const after = process.memoryUsage()
  const grown = after.heapUsed + after.external - before.heapUsed - before.external
  most('collector: heap and external memory grown over 1,000,000 observations', grown / 1_024, 'KB', 64)
}

async function scrapes() {
  const upstreams = Array.from({ length: 100 }, (_, server) =>
    createMemoryUpstream(
      `server${server}`,
      Array.from({ length: 30 }, (_, tool) => ({
        name: `tool_${tool}`,
        description: `Does thing ${tool}`,
        run: () => 'x',
      })),
    ),
  )
  const config = defineConfig({ cacheDir: join(folder, 'cache'), http: { port: 0 } })
  const optimizer = createOptimizer(config, { upstreams })
  await optimizer.ready()
  const monitor = await openMonitor(optimizer)
  const surface = createSurface({ servers: [], compact: false, programs: true, version: '0' })
  const service = await serveHttp(optimizer, surface, { ...config.http, monitor })
  // Every upstream has series of its own, and an error now and then.
  for (let server = 0; server < 100; server++)
    for (let tool = 0; tool < 5; tool++) await optimizer.executeIntent({ intent: `server${server}.tool_${tool}` })
  const times = []
  let bytes = 0
  for (let run = 0; run < (quick ? 20 : 60); run++) {
    const start = performance.now()
    const response = await fetch(`${service.url}/metrics`)
    bytes = (await response.text()).length
    times.push(performance.now() - start)
  }
  most('/metrics over HTTP, 100 upstreams, 3,000 tools: median', median(times), 'ms', 20)
  note('  99th percentile', times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)], 'ms')
  note('  size', bytes / 1_024, 'KB')
  await service[Symbol.asyncDispose]()
  monitor[Symbol.dispose]()
  await optimizer[Symbol.asyncDispose]()
}

try {
  auditEntries()
  collectorMemory()
  await scrapes()
  await throughput()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
report.finish({}, jsonFile())
process.exit()
