// All benchmarks, one after the other: the gateway on Node 24 when `npm ci` was run here, else on the Node at hand; the
// sandbox and the type check on both. Results are kept as JSON.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const node24 = path('./node_modules/node/bin/node')
const latest = existsSync(node24) ? node24 : process.execPath
const both = [...new Set([process.execPath, latest])]
mkdirSync(path('./results'), { recursive: true })
let failed = false
for (const [name, nodes] of [
  ['gateway', [latest]],
  ['sandbox', both],
  ['type-check', both],
]) {
  for (const node of nodes) {
    const [major] = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.split('.')
    const file = nodes === both ? `${name}-node${major}` : name
    const { status } = spawnSync(
      node,
      [path(`./${name}.mjs`), '--json', path(`./results/${file}.json`), ...process.argv.slice(2)],
      { stdio: 'inherit' },
    )
    failed ||= status !== 0
  }
}
process.exitCode = failed ? 1 : 0
