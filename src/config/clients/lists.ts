import { isRecord } from '../../internal/json.ts'
import type { Content, Group } from './client.ts'
import { at, groupAt } from './groups.ts'

/** A list of servers with names as a map. */
export function byName(servers: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    servers.map((entry, index) => {
      const { transport, ...rest } = isRecord(entry) ? entry : {}
      // An old form of Continue kept the server one level down.
      const inner = isRecord(transport) ? { ...rest, ...transport } : entry
      const name = isRecord(entry) && typeof entry['name'] === 'string' ? entry['name'] : `server-${index + 1}`
      return [name, inner]
    }),
  )
}

/** The servers of clients that write them as a map or as a list. */
export function byNameGroups(content: Content): Group[] {
  const { file, value } = content
  const path = file.key === false || file.key === undefined ? ['mcpServers'] : file.key
  const servers = at(value, path) ?? (file.bare === true && Array.isArray(value) ? value : undefined)
  return [Array.isArray(servers) ? { path, servers: byName(servers) } : groupAt(content, path)]
}
