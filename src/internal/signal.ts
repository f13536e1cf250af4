import { setMaxListeners } from 'node:events'

/** An AbortController whose signal many may wait for: a program's calls, a gateway's servers. */
export function createAborter(): AbortController {
  const controller = new AbortController()
  // Node 20 warns from the eleventh listener on, as if they were forgotten ones.
  setMaxListeners(0, controller.signal)
  return controller
}

/** A signal that aborts with `parent` or after `ms` milliseconds; dispose it to stop its timer. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
  /** True when time ran out (not when the parent aborted). */
  readonly expired: boolean
  /** Starts the time anew, e.g. on progress. */
  extend(ms: number): void
}

export function createDeadline(ms: number, parent?: AbortSignal): Deadline {
  const controller = createAborter()
  let expired = false
  const expire = (): void => {
    expired = true
    controller.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'))
  }
  let timer = setTimeout(expire, ms)
  const forward = (): void => controller.abort(parent?.reason)
  if (parent?.aborted) forward()
  else parent?.addEventListener('abort', forward, { once: true })
  return {
    signal: controller.signal,
    get expired() {
      return expired
    },
    extend(more) {
      clearTimeout(timer)
      if (!controller.signal.aborted) timer = setTimeout(expire, more)
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      parent?.removeEventListener('abort', forward)
    },
  }
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // What nobody waits for any more may still reject.
  if (signal.aborted) promise.catch(() => undefined)
  signal.throwIfAborted()
  return await new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
