// Stock clients before `setup`, after it and after its undo: characters that they send to their models.
//   node bench/stock-clients.mjs [--json FILE] [FOLDER]
// Installs the clients into FOLDER (default build/stock-clients, 1.6 GB), tests them against stand-ins for their models and
// keeps what was measured. A client that cannot be installed is left out, with its reason. A missed goal ends the command
// with 1.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchArguments, fingerprint, writeResults } from './lib/machine.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { json } = benchArguments('stock-clients')
const given = process.argv.slice(2).findLast((word, at, all) => !word.startsWith('--') && all[at - 1] !== '--json')
const folder = resolve(given ?? join(root, 'build', 'stock-clients'))
const machine = fingerprint()
const work = mkdtempSync(join(tmpdir(), 'mcp-optimizer-stock-result-'))
const measured = join(work, 'rows.json')

run(process.execPath, [join(root, 'test', 'stock-clients', 'install.mjs'), folder])
const status = run('npx', ['vitest', 'run', 'test/stock-clients'], {
  MCP_STOCK_CLIENTS: folder,
  MCP_STOCK_CLIENTS_RESULT: measured,
})
const rows = existsSync(measured) ? JSON.parse(readFileSync(measured, 'utf8')) : []
rmSync(work, { recursive: true })
const figures = rows.flatMap(figuresOf)
writeResults(json, machine, { provenance: 'measured', figures, clients: rows })
process.exitCode = status === 0 && figures.every(({ holds = true }) => holds) ? 0 : 1

function figuresOf({ client, version, before, after, fewerPercent, sameAfterUndo }) {
  const name = `${client} ${version}`
  const fewer = { what: `${name}: fewer characters of definitions after setup`, value: fewerPercent, unit: '%' }
  const request = {
    what: `${name}: whole request after setup, before ${before.request}`,
    value: after.request,
    unit: 'characters',
  }
  const undone = {
    what: `${name}: requests that differ after undo`,
    value: sameAfterUndo ? 0 : 1,
    unit: 'requests',
    budget: '≤ 0',
    holds: sameAfterUndo,
  }
  return fewerPercent === undefined
    ? [request, undone]
    : [{ ...fewer, budget: `≥ ${leastOf(client)}`, holds: fewerPercent >= leastOf(client) }, request, undone]
}

/** Percent fewer: what is left may grow by a quarter. Gemini CLI writes longer definitions. */
function leastOf(client) {
  return client.startsWith('Gemini') ? 96.5 : 97.6
}

function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' }).status
}
