import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Client, Places } from '../config/clients/client.ts'
import { CLIENTS } from '../config/clients/clients.ts'
import { configFolder, homeFolder } from '../config/own-folders.ts'
import { ownCommand } from '../config/own-command.ts'
import { configJsonSchema } from '../config/schema.ts'
import { clientNamed } from '../config/setup/client-named.ts'
import { nodeDisk } from '../config/setup/disk.ts'
import type { OwnAddress } from '../config/setup/own-entry.ts'
import { type ClientDone, type ClientPlan, createSetup, type Setup } from '../config/setup/setup.ts'
import type { OwnEntry } from '../config/setup/translate.ts'
import { OptimizerError } from '../errors.ts'
import { VERSION } from '../internal/version.ts'
import { type CommandContext, EXIT, UsageError } from './command.ts'
import { withProgress } from './output.ts'
import { type Costs, measureCosts } from './setup-costs.ts'
import { createSetupText, type Outcome } from './setup-text.ts'
import { runUndo } from './setup-undo.ts'
import { listsOf } from './starting.ts'

/** How long servers have to tell their tools, milliseconds: those that npx fetches first take their time. */
const WAIT_MS = 300_000

/** Runs the command `setup`. */
export async function runSetup(context: CommandContext): Promise<number> {
  if (context.values['undo'] !== true) return await move(context)
  const asked = clientsAsked(context.values['client'])
  return await runUndo(context, placesOf(context), asked)
}

async function move(context: CommandContext): Promise<number> {
  const { values } = context
  const places = placesOf(context)
  const address = addressAsked(values['http'])
  const asked = clientsAsked(values['client'])
  const isDry = values['dry-run'] === true
  const asksNobody = asked !== undefined || values['yes'] === true || isDry
  if (!asksNobody && !isInteractive(context))
    throw new UsageError('which clients? --client NAME for some, --yes for all that are here, --dry-run to see them')
  const text = createSetupText(context, places)
  const candidates = asked ?? (await clientsHere(places))
  if (candidates.length === 0) return text.noClients()

  const open = async (): Promise<Setup> => await openSetup(places, address)
  const first = await open()
  const planned = await eachOf(candidates, async (client) => await first.plan(client))
  const costs = await measureCosts(entriesOf(planned), places, async (optimizer) => {
    const progress = { ...listsOf(optimizer), title: 'asking servers for their tools' }
    await withProgress(context, progress, async () => await optimizer.ready(WAIT_MS))
  })
  await text.offer(planned, costs)
  const able = planned.flatMap((outcome) => ('plan' in outcome ? [outcome.client] : []))
  const chosen = asksNobody ? able : await choose(able, context)

  const second = await open()
  const outcomes = await eachOf(chosen, async (client) => {
    const leave = needingLogin(planned, client, costs)
    return isDry ? await second.plan(client, leave) : await second.run(client, leave)
  })
  const refused = planned.filter((outcome) => 'error' in outcome)
  text.outcome([...outcomes, ...refused], costs, { isDry, ownFile: second.ownFile, address })
  return [...outcomes, ...refused].some((outcome) => 'error' in outcome) ? EXIT.config : EXIT.ok
}

async function openSetup(places: Places, address: string | undefined): Promise<Setup> {
  const folder = configFolder()
  return await createSetup({
    places,
    folder,
    own: address === undefined ? thisProgram(places) : { url: `http://${address}/mcp` },
    disk: nodeDisk,
    now: new Date(),
    schema: async () => `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
  })
}

/** One client after the other; a file that is refused stops none of the others. */
async function eachOf(
  clients: readonly Client[],
  work: (client: Client) => Promise<ClientPlan | ClientDone>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const client of clients) {
    try {
      outcomes.push({ client, plan: await work(client) })
    } catch (thrown) {
      if (!OptimizerError.is(thrown)) throw thrown
      outcomes.push({ client, error: thrown })
    }
  }
  return outcomes
}

/** Servers of all plans by the names that our file gives them. */
function entriesOf(planned: readonly Outcome[]): Map<string, OwnEntry> {
  const fates = planned.flatMap((outcome) => ('plan' in outcome ? outcome.plan.servers : []))
  return new Map(fates.flatMap((fate) => (fate.kind === 'moves' ? [[fate.server, fate.entry]] : [])))
}

/** Servers that their client is logged in to, and we are not: moved, they would be out of reach. */
function needingLogin(planned: readonly Outcome[], client: Client, costs: Costs): Map<string, string> {
  const plan = planned.find((outcome) => outcome.client === client)
  const servers = plan !== undefined && 'plan' in plan ? plan.plan.servers : []
  return new Map(
    servers.flatMap((fate) =>
      fate.kind === 'moves' && costs.servers.get(fate.server)?.needsLogin === true
        ? [[fate.name, `it wants a login, which ${client.title} has`]]
        : [],
    ),
  )
}

async function clientsHere(places: Places): Promise<Client[]> {
  return CLIENTS.filter((client) => client.unwritable === undefined && existsSync(client.userFile(places)))
}

function clientsAsked(given: unknown): Client[] | undefined {
  if (given === undefined) return undefined
  const names = [given].flat().flatMap((names) => String(names).split(','))
  return [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))].map(clientNamed)
}

async function choose(clients: readonly Client[], { stdin, stdout, signal }: CommandContext): Promise<Client[]> {
  const lines = createInterface({ input: stdin, output: stdout })
  try {
    const answer = await lines.question('Set up which? Numbers or names with commas, "all", or Enter for none: ', {
      signal,
    })
    const words = answer.toLowerCase().split(/[\s,]+/)
    if (words.includes('all')) return [...clients]
    return clients.filter(
      ({ name, title }, index) =>
        words.includes(String(index + 1)) || words.includes(name) || words.includes(title.toLowerCase()),
    )
  } finally {
    lines.close()
  }
}

function isInteractive({ stdin, stdout }: CommandContext): boolean {
  return (stdin as { isTTY?: boolean }).isTTY === true && stdout.isTTY === true
}

/** `HOST:PORT` of `[HOST:]PORT`. */
function addressAsked(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const [, host = '127.0.0.1', port = ''] = /^(?:(\[[\da-f:]+\]|[^:/\s]+):)?(\d{1,5})$/i.exec(text) ?? []
  if (port !== '' && Number(port) > 0 && Number(port) <= 65_535) return `${host}:${Number(port)}`
  throw new UsageError(`--http: found "${text}", wanted PORT or HOST:PORT`)
}

function placesOf({ env, cwd }: CommandContext): Places {
  return { platform: process.platform, home: env['HOME'] ?? env['USERPROFILE'] ?? homeFolder(), cwd, env }
}

function thisProgram({ platform, env, home }: Places): OwnAddress {
  const script = realpathSync(process.argv[1] ?? '')
  const command = ownCommand({ platform, node: process.execPath, script, version: VERSION })
  const folder = env['XDG_CONFIG_HOME']
  // Not every client hands its environment on, and we would look for our file elsewhere.
  const isElsewhere = platform === 'linux' && folder !== undefined && folder !== '' && folder !== join(home, '.config')
  return isElsewhere ? { ...command, env: { XDG_CONFIG_HOME: folder } } : command
}
