import { isRecord, type JsonObject } from '../internal/json.ts'
import type { Connection } from './connection.ts'

/** What a server should tell unasked: kept over its restarts. */
export interface OfferWatch {
  /** Told with each connection that stands. */
  connected(connection: Connection): void
  /** Throws what the server says where it refuses. */
  subscribe(uri: string): Promise<void>
  unsubscribe(uri: string): Promise<void>
  /** The least severe log messages to send. */
  setLevel(level: string): Promise<void>
  /** True while a resource is watched, so that the server must not rest. */
  readonly isHeld: boolean
}

export interface OfferWatchOptions {
  /** Asks the server, on a connection that is started where there is none. */
  readonly ask: (method: string, params: JsonObject) => Promise<unknown>
  readonly current: () => Connection | undefined
  readonly connect: () => Promise<Connection>
}

export function createOfferWatch({ ask, current, connect }: OfferWatchOptions): OfferWatch {
  const counts = new Map<string, number>()
  let level: string | undefined
  let stop: (() => void) | undefined
  let listening: Connection | undefined

  /** Asks a server of the 2026 era to tell of everything that is watched, in the place of what it was asked before. */
  const listen = async (connection: Connection): Promise<void> => {
    const { listen: open, capabilities = {} } = connection
    const filter = filterOf(capabilities, [...counts.keys()])
    if (open === undefined || Object.keys(filter).length === 0) return
    const before = listening === connection ? stop : undefined
    listening = connection
    stop = await open(filter)
    before?.()
  }
  const tell = async (method: string, params: JsonObject): Promise<void> => {
    await ask(method, params)
  }

  return {
    connected(connection) {
      if (connection.listen !== undefined) return void listen(connection).catch(() => undefined)
      // What a server refuses now it did not refuse before: its words would reach nobody.
      for (const uri of counts.keys()) void tell('resources/subscribe', { uri }).catch(() => undefined)
      if (level !== undefined && isRecord(connection.capabilities?.['logging']))
        void tell('logging/setLevel', { level }).catch(() => undefined)
    },
    async subscribe(uri) {
      const connection = current() ?? (await connect())
      const count = counts.get(uri) ?? 0
      counts.set(uri, count + 1)
      if (count > 0) return
      try {
        if (connection.listen !== undefined) await listen(connection)
        else await tell('resources/subscribe', { uri })
      } catch (thrown) {
        counts.delete(uri)
        throw thrown
      }
    },
    async unsubscribe(uri) {
      const count = counts.get(uri) ?? 0
      if (count > 1) return void counts.set(uri, count - 1)
      if (!counts.delete(uri)) return
      const connection = current()
      if (connection === undefined) return
      await (connection.listen === undefined ? tell('resources/unsubscribe', { uri }) : listen(connection))
    },
    async setLevel(wanted) {
      if (wanted === level) return
      level = wanted
      const connection = current()
      if (connection?.listen === undefined && isRecord(connection?.capabilities?.['logging']))
        await tell('logging/setLevel', { level })
    },
    get isHeld() {
      return counts.size > 0
    },
  }
}

/** What a server announces that it can tell of. */
function filterOf(capabilities: Readonly<Record<string, unknown>>, uris: readonly string[]): JsonObject {
  const tells = (name: string, of: string): boolean => {
    const capability = capabilities[name]
    return isRecord(capability) && capability[of] === true
  }
  return {
    ...(tells('tools', 'listChanged') ? { toolsListChanged: true } : {}),
    ...(tells('prompts', 'listChanged') ? { promptsListChanged: true } : {}),
    ...(tells('resources', 'listChanged') ? { resourcesListChanged: true } : {}),
    ...(uris.length > 0 && tells('resources', 'subscribe') ? { resourceSubscriptions: [...uris] } : {}),
  }
}
