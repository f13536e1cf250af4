import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { OptimizerError } from '../../errors.ts'
import { isRecord } from '../../internal/json.ts'
import { entryText, serversIn, withoutServer, withServer } from '../client-file.ts'
import type { Client, Places } from '../clients/client.ts'
import { type RawServer, userServers } from '../clients/user-servers.ts'
import { isOff } from '../entry.ts'
import { ownPlaces } from '../own-places.ts'
import { type Fate, fatesOf, isThisGateway, type Known, type Moving } from './fates.ts'
import { hunkBetween } from './hunk.ts'
import { entryFor, OUR_NAME, type OwnAddress } from './own-entry.ts'
import { openOwnFile, type OwnFile } from './own-file.ts'
import { openRecords, type Records, type SetupRecord, type Step, withSteps } from './record.ts'
import {
  ChangedMeanwhile,
  clearUnfinished,
  readTextFile,
  refuseReadOnly,
  replaceText,
  type TextFile,
  type Writing,
} from './text-file.ts'

export interface SetupContext extends Writing {
  readonly places: Places
  /** The user's configuration folder. */
  readonly folder: string
  readonly own: OwnAddress
  /** The JSON Schema of our file. */
  readonly schema: () => Promise<string>
}

/** What setup does to one client. */
export interface ClientPlan {
  readonly client: Client
  readonly file: string
  /** Undefined where there is no file yet. */
  readonly before: string | undefined
  readonly after: string
  readonly servers: readonly Fate[]
  /** What becomes of our entry: `kept` is one that stands there already. */
  readonly ours: 'added' | 'replaced' | 'kept'
}

export interface ClientDone extends ClientPlan {
  /** Dated files with what stood there before. */
  readonly backups: readonly string[]
}

/** Moves servers of clients into our file, one client after the other. */
export interface Setup {
  /** Path of our file. */
  readonly ownFile: string
  /** What would be done; nothing is written. Each plan knows those before it. Throws `CONFIG_INVALID`. */
  plan(client: Client, leave?: ReadonlyMap<string, string>): Promise<ClientPlan>
  /** Does it: a server is in our file and in the record before its client's file loses it. Throws `CONFIG_INVALID`. */
  run(client: Client, leave?: ReadonlyMap<string, string>): Promise<ClientDone>
}

/** Throws `CONFIG_INVALID` where our file or the record of former runs cannot be read. */
export async function createSetup(context: SetupContext): Promise<Setup> {
  const own = await openOwnFile(context, context.folder, context.schema)
  await refuseUnused(own.path, context)
  const records = await openRecords(context, context.folder)
  const parts = { context, own, records }
  return {
    ownFile: own.path,
    async plan(client, leave) {
      const { plan, record } = await planClient(client, parts, leave)
      await putAll(own, plan.servers)
      records.set(record)
      return plan
    },
    async run(client, leave) {
      for (let tries = 1; ; tries++) {
        try {
          return await runClient(client, parts, leave)
        } catch (thrown) {
          // A client that runs writes its file now and then: what it wrote is read, and its servers are moved out of that.
          if (!(thrown instanceof ChangedMeanwhile) || tries === MAX_TRIES) throw thrown
        }
      }
    },
  }
}

/** Servers that were moved into a file that is not read would be gone. */
async function refuseUnused(ownFile: string, { disk, places, folder }: SetupContext): Promise<void> {
  const { home, env } = places
  const asked = env['MCP_OPTIMIZER_CONFIG'] || undefined
  const found = await Promise.all(
    ownPlaces({ asked, cwd: home, home, userFolder: folder }).map(async ({ path, level }) =>
      level === 'asked' || (await disk.mode(path)) !== undefined ? [path] : [],
    ),
  )
  const [used = ownFile] = found.flat()
  if ((await disk.follow(used)) === (await disk.follow(ownFile))) return
  const why = asked === undefined ? 'is read in its place' : 'is named by MCP_OPTIMIZER_CONFIG and read in its place'
  throw new OptimizerError('CONFIG_INVALID', `cannot move servers into ${ownFile}: ${used} ${why}`, {
    suggestion: asked === undefined ? `move what it holds into ${ownFile}` : 'unset MCP_OPTIMIZER_CONFIG',
  })
}

