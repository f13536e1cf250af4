import { join } from 'node:path'
import { isRecord } from '../../internal/json.ts'
import type { Content, Group, PlacedFile, Places } from './client.ts'
import { placed } from './folders.ts'
import { at } from './groups.ts'

// https://docs.docker.com/ai/mcp-catalog-and-toolkit/mcp-gateway

/** The list of the servers that Docker's gateway runs in containers. */
export function dockerFiles({ home }: Places): PlacedFile[] {
  return placed('user', [join(home, '.docker', 'mcp', 'registry.yaml')])
}

/** Its servers are behind one gateway of its own, which is one server here, as it is in every client. */
export function dockerGroups({ value }: Content): Group[] {
  const registry = at(value, ['registry'])
  const names = Object.keys(isRecord(registry) ? registry : {})
  if (names.length === 0) return [{ path: ['registry'], servers: {} }]
  return [{ path: ['registry'], servers: { MCP_DOCKER: { command: 'docker', args: ['mcp', 'gateway', 'run'] } } }]
}
