// Speed of the embedded sandbox. Build first (npm run build); then: node bench/sandbox.mjs [--pool 2] [--seconds 3] [--json]
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'

Symbol.asyncDispose ??= Symbol('asyncDispose')
const { createWasmBackend } = await import('../dist/sandbox/wasm/backend.js')
const { DEFAULT_LIMITS } = await import('../dist/sandbox/sandbox.js')

const { values: options } = parseArgs({
  options: {
    pool: { type: 'string' },
    slots: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(options.seconds)
const poolSize = options.pool === undefined ? undefined : Number(options.pool)
const slotsPerWorker = options.slots === undefined ? undefined : Number(options.slots)

const row = (i) => ({
  id: i,
  title: `Issue ${i} in the checkout flow`,
  state: i % 3 ? 'open' : 'closed',
  score: (i * 7919) % 1000,
  tags: ['a', 'b'],
})
const rows = (count) => JSON.stringify({ items: Array.from({ length: count }, (_, i) => row(i)) })
const answers = { 'x.small': rows(19), 'x.list': rows(218), 'x.big': rows(1420) }

const SOURCES = {
  clean: 'return 1 + 1',
  light:
    'const r = await tools.x.small({ q: params.q })\nreturn { id: r.items[0].id, title: r.items[0].title, n: r.items.length }',
  list23k:
    'const r = await tools.x.list({ q: params.q })\nreturn r.items.filter(i => i.state === "open").slice(0, 10).map(i => ({ id: i.id, title: i.title }))',
  heavy: `for (let i = 0; i < 3; i++) await tools.x.small({ i })
await Promise.all(Array.from({ length: 10 }, (_, i) => tools.x.small({ i })))
const r = await tools.x.big({})
const open = r.items.filter(i => i.state === 'open').map(i => ({ id: i.id, score: i.score })).sort((a, b) => b.score - a.score)
return { n: open.length, total: open.reduce((sum, i) => sum + i.score, 0), top: open.slice(0, 5) }`,
}

function makeImage(wrappers) {
  const names = ['small', 'list', 'big', ...Array.from({ length: wrappers }, (_, i) => `tool_number_${i}`)]
  const functions = names.map((name) => ({ path: ['tools', 'x', name], name: `x.${name}` }))
  return { version: `bench-${wrappers}`, functions, modules: [] }
}

async function once(backend, image, source, call) {
  const sandbox = await backend.create(image)
  const outcome = await sandbox.run({ kind: 'body', source, input: '{"q":"x"}' }, call, DEFAULT_LIMITS)
  await sandbox[Symbol.asyncDispose]()
  if (outcome.status !== 'ok') throw new Error(JSON.stringify(outcome))
  return outcome
}

const quantile = (list, q) => list[Math.min(list.length - 1, Math.floor(list.length * q))]
const round = (value) => Math.round(value * 1000) / 1000

async function measure(name, concurrency, wrappers, call) {
  const backend = createWasmBackend({ poolSize, slotsPerWorker })
  const image = makeImage(wrappers)
  const times = []
  const setups = []
  let until = performance.now() + 1_000
  const loop = async (record) => {
    while (performance.now() < until) {
      const start = performance.now()
      const outcome = await once(backend, image, SOURCES[name], call)
      if (record) {
        times.push(performance.now() - start)
        setups.push(outcome.setupMs)
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, () => loop(false)))
  const cpu = process.cpuUsage()
  const start = performance.now()
  until = start + seconds * 1000
  await Promise.all(Array.from({ length: concurrency }, () => loop(true)))
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const rssMb = Math.round(process.memoryUsage.rss() / 1048576)
  await backend[Symbol.asyncDispose]()
  times.sort((a, b) => a - b)
  setups.sort((a, b) => a - b)
  return {
    scenario: name,
    concurrency,
    wrappers: wrappers + 3,
    opsPerSecond: Math.round((times.length / elapsed) * 1000),
    p50Ms: round(quantile(times, 0.5)),
    p99Ms: round(quantile(times, 0.99)),
    cleanP50Ms: round(quantile(setups, 0.5)),
    cleanP99Ms: round(quantile(setups, 0.99)),
    cpuMsPerOp: round((user + system) / 1000 / times.length),
    rssMb,
  }
}

const instant = async (name) => answers[name]
const slow = (name) => new Promise((resolve) => setTimeout(resolve, 50, answers[name]))
const plan = [
  ['clean', 1, 0, instant],
  ['clean', 1, 1000, instant],
  ...[1, 10, 100].map((c) => ['light', c, 0, instant]),
  ['light', 100, 1000, instant],
  ...[1, 10, 100].map((c) => ['list23k', c, 0, instant]),
  ...[1, 10, 100].map((c) => ['heavy', c, 0, instant]),
  ['light', 100, 0, slow],
]
const results = []
for (const [name, concurrency, wrappers, call] of plan) {
  const label = call === slow ? String(name) + '+50ms' : String(name)
  if (!label.includes(options.only)) continue
  results.push({ ...(await measure(name, concurrency, wrappers, call)), scenario: label })
  if (!options.json) console.error(JSON.stringify(results.at(-1)))
}
const machine = {
  date: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  poolSize: poolSize ?? 'default',
  slotsPerWorker: slotsPerWorker ?? 'default',
  seconds,
}
if (options.json) console.log(JSON.stringify({ machine, results }, null, 2))
else {
  console.log(JSON.stringify(machine))
  console.table(results)
}
