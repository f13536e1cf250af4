// An MCP server of pages as web tools give them: one as a text alone, one as a text beside its title and address.
import { createInterface } from 'node:readline'

const PARAGRAPH = `The "shop" team keeps its notes here. A cart holds items, and each item has a price\tand a count.

\`\`\`js
const total = items.reduce((sum, { price, count }) => sum + price * count, 0)
console.log("total:", total)
\`\`\`

- [Prices](https://example.com/prices) change "weekly"
- Carts are kept for 30 days
`
const page = Array.from({ length: 25 }, (_, index) => `## Chapter ${index + 1}\n\n${PARAGRAPH}`).join('\n')
const inputSchema = { type: 'object', properties: { url: { type: 'string' } }, required: ['url'] }
const tools = [
  {
    name: 'fetch_page',
    description: 'Gives the text of a page as Markdown',
    inputSchema,
    annotations: { readOnlyHint: true },
  },
  { name: 'open_page', description: 'Gives a page with its title', inputSchema, annotations: { readOnlyHint: true } },
]

function resultOf(method, params) {
  if (method === 'initialize')
    return {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'pages', version: '1' },
    }
  if (method === 'tools/list') return { tools }
  const { url } = params.arguments
  if (params.name === 'fetch_page') return { content: [{ type: 'text', text: page }] }
  const structuredContent = { url, title: 'Notes of the shop', markdown: page }
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method, params) }))
}
