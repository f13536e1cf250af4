import type { GuestTools } from './guest-tools.ts'

/** What the glue needs of the timers. */
export interface GuestTimers {
  /**
   * Runs the first timer that is due, and asks to be woken for the next one. `isLast`: the program has returned, and nothing but
   * timers is under way: then the first one is due now, and the timers' clock is ahead of the real one.
   */
  readonly fire: (isLast: boolean) => void
  /** True while the timers' clock is ahead: a call must wait until the real one has come there, and `fire` is asked for then. */
  readonly holds: () => boolean
}

/** Timers as Node.js has them; the thread around the guest waits. */
export function createTimers({
  elapsed,
  wake,
  spawn,
  hide,
}: GuestTools): Record<string, unknown> & { timers: GuestTimers } {
  interface Timer {
    readonly id: number
    readonly delayMs: number
    readonly repeats: boolean
    due: number
    run: () => unknown
  }
  const MAX_TIMERS = 10_000
  const MAX_JUMPS = 10_000
  const MAX_DELAY_MS = 2 ** 31 - 1
  /** By the time that they are due, then in their order. */
  const queue: Timer[] = []
  const byId = new Map<number, Timer>()
  let nextId = 1
  /** Where the clock of the timers has jumped to: all before is over for them. */
  let jumpedTo = 0
  let jumps = 0
  let isHolding = false
  const now = (): number => Math.max(elapsed(), jumpedTo)

  const insert = (timer: Timer): void => {
    let low = 0
    let high = queue.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((queue[middle] as Timer).due <= timer.due) low = middle + 1
      else high = middle
    }
    queue.splice(low, 0, timer)
    byId.set(timer.id, timer)
  }
  const remove = (timer: Timer): void => {
    byId.delete(timer.id)
    const at = queue.indexOf(timer)
    if (at >= 0) queue.splice(at, 1)
  }
  const arm = (): void => {
    const [first] = queue
    if (isHolding) wake(Math.max(0, jumpedTo - elapsed()), true)
    else wake(first === undefined ? -1 : Math.max(0, first.due - now()), false)
  }
  const delayOf = (delayMs: unknown): number => {
    const delay = Number(delayMs)
    return delay >= 1 && delay <= MAX_DELAY_MS ? Math.trunc(delay) : 1
  }

  const again = (timer: Timer): void => {
    timer.due = now() + timer.delayMs
    insert(timer)
  }

  /** What a program holds of a timer: as a number its id. */
  class Timeout {
    readonly #timer: Timer
    constructor(timer: Timer) {
      this.#timer = timer
    }
    ref(): this {
      return this
    }
    unref(): this {
      return this
    }
    hasRef(): boolean {
      return byId.has(this.#timer.id)
    }
    refresh(): this {
      remove(this.#timer)
      again(this.#timer)
      arm()
      return this
    }
    close(): this {
      clear(this.#timer.id)
      return this
    }
    toJSON(): number {
      return this.#timer.id
    }
    [Symbol.toPrimitive](): number {
      return this.#timer.id
    }
  }

  const add = (callback: unknown, delayMs: number, repeats: boolean, values: readonly unknown[]): Timeout => {
    if (typeof callback !== 'function') {
      const found = callback === null ? 'null' : typeof callback
      throw new TypeError(`The "callback" argument must be of type function. Received ${found}`)
    }
    if (queue.length >= MAX_TIMERS) throw new RangeError(`more than ${MAX_TIMERS} timers at once`)
    const timer: Timer = { id: nextId++, delayMs, repeats, due: 0, run: () => undefined }
    const handle = new Timeout(timer)
    timer.run = () => (callback as (...values: readonly unknown[]) => unknown).apply(handle, [...values])
    again(timer)
    arm()
    return handle
  }
  const clear = (handle: unknown): void => {
    const isId = typeof handle === 'number' || typeof handle === 'string' || handle instanceof Timeout
    const timer = isId ? byId.get(Number(handle)) : undefined
    if (timer === undefined) return
    remove(timer)
    arm()
  }

  const jump = (): void => {
    const [first] = queue
    if (first === undefined) return
    jumpedTo = Math.max(now(), first.due)
    jumps++
    // An interval that does nothing would go on for ever.
    if (jumps <= MAX_JUMPS) return
    queue.length = 0
    byId.clear()
  }
  const fire = (isLast: boolean): void => {
    if (isHolding && elapsed() >= jumpedTo) isHolding = false
    if (isLast && !isHolding) jump()
    const [first] = queue
    if (first !== undefined && !isHolding && first.due <= now()) {
      remove(first)
      if (first.repeats) again(first)
      spawn(first.run)
    }
    arm()
  }
  const holds = (): boolean => {
    if (jumpedTo <= elapsed()) return false
    isHolding = true
    arm()
    return true
  }

  const setTimeout = (callback: unknown, delayMs?: unknown, ...values: unknown[]): Timeout =>
    add(callback, delayOf(delayMs), false, values)
  const setInterval = (callback: unknown, delayMs?: unknown, ...values: unknown[]): Timeout =>
    add(callback, delayOf(delayMs), true, values)
  const setImmediate = (callback: unknown, ...values: unknown[]): Timeout => add(callback, 0, false, values)
  const sleep = (delayMs?: unknown, value?: unknown): Promise<unknown> =>
    new Promise((resolve) => add(resolve, delayOf(delayMs), false, [value]))
  hide(Timeout.prototype, Symbol.toStringTag, 'Timeout')
  return {
    clearImmediate: (handle?: unknown) => clear(handle),
    clearInterval: (handle?: unknown) => clear(handle),
    clearTimeout: (handle?: unknown) => clear(handle),
    setImmediate,
    setInterval,
    setTimeout,
    sleep,
    timers: { fire, holds },
  }
}
