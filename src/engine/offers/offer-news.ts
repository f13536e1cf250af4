import { isRecord } from '../../internal/json.ts'
import type { Scrub } from '../../internal/scrub.ts'
import { cleanData } from '../../internal/server-data.ts'
import { clip, serverText } from '../../internal/text.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import { isSevere, leastSevere, LOG_LEVELS, type LogLevel } from './log-levels.ts'

/** What servers tell unasked: log messages, and changes of resources. */
export interface OfferNews extends Disposable {
  /** Told each log message that is severe enough, until disposed. */
  hear(listener: (message: LogMessage) => void): LogHearing
  /** Told the address of a resource that changed, at or below the one that is watched, until disposed. Throws what the server says where it refuses. */
  watch(server: string, uri: string, listener: (uri: string) => void): Promise<Disposable>
}

export interface LogHearing extends Disposable {
  setLevel(level: LogLevel): void
}

/** `params` of `notifications/message`. */
export interface LogMessage {
  readonly level: LogLevel
  /** The server's key, then its own logger: `files/watcher`. */
  readonly logger: string
  readonly data: unknown
}

/** Heard by whoever said nothing of levels. */
const DEFAULT_LEVEL = 'info'

export function createOfferNews(
  upstreams: ReadonlyMap<string, Upstream>,
  keyOf: (server: string) => string,
  scrub: Scrub,
): OfferNews {
  const hearers = new Map<(message: LogMessage) => void, LogLevel | undefined>()
  /** By server and address. */
  const watchers = new Map<string, Map<string, Set<(uri: string) => void>>>()

  const messageOf = (server: string, { level, logger, data }: Readonly<Record<string, unknown>>): LogMessage => ({
    level: LOG_LEVELS.find((one) => one === level) ?? DEFAULT_LEVEL,
    logger: `${keyOf(server)}${typeof logger === 'string' ? `/${clip(serverText(logger, 200, scrub), 200)}` : ''}`,
    data: cleanData(data, scrub) ?? null,
  })
  const changed = (server: string, uri: unknown): void => {
    if (typeof uri !== 'string') return
    for (const [watched, all] of watchers.get(server) ?? [])
      if (uri === watched || uri.startsWith(watched.endsWith('/') ? watched : `${watched}/`))
        for (const told of all) told(uri)
  }
  const subscriptions = [...upstreams].flatMap(([server, { offers }]) => {
    const subscription = offers?.onNotified(({ method, params }) => {
      if (method === 'notifications/resources/updated') changed(server, params['uri'])
      if (method !== 'notifications/message' || hearers.size === 0 || !isRecord(params)) return
      const message = messageOf(server, params)
      for (const [hear, least = DEFAULT_LEVEL] of hearers) if (isSevere(message.level, least)) hear(message)
    })
    return subscription === undefined ? [] : [subscription]
  })
  const setLevels = (): void => {
    const least = leastSevere([...hearers.values()].filter((level) => level !== undefined))
    if (least === undefined) return
    for (const { offers } of upstreams.values()) void offers?.setLevel(least).catch(() => undefined)
  }

  return {
    hear(listener) {
      hearers.set(listener, undefined)
      return {
        setLevel(level) {
          hearers.set(listener, level)
          setLevels()
        },
        [Symbol.dispose]() {
          hearers.delete(listener)
          setLevels()
        },
      }
    },
    async watch(server, uri, listener) {
      const told = (changedUri: string): void => listener(changedUri)
      const offers = upstreams.get(server)?.offers
      await offers?.subscribe(uri)
      const ofServer = watchers.get(server) ?? new Map<string, Set<(uri: string) => void>>()
      const all = ofServer.get(uri) ?? new Set()
      ofServer.set(uri, all.add(told))
      watchers.set(server, ofServer)
      let isOver = false
      return {
        [Symbol.dispose]() {
          if (isOver) return
          isOver = true
          all.delete(told)
          if (all.size === 0 && ofServer.get(uri) === all) ofServer.delete(uri)
          void offers?.unsubscribe(uri).catch(() => undefined)
        },
      }
    },
    [Symbol.dispose]() {
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      hearers.clear()
      watchers.clear()
    },
  }
}
