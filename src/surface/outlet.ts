import type { Writable } from 'node:stream'

/** The way of one request's notifications to a client that may read slowly. */
export interface Channel<T> {
  /** Writes it now, or holds it until the client has read: of each kind only the latest is held. */
  notify(message: T): void
  /** Writes what is held: nothing may follow the answer. */
  end(): void
}

/** Where the messages to one client go: answers at once, notifications no faster than they are read. */
export interface Outlet<T> {
  channel(): Channel<T>
}

export function createOutlet<T extends object>(
  output: Writable,
  write: (message: T) => void,
  kindOf: (message: T) => unknown = methodOf,
): Outlet<T> {
  /** Those that hold something. */
  const behind = new Set<() => void>()
  let waits = false
  const wait = (): void => {
    if (waits) return
    waits = true
    output.once('drain', catchUp)
  }
  const catchUp = (): void => {
    waits = false
    for (const flush of behind) {
      if (output.writableNeedDrain) break
      flush()
    }
    if (behind.size > 0) wait()
  }
  return {
    channel() {
      const held = new Map<unknown, T>()
      const flush = (): void => {
        behind.delete(flush)
        for (const message of held.values()) write(message)
        held.clear()
      }
      return {
        notify(message) {
          if (!output.writableNeedDrain) {
            flush()
            return write(message)
          }
          held.set(kindOf(message), message)
          behind.add(flush)
          wait()
        },
        end: flush,
      }
    },
  }
}

/** Messages of one method are of one kind, but each resource that changed is told. */
function methodOf(message: object): unknown {
  const { method, params } = message as { readonly method?: unknown; readonly params?: { readonly uri?: unknown } }
  return method === 'notifications/resources/updated' ? `${method} ${String(params?.uri)}` : method
}
