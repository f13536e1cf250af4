import type { Command } from '../command.ts'
import { setup } from './setup.ts'

export const importCommand: Command = {
  ...setup,
  name: 'import',
  summary: 'Another name for setup: moves the servers out of a client and puts our one entry in their place',
  examples: setup.examples.map((example) => example.replace('setup', 'import')),
}
