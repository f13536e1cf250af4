import { relative } from 'node:path'
import { readEntry } from '../config/entry.ts'
import type { Approval } from '../config/trust/approvals.ts'
import type { Part } from '../config/trust/claim.ts'
import type { LeftOut } from '../config/trust/gate.ts'
import { isRecord } from '../internal/json.ts'

/** Whether a part may run already. */
export type PartState = 'approved' | 'new' | 'changed'

export interface StatedPart {
  readonly part: Part
  readonly state: PartState
}

/** What a project would run, as it stands in its files: nothing is left out, and nothing is expanded. */
export function partLines(stated: readonly StatedPart[]): string[] {
  const files = groupBy(stated, ({ part }) => part.path)
  return [...files].flatMap(([path, inFile]) => [
    `${word(relative(inFile[0]?.part.folder ?? '', path))} in ${word(inFile[0]?.part.folder ?? '')}`,
    ...inFile.flatMap(({ part, state }) => partText(part, state).map((line) => `  ${line}`)),
  ])
}

/** One line for what was left out, with the command that shows and approves it. */
export function leftOutLine(leftOut: readonly LeftOut[], cwd: string): string {
  const files = groupBy(leftOut, ({ claim }) => claim.path)
  const named = [...files].map(([path, inFile]) => {
    const names = inFile.filter(({ claim }) => claim.kind === 'server').map(({ claim }) => word(claim.name))
    const changed = inFile.some(({ why }) => why === 'changed') ? ', changed since it was approved' : ''
    return `${names.length === 0 ? '' : `${shortened(names)} of `}${word(path)}${changed}`
  })
  return `left out until you approve: ${shortened(named)}; see what would run: mcp-optimizer trust ${word(cwd)}`
}

export function approvalLine({ kind, name, path, approvedAt }: Approval): string {
  return `${kind === 'server' ? `server ${word(name)} of ` : ''}${word(path)}, approved ${approvedAt.slice(0, 10)}`
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

const MAX_NAMES = 8

function shortened(names: readonly string[]): string {
  const more = names.length - MAX_NAMES
  return more > 0 ? `${names.slice(0, MAX_NAMES).join(', ')} and ${more} more` : names.join(', ')
}

function partText({ kind, name, says, reads, files, folder }: Part, state: PartState): string[] {
  const read = [...reads].toSorted()
  const notes = [
    ...(read.length === 0 ? [] : [`reads the variables ${read.map(word).join(', ')}`]),
    ...Object.keys(files).map((path) => `reads the file ${word(relative(folder, path))}`),
  ].map((note) => `    ${note}`)
  const mark = state === 'approved' ? ' (approved)' : state === 'changed' ? ' (changed)' : ''
  if (kind === 'intent') return [`an intent that agents may run${mark}`]
  if (kind === 'server') return [...serverText(name, isRecord(says) ? says['entry'] : says, mark), ...notes]
  return [`the whole file${mark}:`, ...fileText(isRecord(says) ? says : {}), ...notes]
}

/** A file of our own: its servers, then every other setting. */
function fileText({ servers, mcpServers, ...rest }: Record<string, unknown>): string[] {
  const entries = [mcpServers, servers].flatMap((map) => (isRecord(map) ? Object.entries(map) : []))
  return [
    ...entries.flatMap(([name, entry]) => serverText(name, entry, '')),
    ...Object.entries(rest).map(([key, value]) => `${word(key)}: ${json(value)}`),
  ].map((line) => `  ${line}`)
}

const SHOWN = new Set([
  'command',
  'cmd',
  'args',
  'url',
  'serverUrl',
  'httpUrl',
  'baseUrl',
  'uri',
  'type',
  'disabled',
  'enabled',
])

/** A server as its line of command or address, then every other key of its entry. */
function serverText(name: string, entry: unknown, mark: string): string[] {
  const read = readEntry(entry, { env: {} })
  const { server } = read.kind === 'server' ? read : {}
  const what =
    server === undefined
      ? json(entry)
      : server.type === 'stdio'
        ? [server.command, ...(server.args ?? [])].map(word).join(' ')
        : word(server.url)
  const keys = Object.entries(isRecord(entry) ? entry : {})
  const rest = keys.filter(([key, value]) => !SHOWN.has(key) || (key === 'command' && isRecord(value)))
  return [`${word(name)}: ${what}${mark}`, ...rest.map(([key, value]) => `    ${word(key)}: ${json(value)}`)]
}

/** Tokens of well-known makers: whoever looks over a shoulder learns nothing, and none of them is a command. */
const TOKEN = /\b(gh[posu]_|github_pat_|glpat-|xox[a-z]-|sk-|lin_api_|ntn_|figd_|AKIA|AIza|eyJ)[\w.-]{12,}/g

function json(value: unknown): string {
  return escaped(JSON.stringify(value) ?? 'nothing').replace(TOKEN, '$1…')
}

/** A word as a shell would take it; what a terminal would hide or reorder is written as an escape. */
function word(text: string): string {
  if (/^[\w@%+=:,./~${}-]+$/.test(text)) return text
  return UNSEEN.test(text) || text.includes("'") ? escaped(JSON.stringify(text)) : `'${text}'`
}

// Controls, spaces without width or of odd width, marks of direction, tags, half pairs.
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u00a0\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0]|\u115f|\u1160|[\ufe00-\ufe0f]/u

function escaped(text: string): string {
  return text.replace(new RegExp(UNSEEN, 'gu'), (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
