import { dirname } from 'node:path'
import { OptimizerError } from '../../errors.ts'
import { stableJson } from '../../internal/hash.ts'
import { onlyAdding, onlyAnother, serversIn, withFormer, withoutAgain } from '../client-file.ts'
import type { Client, Places } from '../clients/client.ts'
import { CLIENTS } from '../clients/clients.ts'
import { isThisGateway } from './fates.ts'
import { type Hunk, takenBack } from './hunk.ts'
import { OUR_NAME } from './own-entry.ts'
import { openOwnFile, type OwnFile } from './own-file.ts'
import { openRecords, type Moved, type Records, type Step } from './record.ts'
import {
  ChangedMeanwhile,
  clearUnfinished,
  formersOf,
  readTextFile,
  refuseReadOnly,
  replaceText,
  type TextFile,
  type Writing,
} from './text-file.ts'

export interface UndoContext extends Writing {
  readonly places: Places
  readonly folder: string
}

/** What undoing does to one file of a client. */
export interface UndoPlan {
  readonly client: Client
  readonly file: string
  readonly before: string | undefined
  readonly after: string
  /** Servers that are back in the client. */
  readonly back: readonly string[]
  /** Servers that are not put back: the client has another one of that name now. */
  readonly taken: readonly string[]
  /** Our entry is taken out. */
  readonly oursOut: boolean
}

export interface UndoDone extends UndoPlan {
  readonly backups: readonly string[]
  /** Dated files of earlier runs, where no record says what was moved then. */
  readonly formers: readonly string[]
  /** Servers that our file loses. */
  readonly removed: readonly string[]
  /** Servers that our file keeps, and why. */
  readonly kept: readonly { readonly name: string; readonly reason: string }[]
  /** The dated name of our file where nothing was left in it. */
  readonly retired?: string
}

/** Takes back what setup did, one client after the other. */
export interface Undo {
  readonly ownFile: string
  /** Clients with something to undo. */
  clients(): Promise<readonly Client[]>
  /** What would be done to each file; empty where there is nothing. Throws `CONFIG_INVALID`. */
  plan(client: Client): Promise<readonly UndoPlan[]>
  /** Does it: a server is back in its client before our file and the record lose it. Throws `CONFIG_INVALID`. */
  run(client: Client): Promise<readonly UndoDone[]>
}

/** Throws `CONFIG_INVALID` where our file or the record of former runs cannot be read. */
export async function createUndo(context: UndoContext): Promise<Undo> {
  const own = await openOwnFile(context, context.folder, async () => '')
  const records = await openRecords(context, context.folder)
  const plan = async (client: Client): Promise<Planned[]> => {
    const files = filesOf(client, context, records)
    const planned = await Promise.all(files.map(async (file) => await planFile(client, file, context, records)))
    return planned.filter(({ plan: { before, after }, steps }) => steps.length > 0 || after !== (before ?? ''))
  }
  return {
    ownFile: own.path,
    async clients() {
      const found = await Promise.all(
        CLIENTS.map(async (client) => ((await mayUndo(client, context, records)) ? [client] : [])),
      )
      return found.flat()
    },
    plan: async (client) => (await plan(client)).map((planned) => planned.plan),
    async run(client) {
      const done: UndoDone[] = []
      for (const {
        plan: { file },
      } of await plan(client))
        done.push(await runFile(client, file, { context, own, records }))
      return done
    },
  }
}

interface Planned {
  readonly plan: UndoPlan
  readonly file: TextFile
  readonly steps: readonly Step[]
}

function filesOf(client: Client, { places }: UndoContext, records: Records): string[] {
  const recorded = records.current().steps.flatMap((step) => (step.client === client.name ? [step.file] : []))
  return [...new Set([...recorded, client.userFile(places)])]
}

/** A file that does not parse is refused only where something of ours is recorded for it. */
async function mayUndo(client: Client, context: UndoContext, records: Records): Promise<boolean> {
  if (records.current().steps.some((step) => step.client === client.name)) return true
  const path = client.userFile(context.places)
  try {
    const { text } = await readTextFile(context.disk, path)
    return text !== undefined && isThisGateway((await serversIn(text, client, path))[OUR_NAME])
  } catch (thrown) {
    if (OptimizerError.is(thrown, 'CONFIG_INVALID')) return false
    throw thrown
  }
}

