import type { Engine } from '../engine/engine.ts'
import type { LogHearing } from '../engine/offers/offer-news.ts'
import { OptimizerError } from '../errors.ts'
import { LOG_LEVELS, type LogLevel } from '../engine/offers/log-levels.ts'
import type { Outgoing } from './dispatch.ts'
import type { ListChanges } from './list-changes.ts'
import { MAX_WATCHED } from './watched.ts'

/** A client of the eras with `initialize` that can be told something unasked. */
export interface ClientLink extends Disposable {
  /** Has it told of changes of a resource. Throws what the server says. */
  subscribe(address: string, signal: AbortSignal): Promise<void>
  unsubscribe(address: string): void
  /** The least severe log messages of servers that it is told. Throws `INVALID_REQUEST`. */
  setLevel(level: string): void
}

export interface ClientLinkOptions {
  readonly engine: () => Promise<Engine>
  readonly notify: (message: Outgoing) => void
  readonly changes: ListChanges
  /** False: servers' log messages are not for this client, as they may speak of the calls of others. */
  readonly hearsLogs: boolean
}

export const UPDATED = 'notifications/resources/updated'

export function createClientLink({ engine, notify, changes, hearsLogs }: ClientLinkOptions): ClientLink {
  const watched = new Map<string, Disposable>()
  let hearing: LogHearing | undefined
  let isOver = false
  const send = (method: string, params: object): void => notify({ jsonrpc: '2.0', method, params })
  const changing = changes.onChanged((method) => send(method, {}))
  let wanted: LogLevel | undefined
  if (hearsLogs)
    void engine().then(
      ({ offers }) => {
        if (!isOver) hearing = offers.hear((params) => send('notifications/message', params))
        if (wanted !== undefined) hearing?.setLevel(wanted)
      },
      () => undefined,
    )
  return {
    async subscribe(address, signal) {
      if (watched.has(address)) return
      if (watched.size >= MAX_WATCHED)
        throw new OptimizerError('LIMIT_EXCEEDED', `cannot watch more than ${MAX_WATCHED} resources at once`)
      const told = (uri: string): void => send(UPDATED, { uri })
      const watching = await (await engine()).offers.watch(address, told, signal)
      if (isOver || watched.has(address)) watching[Symbol.dispose]()
      else watched.set(address, watching)
    },
    unsubscribe(address) {
      watched.get(address)?.[Symbol.dispose]()
      watched.delete(address)
    },
    setLevel(level) {
      const known = LOG_LEVELS.find((one) => one === level)
      if (known === undefined)
        throw new OptimizerError('INVALID_REQUEST', `params.level must be one of ${LOG_LEVELS.join(', ')}`)
      wanted = known
      hearing?.setLevel(known)
    },
    [Symbol.dispose]() {
      isOver = true
      changing[Symbol.dispose]()
      hearing?.[Symbol.dispose]()
      for (const watching of watched.values()) watching[Symbol.dispose]()
      watched.clear()
    },
  }
}