const MAX_TRIES = 5

interface Parts {
  readonly context: SetupContext
  readonly own: OwnFile
  readonly records: Records
}

type Leave = ReadonlyMap<string, string> | undefined

async function runClient(client: Client, parts: Parts, leave: Leave): Promise<ClientDone> {
  const { context, own, records } = parts
  const { plan, file, record } = await planClient(client, parts, leave)
  await clearUnfinished(context.disk, [dirname(file.path), context.folder])
  if (plan.after === plan.before) return { ...plan, backups: [] }
  await records.save(record)
  await putAll(own, plan.servers)
  const ownBackup = plan.servers.some(({ kind }) => kind === 'moves') ? await own.save() : undefined
  const backup = await replaceText(context, file, plan.after)
  return { ...plan, backups: [ownBackup, backup].filter((path) => path !== undefined) }
}

async function putAll(own: OwnFile, fates: readonly Fate[]): Promise<void> {
  for (const fate of fates) if (fate.kind === 'moves' && !fate.isKnown) await own.put(fate.server, fate.entry)
}

interface Planned {
  readonly plan: ClientPlan
  readonly file: TextFile
  readonly record: SetupRecord
}

async function planClient(client: Client, { context, own, records }: Parts, leave: Leave): Promise<Planned> {
  if (client.unwritable !== undefined)
    throw new OptimizerError('CONFIG_INVALID', `cannot set up ${client.title}: ${client.unwritable}`)
  const path = client.userFile(context.places)
  const file = await readTextFile(context.disk, path)
  const present = await serversIn(file.text ?? '', client, path)
  const servers = await withVerdicts(present, client, context.places)
  const record = records.current()
  const known = knownServers(await own.servers(), record)
  const placed = record.steps.findLast(
    (step) => step.kind === 'placed' && step.client === client.name && step.file === path,
  )
  const isOurs = Object.hasOwn(present, OUR_NAME) && (placed !== undefined || isThisGateway(present[OUR_NAME]))
  const others = isOurs ? servers.filter(({ name }) => name !== OUR_NAME) : servers
  const fates = fatesOf(others, client, context.places, known, leave)
  const moved = fates.flatMap((fate) => (fate.kind === 'moves' ? [fate.entry] : []))
  const wanted = entryFor(client, context.own, variablesIn([...Object.values(await own.servers()), ...moved]))
  const ours = ourEntry(
    wanted,
    isOurs ? present[OUR_NAME] : undefined,
    placed?.kind === 'placed' ? placed.entry : undefined,
    others.some(({ entry }) => isThisGateway(entry)),
  )
  const { after, steps } = await changed(client, file, { path, fates, ours })
  if (after !== (file.text ?? '')) await refuseReadOnly(context.disk, file)
  const plan = { client, file: path, before: file.text, after, servers: fates, ours: ours.fate }
  const created = record.created || (own.isNew && fates.some(({ kind }) => kind === 'moves'))
  return { plan, file, record: { ...withSwitches(withSteps(record, steps), fates), created } }
}

/** Servers of a client's file with what the client's settings say of them. */
async function withVerdicts(
  present: Readonly<Record<string, unknown>>,
  client: Client,
  places: Places,
): Promise<RawServer[]> {
  const known = new Map((await userServers(client, places)).servers.map((server) => [server.path.join('\n'), server]))
  return Object.entries(present).map(([name, entry]) => {
    const path = [...client.key, name]
    return { disabled: isOff(entry), ...known.get(path.join('\n')), name, entry, path }
  })
}

interface Ours {
  readonly fate: ClientPlan['ours']
  readonly entry: object
}

/** Our entry for a client: one that stands there already stays, unless it is as setup wrote it or could not start. */
function ourEntry(wanted: object, current: unknown, written: object | undefined, byOtherName: boolean): Ours {
  if (current === undefined) return { fate: byOtherName ? 'kept' : 'added', entry: wanted }
  const kept = { fate: 'kept', entry: wanted } as const
  if (isDeepStrictEqual(current, wanted)) return kept
  if (isAddress(wanted) !== isAddress(current)) return isAddress(wanted) ? { fate: 'replaced', entry: wanted } : kept
  return isDeepStrictEqual(current, written) || isStale(current) ? { fate: 'replaced', entry: wanted } : kept
}

