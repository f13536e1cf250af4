import { copyFile, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { applyEdits, modify } from 'jsonc-parser'
import { parse as parseToml } from 'smol-toml'
import { parseDocument } from 'yaml'
import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { nearestNames } from '../internal/nearest.ts'
import { type Client, CLIENTS, type Places } from './clients.ts'

export interface Installation {
  readonly client: string
  readonly file: string
  /** The file's text before; undefined when there was none. */
  readonly before: string | undefined
  readonly after: string
  /** Where the former text is kept. */
  readonly backup: string
}

const NAME = 'mcp-optimizer'
const COMMAND = 'npx'
const ARGS = ['-y', 'mcp-optimizer', 'serve']

/** The client of a name. Throws `CONFIG_INVALID` with the nearest names. */
export function clientNamed(name: string): Client {
  const client = CLIENTS.find((known) => known.name === name)
  if (client !== undefined) return client
  const names = CLIENTS.map((known) => known.name)
  throw new OptimizerError('CONFIG_INVALID', `cannot use client "${name}": it is not known`, {
    details: { nearest: nearestNames(name, names), clients: names },
  })
}

/** What the client's file would become; nothing is written. */
export async function planInstall(client: Client, places: Places): Promise<Installation> {
  const file = await target(client.userFile(places))
  const before = await readFile(file, 'utf8').catch(() => undefined)
  return { client: client.name, file, before, after: withEntry(before ?? '', client), backup: backupOf(file) }
}

/** Writes the plan: the former text is kept beside it first, the new one put in place at once. */
export async function install(plan: Installation): Promise<void> {
  await mkdir(dirname(plan.file), { recursive: true })
  // The oldest backup is the one without us in it.
  if (plan.before !== undefined && !(await exists(plan.backup))) await copyFile(plan.file, plan.backup)
  const mode = plan.before === undefined ? 0o600 : (await stat(plan.file)).mode
  const temporary = `${plan.file}.${NAME}.tmp`
  await writeFile(temporary, plan.after, { mode })
  await rename(temporary, plan.file)
}

/** Puts the former text back, byte for byte. Throws `CONFIG_INVALID` when there is none. */
export async function undoInstall(client: Client, places: Places): Promise<string> {
  const file = await target(client.userFile(places))
  const backup = backupOf(file)
  if (await exists(backup)) {
    await rename(backup, file)
    return file
  }
  const text = await readFile(file, 'utf8').catch(() => '')
  // Without a backup the file was ours alone.
  if (!text.includes(NAME))
    throw new OptimizerError('CONFIG_INVALID', `cannot undo: ${client.title} has no entry of ours`)
  await rm(file)
  return file
}

function withEntry(text: string, client: Client): string {
  switch (client.format) {
    case 'json': {
      const source = text.trim() === '' ? '{}\n' : text
      const formattingOptions = {
        insertSpaces: !/^\t/m.test(source),
        tabSize: /^ {4}\S/m.test(source) ? 4 : 2,
        eol: source.includes('\r\n') ? '\r\n' : '\n',
      }
      return applyEdits(source, modify(source, [...client.key, NAME], entryFor(client), { formattingOptions }))
    }
    case 'yaml': {
      const document = parseDocument(text)
      document.setIn([...client.key, NAME], entryFor(client))
      return document.toString()
    }
    case 'toml':
      return withTomlSection(text, client)
  }
}

/** TOML is added to at its end, so that what stands there keeps its form. */
function withTomlSection(text: string, client: Client): string {
  const servers = client.key.reduce<unknown>(
    (value, key) => (isRecord(value) ? value[key] : undefined),
    parseToml(text),
  )
  if (isRecord(servers) && NAME in servers) return text
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  return `${text}${gap}\n[${client.key.join('.')}.${NAME}]\ncommand = ${JSON.stringify(COMMAND)}\nargs = ${JSON.stringify(ARGS)}\n`
}

function entryFor(client: Client): object {
  switch (client.entry) {
    case 'typed':
      return { type: 'stdio', command: COMMAND, args: ARGS }
    case 'opencode':
      return { type: 'local', command: [COMMAND, ...ARGS], enabled: true }
    case 'goose':
      return { name: NAME, type: 'stdio', cmd: COMMAND, args: ARGS, enabled: true, timeout: 300 }
    case 'zed':
      return { source: 'custom', command: COMMAND, args: ARGS }
    default:
      return { command: COMMAND, args: ARGS }
  }
}

/** The file itself where the path is a link. */
async function target(path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}

function backupOf(file: string): string {
  return `${file}.before-${NAME}`
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
