// Installs the peers of package.json into bench/peers/node_modules, on the Node of the benchmarks: some want 24.
import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps'], {
  cwd: path('.'),
  env: { ...process.env, PATH: `${path('../node_modules/node/bin')}${delimiter}${process.env.PATH}` },
  stdio: 'inherit',
})
process.exitCode = status ?? 1
