// All benchmarks, one after the other, on Node 24 when `npm ci` was run here, else on the Node at hand; results kept as JSON.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const node24 = path('./node_modules/node/bin/node')
const node = existsSync(node24) ? node24 : process.execPath
mkdirSync(path('./results'), { recursive: true })
let failed = false
for (const name of ['gateway', 'observe']) {
  const { status } = spawnSync(
    node,
    [path(`./${name}.mjs`), '--json', path(`./results/${name}.json`), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  )
  failed ||= status !== 0
}
process.exitCode = failed ? 1 : 0
