import { realpathSync } from 'node:fs'
import { parse } from 'node:path'
import { isRecord } from '../../internal/json.ts'
import { isOff } from '../entry.ts'
import type { Client, Content, PlacedFile, Places, Verdict } from './client.ts'
import { contentsOf } from './contents.ts'
import { at, groupsOf, keyOf } from './groups.ts'

/** A server of a client's user-wide file as it stands there: nothing expanded, nothing translated. */
export interface RawServer extends Verdict {
  readonly name: string
  readonly entry: unknown
  /** Keys that lead to the entry in the file. */
  readonly path: readonly string[]
  /** The client does not start it: a switch of the entry or of the client's settings says so. */
  readonly disabled: boolean
}

/** Servers of all projects of this user: those of the file that setup writes. `fault` says why the file was not read. */
export async function userServers(
  client: Client,
  places: Places,
): Promise<{ readonly file: string; readonly servers: readonly RawServer[]; readonly fault?: string }> {
  const file = client.userFile(places)
  const contents = await contentsOf(client, places)
  const isOwn = (placed: PlacedFile): boolean =>
    isSame(placed.path, file) && placed.key !== false && keyOf(client, placed).join('\n') === client.key.join('\n')
  const own = contents.find((content) => isOwn(content.file))
  if (own === undefined) return { file, servers: [] }
  if ('fault' in own) return { file, servers: [], fault: own.fault }
  const read = contents.flatMap((content): Content[] => ('value' in content ? [content] : []))
  const groups = await groupsOf(client, own, places)
  // What a project switches off, in its own files or in the user's, is off there alone.
  const ofUser = read.filter((content) => content.file.level === 'user')
  const switches = await client.switches?.(ofUser, { ...places, cwd: parse(places.home).root })
  const listed = groups.flatMap(({ path, servers }) =>
    Object.keys(isRecord(servers) ? servers : {}).flatMap((name): RawServer[] => {
      const entry = at(own.value, [...path, name])
      // What a client makes of a setting is no entry that could be moved.
      if (entry === undefined) return []
      const { off = false, ...tools } = switches?.(name, entry, own.file) ?? {}
      return [{ name, entry, path: [...path, name], disabled: off || isOff(entry), ...tools }]
    }),
  )
  return { file, servers: listed }
}

function isSame(path: PlacedFile['path'], other: string): boolean {
  return path === other || real(path) === real(other)
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
