import type { Command } from '../command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS } from '../gateway-options.ts'

export const report: Command = {
  name: 'report',
  summary: 'One page of HTML: tokens, dollars and time of the configured servers, in every mode',
  usage: '[--output FILE]',
  options: {
    output: { type: 'string' },
    tables: { type: 'boolean' },
    json: { type: 'boolean' },
    model: { type: 'string' },
    ...GATEWAY_OPTIONS,
  },
  help: {
    output: 'file to write (default report.html)',
    tables: 'tables alone, without charts',
    json: 'print the report as JSON instead',
    model: 'whose prices to show: ids with commas, or all (default: one of each provider)',
    ...GATEWAY_HELP,
  },
  values: { output: 'FILE', model: 'ID' },
  examples: ['mcp-optimizer report --output report.html', 'mcp-optimizer report --model claude-opus-5-5,gpt-6-sol'],
  run: async (context) => await (await import('../report.ts')).runReport(context),
}
