// What is remembered between calls: idle sessions in memory, the cost of state, of learning types, of writing tables and
// of counting tokens exactly, and what tables save. Budgets are checked; a missed one exits with 1.
//   node bench/memory.mjs [--json FILE]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base'
import { createOutputTypes } from '../dist/catalog/output-types.js'
import { createCatalog } from '../dist/catalog/snapshot.js'
import { createValidator } from '../dist/catalog/validate.js'
import { compact } from '../dist/context/compact.js'
import { createSessions } from '../dist/context/sessions.js'
import { createDiskStore } from '../dist/context/store/disk.js'
import { createMemoryStore } from '../dist/context/store/memory.js'
import { createMemoryUpstream, createOptimizer, defineConfig } from '../dist/index.js'
import { estimateTokenizer } from '../dist/tokens/estimate.js'
import { createReport, jsonFile } from './report.mjs'

const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-bench-'))
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const report = createReport()
const { note, most, least } = report
const residentMb = () => {
  collect()
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1_024
}
const p50 = async (count, work) => {
  const times = new Float64Array(count)
  for (let at = 0; at < count; at++) {
    const start = performance.now()
    await work(at)
    times[at] = performance.now() - start
  }
  return times.sort()[Math.floor(count / 2)]
}

/** 10,000 agents that each ran a program which kept something, and then fell silent. */
async function idleSessions() {
  const sessions = 10_000
  for (const [what, chars, disk] of [
    ['1 KB of state', 1_000, false],
    ['8 KB of state', 8_000, false],
    ['100 KB of state, which is on disk', 100_000, true],
  ]) {
    const count = disk ? 1_000 : sessions
    const optimizer = createOptimizer(
      defineConfig({
        cacheDir: join(folder, `sessions-${chars}`),
        features: { enableCaching: disk },
        results: { maxMemoryBytes: 200 * 1024 * 1024 },
      }),
      { upstreams: [createMemoryUpstream('bench', [])] },
    )
    const run = async (at) => {
      const code = 'await state.set("notes", params + "x".repeat(CHARS))'.replace('CHARS', String(chars))
      const { status } = await optimizer.execute({ code, params: `agent ${at} ` }, { principal: `agent ${at}` })
      if (status !== 'ok') throw new Error('a program failed')
    }
    for (let at = 0; at < 1_000; at++) await run(-1 - at)
    const before = residentMb()
    for (let at = 0; at < count; at++) await run(at)
    // Memory that is given back meanwhile may make it less than nothing. Twice what they keep in memory is the bound.
    const budget = disk ? 1.84 : (2 * count * chars) / 1e6
    most(`${count} idle sessions, each with ${what}: growth of memory`, residentMb() - before, 'MB', budget)
    await optimizer[Symbol.asyncDispose]()
  }
}

async function state() {
  const value = JSON.stringify({ cursor: 'abc', seen: Array.from({ length: 50 }, (_, n) => `item ${n}`) })
  for (const [name, store] of [
    ['memory', createMemoryStore()],
    ['disk', createDiskStore({ folder: join(folder, 'state') })],
  ]) {
    const sessions = createSessions({ store })
    const handle = await sessions.open('ann')
    const session = await sessions.state('ann', handle)
    note(`state.set of 0.7 KB, ${name}: P50`, await p50(2_000, async () => await session.set('a', value)), 'ms')
    note(`state.get of 0.7 KB, ${name}: P50`, await p50(2_000, async () => await session.get('a')), 'ms')
  }
  const sessions = createSessions({ store: createMemoryStore() })
  const handle = await sessions.open('ann')
  note('check of a handle: P50', await p50(5_000, async () => await sessions.state('ann', handle)), 'ms')
}

const issue = (n) => ({
  id: n,
  number: 4_000 + n,
  title: `Cannot read property of undefined in view ${n}, after the upgrade`,
  state: n % 4 === 0 ? 'closed' : 'open',
  author: `user${n % 17}`,
  comments: n % 9,
  created_at: `2026-10-${String((n % 28) + 1).padStart(2, '0')}T10:15:00Z`,
  url: `https://github.com/octo/hello-world/issues/${4_000 + n}`,
  milestone: null,
})
/** Where more than the usual part is saved: 1.25 times less than was measured. */
const LEAST_SAVED = { '40 files': 41.5, '60 rows of a query': 30.2, '30 pods': 35.5 }

