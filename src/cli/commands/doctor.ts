import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'What is wrong, and the fix',
  usage: '',
  options: { json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: { json: 'as JSON', ...GATEWAY_HELP },
  examples: ['mcp-optimizer doctor', 'mcp-optimizer doctor --json'],
  run: async (context) => await (await import('../doctor.ts')).runDoctor(context),
}
