import { messageOf } from '../internal/text.ts'

export interface CircuitOptions {
  /** Milliseconds a command may take. */
  readonly timeoutMs: number
  /** Milliseconds from a failure to the first probe; doubles up to `maxPauseMs`. */
  readonly pauseMs: number
  readonly maxPauseMs: number
  /** Makes the service usable again, or rejects; nobody waits for it. */
  readonly probe: () => Promise<void>
}

/**
 * Stands before a service that may be dead, hung or slow: a command waits `timeoutMs` at most; after one failure nobody
 * waits at all, until a probe in the background has worked. Open to begin with.
 */
export interface Circuit extends Disposable {
  readonly closed: boolean
  /** Why it is open. */
  readonly problem: string | undefined
  /** The command's answer. Rejects when the circuit is open, the command fails or takes too long. */
  run<T>(command: () => Promise<T>): Promise<T>
  /** Opens it, for a failure that was found elsewhere. */
  fail(thrown: unknown): void
}

export function createCircuit(options: CircuitOptions): Circuit {
  const { timeoutMs, pauseMs, maxPauseMs, probe } = options
  let closed = false
  let problem: string | undefined
  let pause = 0
  let timer: NodeJS.Timeout | undefined
  let probing = false
  let over = false

  const open = (thrown: unknown): void => {
    closed = false
    problem = messageOf(thrown)
    schedule()
  }
  const schedule = (): void => {
    if (over || probing || timer !== undefined) return
    timer = setTimeout(() => void tryAgain(), pause)
    timer.unref()
    pause = Math.min(maxPauseMs, Math.max(pauseMs, pause * 2))
  }
  const tryAgain = async (): Promise<void> => {
    timer = undefined
    probing = true
    try {
      await probe()
      closed = !over
      problem = undefined
      pause = pauseMs
      probing = false
    } catch (thrown) {
      probing = false
      open(thrown)
    }
  }

  return {
    get closed() {
      return closed
    },
    get problem() {
      return problem
    },
    async run(command) {
      if (!closed) {
        schedule()
        throw new Error(problem ?? 'not connected yet')
      }
      try {
        return await within(timeoutMs, command())
      } catch (thrown) {
        open(thrown)
        throw thrown
      }
    },
    fail: open,
    [Symbol.dispose]() {
      over = true
      closed = false
      clearTimeout(timer)
    },
  }
}

/** Settles as `work` does, or rejects after `ms` milliseconds. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    // An answer that has come while this process was busy counts: it is read before the second turn.
    timer = setTimeout(() => setImmediate(() => reject(new Error(`no answer within ${ms} ms`))), ms)
  })
  // The loser of the race is nobody's business any more.
  late.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
