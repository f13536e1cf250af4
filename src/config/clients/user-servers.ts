import { isRecord } from '../../internal/json.ts'
import { readStructured } from '../read-file.ts'
import type { Client, Places } from './client.ts'

/** A server of a client's user-wide file as it stands there: nothing expanded, nothing translated. */
export interface RawServer {
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
  const content = await readStructured(file, client.format)
  if (content === undefined) return { file, servers: [] }
  if ('fault' in content) return { file, servers: [], fault: content.fault }
  const servers = at(content.value, client.key)
  const raw = Object.entries(isRecord(servers) ? servers : {}).map(([name, entry]) => ({
    name,
    entry,
    path: [...client.key, name],
    disabled: isOff(entry),
  }))
  return { file, servers: raw }
}

/** True where the switch of an entry itself is off. */
export function isOff(entry: unknown): boolean {
  return isRecord(entry) && (entry['disabled'] === true || entry['enabled'] === false)
}

export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, key) => (isRecord(inner) ? inner[key] : undefined), value)
}
