// The gateway under load: closed and open loops, a ramp of users, a production mix, caches cold to hot, stages, memory, CPU by
// component, disk; each beside the bare floor of the same run.
//   node bench/load.mjs [--json FILE] [--full] [--only mix,memory]
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { closedLoop, openLoop } from './lib/load.mjs'
import { benchArguments, fingerprint, writeResults } from './lib/machine.mjs'
import { createShapesGateway, MIX, operation, SHAPES } from './lib/shapes.mjs'

const { json, full } = benchArguments('load')
const machine = fingerprint()
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-load-'))
const root = fileURLToPath(new URL('..', import.meta.url))
const seconds = full ? 3 : 1.5
const CONCURRENCIES = [1, 10, 50, 100, 200]
const onlyAt = process.argv.indexOf('--only')
const only = onlyAt > 0 ? process.argv[onlyAt + 1].split(',') : undefined
// Parts that are taken again stand in the results of the run before, with the load they were taken at.
const results = only === undefined ? { provenance: 'measured' } : JSON.parse(readFileSync(json, 'utf8'))
// Workers alone do not hold the process, e.g. while one that ended is replaced.
const alive = setInterval(() => undefined, 1_000)
const show = (what, values) => console.log(what.padEnd(28), JSON.stringify(values))
const ON_ONE_GATEWAY = { closed, floor, open, ramp, stages, cpu: cpuByComponent, mix }
const ON_THEIR_OWN = { cacheStates, memory, http: overHttp, disk }

try {
  const optimizer = createShapesGateway(join(folder, 'library'))
  await optimizer.ready()
  for (const shape of Object.keys(SHAPES))
    await closedLoop(operation(optimizer, shape), { concurrency: 4, seconds: 0.5 })
  for (const [name, part] of Object.entries(ON_ONE_GATEWAY)) await take(name, async () => await part(optimizer))
  await optimizer[Symbol.asyncDispose]()
  for (const [name, part] of Object.entries(ON_THEIR_OWN)) await take(name, part)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
clearInterval(alive)
results.goals = goals()
for (const { what, value, unit, budget, holds } of results.goals)
  console.log(`${what}: ${value} ${unit}, ${budget}: ${holds ? 'held' : 'MISSED'}`)
const { machine: before = machine, ...figures } = results
writeResults(json, before, figures)
process.exit(results.goals.some(({ holds }) => !holds) ? 1 : 0)

async function take(name, part) {
  if (only !== undefined && !only.includes(name)) return
  results[name] = await part()
  const { date, load, commit } = machine
  if (only !== undefined) results.takenAgain = { ...results.takenAgain, [name]: { date, load, commit } }
}

async function closed(optimizer) {
  const list = []
  for (const shape of Object.keys(SHAPES))
    for (const concurrency of CONCURRENCIES) {
      const measured = await closedLoop(operation(optimizer, shape), { concurrency, seconds })
      list.push({ shape, bytes: SHAPES[shape].bytes, hostCalls: SHAPES[shape].hostCalls, ...measured })
      show(`closed ${shape} ${concurrency}`, measured)
    }
  return list
}

/** The JSON work of a light operation in plain Node, nothing around it. */
async function floor() {
  const value = {
    items: Array.from({ length: 19 }, (_, id) => ({
      id,
      title: `Issue ${id} in the checkout flow`,
      state: 'open',
      score: 1,
      tags: ['a', 'b'],
    })),
  }
  const work = async () => {
    const { items } = JSON.parse(JSON.stringify(value))
    JSON.stringify({ id: items[0].id, title: items[0].title, count: items.length })
  }
  const list = []
  for (const concurrency of CONCURRENCIES) list.push(await closedLoop(work, { concurrency, seconds: 0.5 }))
  show(
    'floor',
    list.map(({ p50Ms, perSecond }) => [p50Ms, perSecond]),
  )
  return list
}

async function open(optimizer) {
  const list = []
  for (const shape of Object.keys(SHAPES)) {
    const most = Math.max(...results.closed.filter((one) => one.shape === shape).map(({ perSecond }) => perSecond))
    for (const share of [50, 70, 90]) {
      const measured = await openLoop(operation(optimizer, shape), { rate: (most * share) / 100, seconds })
      list.push({ shape, share, ...measured })
      show(`open ${shape} ${share} %`, measured)
    }
  }
  return list
}

async function ramp(optimizer) {
  const list = []
  for (const users of [50, 100, 200, 500]) {
    const measured = await closedLoop(mixed(optimizer), { concurrency: users, seconds: full ? 5 : 2 })
    list.push({ users, ...measured })
    show(`ramp ${users} users`, measured)
  }
  return list
}

function mixed(optimizer) {
  const works = Object.fromEntries(Object.keys(SHAPES).map((shape) => [shape, operation(optimizer, shape)]))
  let next = 0
  return async () => await works[MIX[next++ % MIX.length]]()
}

async function mix(optimizer) {
  const measured = await closedLoop(mixed(optimizer), { concurrency: 50, count: full ? 100_000 : 5_000 })
  show('mix 60/30/10', measured)
  return measured
}

/** The first operation of a fresh gateway, then with a warm sandbox, then with the server's answer from the cache. */
async function cacheStates() {
  const cold = []
  for (let run = 0; run < (full ? 9 : 3); run++) {
    const start = performance.now()
    const optimizer = createShapesGateway(join(folder, `cold${run}`))
    await operation(optimizer, 'list')()
    cold.push(performance.now() - start)
    await optimizer[Symbol.asyncDispose]()
  }
  let q = 0
  const optimizer = createShapesGateway(join(folder, 'cached'), { cached: true })
  await closedLoop(
    operation(optimizer, 'list', () => q++),
    { concurrency: 1, seconds: 0.5 },
  )
  const warm = await closedLoop(
    operation(optimizer, 'list', () => q++),
    { concurrency: 1, seconds },
  )
  await operation(optimizer, 'list')()
  const hot = await closedLoop(operation(optimizer, 'list'), { concurrency: 1, seconds })
  const { metadata } = await optimizer.executeIntent({ intent: 'list', params: { q: 1 } })
  await optimizer[Symbol.asyncDispose]()
  const states = {
    cold: {
      p50Ms: Math.round(cold.toSorted((a, b) => a - b)[Math.floor(cold.length / 2)] * 10) / 10,
      what: 'new gateway, no files on disk, first operation',
    },
    warm: { p50Ms: warm.p50Ms, p99Ms: warm.p99Ms, what: 'sandbox warm, answer from the server' },
    hot: {
      p50Ms: hot.p50Ms,
      p99Ms: hot.p99Ms,
      what: 'sandbox warm, answer from the cache',
      cacheHit: metadata.cache_hit,
    },
  }
  show('cache states', states)
  return states
}

async function stages(optimizer) {
  const list = []
  for (const shape of Object.keys(SHAPES)) {
    const times = {}
    for (let run = 0; run < (full ? 2_000 : 400); run++) {
      const { metadata } = await optimizer.executeIntent({ intent: shape, params: { q: 1 } })
      for (const [stage, ms] of Object.entries(metadata.stages)) (times[stage] ??= []).push(ms)
    }
    const at = (values, share) => values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]
    for (const [stage, values] of Object.entries(times))
      list.push({ shape, stage, p50Ms: at(values, 0.5), p99Ms: at(values, 0.99) })
  }
  show(
    'stages',
    list.filter(({ shape }) => shape === 'light').map(({ stage, p50Ms }) => [stage, p50Ms]),
  )
  return list
}

