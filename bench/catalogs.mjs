// What definitions cost: live sets of servers and frozen catalogs, counted exactly, beside the surfaces of all modes.
//   node bench/catalogs.mjs [--json FILE]
import { createSurface } from '../dist/index.js'
import { loadTokenCounter } from '../dist/tokens/figure.js'
import { groupBy } from './lib/group-by.mjs'
import { benchArguments, fingerprint, writeResults } from './lib/machine.mjs'
import { definitions, frozenCatalogs, readCatalogs, serversOf, SETS } from './lib/catalogs.mjs'

const { json } = benchArguments('catalogs')
const machine = fingerprint()
const count = await loadTokenCounter()
const MODES = ['code_execution', 'lazy_loading', 'server_side']

const catalogs = []
for (const set of SETS) {
  const servers = await readCatalogs(set)
  const all = serversOf(set).length
  // Part of a set is another catalog, with no goal of its own.
  add(servers.length === all ? set : `${set}, ${servers.length} of ${all} servers`, servers)
}
const frozen = frozenCatalogs()
if (frozen.length > 0) {
  const all = frozen.flatMap(({ name, tools }) => tools.map((tool) => ({ server: name, tool })))
  add(`frozen: all ${all.length} tools of ${frozen.length} servers`, frozen)
  add('frozen: the 150 heaviest tools', heaviest(all, 150))
}
const goals = [
  goal('developer', 99.3),
  goal('operations', 99.85),
  goal('frozen: the 150 heaviest tools', 99.94),
  ...catalogs.filter(({ name }) => name.startsWith('frozen: all')).map(({ name }) => goal(name, 99.98)),
].filter((one) => one !== undefined)
for (const { what, value, budget, holds } of goals)
  console.log(`${what}: ${value} %, ${budget}: ${holds ? 'held' : 'MISSED'}`)
writeResults(json, machine, { provenance: 'measured', catalogs, goals })
process.exit(goals.some(({ holds }) => !holds) ? 1 : 0)

function add(name, servers) {
  if (servers.length === 0) return
  const tools = servers.flatMap((server) => server.tools)
  const tokens = tokensOf(JSON.stringify(definitions(tools)), name)
  const surfaces = Object.fromEntries(
    MODES.flatMap((mode) =>
      surfacesOf(
        mode,
        servers.map((server) => server.name),
        name,
      ),
    ),
  )
  const sources = [...new Set(servers.map(({ source }) => source))].join(' and ')
  catalogs.push({
    name,
    source: sources,
    servers: servers.map((server) => ({
      name: server.name,
      package: server.package,
      version: server.version,
      source: server.source,
      tools: server.tools.length,
      tokens: tokensOf(JSON.stringify(definitions(server.tools)), server.name).cl100k_base,
      ...(server.startMs === undefined ? {} : { startMs: server.startMs }),
    })),
    tools: tools.length,
    tokens,
    surfaces,
  })
  const ours = surfaces.code_execution.cl100k_base
  console.log(
    `${name}: ${tools.length} tools of ${servers.length} servers (${sources}), ${tokens.cl100k_base} tokens; surface ${ours}, ${percent(ours, tokens.cl100k_base)} % fewer`,
  )
}

function surfacesOf(mode, servers, name) {
  const compact = mode === 'code_execution' ? [['code_execution_compact', true]] : []
  return [[mode, false], ...compact].map(([label, isCompact]) => {
    const surface = createSurface({ servers, compact: isCompact, programs: true, version: '0', mode })
    return [label, tokensOf(JSON.stringify(definitions(surface.tools)) + surface.instructions, name)]
  })
}

/** The heaviest tools, each counted alone; servers stay apart for the surface. */
function heaviest(all, most) {
  const weighed = all
    .map((one) => ({ ...one, tokens: count(JSON.stringify(definitions([one.tool])), '').cl100k_base.tokens }))
    .toSorted((a, b) => b.tokens - a.tokens)
    .slice(0, most)
  return [...groupBy(weighed, ({ server }) => server)].map(([name, list]) => ({
    name,
    package: name.replace('__', '/'),
    version: 'frozen',
    source: 'frozen',
    tools: list.map(({ tool }) => tool),
  }))
}

function tokensOf(text, catalog) {
  return Object.fromEntries(Object.entries(count(text, catalog)).map(([name, figure]) => [name, figure.tokens]))
}

function goal(name, least) {
  const catalog = catalogs.find((one) => one.name === name)
  if (catalog === undefined) return undefined
  const value = percent(catalog.surfaces.code_execution.cl100k_base, catalog.tokens.cl100k_base)
  return { what: `fewer tokens of definitions, ${name}`, value, unit: '%', budget: `≥ ${least}`, holds: value >= least }
}

function percent(ours, all) {
  return Math.round((1 - ours / all) * 1e5) / 1e3
}
