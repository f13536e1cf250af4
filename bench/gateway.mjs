// The engine, end to end: warm intents on a zero-latency upstream at several concurrencies, start-up with 30 servers,
// memory with 1,000 tools, and the bare floors of the same run. Budgets are checked; a missed one exits with 1.
//   node bench/gateway.mjs [--json FILE] [--quick]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createMemoryUpstream, createOptimizer, defineConfig } from '../dist/index.js'
import { createReport, jsonFile } from './report.mjs'

const quick = process.argv.includes('--quick')
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-bench-'))
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const rows = (count, chars) => ({
  rows: Array.from({ length: count }, (_, id) => ({ id, title: `row ${id}`, body: 'x'.repeat(chars) })),
})
const answers = { small: rows(20, 60), large: rows(200, 80) }
const intent = (
  name,
) => `export const metadata = { name: '${name}_rows', description: 'First rows', servers: ['bench'], readOnly: true, input: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } }
export default async ({ n }: { n: number }, tools: any) => (await tools.bench.${name}({})).rows.slice(0, n).map((row: any) => row.id)
`
for (const name of Object.keys(answers)) writeFileSync(join(folder, `${name}.ts`), intent(name))

const report = createReport()
const { note, most, least } = report

async function measure(concurrency, count, work) {
  const latencies = new Float64Array(count)
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let index = next++; index < count; index = next++) {
        const begin = performance.now()
        const { status } = await work()
        if (status !== 'ok') throw new Error(`the operation ended with ${status}`)
        latencies[index] = performance.now() - begin
      }
    }),
  )
  const seconds = (performance.now() - start) / 1_000
  latencies.sort()
  return { perSecond: count / seconds, p50: latencies[Math.floor(count / 2)], p99: latencies[Math.floor(count * 0.99)] }
}

/** The middle one of several runs, by throughput: these machines are shared. */
async function median(concurrency, count, work) {
  const runs = []
  for (let run = 0; run < (quick ? 1 : 5); run++) runs.push(await measure(concurrency, count, work))
  return runs.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(runs.length / 2)]
}

async function engine() {
  const tools = [
    ...Object.keys(answers).map((name) => ({ name, run: () => answers[name] })),
    ...Array.from({ length: 998 }, (_, index) => ({
      name: `tool_${index}`,
      description: `Does thing ${index}`,
      run: () => 'x',
    })),
  ]
  const config = defineConfig({ cacheDir: join(folder, 'cache'), intents: [folder], sandbox: { poolSize: 2 } })
  const optimizer = createOptimizer(config, { upstreams: [createMemoryUpstream('bench', tools)] })
  const run = (name) => async () => await optimizer.executeIntent({ intent: `${name}_rows`, params: { n: 3 } })
  await measure(1, 500, run('small'))
  const one = await median(1, quick ? 1_000 : 4_000, run('small'))
  most('warm intent, 2 KB upstream answer, one at a time: P50', one.p50, 'ms', 0.222)
  most('warm intent, 2 KB upstream answer, one at a time: P99', one.p99, 'ms', 1.49)
  const small = await median(100, quick ? 2_000 : 10_000, run('small'))
  least('2 KB upstream answer, concurrency 100', small.perSecond, 'operations/s', 8_250)
  note('  P50 / P99 there: P50', small.p50, 'ms')
  note('  P50 / P99 there: P99', small.p99, 'ms')
  const large = await median(100, quick ? 1_000 : 5_000, run('large'))
  least('23 KB upstream answer, concurrency 100', large.perSecond, 'operations/s', 4_440)
  note('  P50 / P99 there: P50', large.p50, 'ms')
  note('  P50 / P99 there: P99', large.p99, 'ms')
  const direct = await median(
    100,
    quick ? 5_000 : 20_000,
    async () => await optimizer.executeIntent({ intent: 'bench.small' }),
  )
  note('the same tool by its name, without a sandbox, concurrency 100', direct.perSecond, 'operations/s')
  const floor = await median(
    100,
    quick ? 5_000 : 20_000,
    async () => (await Promise.resolve(JSON.parse(JSON.stringify(answers.small)).rows.slice(0, 3)), { status: 'ok' }),
  )
  note('floor: the same JSON work in plain Node', floor.perSecond, 'operations/s')
  note('resident memory of this process, benchmark included, after all that', process.memoryUsage().rss / 1e6, 'MB')
  await optimizer[Symbol.asyncDispose]()
}

