// Installs the servers of servers.json, exactly these versions, into bench/servers/node_modules; install scripts stay off.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const servers = JSON.parse(readFileSync(new URL('servers.json', import.meta.url), 'utf8'))
const wanted = process.argv.slice(2)
const packages = servers
  .filter(({ sets }) => wanted.length === 0 || sets.some((set) => wanted.includes(set)))
  .map((server) => [server.package, server.version])
writeFileSync(
  new URL('package.json', import.meta.url),
  `${JSON.stringify({ private: true, dependencies: Object.fromEntries(packages) }, undefined, 2)}\n`,
)
const { status } = spawnSync(
  'npm',
  ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps', '--force'],
  { cwd: folder, stdio: 'inherit' },
)
process.exitCode = status ?? 1
