import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const status: Command = {
  name: 'status',
  summary: 'What a gateway served over HTTP does now: servers, operations, sessions',
  usage: '[--http [HOST:]PORT]',
  options: { http: { type: 'string' }, token: { type: 'string' }, json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: {
    http: '[HOST:]PORT where it is served (default: that of the configuration)',
    token: 'its bearer token (or MCP_OPTIMIZER_HTTP_TOKEN)',
    json: 'as JSON',
    ...GATEWAY_HELP,
  },
  values: { http: '[HOST:]PORT' },
  examples: ['mcp-optimizer status', 'mcp-optimizer status --http 7331 --json'],
  run: async (context) => await (await import('../status.ts')).runStatus(context),
}
