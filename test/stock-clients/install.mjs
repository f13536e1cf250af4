// Installs the stock clients, each from its own lock file, so that one that cannot be had leaves the others alone.
//   node test/stock-clients/install.mjs [FOLDER]
// Their binaries are large (1.6 GB in all). What stands in FOLDER with the same lock file is kept. Ends with 0 even where a
// client could not be installed: its tests are skipped with the reason that stands in FOLDER/<client>.reason.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const pins = fileURLToPath(new URL('clients', import.meta.url))
/** The lock file that was installed; npm may write into the one beside it. */
const PINNED = 'installed-from.json'
const folder = resolve(process.argv[2] ?? fileURLToPath(new URL('../../build/stock-clients', import.meta.url)))

for (const client of readdirSync(pins)) {
  const start = performance.now()
  const reason = install(client)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${client}: ${reason === undefined ? 'installed' : `not installed: ${reason}`} (${seconds} s)`)
}

/** Why a client could not be installed. */
function install(client) {
  const into = join(folder, client)
  const note = join(folder, `${client}.reason`)
  rmSync(note, { force: true })
  if (isThere(client, into)) return undefined
  rmSync(into, { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(pins, client, file), join(into, file))
  // `npm ci` refuses a lock file without the binaries of other platforms, and some registries have only ours. Without
  // install scripts: the tests start the binaries themselves, and nothing is compiled.
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
    '--loglevel=error',
  ]
  const { status, error, stderr } = spawnSync('npm', ['install', ...flags, '--prefix', into], {
    encoding: 'utf8',
    timeout: 120_000,
    shell: process.platform === 'win32',
  })
  if (status === 0) {
    copyFileSync(join(pins, client, 'package-lock.json'), join(into, PINNED))
    return undefined
  }
  rmSync(into, { recursive: true, force: true })
  const reason = error?.message ?? stderr.trim().split('\n').slice(0, 3).join(' ')
  writeFileSync(note, reason)
  return reason
}

function isThere(client, into) {
  const pinned = join(into, PINNED)
  if (!existsSync(pinned)) return false
  return readFileSync(pinned, 'utf8') === readFileSync(join(pins, client, 'package-lock.json'), 'utf8')
}
