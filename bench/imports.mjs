// Cost of importing the package, beside a bare import of node:http in the same pairs: whole fresh processes, by the
// clock. A missed budget exits with 1.
//   node bench/imports.mjs [--json FILE] [--quick]
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fingerprint, writeResults } from './lib/machine.mjs'

const TURNS = process.argv.includes('--quick') ? 7 : 31
const jsonAt = process.argv.indexOf('--json')
const machine = fingerprint()
const root = fileURLToPath(new URL('..', import.meta.url))
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** Doors that are imported, and how many times the bare import it may cost. */
const DOORS = {
  sandbox: ["import 'mcp-optimizer/sandbox'", 2],
  root: ["import 'mcp-optimizer'", 3],
  config: ["import 'mcp-optimizer/config'"],
  server: ["import 'mcp-optimizer/server'"],

  gateway: [
    "import { createOptimizer, defineConfig } from 'mcp-optimizer'; await createOptimizer(defineConfig()).ready()",
  ],
}

/** Milliseconds of a whole process. */
function cost(source) {
  const start = performance.now()
  const code = `${source}; process.exit()`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`${source}: ${run.stderr}`)
  return performance.now() - start
}

const figures = []
function note(what, value, unit, most) {
  const holds = most === undefined || value <= most
  const budget = most === undefined ? {} : { budget: `≤ ${most}`, holds }
  figures.push({ what, value: Number(value.toPrecision(3)), unit, ...budget })
  const verdict = most === undefined ? '' : `  budget ${most}: ${holds ? 'held' : 'MISSED'}`
  console.log(`${what.padEnd(60)} ${value.toPrecision(3).padStart(6)} ${unit}${verdict}`)
}

const bare = []
const ours = Object.fromEntries(Object.keys(DOORS).map((name) => [name, { ms: [], ratios: [] }]))
for (let turn = 0; turn < TURNS; turn++)
  for (const [name, [source]] of Object.entries(DOORS)) {
    const floor = cost("import 'node:http'")
    const ms = cost(source)
    bare.push(floor)
    ours[name].ms.push(ms)
    ours[name].ratios.push(ms / floor)
  }
note("import 'node:http'", median(bare), 'ms')
for (const [name, [source, most]] of Object.entries(DOORS)) {
  note(source.slice(0, 58), median(ours[name].ms), 'ms')
  note(`${name}: times the bare import, median of the pairs`, median(ours[name].ratios), '×', most)
}
if (jsonAt !== -1) writeResults(process.argv[jsonAt + 1], machine, { figures })
process.exitCode = figures.some(({ holds }) => holds === false) ? 1 : 0
