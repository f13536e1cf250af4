import { isRecord } from '../../internal/json.ts'
import type { Content, Group } from './client.ts'
import { groupAt } from './groups.ts'

// https://github.com/charmbracelet/crush#mcps

/** Crush fills in `$(echo $NAME)` by a shell; other commands are left, and told. */
export function crushGroups(content: Content): Group[] {
  const group = groupAt(content, ['mcp'])
  return [{ ...group, servers: withoutEcho(group.servers) }]
}

function withoutEcho(value: unknown): unknown {
  // A command that is not run is told like a variable that is not set.
  if (typeof value === 'string')
    return value.replace(/\$\(echo ([^()`;|&<>]*)\)/g, '$1').replace(/\$\(([^()]*)\)/g, '${command:$1}')
  if (Array.isArray(value)) return value.map(withoutEcho)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutEcho(inner)]))
}
