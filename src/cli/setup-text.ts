import type { Client, Places } from '../config/clients/client.ts'
import type { Fate } from '../config/setup/fates.ts'
import { type ProjectServers, projectServers } from '../config/setup/project-servers.ts'
import type { ClientDone, ClientPlan } from '../config/setup/setup.ts'
import type { OptimizerError } from '../errors.ts'
import { type CommandContext, EXIT } from './command.ts'
import { textWidth } from './look.ts'
import { errorText } from './output.ts'
import { createPalette } from './palette.ts'
import { type Costs, sendsOnDemand } from './setup-costs.ts'
import { hang } from './wrap.ts'

const FORMER = 'former file: '

/** What came of one client. */
export type Outcome =
  | { readonly client: Client; readonly plan: ClientPlan | ClientDone }
  | { readonly client: Client; readonly error: OptimizerError }

export interface SetupText {
  noClients(): number
  /** What each client costs today and with us, before anything is asked or done. */
  offer(planned: readonly Outcome[], costs: Costs): Promise<void>
  outcome(outcomes: readonly Outcome[], costs: Costs, facts: Facts): void
}

interface Facts {
  readonly isDry: boolean
  readonly ownFile: string
  /** Of the shared gateway. */
  readonly address: string | undefined
}

/** Says what setup found and did, as text or, at the end, as JSON. */
export function createSetupText(context: CommandContext, places: Places): SetupText {
  const { stdout, stderr, values, env } = context
  const asJson = values['json'] === true
  const { heading } = createPalette(stdout, env)
  const say = (line: string): void => {
    const [indent = ''] = /^ */.exec(line) ?? []
    // A path that is broken cannot be copied.
    const width = line.includes(FORMER) ? Number.POSITIVE_INFINITY : textWidth(context)
    if (!asJson) stdout.write(`${indent}${hang(indent, line.slice(indent.length), width)}\n`)
  }
  const short = (path: string): string =>
    path.startsWith(`${places.home}/`) ? `~${path.slice(places.home.length)}` : path
  return {
    noClients() {
      if (asJson) stdout.write('{"clients":[]}\n')
      say('No file of an MCP client was found for this user.')
      say('Name yours: mcp-optimizer setup --client NAME (names: mcp-optimizer setup --help)')
      return EXIT.failed
    },
    async offer(planned, costs) {
      for (const outcome of planned)
        if ('error' in outcome) say(`${outcome.client.title} cannot be set up: ${outcome.error.message}\n`)
      const able = planned.flatMap((outcome) => ('plan' in outcome ? [outcome] : []))
      for (const [index, { client, plan }] of able.entries()) {
        say(`${index + 1}. ${heading(client.title)}  ${short(plan.file)}`)
        for (const line of serverLines(plan.servers, client, costs)) say(`   ${line}`)
        for (const project of await projectServers(client, places)) say(`   ${projectLine(project, short)}`)
        say(`   ${savingLine(plan.servers, client, costs)}`)
        if (sendsOnDemand(client) && today(plan.servers, client, costs) > 0) say(`   ${onDemandLine(client)}`)
        say('')
      }
    },
    outcome(outcomes, costs, facts) {
      if (asJson) {
        stdout.write(`${JSON.stringify(toJson(outcomes, costs, facts))}\n`)
        return
      }
      for (const outcome of outcomes) {
        if ('error' in outcome)
          stderr.write(`${outcome.client.title}: ${errorText(outcome.error.toJSON(), createPalette(stderr, env))}`)
        else for (const line of outcomeLines(outcome.client, outcome.plan, costs, facts, short)) say(line)
      }
      if (outcomes.length === 0) say('Nothing was changed.')
      for (const line of closingLines(outcomes, facts, short)) say(line)
      if (outcomes.length > 0 && !costs.exact) say('Tokens are estimates, within 12 % of cl100k_base.')
    },
  }
}

function serverLines(servers: readonly Fate[], client: Client, costs: Costs): string[] {
  const width = Math.min(24, Math.max(0, ...servers.map(({ name }) => name.length)))
  return servers.map((fate) => {
    const name = fate.name.padEnd(width)
    if (fate.kind === 'stays') return `${name}  stays: ${fate.reason}`
    if (fate.entry['disabled'] === true) return `${name}  disabled, and stays so`
    const cost = costs.servers.get(fate.server)
    if (cost?.needsLogin === true) return `${name}  stays: it wants a login, which ${client.title} has`
    if (cost === undefined || cost.problem !== undefined)
      return `${name}  cost unknown: ${bounded(cost?.problem ?? 'not asked')}`
    return `${name}  ${count(cost.tools, 'tool')}, ${count(cost.tokens(client), 'token')}`
  })
}

function projectLine({ place, names }: ProjectServers, short: (path: string) => string): string {
  return `${names.join(', ')}  stays: of the project ${short(place)} alone`
}

/** Servers whose tools are known and that a client offers today. */
function today(servers: readonly Fate[], client: Client, costs: Costs): number {
  return servers.reduce(
    (sum, fate) => sum + (fate.kind === 'moves' ? (costs.servers.get(fate.server)?.tokens(client) ?? 0) : 0),
    0,
  )
}

