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
    'operations-per-day': { type: 'string' },
    'usd-per-instance-month': { type: 'string' },
    ...GATEWAY_OPTIONS,
  },
  help: {
    output: 'file to write (default report.html)',
    tables: 'tables alone, without charts',
    json: 'print the report as JSON instead',
    model: 'whose prices to show: ids with commas, or all (default: one of each provider)',
    'operations-per-day': 'for the estimate of what running it costs (default: that of your sessions)',
    'usd-per-instance-month': 'price of one instance (default 50)',
    ...GATEWAY_HELP,
  },
  values: { output: 'FILE', model: 'ID', 'operations-per-day': 'N', 'usd-per-instance-month': 'N' },
  examples: ['mcp-optimizer report --output report.html', 'mcp-optimizer report --model claude-opus-5-5,gpt-6-sol'],
  run: async (context) => await (await import('../report.ts')).runReport(context),
}
