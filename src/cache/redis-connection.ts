import type { Cluster, Redis } from 'ioredis'
import { accessTo, type RedisAccess, type RedisPlace } from '../internal/redis-access.ts'

/** Scripts by name; all take two keys. */
export type Scripts = Readonly<Record<string, string>>

/** What the cache needs of a Redis; commands fail at once while there is no connection. */
export interface RedisConnection extends AsyncDisposable {
  run(script: string, keys: readonly [string, string], values: readonly (string | number)[]): Promise<unknown>
  ping(): Promise<unknown>
  hashOf(key: string): Promise<Readonly<Record<string, string>>>
  /** Gives up a connection that does not answer, and makes another. */
  reconnect(): void
}

export interface RedisEvents {
  readonly channel: string
  readonly onMessage: (message: string) => void
}

/** Opens both connections: one for commands, one that listens. ioredis is an optional package, loaded here. */
export async function connectRedis(place: RedisPlace, scripts: Scripts, events: RedisEvents): Promise<RedisConnection> {
  const library = await import('ioredis').catch(() => {
    throw new TypeError('the package ioredis is not installed: npm install ioredis')
  })
  const options: CommonOptions = {
    maxRetriesPerRequest: null,
    // A command whose time is over must not be carried out later.
    autoResendUnfulfilledCommands: false,
    connectTimeout: 2_000,
    ...(await accessTo(place)),
  }
  const make = (enableOfflineQueue: boolean): Redis | Cluster =>
    place.nodes === undefined
      ? new library.Redis(place.url ?? 'redis://127.0.0.1:6379', {
          ...options,
          enableOfflineQueue,
          retryStrategy: pauseOf,
        })
      : new library.Cluster([...place.nodes], {
          enableOfflineQueue,
          slotsRefreshTimeout: 2_000,
          clusterRetryStrategy: pauseOf,
          redisOptions: options,
        })

  const commands = make(false)
  const listener = make(true)
  // Faults show in the commands; without a listener the library would print them.
  for (const client of [commands, listener]) client.on('error', () => undefined)
  for (const [name, lua] of Object.entries(scripts)) commands.defineCommand(name, { numberOfKeys: 2, lua })
  listener.on('message', (_channel: string, message: string) => events.onMessage(message))
  // Waits in the library's queue until there is a connection, and is repeated after each new one.
  listener.subscribe(events.channel).catch(() => undefined)

  return {
    async run(script, keys, values) {
      // defineCommand adds a method that the type does not know.
      const run = (commands as unknown as Record<string, (...all: (string | number)[]) => Promise<unknown>>)[script]
      return await run?.call(commands, ...keys, ...values)
    },
    ping: async () => await commands.ping(),
    hashOf: async (key) => await commands.hgetall(key),
    reconnect() {
      commands.disconnect(true)
      listener.disconnect(true)
    },
    async [Symbol.asyncDispose]() {
      commands.disconnect()
      listener.disconnect()
    },
  }
}

interface CommonOptions extends RedisAccess {
  readonly maxRetriesPerRequest: null
  readonly autoResendUnfulfilledCommands: boolean
  readonly connectTimeout: number
}

/** Milliseconds before the next attempt to connect. */
function pauseOf(attempts: number): number {
  return Math.min(1_000, 50 * attempts)
}
