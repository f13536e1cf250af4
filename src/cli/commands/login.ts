import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const login: Command = {
  name: 'login',
  summary: 'Log in to a server that asks for it (OAuth), so that all gateways of this user can call it',
  usage: 'SERVER [--no-browser | --device]',
  options: {
    'no-browser': { type: 'boolean' },
    device: { type: 'boolean' },
    scope: { type: 'string' },
    json: { type: 'boolean' },
    ...GATEWAY_OPTIONS,
  },
  help: {
    'no-browser': 'print the address for a browser elsewhere, and take the address that it ends at',
    device: 'print a code to type in elsewhere, where the server offers that',
    scope: 'scopes to ask for, with spaces (default: those of the configuration, or that the server names)',
    json: 'as JSON',
    ...GATEWAY_HELP,
  },
  values: { scope: '"SCOPE ..."' },
  examples: ['mcp-optimizer login linear', 'mcp-optimizer login github --scope "repo read:org"'],
  run: async (context) => await (await import('../login.ts')).runLogin(context),
}