const TABLES = {
  '50 issues': Array.from({ length: 50 }, (_, n) => issue(n)),
  '50 issues with labels and author as records': Array.from({ length: 50 }, (_, n) => ({
    ...issue(n),
    labels: [{ name: 'bug', color: 'd73a4a' }],
    author: { login: `user${n % 17}`, id: n },
  })),
  '40 files': Array.from({ length: 40 }, (_, n) => ({
    name: `component-${n}.tsx`,
    type: n % 7 === 0 ? 'directory' : 'file',
    size: 1_200 + n * 37,
    modified: '2026-11-02',
  })),
  '60 rows of a query': Array.from({ length: 60 }, (_, n) => ({
    customer_id: 10_000 + n,
    country: ['DE', 'FR', 'US'][n % 3],
    orders: n,
    revenue: n * 19.99,
    active: n % 2 === 0,
  })),
  '30 pods': Array.from({ length: 30 }, (_, n) => ({
    namespace: 'production',
    name: `web-7d9f8b6c5-${n}abcd`,
    ready: '1/1',
    status: 'Running',
    restarts: n % 3,
    node: `node-${n % 5}`,
    age: `${n}d`,
  })),
  'batch of 4 answers': Array.from({ length: 4 }, () => ({
    status: 'ok',
    data: Array.from({ length: 15 }, (_, n) => issue(n)),
  })),
}

/** Where a table is written, the saving is counted exactly, with the line that says how to read it. */
async function tables() {
  for (const [what, value] of Object.entries(TABLES)) {
    const json = countTokens(JSON.stringify(value))
    const written = await compact(value, estimateTokenizer)
    if (written === undefined) {
      note(`${what}: stays JSON; tokens`, json, 'tokens')
      continue
    }
    const saved = (1 - (countTokens(written.text) + 35) / json) * 100
    least(`${what}: ${json} tokens of JSON, saved as a table (cl100k_base)`, saved, '%', LEAST_SAVED[what] ?? 15)
  }
  const [issues] = Object.values(TABLES)
  most(
    'to write a table of 50 issues and read it back: P50',
    await p50(300, async () => await compact(issues, estimateTokenizer)),
    'ms',
    1.4,
  )
  note(
    'to see that an answer has no list of records: P50',
    await p50(5_000, async () => await compact({ sum: 3, text: 'x' }, estimateTokenizer)),
    'ms',
  )
}

async function learning() {
  const catalog = createCatalog({
    servers: [{ name: 's', state: 'ready', tools: [{ name: 't', inputSchema: { type: 'object' } }] }],
    intents: [],
  })
  const tool = catalog.tools.get('s.t')
  const create = (later) => createOutputTypes({ files: undefined, validator: createValidator(), later })
  const value = { issues: Array.from({ length: 30 }, (_, n) => issue(n)), total: 30 }
  const now = create((work) => work())
  note('to look at a result of 30 records: P50', await p50(20, () => now.note(tool, value)), 'ms')
  const calls = 20_000
  const outputs = create((work) => work())
  const start = performance.now()
  for (let call = 0; call < calls; call++) outputs.note(tool, value)
  most('learning from 20,000 results of 30 records: mean of a call', (performance.now() - start) / calls, 'ms', 0.0014)
  const text = `# Report\n\n| a | b | c |\n|---|---|---|\n${'| one | two | three |\n'.repeat(200)}`
  note(
    'to look at a Markdown table of 200 rows: P50',
    await p50(20, () => create((work) => work()).note(tool, text)),
    'ms',
  )
}

/** The same operations with tokens estimated and exactly counted. */
async function exactTokens() {
  for (const count of [5, 50]) {
    const rows = Array.from({ length: count }, (_, n) => issue(n))
    const size = `${(JSON.stringify(rows).length / 1_000).toFixed(0)} KB`
    for (const exact of [false, true]) {
      const before = residentMb()
      const optimizer = createOptimizer(
        defineConfig({
          cacheDir: join(folder, 'exact'),
          features: { exactTokens: exact, maxTokensPerRequest: 100_000 },
        }),
        { upstreams: [createMemoryUpstream('bench', [{ name: 'list', run: () => ({ rows }) }])] },
      )
      await optimizer.ready()
      const run = async () => (await optimizer.executeIntent({ intent: 'bench.list' })).metadata.tokenizer
      const wanted = exact ? 'cl100k_base' : 'estimate'
      while ((await run()) !== wanted) await new Promise((resolve) => setTimeout(resolve, 10))
      const how = `answers of ${size}, tokens ${exact ? 'exactly counted' : 'estimated'}`
      note(`${how}: P50`, await p50(3_000, run), 'ms')
      const start = performance.now()
      const operations = 6_000
      let others = 0
      const lane = async () => {
        for (let at = 0; at < operations / 16; at++) if ((await run()) !== wanted) others++
      }
      await Promise.all(Array.from({ length: 16 }, lane))
      note(`${how}: 16 at a time`, operations / ((performance.now() - start) / 1_000), '/s')
      if (exact) note(`${how}: of these estimated after all`, (100 * others) / operations, '%')
      if (exact && count === 5) note('memory of the exact counter', residentMb() - before, 'MB')
      await optimizer[Symbol.asyncDispose]()
    }
  }
}

try {
  await tables()
  await learning()
  await exactTokens()
  await state()
  if (process.platform === 'linux') await idleSessions()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
report.finish({}, jsonFile())
process.exit()
