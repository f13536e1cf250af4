/**
 * Those who wait, by session: sessions take turns, and within a session it is first come, first served. Before all of
 * them come the urgent ones, who had their turn and lost it.
 */
export class SessionQueue<T> {
  /** Sessions that have somebody waiting, in the order of their turns. */
  private readonly sessions = new Map<string, T[]>()
  private readonly urgent: T[] = []
  private count = 0

  get size(): number {
    return this.count
  }

  /** `session` undefined: urgent, as it had its turn already. */
  push(session: string | undefined, item: T): void {
    this.count++
    if (session === undefined) {
      this.urgent.push(item)
      return
    }
    const waiting = this.sessions.get(session)
    if (waiting === undefined) this.sessions.set(session, [item])
    else waiting.push(item)
  }

  /** Whose turn it is. */
  peek(): T | undefined {
    if (this.urgent.length > 0) return this.urgent[0]
    const [first] = this.sessions.values()
    return first?.[0]
  }

  /** Takes who {@link peek} shows; their session comes last then. */
  shift(): T | undefined {
    if (this.count === 0) return undefined
    this.count--
    if (this.urgent.length > 0) return this.urgent.shift()
    const [first] = this.sessions
    if (first === undefined) return undefined
    const [session, waiting] = first
    const item = waiting.shift()
    if (waiting.length > 0 && this.sessions.size === 1) return item
    this.sessions.delete(session)
    if (waiting.length > 0) this.sessions.set(session, waiting)
    return item
  }

  /** Takes somebody out who no longer waits; `session` undefined: one of the urgent. */
  remove(session: string | undefined, item: T): void {
    const waiting = session === undefined ? this.urgent : this.sessions.get(session)
    const index = waiting?.indexOf(item) ?? -1
    if (waiting === undefined || index < 0) return
    waiting.splice(index, 1)
    this.count--
    if (session !== undefined && waiting.length === 0) this.sessions.delete(session)
  }

  /** Takes the last one of the session that has most waiting, if that is more than `session` would have with one more. */
  displace(session: string): T | undefined {
    const own = (this.sessions.get(session)?.length ?? 0) + 1
    let longest = ''
    let length = own
    for (const [name, waiting] of this.sessions) {
      if (waiting.length <= length) continue
      longest = name
      length = waiting.length
    }
    if (length === own) return undefined
    this.count--
    return this.sessions.get(longest)?.pop()
  }

  /** Takes all out. */
  drain(): T[] {
    const all = [...this.urgent.splice(0), ...[...this.sessions.values()].flat()]
    this.sessions.clear()
    this.count = 0
    return all
  }
}
