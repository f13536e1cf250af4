// Tokens of reading texts, through us and directly: the same calls on the same servers, the texts that a model then gets, and
// what it has to write for them.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const FILES = ['src/cli/doctor.ts', 'README.md', 'package.json', 'docs/security.md']

/** Rows `{what, direct, ours, more}`: tokens by encoding of the answer alone and with its request, and how many percent more. */
export async function measureReading(count, cli) {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-reading-'))
  const files = join(folder, 'files')
  mkdirSync(files)
  for (const name of FILES) copyFileSync(path(`../../${name}`), join(files, name.split('/').at(-1)))
  for (let index = 0; index < 40; index++) writeFileSync(join(files, `note-${index}.txt`), `note ${index}\n`)
  const servers = {
    filesystem: {
      command: process.execPath,
      args: [path('../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js'), files],
    },
    pages: { command: process.execPath, args: [path('page-server.mjs')] },
  }
  const config = join(folder, 'mcp-optimizer.json')
  const features = { maxTokensPerRequest: 100_000 }
  writeFileSync(config, JSON.stringify({ servers, features, cacheDir: join(folder, 'cache') }))
  const clients = {
    ours: await connect({ command: process.execPath, args: [cli, 'serve', '--config', config] }),
    filesystem: await connect(servers.filesystem),
    pages: await connect(servers.pages),
  }
  try {
    const rows = []
    for (const [what, server, calls] of readings(files)) rows.push(await measure(what, server, calls, clients, count))
    return rows
  } finally {
    for (const client of Object.values(clients)) await client.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function readings(files) {
  const read = (name) => ['read_text_file', { path: join(files, name.split('/').at(-1)) }]
  const url = 'https://example.com/notes'
  return [
    ...FILES.map((name) => [`file ${name}`, 'filesystem', [read(name)]]),
    ['two files at once', 'filesystem', FILES.slice(0, 2).map(read)],
    ['list of a directory', 'filesystem', [['list_directory', { path: files }]]],
    ['tree of a directory', 'filesystem', [['directory_tree', { path: files }]]],
    ['page as a text', 'pages', [['fetch_page', { url }]]],
    ['page beside its title', 'pages', [['open_page', { url }]]],
  ]
}

async function measure(what, server, calls, clients, count) {
  const direct = await Promise.all(calls.map(([name, input]) => answer(clients[server], name, input)))
  const requests = calls.map(([name, params]) => ({ intent: `${server}.${name}`, params }))
  const [tool, input] = requests.length === 1 ? ['execute_intent', requests[0]] : ['execute_batch', { requests }]
  const ours = await answer(clients.ours, tool, input)
  const asked = [
    JSON.stringify(calls.map(([name, given]) => ({ name: `${server}__${name}`, arguments: given }))),
    JSON.stringify([{ name: tool, arguments: input }]),
  ].map(count)
  const tokens = [count(direct.join('\n')), count(ours)]
  const row = { what, calls: calls.length, direct: {}, ours: {}, more: {}, moreWithRequest: {} }
  for (const encoding of Object.keys(tokens[0])) {
    const [a, b] = tokens.map((of) => of[encoding])
    const [askedA, askedB] = asked.map((of) => of[encoding])
    row.direct[encoding] = a
    row.ours[encoding] = b
    row.more[encoding] = percent(b / a - 1)
    row.moreWithRequest[encoding] = percent((b + askedB) / (a + askedA) - 1)
  }
  return row
}

async function connect({ command, args }) {
  const client = new Client({ name: 'bench', version: '1' })
  await client.connect(new StdioClientTransport({ command, args, stderr: 'ignore' }), { timeout: 120_000 })
  return client
}

async function answer(client, name, input) {
  const { content } = await client.callTool({ name, arguments: input })
  return content.map((block) => block.text ?? '').join('\n')
}

function percent(part) {
  return Math.round(part * 1_000) / 10
}
