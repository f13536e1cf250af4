import { isRecord } from '../../internal/json.ts'
import type { Claim } from './claim.ts'
import type { LeftOut } from './gate.ts'

/** Names of the servers that a claim would start. */
export function serversOf({ kind, name, says }: Claim): string[] {
  if (kind !== 'file') return kind === 'server' ? [name] : []
  if (!isRecord(says)) return []
  return [says['mcpServers'], says['servers']].flatMap((servers) => (isRecord(servers) ? Object.keys(servers) : []))
}

/** Names of all servers that were left out, each once. */
export function unapprovedServers(leftOut: readonly LeftOut[]): string[] {
  return [...new Set(leftOut.flatMap(({ claim }) => serversOf(claim)))]
}
