// An MCP server with the definitions of a catalog and no deeds: stands for servers that a task does not need.
//   node catalog-server.mjs CATALOG.json
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const { tools } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const results = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'catalog', version: '1' },
  },
  'tools/list': { tools },
  'tools/call': { content: [{ type: 'text', text: 'this server only lists' }], isError: true },
}
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (id === undefined) return
  const answer =
    results[method] === undefined ? { error: { code: -32601, message: 'not offered' } } : { result: results[method] }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`)
})