/** Milliseconds from the start of the process to its answer to tools/list. */
async function firstList(config) {
  const start = performance.now()
  const child = spawn(process.execPath, [cli, 'serve', '--config', config], { stdio: ['pipe', 'pipe', 'ignore'] })
  const done = new Promise((resolve) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      if (text.includes('"id":2')) resolve(performance.now() - start)
    })
  })
  const message = (id, method, params) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`
  child.stdin.write(
    message(1, 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1' },
    }) + message(2, 'tools/list', {}),
  )
  const ms = await done
  child.stdin.end()
  await new Promise((resolve) => child.on('exit', resolve))
  return ms
}

async function startUp() {
  const servers = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      `server${index}`,
      { command: process.execPath, args: [join(folder, 'tiny.mjs'), String(index)] },
    ]),
  )
  writeFileSync(join(folder, 'tiny.mjs'), TINY_SERVER)
  const config = join(folder, 'mcp-optimizer.json')
  writeFileSync(config, JSON.stringify({ servers, cacheDir: join(folder, 'cache30') }))
  const warm = createOptimizer(
    (await import('../dist/index.js')).defineConfig({
      ...(await (await import('../dist/index.js')).loadConfig({ cwd: folder, env: {}, flags: { config } })).config,
    }),
  )
  await warm.ready(120_000)
  await warm[Symbol.asyncDispose]()
  const times = []
  for (let run = 0; run < (quick ? 3 : 9); run++) times.push(await firstList(config))
  most(
    'process start to tools/list, 30 servers with remembered lists',
    times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)],
    'ms',
    300,
  )
}

/** The gateway's own process, as a user starts it: a server of 1,000 tools behind it, two workers, programs run. */
async function memory() {
  writeFileSync(join(folder, 'wide.mjs'), TINY_SERVER.replace('length: 30', 'length: 1000'))
  const config = join(folder, 'wide.json')
  writeFileSync(
    config,
    JSON.stringify({
      servers: { wide: { command: process.execPath, args: [join(folder, 'wide.mjs')] } },
      sandbox: { poolSize: 2 },
      cacheDir: join(folder, 'cachewide'),
    }),
  )
  const child = spawn(process.execPath, [cli, 'serve', '--config', config], { stdio: ['pipe', 'pipe', 'ignore'] })
  const answers = createInterface({ input: child.stdout })
  const call = async (id) => {
    const answer = once(answers, 'line')
    child.stdin.write(
      `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'execute_code', arguments: { code: 'await tools.wide.tool_1({}); return 1' } } })}\n`,
    )
    await answer
  }
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1_000
  for (let id = 1; id <= 4; id++) await call(id)
  most('gateway process: 1,000 tools, two workers, 4 programs run: resident', resident(), 'MB', 150)
  for (let id = 5; id <= 300; id++) await call(id)
  most('  after 300 programs', resident(), 'MB', 150)
  child.stdin.end()
  await new Promise((resolve) => child.on('exit', resolve))
}

const TINY_SERVER = `import { createInterface } from 'node:readline'
const tools = Array.from({ length: 30 }, (_, index) => ({ name: 'tool_' + index, description: 'Does thing ' + index, inputSchema: { type: 'object' } }))
const results = { initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'tiny', version: '1' } }, 'tools/list': { tools } }
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }) + '\\n')
})
`

/** One bare hop: what no HTTP front can beat. */
async function httpFloor() {
  const server = createServer((incoming, response) => {
    let body = ''
    incoming.on('data', (chunk) => (body += chunk))
    incoming.on('end', () => response.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, result: {} })))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'execute_intent', params: { intent: 'bench.ping' } })
  const post = (port, path) => () =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          port,
          host: '127.0.0.1',
          path,
          method: 'POST',
          agent: false,
          headers: { 'content-type': 'application/json', 'content-length': body.length },
        },
        (response) =>
          response
            .resume()
            .on('end', () => resolve({ status: response.statusCode === 200 ? 'ok' : String(response.statusCode) })),
      )
      sent.on('error', reject)
      sent.end(body)
    })
  const { serveHttp, createSurface } = await import('../dist/index.js')
  const optimizer = createOptimizer(defineConfig({ cacheDir: join(folder, 'cache') }), {
    upstreams: [createMemoryUpstream('bench', [{ name: 'ping', run: () => 'pong' }])],
  })
  const service = await serveHttp(
    optimizer,
    createSurface({ servers: [], compact: false, programs: true, version: '0' }),
    { port: 0 },
  )
  const bare = await median(1, 1_000, post(server.address().port, '/'))
  const ours = await median(1, 1_000, post(Number(new URL(service.url).port), '/rpc'))
  note('floor: one bare node:http hop, new connection: P50', bare.p50, 'ms')
  note('/rpc execute_intent of a no-op tool, the same way: P50', ours.p50, 'ms')
  note('  ratio', ours.p50 / bare.p50, 'times')
  await service[Symbol.asyncDispose]()
  await optimizer[Symbol.asyncDispose]()
  server.close()
}

try {
  await engine()
  if (process.platform === 'linux') await memory()
  await startUp()
  await httpFloor()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
report.finish({}, jsonFile())
process.exit()
