// Real catalogs: answers of tools/list of servers that were started here, or of the frozen data set.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const folder = fileURLToPath(new URL('../servers/', import.meta.url))
const node24 = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))

/** Runs the servers of others: Node 24 when it was installed, because some want it. */
export const serverNode = existsSync(node24) ? node24 : process.execPath

export const dataFolder =
  process.env.MCP_OPTIMIZER_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

/** The servers of servers.json: `{name, package, version, sets, args?, env?}`. */
export const SERVERS = JSON.parse(readFileSync(join(folder, 'servers.json'), 'utf8'))

export const SETS = ['developer', 'operations', 'everything']

/** Servers of a set; `everything` has all. */
export function serversOf(set) {
  return SERVERS.filter(({ sets }) => set === 'everything' || sets.includes(set))
}

/** True when the bench's servers were installed (`node bench/servers/install.mjs`). */
export function serversInstalled() {
  return existsSync(join(folder, 'node_modules'))
}

/** How to start an installed server; undefined when it is not installed. */
export function serverCommand(server) {
  const root = join(folder, 'node_modules', server.package)
  if (!existsSync(root)) return undefined
  const { bin, main } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const file = typeof bin === 'string' ? bin : (bin?.[basename(server.package)] ?? Object.values(bin ?? {})[0] ?? main)
  const home = mkdtempSync(join(tmpdir(), 'mcp-optimizer-bench-home-'))
  const args = (server.args ?? []).map((arg) => (arg === 'DIR' ? home : arg))
  return {
    command: serverNode,
    args: [join(root, file), ...args],
    env: { PATH: process.env.PATH, HOME: home, ...server.env },
  }
}

/**
 * Definitions of the sets' servers: `{name, package, version, source, tools, startMs}`. Started here when installed (and
 * kept for later runs), else from the frozen data; a server of which neither has anything is left out with a line.
 */
export async function readCatalogs(set, { log = console.error } = {}) {
  const catalogs = []
  for (const server of serversOf(set)) {
    const catalog = kept(server) ?? (await started(server, log)) ?? frozen(server)
    if (catalog === undefined) log(`  ${server.name}: left out, neither installed here nor in the frozen data`)
    else catalogs.push(catalog)
  }
  return catalogs
}

/** All catalogs of the frozen data set, or an empty list with a line where it is absent. */
export function frozenCatalogs(log = console.error) {
  const path = join(dataFolder, 'catalogs')
  if (!existsSync(path)) {
    log(`  no frozen catalogs at ${path}: set MCP_OPTIMIZER_DATA`)
    return []
  }
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const { package: from, version, tools } = JSON.parse(readFileSync(join(path, name), 'utf8'))
      return { name: name.replace(/\.json$/, ''), package: from, version, source: 'frozen', tools }
    })
}

/** What a client hands its model of each tool. */
export function definitions(tools) {
  return tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
}

function frozen(server) {
  const found = frozenCatalogs(() => undefined).find((catalog) => catalog.package === server.package)
  return found && { ...found, name: server.name }
}

const keptFile = (server) => join(folder, 'catalogs', `${server.name}-${server.version}.json`)

function kept(server) {
  return existsSync(keptFile(server)) ? JSON.parse(readFileSync(keptFile(server), 'utf8')) : undefined
}

async function started(server, log) {
  const command = serverCommand(server)
  if (command === undefined) return undefined
  const client = new Client({ name: 'bench', version: '1' })
  const start = performance.now()
  try {
    await client.connect(new StdioClientTransport({ ...command, cwd: command.env.HOME, stderr: 'ignore' }), {
      timeout: 60_000,
    })
    const { tools } = await client.listTools(undefined, { timeout: 60_000 })
    const startMs = Math.round(performance.now() - start)
    const catalog = {
      name: server.name,
      package: server.package,
      version: server.version,
      source: 'live',
      startMs,
      tools,
    }
    mkdirSync(join(folder, 'catalogs'), { recursive: true })
    writeFileSync(keptFile(server), JSON.stringify(catalog))
    return catalog
  } catch (thrown) {
    log(`  ${server.name} ${server.version}: did not answer: ${String(thrown.message).slice(0, 120)}`)
    return undefined
  } finally {
    await client.close().catch(() => undefined)
  }
}