function isAddress(entry: unknown): boolean {
  return isRecord(entry) && ['url', 'serverUrl', 'httpUrl', 'uri'].some((key) => typeof entry[key] === 'string')
}

/** An entry of ours that starts whatever has our name in a registry, or a file that is gone. */
function isStale(entry: unknown): boolean {
  const words = isRecord(entry) ? [entry['command'], entry['cmd'], entry['args']].flat() : []
  return words.some(
    (word) =>
      typeof word === 'string' &&
      (/^mcp-optimizer(@latest)?$/.test(word) || (/[\\/].*\.m?js$/.test(word) && !existsSync(word))),
  )
}

/** The text of a client's file without the servers that move and with our entry, and the steps that led to it. */
async function changed(
  client: Client,
  file: TextFile,
  { path, fates, ours }: { path: string; fates: readonly Fate[]; ours: Ours },
): Promise<{ readonly after: string; readonly steps: readonly Step[] }> {
  const steps: Step[] = []
  let text = file.text ?? ''
  const take = async (fate: Moving): Promise<void> => {
    const shorter = await withoutServer(text, client, path, fate.name)
    steps.push({
      kind: 'moved',
      client: client.name,
      file: path,
      name: fate.name,
      entry: (await serversIn(text, client, path))[fate.name],
      text: await entryText(text, client, fate.name),
      hunk: hunkBetween(text, shorter),
      server: fate.server,
      ...(fate.bySetup ? { own: { ...fate.entry } } : {}),
      dropped: [...fate.dropped],
    })
    text = shorter
  }
  const moving = fates.filter((fate) => fate.kind === 'moves')
  // Another server may have our name: that one makes room first.
  for (const fate of moving) if (fate.name === OUR_NAME) await take(fate)
  if (ours.fate !== 'kept') {
    const longer = await withServer(text, client, path, OUR_NAME, ours.entry)
    const hunk = file.text === undefined ? {} : { hunk: hunkBetween(text, longer) }
    const replaces = ours.fate === 'replaced'
    steps.push({ kind: 'placed', client: client.name, file: path, entry: { ...ours.entry }, ...hunk, replaces })
    text = longer
  }
  for (const fate of moving) if (fate.name !== OUR_NAME) await take(fate)
  return { after: text, steps }
}

function knownServers(servers: Readonly<Record<string, unknown>>, { steps }: SetupRecord): Known {
  const bySetup = new Set(
    steps.flatMap((step) => (step.kind === 'moved' && step.own !== undefined ? [step.server] : [])),
  )
  return new Map(Object.entries(servers).map(([name, entry]) => [name, { entry, bySetup: bySetup.has(name) }]))
}

/** A server that was switched on is so for every client that it came from. */
function withSwitches(record: SetupRecord, fates: readonly Fate[]): SetupRecord {
  const written = new Map(
    fates.flatMap((fate) => (fate.kind === 'moves' && fate.bySetup ? [[fate.server, fate.entry]] : [])),
  )
  const steps = record.steps.map((step) => {
    const entry = step.kind === 'moved' && step.own !== undefined ? written.get(step.server) : undefined
    return entry === undefined ? step : { ...step, own: { ...entry } }
  })
  return { ...record, steps }
}

/** Environment variables that our file names. */
function variablesIn(servers: readonly unknown[]): string[] {
  const names = JSON.stringify(servers).matchAll(/(?<!\$)\$\{([A-Za-z_]\w*)(?::-[^{}]*)?\}/g)
  return [...new Set([...names].map(([, name = '']) => name))].filter((name) => !OF_EDITORS.has(name)).toSorted()
}

const OF_EDITORS = new Set(['workspaceFolder', 'workspaceRoot', 'workspaceFolderBasename', 'userHome', 'pathSeparator'])
