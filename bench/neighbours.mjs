// What a neighbour feels while a gateway handles the largest answers, bodies, lists and programs that it takes: latency of
// another client's calls beside each of them, and the memory of the gateway.
//   node bench/neighbours.mjs [--json FILE] [NAME ...]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { fingerprint, writeResults } from './lib/machine.mjs'

const own = (path) => fileURLToPath(new URL(path, import.meta.url))
const cli = process.env.MCP_OPTIMIZER_CLI ?? own('../dist/cli.js')
const large = own('./servers/large.mjs')
const args = process.argv.slice(2)
const json = args.includes('--json') ? args.splice(args.indexOf('--json'), 2)[1] : undefined
const MB = 1_000_000

/** Over HTTP servers run beside the gateway, over stdio below it. */
const call = (timeoutMs = 60_000) => ({ method: 'execute_intent', params: { intent: 'large.get', timeoutMs } })
const program = {
  method: 'execute_code',
  params: { code: 'const value = await tools.large.get({}); return JSON.stringify(value).length', timeoutMs: 60_000 },
}
const filled = (bytes, item) =>
  `[${Array.from({ length: Math.floor(bytes / (item.length + 1)) }, () => item).join(',')}]`
const body = (values, bytes) => () =>
  `{"jsonrpc":"2.0","id":1,"method":"execute_intent","params":{"intent":"large.size","params":{"values":${filled(bytes, values)}}}}`
