/** Joins equal work: while a promise for a key is pending, further callers get the same one. */
export function createSingleFlight<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const pending = new Map<string, Promise<T>>()
  return (key, work) => {
    const running = pending.get(key)
    if (running !== undefined) return running
    const promise = work().finally(() => pending.delete(key))
    pending.set(key, promise)
    return promise
  }
}