async function planFile(client: Client, path: string, context: UndoContext, records: Records): Promise<Planned> {
  const file = await readTextFile(context.disk, path)
  const steps = records.current().steps.filter((step) => step.client === client.name && step.file === path)
  const [back, taken]: [string[], string[]] = [[], []]
  let text = file.text ?? ''
  let isOut = false
  const takeOut = async (hunk?: Hunk): Promise<void> => {
    const shorter = await withoutAgain(text, client, path, OUR_NAME, hunk === undefined ? [] : [takenBack(text, hunk)])
    isOut ||= shorter !== text
    text = shorter
  }
  const lost: Moved[] = []
  for (const step of steps.toReversed()) {
    if (step.kind === 'placed') {
      const former = step.replaces && step.hunk !== undefined ? takenBack(text, step.hunk) : undefined
      if (!step.replaces) await takeOut(step.hunk)
      else text = (await onlyAnother(text, client, path, OUR_NAME, former)) ?? text
      continue
    }
    const waiting = Object.fromEntries(lost.map(({ name, entry }) => [name, entry]))
    const present = { ...(await serversIn(text, client, path)), ...waiting }
    const isThere = Object.hasOwn(present, step.name)
    if (isThere && stableJson(present[step.name]) !== stableJson(step.entry)) taken.push(step.name)
    else back.push(step.name)
    if (isThere) continue
    const whole = await onlyAdding(text, client, path, step, takenBack(text, step.hunk))
    if (whole === undefined) lost.push(step)
    else text = whole
  }
  // Where the place of an entry is not what it was, the entry goes to the others.
  for (const step of lost.toReversed()) text = await withFormer(text, client, path, step)
  // What was written by hand, or by an earlier version, has no step.
  if (!steps.some((step) => step.kind === 'moved' && step.name === OUR_NAME)) await takeOut()
  if (text !== (file.text ?? '')) await refuseReadOnly(context.disk, file)
  const plan = { client, file: path, before: file.text, after: text, back: back.toReversed(), taken, oursOut: isOut }
  return { plan, file, steps }
}

const MAX_TRIES = 5

async function runFile(
  client: Client,
  path: string,
  parts: { readonly context: UndoContext; readonly own: OwnFile; readonly records: Records },
): Promise<UndoDone> {
  for (let tries = 1; ; tries++) {
    const planned = await planFile(client, path, parts.context, parts.records)
    try {
      return await runPlan(planned, parts)
    } catch (thrown) {
      if (!(thrown instanceof ChangedMeanwhile) || tries === MAX_TRIES) throw thrown
    }
  }
}

async function runPlan(
  { plan, file, steps }: Planned,
  { context, own, records }: { readonly context: UndoContext; readonly own: OwnFile; readonly records: Records },
): Promise<UndoDone> {
  await clearUnfinished(context.disk, [dirname(file.path), context.folder])
  // What setup moved is known from the record alone: where that is gone, the former files are what is left.
  const formers = steps.length === 0 ? await formersOf(context.disk, file) : []
  const backup = plan.after === (plan.before ?? '') ? undefined : await replaceText(context, file, plan.after)
  const isDone = (step: Step): boolean =>
    steps.includes(step) && !(step.kind === 'moved' && plan.taken.includes(step.name))
  const left = records.current().steps.filter((step) => !isDone(step))
  const finished = steps.filter((step) => step.kind === 'moved' && isDone(step)) as readonly Moved[]
  const { removed, kept } = await withoutOwn(own, finished, left)
  const isOver = records.current().created && left.length === 0 && own.isBare()
  const [ownBackup, retired] = isOver ? [undefined, await own.retire()] : [await own.save(), undefined]
  await records.save({ ...records.current(), steps: left })
  const backups = [backup, ownBackup].filter((name) => name !== undefined)
  return { ...plan, backups, formers, removed, kept, ...(retired === undefined ? {} : { retired }) }
}

/** Takes out of our file what setup put there and no client needs any more; what the user changed there since stays. */
async function withoutOwn(
  own: OwnFile,
  finished: readonly Moved[],
  left: readonly Step[],
): Promise<Pick<UndoDone, 'removed' | 'kept'>> {
  const removed: string[] = []
  const kept: { name: string; reason: string }[] = []
  const servers = await own.servers()
  const once = new Map(finished.flatMap((step) => (step.own === undefined ? [] : [[step.server, step]])))
  for (const [name, { own: written }] of once) {
    const others = left.flatMap((step) => (step.kind === 'moved' && step.server === name ? [step.client] : []))
    if (!Object.hasOwn(servers, name)) continue
    if (others.length > 0) kept.push({ name, reason: `${[...new Set(others)].join(', ')} had it too` })
    else if (stableJson(servers[name]) !== stableJson(written))
      kept.push({ name, reason: 'it was changed there since' })
    else {
      await own.remove(name)
      removed.push(name)
    }
  }
  return { removed, kept }
}
