import type { JsonObject } from '../../internal/json.ts'
import type { Catalog } from '../catalog.ts'

/** Checks programs against what a catalog declares, before they run. */
export interface TypeChecker extends AsyncDisposable {
  /** Rejects only when `signal` aborts. */
  check(program: CheckedProgram, catalog: Catalog, signal?: AbortSignal): Promise<TypeCheck>
}

export interface CheckedProgram {
  /** Body of an async function, TypeScript. */
  readonly source: string
  /** JSON Schema of `params`. @default anything */
  readonly params?: JsonObject
  /** Whoever asks: a check of theirs that takes long lets the checks of others go first. */
  readonly party?: string
}

export type TypeCheck =
  | { readonly status: 'ok' }
  | {
      readonly status: 'errors'
      /** The first ones, in the order of the source. */
      readonly problems: readonly TypeProblem[]
      /** How many were left out. */
      readonly more: number
    }
  /** Nothing was checked. `reason` says why, in words for people and models. */
  | { readonly status: 'unchecked'; readonly reason: string }

export interface TypeProblem {
  /** Both 1-based, in the source as it was written. */
  readonly line: number
  readonly column: number
  /** `TS2551`; `AWAIT` for a promise that nothing waits for. */
  readonly code: string
  /** True: the source does not parse. */
  readonly syntax: boolean
  /** One bounded line: what is wrong, the nearest name or the fields there are. */
  readonly message: string
}
