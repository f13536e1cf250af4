// Labelled sets of tool searches, as `../shared/data/README.md` describes them, and the catalog of one.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createCatalog } from '../../dist/catalog/snapshot.js'

/** Each set of the folder in turn, so that only one is in memory. */
export function* readSets(folder, only) {
  if (!existsSync(folder)) throw new Error(`no folder of labelled sets at ${folder}: set MCP_OPTIMIZER_DATA or --sets`)
  const files = readdirSync(folder).filter((file) => /\.json(\.gz)?$/.test(file) && file.includes(only))
  if (files.length === 0) throw new Error(`no labelled set *.json or *.json.gz in ${folder}`)
  for (const file of files.toSorted()) {
    const bytes = readFileSync(join(folder, file))
    const { name, tools, queries } = JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString())
    yield { name, file, tools, queries }
  }
}

/**
 * Long requests of our own over real tools: `long-direct` says the need in plain words after its story, `long-catalogs` and
 * `long-mcpzero` tell it as people talk. Halves: `tuned`, and `held-out`, whose misses were read too on 2026-11-30, when
 * labels were completed and idioms and word groups added: no half is unseen since. The held-out half of `long-fresh` was
 * written and measured after the last change to the search.
 */
export function* longRequests(data, only) {
  const { servers, sets } = JSON.parse(readFileSync(new URL('long-requests.json', import.meta.url), 'utf8'))
  for (const { name, tools, queries } of sets) {
    if (!name.includes(only)) continue
    const pool =
      tools === 'catalogs'
        ? Object.entries(servers).flatMap(([server, file]) => toolsOf(server, join(data, 'catalogs', `${file}.json`)))
        : JSON.parse(gunzipSync(readFileSync(join(data, 'retrieval', `${tools}.json.gz`))).toString()).tools
    for (const half of ['tuned', 'held-out']) {
      const asked = queries.filter((query) => query.half === half)
      yield {
        name: `${name}-${half}`,
        tools: pool,
        queries: asked.map((query) => ({ ...query, relevant: query.groups.flat() })),
      }
    }
  }
}

function toolsOf(server, file) {
  const { tools } = JSON.parse(readFileSync(file, 'utf8'))
  return tools.map((tool) => ({ ...tool, id: `${server}::${tool.name}`, server, description: tool.description ?? '' }))
}

/** The set's tools as a catalog, and the set's own id of each of its tools. */
export function catalogOf({ tools }) {
  const servers = new Map()
  for (const tool of tools) servers.set(tool.server, [...(servers.get(tool.server) ?? []), tool])
  const catalog = createCatalog({
    servers: [...servers].map(([name, listed]) => ({
      name,
      state: 'ready',
      description: listed[0].serverDescription ?? '',
      tools: listed.map(({ name: tool, description, inputSchema = {} }) => ({ name: tool, description, inputSchema })),
    })),
    intents: [],
  })
  const given = new Map(tools.map(({ id, server, name }) => [`${server}\n${name}`, id]))
  const ids = new Map()
  for (const { id, server, tool } of catalog.tools.values()) ids.set(id, given.get(`${server}\n${tool}`))
  return { catalog, ids }
}