/** Servers that are on and whose tools are not known. */
function unknown(servers: readonly Fate[], costs: Costs): string[] {
  return servers.flatMap((fate) => {
    if (fate.kind === 'stays' || fate.entry['disabled'] === true) return []
    const cost = costs.servers.get(fate.server)
    return cost === undefined || cost.problem !== undefined ? [fate.name] : []
  })
}

function notCounted(servers: readonly Fate[], costs: Costs): string {
  const list = unknown(servers, costs)
  return list.length === 0 ? '' : ` (not counted: ${list.join(', ')})`
}

function savingLine(servers: readonly Fate[], client: Client, costs: Costs): string {
  const [before, after] = [today(servers, client, costs), costs.ours(client)]
  if (before === 0) return `with us: ${count(after, 'token')} in each request`
  return `today ${count(before, 'token')} in each request, with us ${count(after, 'token')}${percent(before, after)}`
}

/** The saving above counts all definitions, which this client may not send. */
function onDemandLine({ title }: Client): string {
  return `where the tool search of ${title} is on, it sends names first: less is saved in each request`
}

function percent(before: number, after: number): string {
  return after < before
    ? ` (${((1 - after / before) * 100).toFixed(1)} % fewer)`
    : ' (no saving: so few tools are cheaper without us)'
}

function outcomeLines(
  client: Client,
  plan: ClientPlan | ClientDone,
  costs: Costs,
  { isDry }: Facts,
  short: (path: string) => string,
): string[] {
  const moved = plan.servers.filter((fate) => fate.kind === 'moves')
  const before = today(moved, client, costs)
  const verb = isDry ? 'would be moved' : 'moved'
  if (plan.after === (plan.before ?? ''))
    return [`${client.title}: set up already; nothing to change in ${short(plan.file)}`]
  return [
    `${client.title}: ${count(moved.length, 'server')} ${verb} out of ${short(plan.file)}`,
    `  before  ${count(before, 'token')} in each request${names(moved.map(({ name }) => name))}${notCounted(moved, costs)}`,
    `  after   ${count(costs.ours(client), 'token')}${names(['mcp-optimizer'])}`,
    ...(sendsOnDemand(client) && before > 0 ? [`  ${onDemandLine(client)}`] : []),
    ...moved.flatMap((fate) => notesOf(fate)),
    ...('backups' in plan ? plan.backups.map((path) => `  ${FORMER}${short(path)}`) : []),
  ]
}

function notesOf(fate: Fate): string[] {
  if (fate.kind === 'stays') return []
  const notes = fate.notes.map((note) => `  ${fate.name} ${note}`)
  if (fate.dropped.length === 0) return notes
  return [...notes, `  ${fate.name}: ${fate.dropped.join(', ')} means nothing to us; --undo puts it back`]
}

function closingLines(
  outcomes: readonly Outcome[],
  { isDry, ownFile, address }: Facts,
  short: (path: string) => string,
): string[] {
  const changed = outcomes.flatMap((outcome) =>
    'plan' in outcome && outcome.plan.after !== (outcome.plan.before ?? '') ? [outcome] : [],
  )
  if (changed.length === 0) return []
  if (isDry) return ['', 'Nothing was written (--dry-run).']
  const restart = `Restart ${changed.map(({ client }) => client.title).join(', ')}.`
  return [
    '',
    ...(changed.some(({ plan }) => plan.servers.some(({ kind }) => kind === 'moves'))
      ? [`The servers are in ${short(ownFile)}`]
      : []),
    ...(address === undefined ? [] : [`Start the shared gateway: mcp-optimizer serve --http ${address}`]),
    `${restart} Undo: mcp-optimizer setup --undo`,
  ]
}

function toJson(outcomes: readonly Outcome[], costs: Costs, { isDry, ownFile, address }: Facts): object {
  return {
    dryRun: isDry,
    ownFile,
    ...(address === undefined ? {} : { gateway: `http://${address}/mcp` }),
    tokenizer: costs.tokenizer,
    clients: outcomes.map((outcome) => {
      if ('error' in outcome) return { client: outcome.client.name, error: outcome.error.toJSON() }
      const { client, plan } = outcome
      const moved = plan.servers.filter((fate) => fate.kind === 'moves')
      return {
        client: client.name,
        file: plan.file,
        changed: plan.after !== (plan.before ?? ''),
        ours: plan.ours,
        moved: moved.map(({ name, server, dropped, notes }) => ({ name, server, dropped, notes })),
        stays: plan.servers.flatMap((fate) =>
          fate.kind === 'stays' ? [{ name: fate.name, reason: fate.reason }] : [],
        ),
        tokensBefore: today(plan.servers, client, costs),
        // Servers whose tools are not known, and that are not counted.
        notCounted: unknown(plan.servers, costs),
        tokensAfter: costs.ours(client),
        // True: before counts definitions that this client may send only when the model looks them up.
        sendsOnDemand: sendsOnDemand(client),
        backups: 'backups' in plan ? plan.backups : [],
      }
    }),
  }
}

function names(list: readonly string[]): string {
  return list.length === 0 ? '' : `: ${list.join(', ')}`
}

function count(value: number, thing: string): string {
  return `${value.toLocaleString('en')} ${thing}${value === 1 ? '' : 's'}`
}

function bounded(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}
