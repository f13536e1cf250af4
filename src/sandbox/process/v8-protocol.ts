import { type Priming } from '../wasm/engine.ts'

/** From the runner's main thread to the thread of the program. */
export type ToV8 =
  | { readonly kind: 'image'; readonly priming: Priming }
  | ({ readonly kind: 'run' } & V8Run)
  | { readonly kind: 'answer'; readonly id: number; readonly ok: boolean; readonly text: string }
  /** A limit was reached: the result is wanted now. */
  | { readonly kind: 'close' }

export interface V8Run {
  /** A function expression, or the name of a module. */
  readonly code: string
  readonly file: string
  /** The glue's operation that starts it. */
  readonly operation: number
  readonly input: string
  /** For the program's random numbers. */
  readonly seed: number
  /** Where the clock stands still, in milliseconds since 1970. */
  readonly now?: number
  readonly hostCallsInFlight: number
  readonly logBytes: number
}

/** From the thread of the program; written by code that shares its realm with the program, so never believed. */
export type FromV8 =
  | { readonly kind: 'ready' }
  | { readonly kind: 'call'; readonly id: number; readonly index: number; readonly text: string }
  | { readonly kind: 'log'; readonly text: string }
  /** Its function has returned. */
  | { readonly kind: 'returned' }
  /** What nobody caught, and how many such errors there are; comes before the result. */
  | { readonly kind: 'rejected'; readonly text: string; readonly total: number }
  | { readonly kind: 'result'; readonly text: string; readonly isNothing: boolean }
  | { readonly kind: 'failure'; readonly text: string; readonly parsing: boolean }
  | { readonly kind: 'deadlock' }

export interface V8Setup {
  /** npm packages that programs may `require`. */
  readonly packages: readonly string[]
}
