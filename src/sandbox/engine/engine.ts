/**
 * A guest: one JavaScript engine in an own, bounded linear memory, primed once and made clean between programs.
 * Only the two implementations beside this file know how.
 */
export interface Engine {
  /** Bytes of linear memory now; it never shrinks. */
  readonly memoryBytes: number
  /** Makes the primed state again; false: throw the engine away. */
  reset(memoryLimitBytes: number): boolean | Promise<boolean>
  /** Evaluates a script and calls the guest's entry with its value, or with what it threw as `thrown`. */
  evaluate(
    script: string,
    file: string,
    enter: { operation: number; number: number; text: string },
    thrown: number,
  ): void
  /** Calls the guest's entry; `value` arrives as a string. */
  enter(operation: number, number: number, text: string, value?: string): void
  /**
   * Gives the guest the value of JSON text: calls its entry with `operations.value`, the number of characters as text, and
   * the value, where the engine can make it without the text; else with `operations.json` and the text.
   */
  enterJson(number: number, json: string): void
  /** Runs at most `count` pending jobs (promise reactions); false when none is left. */
  runJobs(count: number): boolean
  /** Has {@link runJobs} return after the job that is at work; false where it cannot. */
  pauseJobs(): boolean
}

/** What the guest asks of the host; the answer is what the guest's `host()` returns. */
export interface EngineHost {
  call(operation: number, id: number, index: number, text: LazyText): number | string
  /** Asked every some thousand steps; true ends the program at once, uncatchably. */
  interrupt(): boolean
  /** The guest's clock: milliseconds since 1970. */
  now(): number
}

/** Text in guest memory, read when it is known to be wanted. Valid during the call. */
export interface LazyText {
  readonly bytes: number
  read(): string
}

/** The primed state of one image. */
export interface Primed {
  /** Makes a clean engine. */
  start(host: EngineHost): Promise<Engine>
}

/** What is evaluated before the snapshot is taken. */
export interface Priming {
  /** A function expression `(host, spec) => enter`. */
  readonly glue: string
  readonly spec: string
  /** Function expressions that are handed to the entry by name. */
  readonly modules: readonly { readonly name: string; readonly file: string; readonly script: string }[]
  /** Operations that hand over a module, or what its parser threw; an answer as its value, or as JSON text; a rejected promise. */
  readonly operations: {
    readonly module: number
    readonly broken: number
    readonly value: number
    readonly json: number
    readonly rejection: number
  }
}

/** Prepares an image on a compiled `quickjs.wasm`. */
export type Prime = (module: WebAssembly.Module, priming: Priming) => Promise<Primed>

/**
 * Bytes that the heap is grown by before the snapshot: growth after it cannot be used by the next program. All of it is
 * zeroed between programs, so it starts small and grows with what the programs of an image need.
 */
export const MIN_HEADROOM_BYTES: number = 256 * 1024
/** The engines of programs that need more are thrown away. */
export const MAX_HEADROOM_BYTES: number = 4 * 1024 * 1024
/** Allocations before the first garbage collection: most programs end before they need one. */
export const GC_THRESHOLD_BYTES: number = 4 * 1024 * 1024
export const STACK_BYTES: number = 256 * 1024

/** The engine failed inside: nothing in its memory can be trusted, drop it. */
export class EngineFailure extends Error {
  override readonly name = 'EngineFailure'
  readonly memory: boolean
  constructor(cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause)
    // Without its cause, which may hold handles into the guest.
    super(message)
    this.memory = /memory|out of bounds/i.test(message)
  }
}
