/**
 * Parts of a program's global scope that are made on first use: functions whose source text is sent into the guest, so each must
 * refer to nothing outside itself. What they need of the glue comes in this one object.
 */
export interface GuestTools {
  /** Asks the thread around the guest: see `services.ts`. Throws the error that the answer holds. */
  readonly ask: (kind: string, request: unknown) => unknown
  /** Defines a property as builtins have theirs: not enumerable. */
  readonly hide: (target: object, name: string | symbol, value: unknown) => void
  /** Number from 0 up to 1 of the run's own sequence, with 32 bits. */
  readonly random: () => number
  /** What `Date.now()` said when the run began. */
  readonly startedAt: () => number
  /** Writes a line of the log. */
  readonly print: (line: string) => void
  /** A value as a line of the log. */
  readonly show: (value: unknown) => string
  /** Milliseconds since the run began. */
  readonly elapsed: () => number
  /**
   * Asks to be woken after so many milliseconds, instead of what was asked before; negative: not any more. Not `isReal`: or
   * earlier, when the program has returned and nothing else is under way.
   */
  readonly wake: (delayMs: number, isReal: boolean) => void
  /** Starts work that nobody waits for: what it throws is a rejection that nobody caught. */
  readonly spawn: (work: () => unknown) => void
}
