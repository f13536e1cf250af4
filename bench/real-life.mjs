// Inputs from real life (test/real-life), counted: how many are right, which are worse than they could be, which are wrong.
//   node bench/real-life.mjs [--json FILE]
// A wrong one, or one that is worse than it could be, ends the command with 1.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchArguments, fingerprint, writeResults } from './lib/machine.mjs'

const MAX_WORSE = 0
const WORSE = /^(.*) \[worse than it could be: (.*)\]$/s
const { json } = benchArguments('real-life')
const machine = fingerprint()
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-real-life-'))
const output = join(folder, 'tests.json')
spawnSync('npx', ['vitest', 'run', 'test/real-life', '--reporter=json', '--outputFile', output], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: ['ignore', 'ignore', 'inherit'],
})
const { testResults } = JSON.parse(readFileSync(output, 'utf8'))
rmSync(folder, { recursive: true })

const kinds = []
const worse = []
const faults = []
for (const { name, assertionResults, message } of testResults.toSorted((a, b) => a.name.localeCompare(b.name))) {
  const kind = basename(name, '.test.ts')
  const tried = assertionResults.filter(({ status }) => status === 'passed' || status === 'failed')
  const wrong = tried.filter(({ status }) => status === 'failed')
  const marked = tried.flatMap(({ fullName, status }) => (status === 'passed' ? (WORSE.exec(fullName) ?? []) : []))
  for (let at = 0; at < marked.length; at += 3) worse.push({ kind, input: marked[at + 1], reason: marked[at + 2] })
  faults.push(...wrong.map(({ fullName }) => ({ kind, input: fullName })))
  if (assertionResults.length === 0) faults.push({ kind, input: message })
  kinds.push({ kind, tried: tried.length, right: tried.length - wrong.length, worse: marked.length / 3 })
  console.log(
    `${kind.padEnd(24)} ${tried.length} tried, ${wrong.length} wrong, ${marked.length / 3} worse than they could be`,
  )
}
const tried = kinds.reduce((sum, kind) => sum + kind.tried, 0)
console.log(`${tried} tried, ${faults.length} wrong, ${worse.length} worse than they could be`)
for (const { kind, input } of faults) console.log(`wrong: ${kind}: ${input}`)
for (const { kind, input, reason } of worse) console.log(`worse: ${kind}: ${input}: ${reason}`)
const figure = (what, value, most) => ({ what, value, unit: 'inputs', budget: `≤ ${most}`, holds: value <= most })
const figures = [
  { what: 'tried', value: tried, unit: 'inputs' },
  figure('wrong', faults.length, 0),
  figure('right, but worse than they could be', worse.length, MAX_WORSE),
]
writeResults(json, machine, { provenance: 'measured', figures, kinds, faults, worse })
process.exitCode = figures.every(({ holds = true }) => holds) ? 0 : 1
