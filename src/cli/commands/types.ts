import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const types: Command = {
  name: 'types',
  summary: 'Write the types of your tools, for intents and programs in an editor',
  usage: '[--out FOLDER] [--only PATTERN]',
  options: {
    out: { type: 'string' },
    only: { type: 'string', multiple: true },
    ...GATEWAY_OPTIONS,
  },
  help: {
    out: 'write mcp-optimizer.d.ts there, and a tsconfig.json if there is none (default: print)',
    only: 'only these tools and intents; * matches any text',
    ...GATEWAY_HELP,
  },
  values: { out: 'FOLDER', only: 'PATTERN' },
  examples: ['mcp-optimizer types --out intents', 'mcp-optimizer types --only "github.*"'],
  run: async (context) => await (await import('../types.ts')).runTypes(context),
}
