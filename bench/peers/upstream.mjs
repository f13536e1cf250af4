// The MCP server that all peers are put in front of, over stdio: answers of 2, 23 and 150 KB, at once, as text, or as structured
// content.
//   node upstream.mjs [structured]
import { createInterface } from 'node:readline'
import { ANSWERS } from '../lib/shapes.mjs'

const inputSchema = { type: 'object', properties: { q: { type: 'integer' } } }
const tools = Object.keys(ANSWERS).map((name) => ({
  name,
  description: `Gives the ${name} list of issues`,
  inputSchema,
  annotations: { readOnlyHint: true },
}))
const isStructured = process.argv[2] === 'structured'
const toResult = (value) =>
  isStructured
    ? { content: [], structuredContent: value }
    : { content: [{ type: 'text', text: JSON.stringify(value) }] }
const answers = new Map(Object.entries(ANSWERS).map(([name, value]) => [name, toResult(value)]))
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  const result = resultOf(method, params)
  const answer = result === undefined ? { error: { code: -32601, message: 'not offered' } } : { result }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`)
})

function resultOf(method, params) {
  if (method === 'initialize')
    return {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'bench', version: '1' },
    }
  if (method === 'tools/list') return { tools }
  if (method === 'tools/call') return answers.get(params.name)
  return method === 'ping' ? {} : undefined
}
