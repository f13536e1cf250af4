import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const call: Command = {
  name: 'call',
  summary: 'Run an intent, or a tool by its name server.tool',
  usage: 'INTENT [key=value ...] [key:=JSON ...] [--params JSON] [--timeout SECONDS]',
  options: { params: { type: 'string' }, timeout: { type: 'string' }, json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: {
    params: 'parameters as a JSON object',
    timeout: 'give up after so many seconds (default 30)',
    json: 'print the whole answer as JSON',
    ...GATEWAY_HELP,
  },
  values: { params: 'JSON', timeout: 'SECONDS' },
  examples: [
    'mcp-optimizer call list_errors --params \'{"limit": 5}\'',
    'mcp-optimizer call filesystem.read_text_file path=README.md',
    'mcp-optimizer call shop.set_price id=1541815603606036481 price:=5.20',
  ],
  run: async (context) => await (await import('../call.ts')).runCall(context),
}
