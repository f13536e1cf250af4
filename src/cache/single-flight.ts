import { abortable, createAborter } from '../internal/signal.ts'

/**
 * Joins equal work: while a promise for a key is pending, further callers get the same one. A caller whose signal aborts
 * leaves alone; when the last one has left, the work's own signal aborts.
 */
export type SingleFlight<T> = (
  key: string,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>

interface Flight<T> {
  readonly promise: Promise<T>
  readonly aborter: AbortController
  waiting: number
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>()

  const start = (key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const aborter = createAborter()
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    const flight: Flight<T> = { promise: work(aborter.signal).finally(land), aborter, waiting: 0 }
    // When all have left, nobody handles its failure.
    flight.promise.catch(() => undefined)
    flights.set(key, flight)
    return flight
  }

  return async (key, work, signal) => {
    signal?.throwIfAborted()
    const flight = flights.get(key) ?? start(key, work)
    flight.waiting++
    try {
      return await (signal === undefined ? flight.promise : abortable(flight.promise, signal))
    } finally {
      flight.waiting--
      if (flight.waiting === 0) {
        if (flights.get(key) === flight) flights.delete(key)
        flight.aborter.abort(signal?.reason)
      }
    }
  }
}
