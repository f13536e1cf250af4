// How long people and clients wait for a fresh process, beside bare Node in the same pairs: the version, the help, and the
// list of tools over stdio with 30 remembered servers. A missed budget exits with 1.
//   node bench/start.mjs [--json FILE] [--quick]
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fingerprint, writeResults } from './lib/machine.mjs'

const PAIRS = process.argv.includes('--quick') ? 7 : 31
const SERVERS = 30
const jsonAt = process.argv.indexOf('--json')
const machine = fingerprint()
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-start-'))
const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder }
const figures = []
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

function note(what, value, unit, most) {
  const holds = most === undefined || value <= most
  figures.push({
    what,
    value: Number(value.toPrecision(3)),
    unit,
    ...(most === undefined ? {} : { budget: `≤ ${most}`, holds }),
  })
  const verdict = most === undefined ? '' : `  budget ${most}: ${holds ? 'held' : 'MISSED'}`
  console.log(`${what.padEnd(60)} ${value.toPrecision(3).padStart(6)} ${unit}${verdict}`)
}

/** Milliseconds of a whole process. */
function whole(args) {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  return performance.now() - start
}

/** Milliseconds from the start of the process to the answer to tools/list. */
async function listed() {
  const start = performance.now()
  const child = spawn(process.execPath, [cli, 'serve'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.write(MESSAGES)
  let text = ''
  await new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part
      if (text.includes('"id":2')) resolve()
    })
  })
  const ms = performance.now() - start
  child.stdin.end()
  await new Promise((resolve) => child.once('exit', resolve))
  return ms
}

const clientInfo = { name: 'bench', version: '1' }
const MESSAGES = [
  { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } },
  { method: 'notifications/initialized' },
  { id: 2, method: 'tools/list' },
]
  .map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  .join('')

/** A server with ten tools, whose list is remembered after the first run. */
const SERVER = `
const tools = Array.from({ length: 10 }, (_, n) => ({ name: 'tool_' + n, description: 'Does the thing number ' + n, inputSchema: { type: 'object', properties: { id: { type: 'string' } } } }))
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  const result = method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'b', version: '1' } } : { tools }
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
})`

try {
  writeFileSync(join(folder, 'server.cjs'), SERVER)
  const servers = Array.from({ length: SERVERS }, (_, n) => [
    `server${n}`,
    { command: process.execPath, args: [join(folder, 'server.cjs'), String(n)] },
  ])
  writeFileSync(join(folder, 'own.json'), JSON.stringify({ servers: Object.fromEntries(servers), cacheDir: './cache' }))
  env.MCP_OPTIMIZER_CONFIG = join(folder, 'own.json')
  const { stdout } = spawnSync(process.execPath, [cli, 'intents', '--tools', '--json'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  const known = JSON.parse(stdout).filter(({ origin }) => origin.startsWith('server')).length
  if (known !== SERVERS * 10) throw new Error(`${known} tools are remembered, wanted ${SERVERS * 10}`)
  const runs = { version: () => whole([cli, '--version']), help: () => whole([cli, 'help']), list: listed }
  const ms = { node: [], version: [], help: [], list: [] }
  const ratios = { version: [], help: [], list: [] }
  for (let pair = 0; pair < PAIRS; pair++)
    for (const [name, run] of Object.entries(runs)) {
      const bare = whole(['-e', '0'])
      const ours = await run()
      ms.node.push(bare)
      ms[name].push(ours)
      ratios[name].push(ours / bare)
    }
  note('node -e 0', median(ms.node), 'ms')
  note('mcp-optimizer --version', median(ms.version), 'ms')
  note('mcp-optimizer --version, times node -e 0', median(ratios.version), '×', 1.5)
  note('mcp-optimizer help', median(ms.help), 'ms')
  note('mcp-optimizer help, times node -e 0', median(ratios.help), '×')
  note(`start to the answer to tools/list, ${SERVERS} remembered servers`, median(ms.list), 'ms')
  note('start to the answer to tools/list, times node -e 0', median(ratios.list), '×', 3)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (jsonAt !== -1) writeResults(process.argv[jsonAt + 1], machine, { figures })
process.exitCode = figures.every(({ holds = true }) => holds) ? 0 : 1
