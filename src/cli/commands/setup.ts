import { CLIENTS } from '../../config/clients/clients.ts'
import type { Command } from '../command.ts'

export const setup: Command = {
  name: 'setup',
  summary: "Move clients' servers behind the gateway: shows the saving, asks, keeps a way back",
  usage: '[--client NAME] [--yes] [--dry-run | --undo]',
  options: {
    client: { type: 'string', multiple: true },
    yes: { type: 'boolean', short: 'y' },
    'dry-run': { type: 'boolean' },
    undo: { type: 'boolean' },
    http: { type: 'string' },
    json: { type: 'boolean' },
  },
  help: {
    client: `which, repeated or with commas: ${CLIENTS.map(({ name }) => name).join(', ')}`,
    yes: 'all clients found on this machine, without a question',
    'dry-run': 'say what would be done; nothing is written',
    undo: 'put back what was moved and take our entry out; whatever else changed in the files stays',
    http: '[HOST:]PORT: let the clients share one gateway at this address, which you start',
    json: 'as JSON',
  },
  values: { client: 'CLIENT', http: '[HOST:]PORT' },
  examples: [
    'mcp-optimizer setup',
    'mcp-optimizer setup --client claude-code,cursor',
    'mcp-optimizer setup --yes --dry-run',
    'mcp-optimizer setup --undo',
  ],
  run: async (context) => await (await import('../setup.ts')).runSetup(context),
}
