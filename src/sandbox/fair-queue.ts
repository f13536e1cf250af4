interface Waiting<T> {
  readonly session: string
  readonly grant: (value: T) => void
  readonly refuse: (reason: unknown) => void
}

/** Those who wait for something; served session by session in turn, within a session in order. */
export class FairQueue<T> {
  /** Sessions in the order of their turns. */
  private readonly sessions = new Map<string, Waiting<T>[]>()
  private count = 0

  get size(): number {
    return this.count
  }

  /** Waits for a {@link grant}. `first`: as the next of all. */
  wait(session: string, signal?: AbortSignal, first = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.remove(waiting)
        reject(signal?.reason as Error)
      }
      const waiting: Waiting<T> = {
        session,
        grant: (value) => {
          signal?.removeEventListener('abort', abort)
          resolve(value)
        },
        refuse: (reason) => {
          signal?.removeEventListener('abort', abort)
          reject(reason)
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.add(waiting, first)
    })
  }

  /** Serves the one whose turn it is. */
  grant(value: T): void {
    const [turn] = this.sessions
    if (turn === undefined) return
    const [session, list] = turn
    const waiting = list.shift()
    this.count--
    // To the end of the order: the others come first now.
    this.sessions.delete(session)
    if (list.length > 0) this.sessions.set(session, list)
    waiting?.grant(value)
  }

  refuseAll(reason: unknown): void {
    const all = [...this.sessions.values()].flat()
    this.sessions.clear()
    this.count = 0
    for (const waiting of all) waiting.refuse(reason)
  }

  private add(waiting: Waiting<T>, first: boolean): void {
    this.count++
    const { session } = waiting
    const list = this.sessions.get(session) ?? []
    if (!first) {
      list.push(waiting)
      this.sessions.set(session, list)
      return
    }
    list.unshift(waiting)
    const others = [...this.sessions].filter(([name]) => name !== session)
    this.sessions.clear()
    for (const [name, those] of [[session, list] as const, ...others]) this.sessions.set(name, those)
  }

  private remove(waiting: Waiting<T>): void {
    const list = this.sessions.get(waiting.session)
    const index = list?.indexOf(waiting) ?? -1
    if (list === undefined || index < 0) return
    list.splice(index, 1)
    this.count--
    if (list.length === 0) this.sessions.delete(waiting.session)
  }
}
