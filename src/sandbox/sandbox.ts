import type { ErrorCode } from '../errors.ts'
import type { Wall } from './walls.ts'

/**
 * An isolated place to run programs. A pool of sandboxes is itself a backend.
 * Every implementation passes the contract in `testing/sandbox-contract.ts`.
 */
export interface SandboxBackend extends AsyncDisposable {
  readonly name: string
  /** The limits this backend really enforces; the core asks for a capability, never for a name. */
  readonly enforces: ReadonlySet<keyof SandboxLimits>
  /** Makes a sandbox whose globals are primed with `image`. Throws `OVERLOADED` when none is to be had. */
  create(image: SandboxImage, options?: CreateOptions): Promise<Sandbox>
  /** Where the backend counts: what it holds now, and what it did since it was made. */
  stats?(): SandboxStats
  /** Starts what its settings say is kept warm, which starts with the first use otherwise. */
  warmUp?(): Promise<void>
  /** What stands between a program and this machine, outermost first; looks, and throws where the backend cannot work. */
  layers?(): Promise<readonly Layer[]>
}

/** A layer of protection around programs, as it is on this machine. */
export interface Layer {
  readonly name: string
  readonly active: boolean
  readonly detail: string
}

/** The outermost wall around programs. */
export interface StandingWall {
  readonly wall: Wall
  /** Why no stricter one of the backend stands; for people. */
  readonly weaker?: string
}

/** Gauges and counters of a backend; taken together, at one moment. */
export interface SandboxStats extends Partial<StandingWall> {
  /** Isolated places that exist (threads, processes, containers). */
  readonly size: number
  /** Sandboxes handed out and not given back. */
  readonly busy: number
  /** Callers that wait for a sandbox. */
  readonly waiting: number
  /** Programs that started in a state that was kept warm. */
  readonly reused: number
  /** Programs that started in a state made anew. */
  readonly created: number
  /** States thrown away, by reason: `timeout`, `memory`, `limit`, `cancelled`, `growth`, `engine`, `image`, `lost`, `idle`, … */
  readonly discarded: Readonly<Record<string, number>>
}

/** For whom a sandbox is made, and how long to wait for it. */
export interface CreateOptions {
  /** Ends the wait for a sandbox. */
  readonly signal?: AbortSignal
  /** Whom the sandbox is for; those who wait get their turn fairly, session by session. @default all in one */
  readonly session?: string
}

/** One sandbox: one program at a time. Dispose it to give it back (to a pool) or to end it. */
export interface Sandbox extends AsyncDisposable {
  /**
   * Runs one program in a clean state and settles within `limits.timeoutMs` + 500 ms. Never rejects:
   * each way of ending is an {@link Outcome}.
   */
  run(program: Program, call: HostCall, limits: SandboxLimits, signal?: AbortSignal): Promise<Outcome>
  /** Makes the state clean again; false: throw the sandbox away. */
  reset(): Promise<boolean>
}

/** What a sandbox is primed with. Equal versions mean equal images; backends keep compiled images by version. */
export interface SandboxImage {
  readonly version: string
  /** Host functions the guest sees; each sends its first argument (or all, as an array, if `spread`) as JSON text. */
  readonly functions: readonly GuestFunction[]
  /** TypeScript modules the guest can call like functions; evaluated only inside the sandbox, on first use in a run. */
  readonly modules: readonly GuestModule[]
  /** Further names of namespaces and functions, which no listing shows. Other spellings of a name (case, `_`, `-`) need none. */
  readonly aliases?: readonly GuestAlias[]
}

/** Another name of something that programs find at a path. */
export interface GuestAlias {
  /** A namespace or a function: `['tools', 'shop']`, `['tools', 'shop', 'get_issue']`. */
  readonly path: readonly string[]
  /** What its last part may be called too. */
  readonly name: string
}

/** A function of the host as programs find it. */
export interface GuestFunction {
  /** Where the guest finds it, from the global scope: `['tools', 'github', 'create_issue']`. */
  readonly path: readonly string[]
  /** The name that reaches the {@link HostCall}. */
  readonly name: string
  /** True: all arguments are sent as a JSON array. False (default): the first argument alone, `{}` when missing. */
  readonly spread?: boolean
}

/** A module that programs can call like a function: an intent. */
export interface GuestModule {
  /** Where the guest finds it: `['intents', 'list_errors']`. */
  readonly path: readonly string[]
  /** Name for `{kind: 'module'}` programs and for stack traces (shown as `<name>.ts`). */
  readonly name: string
  /** TypeScript ES module without imports; `export default async (input, tools, context) => result`. */
  readonly source: string
  /** Other names of servers that this module's `tools` shows: `{sentry: 'sentry_prod'}`. */
  readonly aliases?: Readonly<Record<string, string>>
}

