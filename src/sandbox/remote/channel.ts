import type { Duplex, Readable, Writable } from 'node:stream'

/** A runner as its host holds it: two streams, and the power to end it. Process and container differ only here. */
export interface Channel {
  readonly input: Writable
  readonly output: Readable
  /** The line to the keeper of a jailed engine. */
  readonly keeper?: Duplex
  /** Settles when the runner is gone, however it went. */
  readonly gone: Promise<Departure>
  /** Ends it at once; harmless when it is gone. */
  kill(): void
  /** Keeps this process alive for it, or does not. */
  hold(hold: boolean): void
  /** What it said on its standard error so far; bounded. */
  complaint(): string
}

export interface Departure {
  /** True when it ended for lack of memory. */
  readonly memory: boolean
}
