import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const logins: Command = {
  name: 'logins',
  summary: 'List the logins to servers: who, at which issuer, with which scopes, until when; never a token',
  usage: '',
  options: { json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: { json: 'as JSON', ...GATEWAY_HELP },
  examples: ['mcp-optimizer logins', 'mcp-optimizer logins --json'],
  run: async (context) => await (await import('../logins.ts')).runLogins(context),
}
