// Speed and size of the embedded sandbox, and of others in the same run: engines take turns, each in a process of its
// own, and the median of the rounds counts. Budgets are checked; a missed one exits with 1.
//   node bench/sandbox.mjs [--json FILE] [--quick] [--only clean,light,heavy,live,growth]
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createReport, jsonFile, median, spread } from './report.mjs'
import { ENGINES } from './sandbox-engines.mjs'

const quick = process.argv.includes('--quick')
const onlyAt = process.argv.indexOf('--only')
const only = onlyAt < 0 ? undefined : new Set(process.argv[onlyAt + 1].split(','))
const rounds = quick ? 1 : 3
const seconds = quick ? 0.5 : 1.2
const worker = fileURLToPath(new URL('sandbox-worker.mjs', import.meta.url))
const report = createReport()
const others = Object.keys(ENGINES).filter((name) => name !== 'wasm')

function measure(name, part) {
  const { stdout, stderr, status, error } = spawnSync(process.execPath, [worker, name, part, String(seconds)], {
    encoding: 'utf8',
    timeout: 600_000,
  })
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1))
  const line =
    stderr.split('\n').find((text) => /^\S*Error: /.test(text)) ?? stderr.split('\n').find((text) => /Error/.test(text))
  throw new Error(error?.message ?? line?.trim() ?? `it ended with ${status}`)
}

/** The results of each engine over the rounds, or nothing for one that fails. */
function compare(part) {
  const values = new Map(Object.keys(ENGINES).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, list] of values) {
      try {
        list.push(measure(name, part))
      } catch (error) {
        report.fail(`${part}: ${name}`, error.message)
        values.delete(name)
      }
    }
  }
  return values
}

/** The medians of one of their figures. */
function medians(results, pick) {
  return new Map([...results].map(([name, list]) => [name, median(list.map(pick))]))
}

/** The least and the most of one of their figures. */
function spreadsOf(results, pick) {
  return new Map([...results].map(([name, list]) => [name, spread(list.map(pick))]))
}

const wanted = (part) => only === undefined || only.has(part)
console.log(`Node ${process.version}`)
if (wanted('clean')) {
  const clean = compare('clean')
  const [p50, spreads] = [medians, spreadsOf].map((of) => of(clean, (result) => result.p50))
  report.most('clean sandbox, 1,000 wrappers, return 1 + 1: P50', p50.get('wasm'), 'ms', 0.08, spreads.get('wasm'))
  for (const name of others) if (p50.has(name)) report.note(`  ${name}`, p50.get(name), 'ms', spreads.get(name))
}
for (const [part, what, times, perSecond] of [
  ['light', 'light program, one 2 KB call', 33.5, undefined],
  ['heavy', 'heavy program, 13 calls of 2 KB, one of 150 KB, 1,000 rows', 6, 300],
]) {
  if (!wanted(part)) continue
  const results = compare(part)
  const [speed, spreads] = [medians, spreadsOf].map((of) => of(results, (result) => result.perSecond))
  const ours = speed.get('wasm')
  if (perSecond === undefined) report.note(what, ours, 'operations/s', spreads.get('wasm'))
  else report.least(what, ours, 'operations/s', perSecond, spreads.get('wasm'))
  for (const name of others)
    if (speed.has(name)) report.note(`  ${name}`, speed.get(name), 'operations/s', spreads.get(name))
  // Other work on the machine takes speed, from those with many threads most; it hardly adds to processor time.
  const cpu = medians(results, (result) => result.cpuMs)
  for (const [name, ms] of cpu) report.note(`  processor time of one: ${name}`, ms, 'ms')
  // Like for like: both get ready JSON text from their tools. As its documentation uses it, run is given objects.
  const alike = 'run, JSON text'
  if (speed.has(alike)) {
    report.least('  times as many as run where its tools answer text', ours / speed.get(alike), 'times', times)
    const objects = 'run, objects'
    report.note('  times as many as run as its documentation uses it', ours / speed.get(objects), 'times')
    const ratio = cpu.get(alike) / cpu.get('wasm')
    report.note('  times the processor time of ours that run takes there', ratio, 'times')
  }
}
if (wanted('live')) {
  report.most('resident memory of a sandbox whose program waits', measure('wasm', 'live').mb, 'MB', 2.45)
}
if (wanted('growth') && !quick) {
  const { first, last } = measure('wasm', 'growth')
  report.most('resident memory, runs 10,000-30,000 to 80,000-100,000: growth', last - first, 'MB', 20)
  report.most('  in percent', ((last - first) / first) * 100, '%', 10)
}
report.finish(Object.fromEntries(Object.entries(ENGINES).map(([name, { version }]) => [name, version()])), jsonFile())
