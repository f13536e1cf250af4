import type { Command } from '../command.ts'

export const token: Command = {
  name: 'token',
  summary: 'Make, list and revoke tokens for the HTTP front, each with what it may do',
  usage: 'create NAME [flags] | list | revoke NAME',
  options: {
    servers: { type: 'string' },
    tools: { type: 'string' },
    effects: { type: 'string' },
    profile: { type: 'string' },
    expires: { type: 'string' },
    rate: { type: 'string' },
    json: { type: 'boolean' },
    config: { type: 'string' },
  },
  help: {
    servers: 'only these servers (names with commas between them, * matches any text)',
    tools: 'only these tools and intents (server.tool, intent names, *)',
    effects: 'read: only what says that it reads; write: nothing that destroys',
    profile: 'only what this profile of the configuration allows',
    expires: 'how long it is valid (30d, 12h) or until when (2027-01-31)',
    rate: 'most requests (60/min, 5/s)',
    json: 'as JSON',
    config: 'configuration file, which may name another file of tokens',
  },
  values: { effects: ['read', 'write', 'destructive'], config: 'FILE' },
  examples: [
    'mcp-optimizer token create ci --servers github --effects read --expires 30d',
    'mcp-optimizer token list',
    'mcp-optimizer token revoke ci',
  ],
  run: async (context) => await (await import('../token.ts')).runToken(context),
}
