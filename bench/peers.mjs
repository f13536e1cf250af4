// Peers from npm beside us, in one run, on the same server and tasks; what fails is shown with its reason.
//   node bench/peers.mjs [--json FILE] [--full]; first: node bench/peers/install.mjs
import { fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadTokenizer } from '../dist/tokens/exact.js'
import { benchArguments, fingerprint, writeResults } from './lib/machine.mjs'

const { json, full } = benchArguments('peers')
const path = (name) => fileURLToPath(new URL(name, import.meta.url))
if (!existsSync(path('./peers/node_modules'))) {
  console.error('peers: left out, not installed; node bench/peers/install.mjs')
  process.exit(0)
}
const { PEERS } = await import('./peers/peers.mjs')
const machine = fingerprint()
const tokenizer = await loadTokenizer('cl100k_base')
const LIMIT_MS = 120_000
const OURS = 'mcp-optimizer (library)'
/** With the least that ours must be times as fast. */
const COMPARED = { run: 12.9, '@utcp/code-mode': 6 }
const peers = []
let expected
for (const [name, { package: from, kind }] of Object.entries(PEERS)) {
  const figures = await measure(name)
  expected ??= figures.answers
  const { context, answers: _answers, ...rest } = figures
  const contextTokens = context === undefined ? undefined : tokenizer.count(context)
  peers.push({
    name,
    package: from,
    version: versionOf(from),
    kind,
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...rest,
  })
  const list = rest.tasks?.list.loops.map(({ perSecond, p50Ms }) => `${perSecond}/s P50 ${p50Ms}`).join(', ')
  console.log(
    `${name}: ${rest.failed ?? rest.why ?? `list ${list}, right ${Object.values(rest.tasks).every(({ right }) => right)}`}`,
  )
}
// What is compared takes turns some times more: the machine is not as fast in one minute as in the next.
const rounds = [Object.fromEntries(peers.map(({ name, tasks }) => [name, listRate(tasks)]))]
for (let round = 1; round < (full ? 5 : 2); round++) {
  const rates = {}
  for (const name of [OURS, ...Object.keys(COMPARED)]) rates[name] = listRate((await measure(name, ['list'])).tasks)
  rounds.push(rates)
}
const goals = Object.entries(COMPARED).flatMap(([name, budget]) => {
  const ratios = rounds.map((rates) => rates[OURS] / rates[name]).filter((ratio) => Number.isFinite(ratio))
  if (ratios.length === 0) return []
  const [least, value, most] = [0, 0.5, 1].map((part) => rounded(quantile(ratios, part)))
  return [
    {
      what: `operations a second on the list scenario, times those of ${name}, median of ${ratios.length} turns`,
      value,
      unit: 'times',
      budget: `≥ ${budget}`,
      holds: value >= budget,
      from: least,
      to: most,
    },
  ]
})
for (const { what, value, from, to, budget, holds } of goals)
  console.log(`${what}: ${value} (${from} to ${to}), ${budget}: ${holds ? 'held' : 'MISSED'}`)
writeResults(json, machine, { provenance: 'measured', peers, goals })
process.exit(goals.some(({ holds }) => !holds) ? 1 : 0)

/** The better of its two concurrencies. */
function listRate(tasks) {
  const loops = tasks?.list.loops
  return loops && Math.max(...loops.map(({ perSecond }) => perSecond))
}

function quantile(values, part) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)]
}

function rounded(value) {
  return Math.round(value * 10) / 10
}

async function measure(name, tasks = ['light', 'list', 'heavy']) {
  const child = fork(path('./peers/measure.mjs'), [name, String(full ? 3 : 1), ...tasks], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // A group of its own: some peers leave processes behind.
    detached: true,
    env: { ...process.env, ...(expected === undefined ? {} : { EXPECTED: JSON.stringify(expected) }) },
  })
  let told
  child.on('message', (message) => (told = message))
  const timer = setTimeout(() => killGroup(child.pid), LIMIT_MS)
  await new Promise((resolve) => child.once('exit', resolve))
  clearTimeout(timer)
  killGroup(child.pid)
  return told ?? { failed: `ended without figures within ${LIMIT_MS / 1_000} s` }
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody left.
  }
}

function versionOf(name) {
  const files = [`./peers/node_modules/${name}/package.json`, `../node_modules/${name}/package.json`, '../package.json']
  const file = files
    .map(path)
    .find((candidate) => existsSync(candidate) && JSON.parse(readFileSync(candidate, 'utf8')).name === name)
  return file === undefined ? '' : JSON.parse(readFileSync(file, 'utf8')).version
}
