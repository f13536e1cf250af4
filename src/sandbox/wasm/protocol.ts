import type { GuestError, OutcomeStatus, Program, SandboxImage, SandboxLimits } from '../sandbox.ts'

/** What the pool tells a worker. Messages travel in arrays: one post for all that piled up. */
export type ToWorker =
  | { readonly kind: 'image'; readonly image: SandboxImage }
  | { readonly kind: 'forget'; readonly version: string }
  | { readonly kind: 'run'; readonly id: number; readonly version: string; readonly program: Program; readonly limits: SandboxLimits }
  /** Answer of a host call: JSON text, or JSON of `{name, message, code?, details?}`. */
  | { readonly kind: 'answer'; readonly id: number; readonly call: number; readonly ok: boolean; readonly text: string }
  | { readonly kind: 'cancel'; readonly id: number }

/** What a worker tells the pool. */
export type FromWorker =
  | { readonly kind: 'call'; readonly id: number; readonly call: number; readonly name: string; readonly argument: string }
  | { readonly kind: 'end'; readonly id: number; readonly end: RunEnd }
  /** A program has kept the thread for a while: nothing more should be placed here. */
  | { readonly kind: 'slow'; readonly id: number }

export interface RunEnd {
  readonly status: OutcomeStatus
  readonly value?: string
  readonly error?: GuestError
  readonly logs: readonly string[]
  readonly hostCalls: number
  readonly durationMs: number
  readonly setupMs: number
}

export interface WorkerData {
  /** One cell: the id of a run to be stopped at the next interrupt; 0: none. */
  readonly stop: Int32Array
  readonly seed: number | undefined
}
