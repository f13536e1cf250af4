import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const logout: Command = {
  name: 'logout',
  summary: 'Forget the login to a server, and have its issuer revoke it where it can',
  usage: 'SERVER',
  options: { json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: { json: 'as JSON', ...GATEWAY_HELP },
  examples: ['mcp-optimizer logout linear'],
  run: async (context) => await (await import('../logout.ts')).runLogout(context),
}
