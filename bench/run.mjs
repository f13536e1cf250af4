// All benchmarks, one after the other, on Node 24 when it was installed here, else on the Node at hand, then their report.
//   node bench/run.mjs          at most five minutes; results and report in bench/results/quick
//   node bench/run.mjs --full   installs servers and peers first; results in bench/results, docs/performance.md made from them
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const full = process.argv.includes('--full')
const folder = path(full ? './results' : './results/quick')
mkdirSync(folder, { recursive: true })
const run = (command, args) => spawnSync(command, args, { stdio: 'inherit', cwd: path('.') }).status === 0
if (full && !existsSync(path('./node_modules/node'))) run('npm', ['ci', '--no-audit', '--no-fund'])
const node24 = path('./node_modules/node/bin/node')
const node = existsSync(node24) ? node24 : process.execPath
if (full) {
  run(node, [path('./servers/install.mjs')])
  run(node, [path('./peers/install.mjs')])
} else if (!existsSync(path('./servers/node_modules'))) run(node, [path('./servers/install.mjs'), 'tasks'])

// Engines and the compiler are measured on the oldest Node as well.
const both = [...new Set([node, process.execPath])]
const hasCompetitors = existsSync(path('./node_modules/run'))
const missed = []
const measure = (name, runtime, file = name) => {
  console.log(`\n${file}`)
  const flags = full ? ['--full'] : ['--quick']
  if (!run(runtime, ['--expose-gc', path(`./${name}.mjs`), '--json', join(folder, `${file}.json`), ...flags]))
    missed.push(file)
}
for (const name of ['catalogs', 'tasks', 'load', 'peers', 'gateway', 'search', 'cache', 'memory', 'observe', 'start'])
  measure(name, node)
for (const runtime of both) {
  const major = spawnSync(runtime, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.split('.')[0]
  measure('type-check', runtime, `type-check-node${major}`)
  measure('sandbox-backends', runtime, `sandbox-backends-node${major}`)
  if (hasCompetitors) measure('sandbox', runtime, `sandbox-node${major}`)
}
const reported = run(node, [path('./write-report.mjs'), folder, ...(full ? ['--docs'] : [])])
if (missed.length > 0) console.log(`goals missed in: ${missed.join(', ')}`)
process.exitCode = missed.length > 0 || !reported ? 1 : 0
