// Speed of the sandbox backends, each measured in the same run.
//   node bench/sandbox-backends.mjs [--only wasm,process,docker] [--quick] [--json FILE]
// Docker: needs an engine (DOCKER_HOST or its usual socket) with the image of `mcp-optimizer sandbox-image`.
import { parseArgs } from 'node:util'
import { createReport, quantile } from './report.mjs'

Symbol.asyncDispose ??= Symbol('asyncDispose')
const { createWasmBackend } = await import('../dist/sandbox/wasm/backend.js')
const { createProcessBackend } = await import('../dist/sandbox/process/backend.js')
const { createDockerBackend } = await import('../dist/sandbox/docker/backend.js')
const { DEFAULT_LIMITS } = await import('../dist/sandbox/sandbox.js')

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'wasm,process,docker' },
    quick: { type: 'boolean', default: false },
    // The whole suite passes it on; here it changes nothing.
    full: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const seconds = options.quick ? 1 : 3

const BACKENDS = {
  wasm: () => createWasmBackend({ poolSize: 2 }),
  process: () => createProcessBackend({ poolSize: 2 }),
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

/** One after another. */
async function latency(backend, source, count) {
  const times = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await once(backend, source)
    times.push(performance.now() - start)
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
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
  return (count / (performance.now() - start)) * 1_000
}

/** Budgets: milliseconds of a warm program at the median, of the first program, and speed as a part of that of `wasm`. */
const BUDGETS = { process: { warm: 0.214, ofWasm: 0.75 }, docker: { warm: 0.65, cold: 500 } }
const report = createReport()
const speeds = new Map()

async function measure(name) {
  const { warm, cold, ofWasm } = BUDGETS[name] ?? {}
  const within = (what, value, budget) =>
    budget === undefined ? report.note(what, value, 'ms') : report.most(what, value, 'ms', budget)
  const start = performance.now()
  const backend = BACKENDS[name]()
  await once(backend, SOURCES.clean)
  within(`${name}: first program, from nothing`, performance.now() - start, cold)
  await latency(backend, SOURCES.clean, 200)
  const { p50, p99 } = await latency(backend, SOURCES.clean, 1_000)
  within('  warm, return 1 + 1: P50', p50, warm)
  report.note('  P99', p99, 'ms')
  for (const program of ['light', 'heavy']) {
    const speed = await throughput(backend, SOURCES[program], 16)
    report.note(`  ${program} program`, speed, 'operations/s')
    speeds.set(`${name} ${program}`, speed)
    const whole = speeds.get(`wasm ${program}`)
    if (ofWasm !== undefined && whole !== undefined) report.least('    part of wasm', speed / whole, '', ofWasm)
  }
  await backend[Symbol.asyncDispose]()
}

for (const name of options.only.split(',')) {
  try {
    await measure(name)
  } catch (error) {
    report.fail(name, error.message)
  }
}
report.finish({}, options.json)