/** What a sandbox runs. `input` is JSON text: data, never spliced into source. */
export type Program =
  /** Body of an async function (TypeScript, top-level `await` and `return`) that sees `tools`, `intents`, `results`, `params`, `console`. */
  | {
      readonly kind: 'body'
      readonly source: string
      readonly input: string
      readonly name?: string
      readonly replay?: Replay
    }
  /** Calls the default export of a module of the image with the input. */
  | { readonly kind: 'module'; readonly module: string; readonly input: string; readonly replay?: Replay }
  /** Evaluates an ES module and answers its export `metadata` as JSON, plus `{hasDefault: boolean}`. */
  | { readonly kind: 'metadata'; readonly source: string; readonly name?: string }

/**
 * A clock that stands still and seeded randomness: with these, the same source and input, and host calls that are
 * answered with the same texts in the same order, a program does the same again.
 */
export interface Replay {
  /** What `Date.now()` and `new Date()` say throughout the run: milliseconds since 1970. */
  readonly now: number
  /** What `Math.random()` starts from: a whole number from 0 to 2^52. */
  readonly seed: number
}

/**
 * Answers a host call of a program with JSON text, or rejects; text that is no JSON arrives as a string. Of a rejection only
 * `name`, `code`, `message` and `details` reach the guest, as an Error that the program can catch.
 * `signal` aborts when the run ends, whatever way.
 */
export type HostCall = (name: string, argument: string, signal: AbortSignal) => Promise<string>

/** Limits of one run. Reaching one ends the run with an outcome that names it, except where said. */
export interface SandboxLimits {
  /** Milliseconds from start to the soft deadline; host calls included. @default 30000 */
  readonly timeoutMs: number
  /** Bytes of guest memory, a hard bound. @default 67108864 */
  readonly memoryBytes: number
  /** Bytes of the UTF-8 JSON result. @default 4194304 */
  readonly resultBytes: number
  /** Bytes of console output; the rest is cut with a mark, the run goes on. @default 65536 */
  readonly logBytes: number
  /** Bytes of source. @default 262144 */
  readonly sourceBytes: number
  /** Host calls in one run. @default 1000 */
  readonly hostCalls: number
  /** Host calls in flight; more wait, and so do those whose arguments together have more than 4,000,000 characters. @default 32 */
  readonly hostCallsInFlight: number
  /** Bytes of one host call's argument; more rejects that call. @default 1048576 */
  readonly argumentBytes: number
  /** Bytes of one host call's answer; more rejects that call. @default 8388608 */
  readonly answerBytes: number
}

/** The limits of a program that names none. */
export const DEFAULT_LIMITS: SandboxLimits = {
  timeoutMs: 30_000,
  memoryBytes: 64 * 1024 * 1024,
  resultBytes: 4 * 1024 * 1024,
  logBytes: 64 * 1024,
  sourceBytes: 256 * 1024,
  hostCalls: 1_000,
  hostCallsInFlight: 32,
  argumentBytes: 1024 * 1024,
  answerBytes: 8 * 1024 * 1024,
}

/**
 * How a run ended. A program is over when its function has returned and all calls that it started are answered, and what
 * goes on from them is done. `incomplete`: it returned, but a rejection was caught by nobody, or the rest of its work
 * reached a limit.
 */
export type OutcomeStatus = 'ok' | 'incomplete' | 'error' | 'timeout' | 'memory' | 'limit' | 'cancelled' | 'lost'

/** How a run ended, and what it cost. */
export interface Outcome {
  readonly status: OutcomeStatus
  /**
   * JSON text of the result, as it is when all work of the program is over; present if `ok` or `incomplete`. Promises in it
   * are awaited. `undefined`, functions and symbols become null.
   */
  readonly value?: string
  /** The program returned nothing that JSON has a word for; `value` is `null`. */
  readonly nothing?: true
  /** Present unless `ok`. Of `incomplete`: what nobody caught, or why the program's own work did not end. */
  readonly error?: GuestError
  /** Console lines, oldest first; the level is a prefix for all but `log`. */
  readonly logs: readonly string[]
  /** Host calls made. */
  readonly hostCalls: number
  /** Milliseconds from the clean sandbox to the end of the program. */
  readonly durationMs: number
  /** Milliseconds to make the sandbox clean (reset or restore). */
  readonly setupMs: number
}

/** An error as the guest saw it: bounded text without host paths. */
export interface GuestError {
  readonly name: string
  readonly message: string
  /** Set when a host call's error was not caught, or by the sandbox itself (`INVALID_CODE`, `TIMEOUT`, …). */
  readonly code?: ErrorCode
  /** 1-based, in the source as the agent wrote it. */
  readonly line?: number
  readonly column?: number
  /** Guest frames only. */
  readonly stack?: string
  readonly details?: Readonly<Record<string, unknown>>
}
