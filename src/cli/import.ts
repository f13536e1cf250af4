import { CLIENTS } from '../config/clients.ts'
import { clientNamed, install, planInstall, undoInstall } from '../config/install.ts'
import { homeFolder } from '../config/defaults.ts'
import { type Command, EXIT, UsageError } from './command.ts'

export const importCommand: Command = {
  name: 'import',
  summary: "Write our entry into a client's configuration, with backup and undo",
  usage: '--client NAME [--dry-run | --undo]',
  options: {
    client: { type: 'string' },
    'dry-run': { type: 'boolean' },
    undo: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: {
    client: `one of ${CLIENTS.map(({ name }) => name).join(', ')}`,
    'dry-run': 'print the file as it would become',
    undo: 'put the former file back, byte for byte',
    json: 'as JSON',
  },
  examples: [
    'mcp-optimizer import --client cursor --dry-run',
    'mcp-optimizer import --client claude-code',
    'mcp-optimizer import --client cursor --undo',
  ],
  async run({ values, env, cwd, stdout }) {
    const { client: name } = values
    if (typeof name !== 'string') throw new UsageError('which client? --client NAME; see mcp-optimizer import --help')
    const client = clientNamed(name)
    const places = { platform: process.platform, home: env['HOME'] ?? env['USERPROFILE'] ?? homeFolder(), cwd, env }
    const say = (text: string, data: object): void =>
      void stdout.write(values['json'] === true ? `${JSON.stringify(data)}\n` : `${text}\n`)
    if (values['undo'] === true) {
      const file = await undoInstall(client, places)
      say(`${client.title}: ${file} is as it was`, { client: name, file, undone: true })
      return EXIT.ok
    }
    const plan = await planInstall(client, places)
    if (values['dry-run'] === true) {
      say(`${plan.file} would become:\n${plan.after}`, plan)
      return EXIT.ok
    }
    if (plan.before === plan.after) {
      say(`${client.title}: ${plan.file} has our entry already`, { client: name, file: plan.file, changed: false })
      return EXIT.ok
    }
    await install(plan)
    const backup = plan.before === undefined ? '' : ` (former file: ${plan.backup})`
    say(
      `${client.title}: our entry is in ${plan.file}${backup}\nRestart the client. Undo: mcp-optimizer import --client ${name} --undo`,
      { client: name, file: plan.file, backup: plan.backup, changed: true },
    )
    return EXIT.ok
  },
}