/** CPU samples of the main thread by folder of our code; the workers' share is what the process used beside it. */
async function cpuByComponent(optimizer) {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  const [whole, main] = [process.cpuUsage(), process.threadCpuUsage?.()]
  await session.post('Profiler.start')
  await closedLoop(mixed(optimizer), { concurrency: 50, seconds: full ? 10 : 3 })
  const { profile } = await session.post('Profiler.stop')
  const all = sum(process.cpuUsage(whole))
  const mainOnly = main === undefined ? undefined : sum(process.threadCpuUsage(main))
  session.disconnect()
  const byId = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const ticks = {}
  profile.samples.forEach((id, index) => {
    const name = componentOf(byId.get(id))
    if (name !== undefined) ticks[name] = (ticks[name] ?? 0) + profile.timeDeltas[index]
  })
  const total = Object.values(ticks).reduce((a, b) => a + b, 0)
  const mainThread = Object.entries(ticks)
    .map(([component, micros]) => ({ component, percent: Math.round((micros / total) * 1_000) / 10 }))
    .toSorted((a, b) => b.percent - a.percent)
  const components = {
    mainThread,
    ...(mainOnly === undefined ? {} : { workersPercent: Math.round((1 - mainOnly / all) * 100) }),
  }
  show('cpu', components)
  return components
}

function componentOf({ url, functionName }) {
  if (functionName === '(idle)' || functionName === '(program)' || functionName === '(root)') return undefined
  if (functionName === '(garbage collector)') return 'garbage collection'
  const ours = /\/dist\/([a-z-]+)(\/|\.js)/.exec(url)
  if (ours !== null && !url.includes('node_modules')) return ours[1]
  if (url.includes('node_modules')) return 'libraries'
  if (url.includes('/bench/')) return 'the benchmark itself'
  return 'Node.js'
}

