import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { oddHttpServer } from './odd-http-server.ts'
import { temporaryFolder } from './servers.ts'

interface StdioServer {
  readonly type: 'stdio'
  readonly command: string
  readonly args: string[]
}

/** A real server over stdio with a tool a row, whose result is written as given: an object, or its JSON text. */
export function tableServer(rows: readonly (readonly [tool: string, result: object | string])[]): StdioServer {
  const results = rows.map(([tool, result]) => [tool, typeof result === 'string' ? result : JSON.stringify(result)])
  const file = join(temporaryFolder(), 'table.json')
  writeFileSync(file, JSON.stringify(Object.fromEntries(results)))
  const script = `const table = JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))
const answers = {
  initialize: () => '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"odd","version":"1"}}',
  'tools/list': () => JSON.stringify({ tools: Object.keys(table).map((name) => ({ name, inputSchema: { type: 'object' } })) }),
  'tools/call': ({ name }) => table[name],
}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined || answers[method] === undefined) return
  process.stdout.write('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":' + answers[method](params) + '}\\n')
})`
  return { type: 'stdio', command: process.execPath, args: ['-e', script, file] }
}

/** The same over HTTP, where every tool only reads and its results may be kept for a minute. */
export async function tableHttpServer(
  rows: readonly (readonly [tool: string, result: object | string])[],
): Promise<AsyncDisposable & { readonly url: string }> {
  const results = new Map(
    rows.map(([tool, given]) => [tool, typeof given === 'string' ? given : JSON.stringify(given)]),
  )
  const tools = [...results.keys()].map((name) => ({ name, annotations: { readOnlyHint: true } }))
  return await oddHttpServer(({ id, method, params }, response) => {
    if (method !== 'tools/list' && method !== 'tools/call') return false
    const table = results.get(String(params['name'])) ?? ''
    const result = method === 'tools/list' ? JSON.stringify({ tools }) : table.replace('{', '{"ttlMs":60000,')
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`)
    return true
  })
}

/** A real server over stdio that offers tools as they are given here, and answers with what it got. */
export function definitionServer(definitions: readonly object[]): StdioServer {
  const file = join(temporaryFolder(), 'definitions.json')
  writeFileSync(file, JSON.stringify(definitions))
  const script = `const tools = JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))
const answers = {
  initialize: () => ({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'odd', version: '1' } }),
  'tools/list': () => ({ tools }),
  'tools/call': ({ name, arguments: got }) => {
    const promised = tools.find((tool) => tool.name === name).outputSchema ? { structuredContent: { tool: name, got } } : {}
    return { content: [{ type: 'text', text: JSON.stringify({ tool: name, got }) }], ...promised }
  },
}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined || answers[method] === undefined) return
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method](params) }) + '\\n')
})`
  return { type: 'stdio', command: process.execPath, args: ['-e', script, file] }
}
