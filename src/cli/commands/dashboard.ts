import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const dashboard: Command = {
  name: 'dashboard',
  summary: 'Serve over HTTP with the dashboard on, and print a link that logs in once',
  usage: '[--http [HOST:]PORT]',
  options: { http: { type: 'string' }, token: { type: 'string' }, compact: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: {
    http: '[HOST:]PORT to serve at (default: that of the configuration, 127.0.0.1:7331)',
    token: 'bearer token; needed unless HOST is this machine (or MCP_OPTIMIZER_HTTP_TOKEN)',
    compact: 'offer search and execute_code alone (at most 120 tokens)',
    ...GATEWAY_HELP,
  },
  values: { http: '[HOST:]PORT' },
  examples: ['mcp-optimizer dashboard', 'mcp-optimizer dashboard --config team.json --http 8000'],
  run: async (context) => await (await import('../dashboard.ts')).runDashboard(context),
}
