import { CLIENTS } from '../../config/clients/clients.ts'
import type { Command } from '../command.ts'

export const importCommand: Command = {
  name: 'import',
  summary: "Write our entry into a client's configuration, or take it out again",
  usage: '--client NAME [--dry-run | --undo]',
  options: {
    client: { type: 'string' },
    'dry-run': { type: 'boolean' },
    undo: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: {
    client: `whose configuration: ${CLIENTS.map(({ name }) => name).join(', ')}`,
    'dry-run': 'print the file as it would become',
    undo: 'take our entry out again; whatever else changed in the file stays',
    json: 'as JSON',
  },
  values: { client: 'CLIENT' },
  examples: [
    'mcp-optimizer import --client cursor --dry-run',
    'mcp-optimizer import --client claude-code',
    'mcp-optimizer import --client cursor --undo',
  ],
  run: async (context) => await (await import('../import.ts')).runImport(context),
}
