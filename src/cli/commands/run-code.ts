import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const runCode: Command = {
  name: 'run',
  summary: 'Run TypeScript against all tools, in the sandbox',
  usage: 'FILE|- [--params JSON] [--timeout SECONDS]',
  options: { params: { type: 'string' }, timeout: { type: 'string' }, json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: {
    params: 'what the program sees as params, a JSON object',
    timeout: 'give up after so many seconds (default 30)',
    json: 'print the whole answer as JSON',
    ...GATEWAY_HELP,
  },
  values: { params: 'JSON', timeout: 'SECONDS' },
  examples: ['mcp-optimizer run report.ts', "echo 'return await tools.memory.read_graph({})' | mcp-optimizer run -"],
  run: async (context) => await (await import('../run-code.ts')).runFile(context),
}
