import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'Serve MCP: over stdio (default) or HTTP',
  usage: '[--http [HOST:]PORT]',
  options: {
    http: { type: 'string' },
    token: { type: 'string' },
    dashboard: { type: 'boolean' },
    compact: { type: 'boolean' },
    ...GATEWAY_OPTIONS,
  },
  help: {
    http: '[HOST:]PORT: serve /mcp and /rpc over HTTP instead of stdio',
    token: 'bearer token; needed unless HOST is this machine (or MCP_OPTIMIZER_HTTP_TOKEN)',
    dashboard: 'with --http: pages for people at /ui, behind a login',
    compact: 'offer search and execute_code alone (at most 120 tokens)',
    ...GATEWAY_HELP,
  },
  values: { http: '[HOST:]PORT' },
  examples: [
    'mcp-optimizer serve',
    'mcp-optimizer serve --http 7331',
    'mcp-optimizer serve --config team.json --http 0.0.0.0:7331 --token "$TOKEN"',
  ],
  run: async (context) => await (await import('../serve.ts')).runServe(context),
}