const ROW = '{"id":1,"name":"row","tags":["a","b"],"done":false}'
const CASES = {
  idle: { server: 'small', ask: call() },
  'stdio-rows': { server: 'rows', ask: call() },
  'stdio-row-text': { server: 'row-text', bytes: 24 * MB, ask: call() },
  'stdio-lists': { server: 'lists', ask: call() },
  'stdio-numbers': { server: 'numbers', ask: call() },
  'stdio-text': { server: 'text', ask: call() },
  'stdio-wide-text': { server: 'wide-text', ask: call() },
  'stdio-blocks': { server: 'blocks', ask: call() },
  'stdio-rows-program': { server: 'rows', ask: program },
  'stdio-rows-2mb': { server: 'rows', bytes: 2 * MB, ask: call() },
  'stdio-rows-2mb-program': { server: 'rows', bytes: 2 * MB, ask: program },
  'http-rows': { server: 'rows', http: 'json', ask: call() },
  'http-text': { server: 'text', http: 'json', ask: call() },
  'sse-rows': { server: 'rows', http: 'sse', ask: call() },
  'sse-text': { server: 'text', http: 'sse', ask: call() },
  'body-lists-4mb': { server: 'small', body: body('[]', 3.9 * MB) },
  'body-rows-4mb': { server: 'small', body: body(ROW, 3.9 * MB) },
  'body-text-30mb': { server: 'small', maxBodyBytes: 32 * MB, body: body(`"${'a\\n'.repeat(MB)}"`, 30 * MB) },
  'body-lists-30mb': { server: 'small', maxBodyBytes: 32 * MB, body: body('[]', 30 * MB) },
  'body-rows-30mb': { server: 'small', maxBodyBytes: 32 * MB, body: body(ROW, 30 * MB) },
  'list-schema': { server: 'list-schema', bytes: 20 * MB, list: true },
  'list-schemas': { server: 'list-schemas', bytes: 28 * MB, list: true },
  'list-words': { server: 'list-words', list: true },
  'list-pages': { server: 'list-pages', list: true },
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 })
function post(url, text) {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/rpc`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }))
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}
const rpc = (method, params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })

async function measure(name, { server, http, bytes, ask, body: make, list, maxBodyBytes }) {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-neighbours-'))
  const serverArgs = [
    large,
    '--mode',
    server,
    ...(list ? ['--delay', '4000'] : []),
    ...(bytes === undefined ? [] : ['--bytes', String(bytes)]),
  ]
  let beside
  let entry = { command: process.execPath, args: serverArgs }
  if (http !== undefined) {
    beside = spawn(process.execPath, [...serverArgs, '--http', http], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [url] = await once(createInterface({ input: beside.stdout }), 'line')
    entry = { type: 'http', url }
  }
  const config = join(folder, 'config.json')
  const good = { command: process.execPath, args: [large] }
  writeFileSync(
    config,
    JSON.stringify({
      mcpServers: { good, large: entry },
      cacheDir: join(folder, 'cache'),
      http: { port: 0, ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }) },
    }),
  )
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, 'c'), XDG_CACHE_HOME: join(folder, 'x') }
  const gateway = spawn(
    process.execPath,
    [...(process.env.BENCH_NODE ?? '').split(' ').filter(Boolean), cli, 'serve', '--http', '0', '--config', config],
    {
      stdio: ['ignore', 'inherit', 'pipe'],
      env,
    },
  )
  let said = ''
  const url = await new Promise((resolve, reject) => {
    gateway.stderr.setEncoding('utf8').on('data', (chunk) => {
      said += chunk
      const found = /http:\/\/[\d.]+:\d+/.exec(said)?.[0]
      if (found !== undefined) resolve(found)
    })
    gateway.on('exit', () => reject(new Error(said)))
  })
  const neighbour = rpc('execute_intent', { intent: 'good.get' })
  for (let warm = 0; warm < 30; warm++) await post(url, neighbour)
  if (ask !== undefined && !list) await post(url, rpc('execute_intent', { intent: 'large.size' }))
  const before = rss(gateway.pid)
  const waits = []
  const over = new AbortController()
  const beats = (async () => {
    while (!over.signal.aborted) {
      const start = performance.now()
      const { text } = await post(url, neighbour)
      waits.push(performance.now() - start)
      if (!text.includes('hello')) throw new Error(`the neighbour was answered: ${text.slice(0, 300)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  await new Promise((resolve) => setTimeout(resolve, 200))
  const start = performance.now()
  let told
  if (list) {
    // Its list comes once the neighbour is served; then whatever a list is used for.
    await post(url, rpc('execute_intent', { intent: 'large.get' }))
    await post(url, rpc('search', { query: 'what gives the words of a property' }))
    told = await post(url, rpc('execute_code', { code: 'return await tools.large.get({})' }))
  } else {
    const text = make === undefined ? rpc(ask.method, ask.params) : make()
    // Made before it is sent, so that what this process does is no wait of the neighbour.
    await new Promise((resolve) => setTimeout(resolve, 50))
    told = await post(url, text)
  }
  const took = performance.now() - start
  await new Promise((resolve) => setTimeout(resolve, 300))
  over.abort()
  await beats
  waits.sort((a, b) => a - b)
  const at = (share) => Math.round(waits[Math.min(waits.length - 1, Math.floor(waits.length * share))])
  const figure = {
    name,
    calls: waits.length,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    tookMs: Math.round(took),
    rssBeforeMb: before,
    rssMb: rss(gateway.pid),
    answer: told.text.replace(/.*"result":/, '').slice(0, 160),
  }
  gateway.kill('SIGTERM')
  beside?.kill()
  await once(gateway, 'exit')
  rmSync(folder, { recursive: true, force: true })
  return figure
}

/** Most of it that was ever resident. */
function rss(pid) {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_000)
}

const machine = fingerprint()
const chosen = Object.entries(CASES).filter(([name]) => args.length === 0 || args.some((one) => name.startsWith(one)))
const figures = []
for (const [name, given] of chosen) {
  const figure = await measure(name, given).catch((error) => ({ name, failed: String(error.message).slice(-300) }))
  figures.push(figure)
  const { calls, p50, p99, max, tookMs, rssBeforeMb, rssMb, answer, failed } = figure
  console.log(
    failed ?? '',
    name.padEnd(24),
    'calls',
    calls,
    'p50',
    p50,
    'p99',
    p99,
    'max',
    max,
    'ms; took',
    tookMs,
    'ms; RSS',
    rssBeforeMb,
    '->',
    rssMb,
    'MB',
    answer,
  )
}
agent.destroy()
if (json !== undefined) writeResults(json, machine, { figures })
