/** Time as the parts need it; passed in, so that tests can turn it. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Wall clock, milliseconds since 1970. */
  wall(): number
}

/** The machine's clocks. */
export const systemClock: Clock = { now: () => performance.now(), wall: () => Date.now() }
