import { realpathSync } from 'node:fs'
import { homeFolder } from '../config/defaults.ts'
import { clientNamed, planInstall, planUninstall, writeChange } from '../config/install.ts'
import { type OwnCommand, ownCommand } from '../config/own-command.ts'
import { VERSION } from '../internal/version.ts'
import { type CommandContext, EXIT, UsageError } from './command.ts'

/** Runs the command `import`. */
export async function runImport({ values, env, cwd, stdout }: CommandContext): Promise<number> {
  const { client: name } = values
  if (typeof name !== 'string') throw new UsageError('which client? --client NAME; see mcp-optimizer import --help')
  const client = clientNamed(name)
  const places = { platform: process.platform, home: env['HOME'] ?? env['USERPROFILE'] ?? homeFolder(), cwd, env }
  const say = (text: string, data: object): void =>
    void stdout.write(values['json'] === true ? `${JSON.stringify(data)}\n` : `${text}\n`)
  if (values['undo'] === true) {
    const change = await planUninstall(client, places)
    const backup = await writeChange(change, new Date())
    say(`${client.title}: our entry is out of ${change.file} (former file: ${backup})`, {
      client: name,
      file: change.file,
      backup,
      undone: true,
    })
    return EXIT.ok
  }
  const plan = await planInstall(client, places, thisProgram())
  if (values['dry-run'] === true) {
    say(`${plan.file} would become:\n${plan.after}`, plan)
    return EXIT.ok
  }
  if (plan.before === plan.after) {
    say(`${client.title}: ${plan.file} has our entry already`, { client: name, file: plan.file, changed: false })
    return EXIT.ok
  }
  const backup = await writeChange(plan, new Date())
  say(
    `${client.title}: our entry is in ${plan.file}${backup === undefined ? '' : ` (former file: ${backup})`}\nRestart the client. Undo: mcp-optimizer import --client ${name} --undo`,
    { client: name, file: plan.file, backup, changed: true },
  )
  return EXIT.ok
}

function thisProgram(): OwnCommand {
  const script = realpathSync(process.argv[1] ?? '')
  return ownCommand({ platform: process.platform, node: process.execPath, script, version: VERSION })
}
