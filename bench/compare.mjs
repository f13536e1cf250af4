// Cost of a change on the hot path: the light, list and heavy shapes run on two built checkouts, in turn, in one process each.
//   node bench/compare.mjs BEFORE [--json FILE] [--rounds 15]     BEFORE: folder of a built checkout, such as a git worktree
// A shape that takes over 5 % more processor time (median of the pairs) than before exits with 1.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fingerprint, writeResults } from './lib/machine.mjs'

const [before] = process.argv.slice(2)
if (before === undefined || before.startsWith('--')) {
  console.error('usage: node bench/compare.mjs BEFORE [--json FILE] [--rounds N]')
  process.exit(2)
}
const option = (name) => {
  const at = process.argv.indexOf(name)
  return at > 0 ? process.argv[at + 1] : undefined
}
const rounds = Number(option('--rounds') ?? 15)
const LIMIT = 1.05
const SHAPES = [
  { kind: 'memory', shape: 'light', count: 1_500, concurrency: 16 },
  { kind: 'memory', shape: 'list', count: 500, concurrency: 16 },
  { kind: 'memory', shape: 'heavy', count: 60, concurrency: 8 },
  { kind: 'stdio', shape: 'light', count: 1_000, concurrency: 16 },
  { kind: 'stdio', shape: 'list', count: 400, concurrency: 16 },
  { kind: 'stdio', shape: 'heavy', count: 60, concurrency: 8 },
]

const machine = fingerprint()
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-compare-'))
const open = async (name, checkout) => {
  const child = fork(fileURLToPath(new URL('./lib/compare-child.mjs', import.meta.url)), [
    resolve(checkout),
    join(folder, name),
  ])
  await once(child, 'message')
  return {
    async measure(request) {
      child.send(request)
      const [answer] = await once(child, 'message')
      if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`)
      return answer
    },
    close: () => child.disconnect(),
  }
}
const quantile = (values, part) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)]
const shown = (value) => Number(value.toPrecision(4))

const sides = {
  before: await open('before', before),
  after: await open('after', fileURLToPath(new URL('..', import.meta.url))),
}
for (const shape of SHAPES)
  for (const side of Object.values(sides)) await side.measure({ ...shape, count: Math.ceil(shape.count / 2) })
const figures = []
for (const shape of SHAPES) {
  const pairs = []
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ['before', 'after'] : ['after', 'before']
    const pair = {}
    for (const name of order) pair[name] = await sides[name].measure(shape)
    pairs.push(pair)
  }
  const cpu = pairs.map((pair) => pair.after.cpuUs / pair.before.cpuUs)
  const speed = pairs.map((pair) => pair.after.perSecond / pair.before.perSecond)
  const medianOf = (read) => shown(quantile(pairs.map(read), 0.5))
  const figure = {
    what: `processor time beside before: ${shape.shape}, ${shape.kind === 'stdio' ? 'server over stdio' : 'server in memory'}`,
    value: shown(quantile(cpu, 0.5)),
    unit: 'times',
    budget: `≤ ${LIMIT}`,
    from: shown(quantile(cpu, 0.25)),
    to: shown(quantile(cpu, 0.75)),
    speed: shown(quantile(speed, 0.5)),
    beforeCpuUs: medianOf((pair) => pair.before.cpuUs),
    afterCpuUs: medianOf((pair) => pair.after.cpuUs),
    afterPerSecond: medianOf((pair) => pair.after.perSecond),
    pairs: rounds,
    holds: quantile(cpu, 0.5) <= LIMIT,
  }
  figures.push(figure)
  console.log(
    `${figure.what.padEnd(58)} ${figure.value} (${figure.from} to ${figure.to}), ` +
      `operations a second ${figure.speed}, ${figure.afterPerSecond}/s  ${figure.holds ? 'held' : 'MISSED'}`,
  )
}
for (const side of Object.values(sides)) side.close()
rmSync(folder, { recursive: true, force: true })
const json = option('--json')
if (json !== undefined) writeResults(json, machine, { provenance: 'measured', figures })
process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1
