import { stableJson } from '../../internal/hash.ts'
import { isRecord } from '../../internal/json.ts'
import type { Client, Places } from '../clients/client.ts'
import { CLIENTS } from '../clients/clients.ts'
import { readText } from '../clients/file-reader.ts'
import { userServers } from '../clients/user-servers.ts'
import type { ServerConfig } from '../config.ts'
import { expandAll } from '../expand.ts'
import { isThisGateway } from './fates.ts'
import { OUR_NAME } from './own-entry.ts'
import { translate } from './translate.ts'

/** A client that has us and starts servers of ours itself too: each runs twice, and its tools cost tokens as before. */
export interface Doubled {
  readonly client: Client
  readonly file: string
  readonly servers: readonly string[]
}

/** Clients on this machine whose servers are served by us as well. Never throws for a file that cannot be read. */
export async function findDoubled(
  served: Readonly<Record<string, ServerConfig>>,
  places: Places,
): Promise<readonly Doubled[]> {
  const ours = new Set(Object.values(served).flatMap((server) => (server.disabled === true ? [] : [whatRuns(server)])))
  const found = await Promise.all(
    CLIENTS.map(async (client): Promise<Doubled[]> => {
      const { file, servers } = await userServers(client, places)
      const hasUs = servers.some(
        ({ name, entry, disabled }) => !disabled && (name === OUR_NAME || isThisGateway(entry)),
      )
      const twice = servers.filter(({ name, entry, disabled }) => {
        if (disabled || name === OUR_NAME) return false
        const translated = translate(entry, client, places)
        return translated.kind === 'moves' && ours.has(whatRuns(expanded(translated.entry, places)))
      })
      return hasUs && twice.length > 0 ? [{ client, file, servers: twice.map(({ name }) => name) }] : []
    }),
  )
  return found.flat()
}

function expanded(entry: object, { env, cwd, home }: Places): unknown {
  return expandAll(entry, 'own', { env, cwd, home, readText }).value
}

/** What makes two servers the same program or address; how long to wait for them and what of them is shown may differ. */
function whatRuns(server: unknown): string {
  const { command, args = [], url, cwd } = isRecord(server) ? server : {}
  return stableJson({ command, args, url, cwd })
}
