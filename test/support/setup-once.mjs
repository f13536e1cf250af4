// Runs setup or undo for one client in the home that HOME names: node setup-once.mjs setup|undo CLIENT
import { join } from 'node:path'
import { clientNamed } from '../../dist/config/setup/client-named.js'
import { nodeDisk } from '../../dist/config/setup/disk.js'
import { createSetup } from '../../dist/config/setup/setup.js'
import { createUndo } from '../../dist/config/setup/undo.js'

const [, , what, client = ''] = process.argv
const home = process.env.HOME ?? ''
const context = {
  places: { platform: 'linux', home, cwd: home, env: {} },
  folder: join(home, '.config', 'mcp-optimizer'),
  own: { command: '/usr/bin/node', args: ['/opt/cli.js', 'serve'] },
  disk: nodeDisk,
  now: new Date(),
  schema: async () => '{}\n',
}
const work = what === 'undo' ? await createUndo(context) : await createSetup(context)
await work.run(clientNamed(client))
