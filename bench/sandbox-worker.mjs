// One engine in a process of its own, for sandbox.mjs: node sandbox-worker.mjs ENGINE PART SECONDS; prints one line of JSON.
import { ENGINES, PROGRAMS, VALUES } from './sandbox-engines.mjs'
import { median, quantile } from './report.mjs'

const [name = '', part = '', seconds = '2'] = process.argv.slice(2)
const { open, concurrency } = ENGINES[name]
const rssMb = () => process.memoryUsage.rss() / 1e6
const expected = { clean: 2, light: { id: 0, title: VALUES.small.items[0].title, n: 13 } }

async function latency(engine, program, ms) {
  const source = PROGRAMS[program](engine.call)
  await loop(engine, source, 1, ms / 4)
  const { times } = await loop(engine, source, 1, ms)
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

/** The best of the engine's concurrencies. */
async function throughput(engine, program, ms) {
  const source = PROGRAMS[program](engine.call)
  check(program, await engine.run(source))
  let best = { perSecond: 0, concurrency: 0 }
  for (const many of concurrency) {
    await loop(engine, source, many, ms / 4)
    const before = process.cpuUsage()
    const { times, elapsedMs } = await loop(engine, source, many, ms)
    const { user, system } = process.cpuUsage(before)
    const perSecond = (times.length / elapsedMs) * 1_000
    const cpuMs = (user + system) / 1_000 / times.length
    if (perSecond > best.perSecond) best = { perSecond, cpuMs, concurrency: many }
  }
  return best
}

async function loop(engine, source, many, ms) {
  const times = []
  const start = performance.now()
  const until = start + ms
  await Promise.all(
    Array.from({ length: many }, async () => {
      while (performance.now() < until) {
        const before = performance.now()
        await engine.run(source)
        times.push(performance.now() - before)
        // Host functions that answer at once would keep timers and messages of others waiting.
        await new Promise((resolve) => setImmediate(resolve))
      }
    }),
  )
  return { times, elapsedMs: performance.now() - start }
}

function check(program, value) {
  const open = VALUES.big.items.filter(({ state }) => state === 'open')
  const total = open.reduce((sum, { score }) => sum + score, 0)
  const isRight =
    program === 'heavy'
      ? value.n === open.length && value.total === total && value.top.length === 5
      : JSON.stringify(value) === JSON.stringify(expected[program])
  if (!isRight) throw new Error(`${program} answered ${JSON.stringify(value).slice(0, 200)}`)
}

/** Megabytes of a program that waits for a host call, over those of an idle engine. */
async function live() {
  const { createWasmBackend } = await import('../dist/sandbox/wasm/backend.js')
  const { DEFAULT_LIMITS } = await import('../dist/sandbox/sandbox.js')
  const count = 100
  const backend = createWasmBackend({ poolSize: 2, slotsPerWorker: count / 2 })
  const image = { version: 'live', functions: [{ path: ['tools', 'wait'], name: 'wait' }], modules: [] }
  let release
  let reach
  const gate = new Promise((resolve) => (release = resolve))
  const reached = new Promise((resolve) => (reach = resolve))
  let waiting = 0
  const wait = async () => {
    waiting++
    if (waiting === count) reach()
    await gate
    return 'null'
  }
  const run = async (source, call) => {
    const sandbox = await backend.create(image)
    await sandbox.run({ kind: 'body', source, input: '{}' }, call, DEFAULT_LIMITS)
    await sandbox[Symbol.asyncDispose]()
  }
  await Promise.all([1, 2].map(() => run('return 1', async () => 'null')))
  const before = rssMb()
  const all = Array.from({ length: count }, () => run('await tools.wait()', wait))
  await reached
  const mb = (rssMb() - before) / count
  release()
  await Promise.all(all)
  await backend[Symbol.asyncDispose]()
  return { mb }
}

/** Megabytes over a hundred thousand runs: medians of many readings, as garbage collection moves each by some megabytes. */
async function growth(engine) {
  const source = PROGRAMS.light(engine.call)
  const sizes = []
  while (sizes.length < 100) {
    let left = 1_000
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        while (left-- > 0) await engine.run(source)
      }),
    )
    sizes.push(rssMb())
  }
  return { first: median(sizes.slice(10, 30)), last: median(sizes.slice(80)), sizes: sizes.map(Math.round) }
}

const engine = await open(part === 'clean' ? 1_000 : 0)
const parts = {
  clean: () => latency(engine, 'clean', seconds * 1_000),
  light: () => throughput(engine, 'light', seconds * 1_000),
  heavy: () => throughput(engine, 'heavy', seconds * 1_000),
  live,
  growth: () => growth(engine),
}
console.log(JSON.stringify(await parts[part]()))
await engine.close()
process.exit(0)
