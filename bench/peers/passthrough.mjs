// The naive gateway: the official SDK's server in front of its client, every tool passed through.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'

const client = new Client({ name: 'passthrough', version: '1' })
await client.connect(new StdioClientTransport({ command: process.execPath, args: [process.argv[2]] }))
const server = new Server({ name: 'passthrough', version: '1' }, { capabilities: { tools: {} } })
server.setRequestHandler(ListToolsRequestSchema, async () => await client.listTools())
server.setRequestHandler(CallToolRequestSchema, async ({ params }) => await client.callTool(params))
await server.connect(new StdioServerTransport())
