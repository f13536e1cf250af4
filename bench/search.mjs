// Quality, size and speed of tool search on labelled sets, beside other searches in the same process; budgets that fail.
// npm run bench:search [-- --sets DIR --json FILE --only NAME --ours]
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base'
import { contenders, OURS, WITHOUT_TABLE } from './search/contenders.mjs'
import { judge, mean, quantile, round } from './search/measures.mjs'
import { catalogOf, longRequests, readSets } from './search/sets.mjs'
import { fingerprint } from './lib/machine.mjs'

const { values: options } = parseArgs({
  options: {
    sets: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    ours: { type: 'boolean', default: false },
    // Of bench/run.mjs; all is measured in any case.
    full: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
})
const data = process.env['MCP_OPTIMIZER_DATA'] ?? fileURLToPath(new URL('../../shared/data', import.meta.url))

/** Least hit@5 in percent, on the project's development sets. */
const LEAST_HIT5 = {
  'mcpzero-keywords': 99,
  'mcpzero-sentence': 86,
  'livemcp-tasks': 71,
  metatool: 82.5,
  'big-mcpzero-keywords': 97,
  'big-mcpzero-sentence': 79,
}
/** Least hits in percent, on our long requests: the need in plain words, and as people talk. */
const LEAST_LONG = {
  'long-direct': { hit1: 60, hit5: 87 },
  'long-catalogs': { hit1: 40, hit5: 66 },
  'long-mcpzero': { hit1: 40, hit5: 72 },
}
/** The same of these together; `long-fresh` has no budget, it says what requests nobody has read find. */
const LEAST_ALL_LONG = { hit1: 60, hit5: 87 }
const MOST = { p99Ms: 2, buildCpuMs: 1_000, heapMb: 20, meanTokens: 250, p95Tokens: 450 }
const PASSES = 5
/** Queries of a set that are timed. */
const TIMED = 300

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

const results = []
const broken = []
const all = await contenders()
for (const set of allSets()) {
  const whole = { ...set, ...catalogOf(set) }
  const rows = []
  for (const [name, make] of Object.entries(all)) {
    if (options.ours && name !== OURS && name !== WITHOUT_TABLE) continue
    const row = await measure(name, make, whole)
    rows.push(row)
    if (name === OURS) broken.push(...overBudget(set.name, row))
  }
  print(set, rows)
  results.push({ set: set.name, tools: set.tools.length, queries: set.queries.length, rows })
}
broken.push(...allLongOverBudget(results.filter(({ set }) => leastLong(set) !== undefined)))
for (const line of broken) console.error(`budget broken: ${line}`)
if (options.json !== undefined) {
  writeFileSync(
    options.json,
    `${JSON.stringify({ machine: machine(), budgets: { hit5: LEAST_HIT5, long: LEAST_LONG, allLong: LEAST_ALL_LONG, ...MOST }, broken, results }, null, 2)}\n`,
  )
}
process.exitCode = broken.length > 0 ? 1 : 0

/** Sets of the folder that `--sets` names, else the development sets and our long requests. */
function* allSets() {
  const { sets, only } = options
  const long = sets === undefined ? [...longRequests(data, only)] : []
  yield* long
  if (long.length === 0 || !only.startsWith('long')) yield* readSets(sets ?? join(data, 'retrieval'), only)
}

async function measure(name, make, set) {
  const before = await memory()
  const cpu = process.cpuUsage()
  const index = make(set)
  const { user, system } = process.cpuUsage(cpu)
  const heapBytes = (await memory()) - before
  const rankings = set.queries.map(({ text }) => index.find(text).slice(0, 10))
  const judged = rankings.map((ranking, at) => judge(ranking, set.queries[at]))
  const quality = Object.fromEntries(Object.keys(judged[0]).map((key) => [key, mean(judged.map((one) => one[key]))]))
  return {
    name,
    ...quality,
    ...timesOf(index, set.queries),
    ...tokensOf(index, rankings, set),
    buildCpuMs: Math.round((user + system) / 1_000),
    heapMb: round(heapBytes / 1_048_576),
  }
}

/** Live bytes, those outside the JavaScript heap among them. */
async function memory() {
  for (let round = 0; round < 3; round++) {
    // What the turn before used is garbage only when that has ended.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Each query's best of some passes, so that what else the machine does is not counted. */
function timesOf(index, all) {
  const queries = all.slice(0, TIMED)
  const times = queries.map(() => Infinity)
  for (let pass = 0; pass < PASSES; pass++) {
    for (const [at, { text }] of queries.entries()) {
      const start = performance.now()
      index.find(text)
      times[at] = Math.min(times[at], performance.now() - start)
    }
  }
  times.sort((a, b) => a - b)
  return { p50Ms: round(quantile(times, 0.5)), p99Ms: round(quantile(times, 0.99)) }
}

/** Tokens of an answer: ours as an agent gets it; of the others, five tools' definitions, as most gateways answer. */
function tokensOf(index, rankings, { queries, tools }) {
  const byId = new Map(tools.map((tool) => [tool.id, tool]))
  const definitions = (ranking) =>
    JSON.stringify(
      ranking.slice(0, 5).map((id) => {
        const { name, description, inputSchema } = byId.get(id)
        return { name, description, inputSchema }
      }),
    )
  const text = (at) => index.answer?.(queries[at].text) ?? definitions(rankings[at])
  const sizes = rankings
    .map((_, at) => countTokens(text(at), { disallowedSpecial: new Set() }))
    .toSorted((a, b) => a - b)
  return {
    meanTokens: Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length),
    p95Tokens: quantile(sizes, 0.95),
  }
}

function overBudget(set, row) {
  const least = options.sets === undefined ? LEAST_HIT5[set] : undefined
  const hit5 = row.hit5.mean * 100
  const long = options.sets === undefined ? leastLong(set) : undefined
  return [
    ...Object.entries(long ?? {}).flatMap(([key, percent]) =>
      row[key].mean * 100 < percent
        ? [`${set}: ${key} ${(row[key].mean * 100).toFixed(1)} %, at least ${percent} %`]
        : [],
    ),
    ...(least !== undefined && hit5 < least ? [`${set}: hit@5 ${hit5.toFixed(1)} %, at least ${least} %`] : []),
    ...Object.entries(MOST).flatMap(([key, most]) =>
      row[key] > most ? [`${set}: ${key} ${row[key]}, at most ${most}`] : [],
    ),
  ]
}

function leastLong(set) {
  return LEAST_LONG[set.replace(/-(?:tuned|held-out)$/, '')]
}

/** All long requests with budgets together, where every set of them was measured. */
function allLongOverBudget(sets) {
  const count = sets.reduce((sum, { queries }) => sum + queries, 0)
  if (options.sets !== undefined || sets.length < 2 * Object.keys(LEAST_LONG).length) return []
  return Object.entries(LEAST_ALL_LONG).flatMap(([key, least]) => {
    const hits = sets.reduce((sum, { queries, rows }) => {
      return sum + queries * rows.find(({ name }) => name === OURS)[key].mean
    }, 0)
    const percent = (hits / count) * 100
    console.log(`all ${count} long requests: ${key} ${percent.toFixed(1)} %`)
    return percent < least ? [`all long requests: ${key} ${percent.toFixed(1)} %, at least ${least} %`] : []
  })
}

function print({ name, tools, queries }, rows) {
  console.log(`\n${name}: ${tools.length} tools, ${queries.length} queries`)
  const percent = ({ mean: value, low, high }) =>
    `${(value * 100).toFixed(1)} [${Math.round(low * 100)}-${Math.round(high * 100)}]`
  console.table(
    Object.fromEntries(
      rows.map(({ name: who, hit1, hit3, hit5, hit10, mrr, ndcg10, ...rest }) => [
        who,
        {
          'hit@1': percent(hit1),
          'hit@3': percent(hit3),
          'hit@5': percent(hit5),
          'hit@10': percent(hit10),
          MRR: mrr.mean.toFixed(3),
          'nDCG@10': ndcg10.mean.toFixed(3),
          'tokens (P95)': `${rest.meanTokens} (${rest.p95Tokens})`,
          'ms P50/P99': `${rest.p50Ms.toFixed(3)}/${rest.p99Ms.toFixed(2)}`,
          'build ms': rest.buildCpuMs,
          MB: rest.heapMb.toFixed(1),
        },
      ]),
    ),
  )
}

function machine() {
  const require = createRequire(import.meta.url)
  const version = (name) =>
    JSON.parse(
      readFileSync(join(fileURLToPath(new URL('./node_modules/', import.meta.url)), name, 'package.json'), 'utf8'),
    ).version
  return {
    ...fingerprint(),
    versions: {
      [OURS]: require('../package.json').version,
      ...Object.fromEntries(['minisearch', 'lunr', '@orama/orama'].map((name) => [name, version(name)])),
    },
  }
}
