import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const search: Command = {
  name: 'search',
  summary: 'Find tools and intents, as an agent would',
  usage: 'QUERY... [--server NAME] [--limit N] [--detail name|signature|full]',
  options: {
    server: { type: 'string' },
    limit: { type: 'string' },
    detail: { type: 'string' },
    json: { type: 'boolean' },
    ...GATEWAY_OPTIONS,
  },
  help: {
    server: 'only this server',
    limit: 'matches shown, 1 to 20 (default 10)',
    detail: 'how much of each match (default signature)',
    json: 'print the whole answer as JSON',
    ...GATEWAY_HELP,
  },
  values: { server: 'SERVER', limit: 'N', detail: ['name', 'signature', 'full'] },
  examples: [
    'mcp-optimizer search github create issue',
    'mcp-optimizer search read file --server filesystem --detail full',
  ],
  run: async (context) => await (await import('../search.ts')).runSearch(context),
}
