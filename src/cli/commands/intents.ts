import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const intents: Command = {
  name: 'intents',
  summary: 'List the intents, with --tools also every tool',
  usage: '[--tools]',
  options: { tools: { type: 'boolean' }, json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: { tools: 'also every tool of every server', json: 'as JSON', ...GATEWAY_HELP },
  examples: ['mcp-optimizer intents', 'mcp-optimizer intents --tools --json'],
  run: async (context) => await (await import('../intents.ts')).runIntents(context),
}
