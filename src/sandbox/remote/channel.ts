import type { Readable, Writable } from 'node:stream'

/** A runner as its host holds it: two streams, and the power to end it. Process and container differ only here. */
export interface Channel {
  readonly input: Writable
  readonly output: Readable
  /** Whoever speaks for it while a program keeps it; where it is a single engine. */
  readonly keeper?: EngineKeeper
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

/** Speaks for an engine, also while a program keeps it. */
export interface EngineKeeper {
  /** Asks for a run back, if the engine has not begun it. */
  takeBack(place: number, run: number): void
  /** The same, and where it has begun, has it stopped as soon as the engine asks. */
  stop(place: number, run: number, isCancelled: boolean): void
  /** Told what became of a run that was asked for: it is back, or has begun. */
  onAnswer: (run: number, isBack: boolean) => void
}
