import type { Client, Places } from '../config/clients/client.ts'
import { configFolder } from '../config/own-folders.ts'
import { nodeDisk } from '../config/setup/disk.ts'
import { createUndo, type UndoDone, type UndoPlan } from '../config/setup/undo.ts'
import { OptimizerError } from '../errors.ts'
import { type CommandContext, EXIT } from './command.ts'
import { errorText } from './output.ts'
import { createPalette } from './palette.ts'

type Undone = { readonly client: Client; readonly files: readonly (UndoPlan | UndoDone)[] } | Failed
interface Failed {
  readonly client: Client
  readonly error: OptimizerError
}

/** Puts back what was moved, for the clients named or for all. */
export async function runUndo(context: CommandContext, places: Places, asked?: readonly Client[]): Promise<number> {
  const isDry = context.values['dry-run'] === true
  const undo = await createUndo({ places, folder: configFolder(), disk: nodeDisk, now: new Date() })
  const clients = asked ?? (await undo.clients())
  const outcomes: Undone[] = []
  for (const client of clients) {
    try {
      outcomes.push({ client, files: isDry ? await undo.plan(client) : await undo.run(client) })
    } catch (thrown) {
      if (!OptimizerError.is(thrown)) throw thrown
      outcomes.push({ client, error: thrown })
    }
  }
  if (context.values['json'] === true)
    context.stdout.write(`${JSON.stringify({ dryRun: isDry, clients: outcomes.map(toJson) })}\n`)
  else print(context, outcomes, isDry, places)
  if (outcomes.some((outcome) => 'error' in outcome)) return EXIT.config
  const isIdle = asked !== undefined && outcomes.some((outcome) => 'files' in outcome && outcome.files.length === 0)
  return isIdle ? EXIT.failed : EXIT.ok
}

function print(
  { stdout, stderr, env }: CommandContext,
  outcomes: readonly Undone[],
  isDry: boolean,
  { home }: Places,
): void {
  const short = (path: string): string => (path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path)
  // What one client still needed may have gone with a later one.
  const gone = new Set(outcomes.flatMap((outcome) => ('files' in outcome ? outcome.files : [])).flatMap(removedBy))
  if (outcomes.length === 0) stdout.write('Nothing of ours was found: there is nothing to undo.\n')
  for (const outcome of outcomes) {
    if ('error' in outcome)
      stderr.write(`${outcome.client.title}: ${errorText(outcome.error.toJSON(), createPalette(stderr, env))}`)
    else if (outcome.files.length === 0) stderr.write(`${outcome.client.title} has no entry of ours: nothing to undo\n`)
    else for (const file of outcome.files) stdout.write(`${linesOf(file, isDry, short, gone).join('\n')}\n`)
  }
  if (isDry) stdout.write('Nothing was written (--dry-run).\n')
}

function removedBy(done: UndoPlan | UndoDone): readonly string[] {
  return 'removed' in done ? done.removed : []
}

function linesOf(
  done: UndoPlan | UndoDone,
  isDry: boolean,
  short: (path: string) => string,
  gone: ReadonlySet<string>,
): string[] {
  const { client, file, back, taken, oursOut } = done
  const [are, is] = isDry ? ['would be', 'would be'] : ['are', 'is']
  return [
    `${client.title}: ${short(file)}`,
    ...(back.length > 0 ? [`  back in it: ${back.join(', ')}`] : []),
    ...(oursOut ? [`  our entry ${is} out of it`] : []),
    ...taken.map(
      (name) => `  ${name} was not put back: another server has this name there now; ours stays in our file`,
    ),
    ...('backups' in done ? ownLines(done, short, gone) : []),
  ].map((line) => (isDry ? line.replace('back in it', `${are} back in it`) : line))
}

function ownLines(
  { backups, formers, kept, retired }: UndoDone,
  short: (path: string) => string,
  gone: ReadonlySet<string>,
): string[] {
  return [
    ...kept.flatMap(({ name, reason }) => (gone.has(name) ? [] : [`  ${name} stays in our file: ${reason}`])),
    ...(formers.length === 0 ? [] : ['  no record says what setup moved; what stood there before is in']),
    ...formers.map((path) => `    ${short(path)}`),
    ...backups.map((path) => `  former file: ${short(path)}`),
    ...(retired === undefined ? [] : [`  our own file had nothing else in it: it is ${short(retired)} now`]),
  ]
}

function toJson(outcome: Undone): object {
  if ('error' in outcome) return { client: outcome.client.name, error: outcome.error.toJSON() }
  return {
    client: outcome.client.name,
    undone: outcome.files.length > 0,
    files: outcome.files.map(({ client: _client, before: _before, after: _after, ...rest }) => rest),
  }
}
