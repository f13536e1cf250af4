import { stableJson } from '../../internal/hash.ts'
import { isRecord } from '../../internal/json.ts'
import type { Client, Places } from '../clients/client.ts'
import type { RawServer } from '../clients/user-servers.ts'
import { readEntry } from '../entry.ts'
import { isOurselves } from '../own-gateway.ts'
import { type OwnEntry, translate } from './translate.ts'

/** A server of a client's file and what becomes of it. */
export type Fate = Moving | Staying

export interface Moving {
  readonly kind: 'moves'
  /** The name under which the client has it. */
  readonly name: string
  /** The name under which our file has it. */
  readonly server: string
  readonly entry: OwnEntry
  /** Our file has it as it is wanted. */
  readonly isKnown: boolean
  /** Setup put it there, or does so now. */
  readonly bySetup: boolean
  /** Keys of the entry that have no meaning in our file. */
  readonly dropped: readonly string[]
  /** What the user should know of the move. */
  readonly notes: readonly string[]
}

export interface Staying {
  readonly kind: 'stays'
  readonly name: string
  readonly reason: string
}

/** Servers of our file by name, and whether setup put them there. */
export type Known = ReadonlyMap<string, { readonly entry: unknown; readonly bySetup: boolean }>

/**
 * Decides for each server of a client: the same server is one in our file, whatever its name; another one of a name that is taken
 * gets a name of its own. `leave` says of servers why they must stay where they are.
 */
export function fatesOf(
  servers: readonly RawServer[],
  client: Client,
  places: Places,
  known: Known,
  leave: ReadonlyMap<string, string> = new Map(),
): Fate[] {
  const taken = new Map(known)
  return servers.map((server) => {
    const { name } = server
    const reason = leave.get(name) ?? (isThisGateway(server.entry) ? 'it is this gateway itself' : undefined)
    if (reason !== undefined) return { kind: 'stays', name, reason }
    const translated = translate(server.entry, client, places)
    if (translated.kind === 'stays') return { kind: 'stays', name, reason: translated.reason }
    const moving = placed(server, translated, client, taken)
    taken.set(moving.server, moving)
    return moving
  })
}

/** True for an entry that starts this program. */
export function isThisGateway(entry: unknown): boolean {
  const read = readEntry(entry, { env: {} })
  return read.kind === 'server' && isOurselves(read.server)
}

function placed(
  { name, disabled, include, exclude }: RawServer,
  { entry, dropped }: { readonly entry: OwnEntry; readonly dropped: readonly string[] },
  client: Client,
  taken: Known,
): Moving {
  const wanted = {
    ...withoutSwitch(entry),
    // Settings of the client may say more than the entry: the narrower list counts.
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude: [...new Set([...texts(entry['exclude']), ...exclude])] }),
    ...(disabled ? { disabled: true } : {}),
  }
  const same = sameServer(name, wanted, taken)
  if (same === undefined) {
    const server = freeName(name, client, taken)
    const notes = server === name ? [] : [`is "${server}" in our file: another server has the name "${name}" there`]
    return { kind: 'moves', name, server, entry: wanted, isKnown: false, bySetup: true, dropped, notes }
  }
  const { entry: present, bySetup } = same
  const wasOff = isRecord(present) && present['disabled'] === true
  const turnsOn = wasOff && !disabled && bySetup
  const notes = [
    ...(same.name === name ? [] : [`is the same server as "${same.name}"`]),
    ...(wasOff && !disabled && !bySetup ? [`is disabled in our file, and stays so`] : []),
    ...(turnsOn ? ['was disabled in another client, and is on for all now'] : []),
    ...(disabled && !wasOff ? [`is disabled in ${client.title}, and on in our file for another entry`] : []),
  ]
  const kept = turnsOn ? wanted : (present as OwnEntry)
  return { kind: 'moves', name, server: same.name, entry: kept, isKnown: !turnsOn, bySetup, dropped, notes }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function sameServer(
  name: string,
  wanted: OwnEntry,
  taken: Known,
): { readonly name: string; readonly entry: unknown; readonly bySetup: boolean } | undefined {
  const key = identity(wanted)
  const matches = [...taken].filter(([, { entry }]) => identity(entry) === key)
  const [found, known] = matches.find(([other]) => other === name) ?? matches[0] ?? []
  return found === undefined || known === undefined ? undefined : { ...known, name: found }
}

/** What makes a server this one: all that it says but the switch and words for people. */
function identity(entry: unknown): string {
  if (!isRecord(entry)) return stableJson(entry)
  const { type, disabled: _switch, description: _words, ...rest } = entry
  return stableJson(type === 'sse' ? { type, ...rest } : rest)
}

function withoutSwitch({ disabled: _switch, ...entry }: OwnEntry): OwnEntry {
  return entry
}

function freeName(name: string, client: Client, taken: Known): string {
  if (!taken.has(name)) return name
  const own = `${name}-${client.name}`
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? own : `${own}-${count}`
    if (!taken.has(candidate)) return candidate
  }
}
