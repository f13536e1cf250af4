import { isRecord } from '../../internal/json.ts'
import type { Client, Content, Group, PlacedFile, Places } from './client.ts'
import { isServerLike } from './misplaced.ts'

/** The maps of servers in a file of a client. */
export async function groupsOf(client: Client, content: Content, places: Places): Promise<readonly Group[]> {
  if (content.file.key === false) return []
  return (await client.groups?.(content, places)) ?? [groupAt(content, keyOf(client, content.file))]
}

/** Where a file of a client holds its servers. */
export function keyOf(client: Client, file: PlacedFile): readonly string[] {
  return file.key === false || file.key === undefined ? client.key : file.key
}

/** The map at a path of a file, or the file itself where servers may stand at its top and no map is there. */
export function groupAt({ file, value }: Content, path: readonly string[]): Group {
  const servers = at(value, path)
  const isBare =
    file.bare === true && servers === undefined && isRecord(value) && Object.values(value).some(isServerLike)
  return isBare ? { path: [], servers: value } : { path, servers }
}

export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, key) => (isRecord(inner) ? inner[key] : undefined), value)
}