/** Memory as operations go by, in a gateway of its own. */
async function memory() {
  const optimizer = createShapesGateway(join(folder, 'memory'))
  await optimizer.ready()
  const list = [snapshot(0)]
  let done = 0
  for (const upTo of full ? [1_000, 10_000, 50_000, 100_000] : [1_000, 5_000, 10_000]) {
    await closedLoop(operation(optimizer, 'light'), { concurrency: 20, count: upTo - done })
    done = upTo
    list.push(snapshot(done))
  }
  await optimizer[Symbol.asyncDispose]()
  show('memory', list)
  return list
}

function snapshot(operations) {
  globalThis.gc?.()
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const mb = (value) => Math.round(value / 1e5) / 10
  return {
    operations,
    rssMb: mb(rss),
    heapMb: mb(heapUsed),
    externalMb: mb(external),
    buffersMb: mb(arrayBuffers),
    otherMb: mb(rss - heapUsed - external),
  }
}

/** The same light operation over HTTP, gateway and driver in two processes; beside it bare node:http with the same answer. */
async function overHttp() {
  const list = []
  for (const kind of ['floor', 'gateway']) {
    const child = fork(fileURLToPath(new URL('./lib/http-child.mjs', import.meta.url)), [kind, join(folder, 'http')])
    const [{ port }] = await once(child, 'message')
    const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })
    const work = poster(port, kind === 'gateway' ? '/rpc' : '/', agent)
    await closedLoop(work, { concurrency: 10, seconds: 1 })
    for (const concurrency of CONCURRENCIES) {
      const before = await usage(child)
      const measured = await closedLoop(work, { concurrency, seconds })
      const after = await usage(child)
      const cpuMs = (sum(after.cpu) - sum(before.cpu)) / 1_000
      list.push({
        kind,
        ...measured,
        rssMb: after.rssMb,
        serverCpuMsPerOperation: Math.round((cpuMs / measured.operations) * 1_000) / 1_000,
      })
      show(`http ${kind} ${concurrency}`, list.at(-1))
    }
    agent.destroy()
    child.disconnect()
    await once(child, 'exit')
  }
  return list
}

function poster(port, path, agent) {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'execute_intent',
    params: { intent: 'light', params: { q: 1 } },
  })
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  return () =>
    new Promise((resolve) => {
      const sent = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () =>
          resolve(
            response.statusCode === 200 && text.includes('"status":"ok"') ? undefined : `HTTP ${response.statusCode}`,
          ),
        )
      })
      sent.on('error', (error) => resolve(error.code ?? 'error'))
      sent.end(body)
    })
}

async function usage(child) {
  child.send('usage')
  const [answer] = await once(child, 'message')
  return answer
}

/** What an installation takes: our files, and the packages it brings. */
function disk() {
  const own = ['dist', 'intents', 'schema'].reduce((all, name) => all + sizeOf(join(root, name)), 0)
  const packages = execFileSync('npm', ['ls', '--omit=dev', '--omit=peer', '--all', '--parseable'], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .slice(1)
  const brought = [...new Set(packages)].reduce((all, path) => all + sizeOf(path, true), 0)
  const mb = (value) => Math.round(value / 1e5) / 10
  const figures = { ownMb: mb(own), packages: packages.length, packagesMb: mb(brought) }
  show('disk', figures)
  return figures
}

function sizeOf(path, alone = false) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.size
  return readdirSync(path).reduce(
    (all, name) => (alone && name === 'node_modules' ? all : all + sizeOf(join(path, name), alone)),
    0,
  )
}

function sum({ user, system }) {
  return user + system
}

function goals() {
  const at = (shape, concurrency) =>
    results.closed.find((one) => one.shape === shape && one.concurrency === concurrency)
  const most = (what, value, unit, limit) => ({ what, value, unit, budget: `≤ ${limit}`, holds: value <= limit })
  const least = (what, value, unit, limit) => ({ what, value, unit, budget: `≥ ${limit}`, holds: value >= limit })
  const errors = Object.values(results.mix.errors).reduce((a, b) => a + b, 0)
  return [
    most('light operation, one at a time: P50', at('light', 1).p50Ms, 'ms', 0.463),
    most('light operation, one at a time: P99', at('light', 1).p99Ms, 'ms', 1.73),
    least(`light (${SHAPES.light.bytes} bytes), concurrency 100`, at('light', 100).perSecond, 'operations/s', 3_000),
    least(`list (${SHAPES.list.bytes} bytes), concurrency 100`, at('list', 100).perSecond, 'operations/s', 1_600),
    most(`errors in ${results.mix.operations} operations of the mix`, errors, 'errors', 0),
  ]
}
