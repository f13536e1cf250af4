/** Messages a server may send per second unasked before the rest of that second is dropped: requests and notifications. */
export const MAX_UNASKED_PER_SECOND = 500

/** Progress of one call in this time; of what comes faster the latest is told before the answer. */
const MAX_PROGRESS = 50
const PROGRESS_MS = 250

/** False for what comes beyond `max` in one span of `windowMs`. */
export function createRate(max: number, windowMs: number): () => boolean {
  let span = 0
  let count = 0
  return () => {
    const now = Math.floor(Date.now() / windowMs)
    if (now !== span) [span, count] = [now, 0]
    return ++count <= max
  }
}

/** Progress that is passed on no faster than people can see it. */
export interface ProgressGate<T> {
  /** What to pass on now; undefined where it came too fast and is held. */
  pass(progress: T): T | undefined
  /** What is still held when the answer is there. */
  rest(): T | undefined
}

export function createProgressGate<T>(): ProgressGate<T> {
  const isWithin = createRate(MAX_PROGRESS, PROGRESS_MS)
  let held: T | undefined
  return {
    pass(progress) {
      const passes = isWithin()
      held = passes ? undefined : progress
      return passes ? progress : undefined
    },
    rest: () => held,
  }
}
