import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const audit: Command = {
  name: 'audit',
  summary: 'What the configured servers cost in tokens today, and with us',
  usage: '',
  options: { json: { type: 'boolean' }, 'forget-types': { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: { json: 'as JSON', 'forget-types': 'forget what was learned of the results of tools', ...GATEWAY_HELP },
  examples: [
    'mcp-optimizer audit',
    'mcp-optimizer audit --config team.json --json',
    'mcp-optimizer audit --forget-types',
  ],
  run: async (context) => await (await import('../audit.ts')).runAudit(context),
}
