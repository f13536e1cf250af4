import type { GuestTools } from './guest-tools.ts'

/** `AbortController` and `AbortSignal`, with as much of events as they need. */
export function createEvents({ hide, spawn }: GuestTools): object {
  type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown }
  interface Entry {
    readonly listener: Listener
    readonly isOnce: boolean
  }
  const token = {}

  class Event {
    readonly type: string
    readonly cancelable: boolean
    readonly timeStamp = 0
    #isPrevented = false
    target: unknown = null
    currentTarget: unknown = null
    constructor(type: unknown, { cancelable = false }: { cancelable?: boolean } = {}) {
      this.type = String(type)
      this.cancelable = cancelable
    }
    get defaultPrevented(): boolean {
      return this.#isPrevented
    }
    preventDefault(): void {
      if (this.cancelable) this.#isPrevented = true
    }
    stopPropagation(): void {
      // There is nothing above a target.
    }
    isStopped = false
    stopImmediatePropagation(): void {
      this.isStopped = true
    }
  }

  class EventTarget {
    readonly #listeners = new Map<string, Entry[]>()

    addEventListener(
      type: unknown,
      listener: Listener | null,
      options?: { once?: boolean; signal?: AbortSignal } | boolean,
    ): void {
      if (listener === null || listener === undefined) return
      const { once = false, signal } = typeof options === 'object' && options !== null ? options : {}
      if (signal?.aborted === true) return
      const name = String(type)
      const list = this.#listeners.get(name) ?? []
      if (list.some((entry) => entry.listener === listener)) return
      this.#listeners.set(name, [...list, { listener, isOnce: once }])
      signal?.addEventListener('abort', () => this.removeEventListener(name, listener), { once: true })
    }
    removeEventListener(type: unknown, listener: Listener | null): void {
      const list = this.#listeners.get(String(type))
      if (list !== undefined)
        this.#listeners.set(
          String(type),
          list.filter((entry) => entry.listener !== listener),
        )
    }
    dispatchEvent(event: Event): boolean {
      event.target = this
      event.currentTarget = this
      const own = (this as unknown as Record<string, unknown>)[`on${event.type}`]
      const list = [...(this.#listeners.get(event.type) ?? [])]
      if (typeof own === 'function') spawn(() => (own as (event: Event) => unknown).call(this, event))
      for (const { listener, isOnce } of list) {
        if (event.isStopped) break
        if (isOnce) this.removeEventListener(event.type, listener)
        // What a listener throws does not reach whoever dispatched the event.
        spawn(() => (typeof listener === 'function' ? listener.call(this, event) : listener.handleEvent(event)))
      }
      event.currentTarget = null
      return !event.defaultPrevented
    }
  }

  let abort: (signal: AbortSignal, reason: unknown) => void = () => undefined

  class AbortSignal extends EventTarget {
    #isAborted = false
    #reason: unknown = undefined
    onabort: unknown = null

    constructor(key?: unknown) {
      if (key !== token) throw new TypeError('Illegal constructor')
      super()
    }
    static {
      abort = (signal, reason) => {
        if (signal.#isAborted) return
        signal.#isAborted = true
        signal.#reason = reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason
        signal.dispatchEvent(new Event('abort'))
      }
    }
    static abort(reason?: unknown): AbortSignal {
      const signal = new AbortSignal(token)
      abort(signal, reason)
      return signal
    }
    static timeout(delayMs: unknown): AbortSignal {
      const signal = new AbortSignal(token)
      const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
      setTimeout(() => abort(signal, late), Number(delayMs))
      return signal
    }
    static any(signals: Iterable<AbortSignal>): AbortSignal {
      const list = [...signals]
      const joined = new AbortSignal(token)
      const aborted = list.find((signal) => signal.aborted)
      if (aborted !== undefined) abort(joined, aborted.reason)
      else
        for (const signal of list) signal.addEventListener('abort', () => abort(joined, signal.reason), { once: true })
      return joined
    }
    get aborted(): boolean {
      return this.#isAborted
    }
    get reason(): unknown {
      return this.#reason
    }
    throwIfAborted(): void {
      if (this.#isAborted) throw this.#reason
    }
    toJSON(): object {
      return { aborted: this.#isAborted }
    }
  }

  class AbortController {
    readonly #signal = new AbortSignal(token)
    get signal(): AbortSignal {
      return this.#signal
    }
    abort(reason?: unknown): void {
      abort(this.#signal, reason)
    }
  }
  for (const [name, made] of Object.entries({ AbortController, AbortSignal, Event, EventTarget })) {
    hide(made.prototype, Symbol.toStringTag, name)
  }
  return { AbortController, AbortSignal, Event, EventTarget }
}
