// Speed of the sandbox backends, each measured in the same run. Build first (npm run build); then:
// node bench/sandbox-backends.mjs [--only wasm,process,v8,docker] [--seconds 3] [--json FILE]
// Docker: needs an engine (DOCKER_HOST or its usual socket).
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'

Symbol.asyncDispose ??= Symbol('asyncDispose')
const { createWasmBackend } = await import('../dist/sandbox/wasm/backend.js')
const { createProcessBackend } = await import('../dist/sandbox/process/backend.js')
const { createDockerBackend } = await import('../dist/sandbox/docker/backend.js')
const { DEFAULT_LIMITS } = await import('../dist/sandbox/sandbox.js')

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'wasm,process,v8,docker' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
})
const seconds = Number(options.seconds)

const BACKENDS = {
  wasm: () => createWasmBackend({ poolSize: 2 }),
  process: () => createProcessBackend({ poolSize: 2 }),
  v8: () => createProcessBackend({ engine: 'v8', poolSize: 8 }),
  docker: () => createDockerBackend({ poolSize: 1 }),
}

const row = (i) => ({
  id: i,
  title: `Issue ${i} in the checkout flow`,
  state: i % 3 ? 'open' : 'closed',
  score: (i * 7919) % 1000,
  tags: ['a', 'b'],
})
const rows = (count) => JSON.stringify({ items: Array.from({ length: count }, (_, i) => row(i)) })
const answers = { 'x.small': rows(19), 'x.big': rows(1420) }
const image = {
  version: 'bench',
  functions: ['small', 'big'].map((name) => ({ path: ['tools', 'x', name], name: `x.${name}` })),
  modules: [],
}
const SOURCES = {
  clean: 'return 1 + 1',
  light:
    'const r = await tools.x.small({ q: params.q })\nreturn { id: r.items[0].id, title: r.items[0].title, n: r.items.length }',
  heavy: `for (let i = 0; i < 3; i++) await tools.x.small({ i })
await Promise.all(Array.from({ length: 10 }, (_, i) => tools.x.small({ i })))
const r = await tools.x.big({})
const open = r.items.filter(i => i.state === 'open').map(i => ({ id: i.id, score: i.score })).sort((a, b) => b.score - a.score)
return { n: open.length, total: open.reduce((sum, i) => sum + i.score, 0), top: open.slice(0, 5) }`,
}

async function once(backend, source) {
  const sandbox = await backend.create(image)
  const outcome = await sandbox.run(
    { kind: 'body', source, input: '{"q":"x"}' },
    async (name) => answers[name],
    DEFAULT_LIMITS,
  )
  await sandbox[Symbol.asyncDispose]()
  if (outcome.status !== 'ok') throw new Error(JSON.stringify(outcome))
}

const quantile = (list, q) => list[Math.min(list.length - 1, Math.floor(list.length * q))]
const round = (value) => Math.round(value * 1000) / 1000

/** One after another; `pauseMs` lets a warm pool fill again, as single-use processes need. */
async function latency(backend, source, count, pauseMs) {
  const times = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await once(backend, source)
    times.push(performance.now() - start)
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  times.sort((a, b) => a - b)
  return { p50Ms: round(quantile(times, 0.5)), p99Ms: round(quantile(times, 0.99)) }
}

async function throughput(backend, source, concurrency) {
  let count = 0
  const loop = async (until) => {
    while (performance.now() < until) {
      await once(backend, source)
      count++
    }
  }
  const all = async (ms) => {
    const until = performance.now() + ms
    await Promise.all(Array.from({ length: concurrency }, () => loop(until)))
  }
  await all(1_000)
  count = 0
  const start = performance.now()
  await all(seconds * 1_000)
  return Math.round((count / (performance.now() - start)) * 1_000)
}

const results = []
for (const name of options.only.split(',')) {
  const start = performance.now()
  const backend = BACKENDS[name]()
  await once(backend, SOURCES.clean)
  const coldMs = round(performance.now() - start)
  const isSingleUse = name === 'v8'
  if (!isSingleUse) await latency(backend, SOURCES.clean, 200, 0)
  else await new Promise((resolve) => setTimeout(resolve, 1_000))
  const warm = await latency(backend, SOURCES.clean, isSingleUse ? 30 : 1_000, isSingleUse ? 400 : 0)
  const light = await throughput(backend, SOURCES.light, isSingleUse ? 4 : 16)
  const heavy = await throughput(backend, SOURCES.heavy, isSingleUse ? 4 : 16)
  await backend[Symbol.asyncDispose]()
  results.push({
    backend: name,
    coldMs,
    warmP50Ms: warm.p50Ms,
    warmP99Ms: warm.p99Ms,
    lightPerSecond: light,
    heavyPerSecond: heavy,
  })
  console.error(JSON.stringify(results.at(-1)))
}
const machine = {
  date: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  seconds,
}
console.log(JSON.stringify(machine))
console.table(results)
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ machine, results }, null, 2)}\n`)
