import { type ErrorBody, OptimizerError } from '../errors.ts'
import { messageOf } from '../internal/text.ts'
import type { ToolResult } from './upstream.ts'

/** Bytes of a message from which looking at it takes longer than others should wait. */
export const LARGE_MESSAGE_BYTES: number = 512 * 1024

/** What is made of the answer to a request: a result of `tools/call`, or a page of `tools/list`. */
export type Wanted = 'result' | 'page'

/** Reads messages of servers that are too large to be read beside other work. */
export interface LargeMessages {
  /**
   * The messages in the bytes, which are gone then; undefined where there is none. `wanted` has the requests that wait, by
   * id. Throws `OptimizerError` for what is too much to be read.
   */
  read(
    bytes: Uint8Array<ArrayBuffer>,
    wanted: ReadonlyMap<string, Wanted>,
    server: string,
  ): Promise<readonly LargeMessage[] | undefined>
}

/** One of them: as it is in few values, or what answers a request that waits. */
export type LargeMessage =
  | { readonly kind: 'message'; readonly json: string }
  | { readonly kind: 'result'; readonly id: string; readonly result: ToolResult }
  | { readonly kind: 'page'; readonly id: string; readonly page: LargePage }
  | { readonly kind: 'error'; readonly id: string; readonly error: ErrorBody }

/** A page of a tool list, a text for each tool. */
export interface LargePage {
  readonly tools: readonly string[]
  /** Of tools that are left out, why. */
  readonly problems: readonly string[]
  readonly nextCursor?: string
}

/** A result that was read beside the thread that serves; no message of a server is one. */
export class ReadResult {
  readonly made: ToolResult | LargePage

  constructor(made: ToolResult | LargePage) {
    this.made = made
  }
}

export function wantedOf(method: string): Wanted | undefined {
  if (method === 'tools/call') return 'result'
  return method === 'tools/list' ? 'page' : undefined
}

/** For a request that was answered by what cannot be read: a call may have acted. */
export function unreadable(server: string, method: string, thrown: unknown): OptimizerError {
  const code = method === 'tools/call' ? 'OUTCOME_UNKNOWN' : 'UPSTREAM_UNAVAILABLE'
  const suggestion = OptimizerError.is(thrown) ? { suggestion: thrown.suggestion } : {}
  return new OptimizerError(code, `${server} answered ${method}: ${messageOf(thrown)}`, {
    cause: thrown,
    ...suggestion,
  })
}
