import type { Command } from '../command.ts'

export const trust: Command = {
  name: 'trust',
  summary: "Show what the files of a project's folder would run, and approve it",
  usage: '[FOLDER] [--yes | --list | --revoke]',
  options: {
    yes: { type: 'boolean' },
    list: { type: 'boolean' },
    revoke: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: {
    yes: 'approve without asking',
    list: 'what was approved, in all folders or in FOLDER',
    revoke: 'take back all approvals of the folder',
    json: 'as JSON',
  },
  examples: ['mcp-optimizer trust', 'mcp-optimizer trust ~/work/shop --yes', 'mcp-optimizer trust --revoke'],
  run: async (context) => await (await import('../trust.ts')).runTrust(context),
}
