import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const receipt: Command = {
  name: 'receipt',
  summary: 'What sessions cost and saved, beside all definitions in every request',
  usage: '[--session NAME] [--last N]',
  options: { session: { type: 'string' }, last: { type: 'string' }, json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: {
    session: 'only the sessions of this name',
    last: 'how many of the latest sessions (default 1)',
    json: 'as JSON',
    ...GATEWAY_HELP,
  },
  values: { session: 'NAME', last: 'N' },
  examples: ['mcp-optimizer receipt', 'mcp-optimizer receipt --last 10 --json'],
  run: async (context) => await (await import('../receipt.ts')).runReceipt(context),
}
