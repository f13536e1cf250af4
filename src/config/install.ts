import { copyFile, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { OptimizerError } from '../errors.ts'
import { likeliestName } from '../internal/nearest.ts'
import { serversIn, withoutServer, withServer } from './client-file.ts'
import type { Client, Places } from './clients/client.ts'
import { CLIENTS } from './clients/clients.ts'
import type { OwnCommand } from './own-command.ts'

/** A client's file as it is and as it would become. */
export interface FileChange {
  readonly client: string
  readonly file: string
  /** The file's text before; undefined when there was none. */
  readonly before: string | undefined
  readonly after: string
}

const NAME = 'mcp-optimizer'

/** The client of a name. Throws `CONFIG_INVALID` with the nearest names. */
export function clientNamed(name: string): Client {
  const client = CLIENTS.find((known) => known.name === name)
  if (client !== undefined) return client
  const names = CLIENTS.map((known) => known.name)
  throw new OptimizerError('CONFIG_INVALID', `cannot use client "${name}": it is not known`, {
    details: { nearest: [likeliestName(name, names) ?? []].flat(), clients: names },
  })
}

/** The client's file with our entry in it; nothing is written. Throws `CONFIG_INVALID` when the file cannot take it. */
export async function planInstall(client: Client, places: Places, own: OwnCommand): Promise<FileChange> {
  const { file, before } = await read(client, places)
  const text = before ?? ''
  const known = (await serversIn(text, client, file))[NAME]
  const after = known === undefined ? await withServer(text, client, file, NAME, entryFor(client, own)) : text
  return { client: client.name, file, before, after }
}

/**
 * The client's file without our entry, whatever else changed since it was written; nothing is written. Throws
 * `CONFIG_INVALID` when it has no entry of ours.
 */
export async function planUninstall(client: Client, places: Places): Promise<FileChange> {
  const { file, before = '' } = await read(client, places)
  const after = await withoutServer(before, client, file, NAME)
  if (after !== before) return { client: client.name, file, before, after }
  throw new OptimizerError('CONFIG_INVALID', `cannot undo: ${client.title} has no entry of ours in ${file}`, {
    suggestion: 'nothing is to be done',
  })
}

/**
 * Writes a change whole or not at all, and keeps the former text in a dated file beside it, whose path it answers. Throws
 * `CONFIG_INVALID` when the file is no longer what the change was made from.
 */
export async function writeChange({ file, before, after }: FileChange, now: Date): Promise<string | undefined> {
  await mkdir(dirname(file), { recursive: true })
  const mode = before === undefined ? 0o600 : (await stat(file)).mode & 0o777
  const backup = before === undefined ? undefined : `${file}.${now.toISOString().replaceAll(':', '-')}.before-${NAME}`
  if (backup !== undefined) await copyFile(file, backup)
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    await writeWhole(temporary, after, mode)
    if ((await textOf(file)) !== before)
      throw new OptimizerError('CONFIG_INVALID', `cannot change ${file}: it was changed by another program meanwhile`, {
        suggestion: 'close the client, then try again',
      })
    await rename(temporary, file)
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw thrown
  }
  return backup
}

/** Its content is on the disk before anything is put in its place. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  await using handle = await open(path, 'wx', mode)
  await handle.writeFile(text)
  await handle.sync()
}

async function read(client: Client, places: Places): Promise<{ file: string; before: string | undefined }> {
  const path = client.userFile(places)
  // The file itself where the path is a link.
  const file = await realpath(path).catch(() => path)
  return { file, before: await textOf(file) }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new OptimizerError('CONFIG_INVALID', `cannot read ${file}: ${code ?? 'unknown reason'}`, { cause: thrown })
  }
}

function entryFor(client: Client, { command, args }: OwnCommand): object {
  switch (client.entry) {
    case 'typed':
      return { type: 'stdio', command, args }
    case 'copilot':
      return { type: 'local', command, args, tools: ['*'] }
    case 'opencode':
      return { type: 'local', command: [command, ...args], enabled: true }
    case 'goose':
      return { name: NAME, type: 'stdio', cmd: command, args, enabled: true, timeout: 300 }
    case 'zed':
      return { source: 'custom', command, args }
    default:
      return { command, args }
  }
}
