import { SessionQueue } from './session-queue.ts'

interface Waiting<T> {
  readonly since: number
  readonly grant: (value: T) => void
  readonly refuse: (reason: unknown) => void
}

/** A queue of callers, each with a promise; served in the order of a {@link SessionQueue}. */
export class FairQueue<T> {
  private readonly queue = new SessionQueue<Waiting<T>>()

  get size(): number {
    return this.queue.size
  }

  /** Waits for a {@link grant}; rejects with the reason of `signal`. `session` undefined: before all sessions. */
  wait(session: string | undefined, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = (): void => signal?.removeEventListener('abort', abort)
      const abort = (): void => {
        this.queue.remove(session, waiting)
        reject(signal?.reason as Error)
      }
      const waiting: Waiting<T> = {
        since: performance.now(),
        grant: (value) => {
          forget()
          resolve(value)
        },
        refuse: (reason) => {
          forget()
          reject(reason)
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.queue.push(session, waiting)
    })
  }

  /** Serves the one whose turn it is; tells how many milliseconds they waited. */
  grant(value: T): number {
    const served = this.queue.shift()
    if (served === undefined) return 0
    served.grant(value)
    return performance.now() - served.since
  }

  /** Room for one more of `session`: refuses the last one of the session that has most waiting. False: that is this one. */
  makeRoom(session: string, reason: unknown): boolean {
    const displaced = this.queue.displace(session)
    displaced?.refuse(reason)
    return displaced !== undefined
  }

  refuseAll(reason: unknown): void {
    for (const { refuse } of this.queue.drain()) refuse(reason)
  }
}
