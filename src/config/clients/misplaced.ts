import { isRecord } from '../../internal/json.ts'

/** Where a file holds servers that its client does not look for there; undefined when it holds none. */
export function serversElsewhere(value: unknown, path: string): string | undefined {
  if (Array.isArray(value)) return value.some(isServerLike) ? '(list)' : undefined
  if (!isRecord(value)) return undefined
  const wrapper = WRAPPERS.find((key) => isRecord(value[key]) && Object.values(value[key]).some(isServerLike))
  if (wrapper !== undefined) return wrapper
  // Files of all settings have much that looks like a server.
  return /mcp[^/\\]*$/i.test(path) ? Object.keys(value).find((key) => isServerLike(value[key])) : undefined
}

const WRAPPERS = ['mcpServers', 'servers', 'mcp_servers', 'context_servers', 'mcp', 'extensions']

/** True for what looks like the entry of a server, whichever client wrote it. */
export function isServerLike(entry: unknown): boolean {
  if (!isRecord(entry)) return false
  return Array.isArray(entry['command']) || ADDRESSES.some((key) => typeof entry[key] === 'string')
}

const ADDRESSES = ['command', 'cmd', 'url', 'serverUrl', 'httpUrl', 'uri', 'baseUrl']
