import type { TraceContext } from '../internal/trace-context.ts'
import type { OperationRecord, Stage } from './metrics.ts'

/**
 * Sees every operation, every call of a tool and every call of an upstream, with who asked and what for: the audit trail,
 * telemetry, receipts, Prometheus and logs. All members are synchronous and never throw; texts they are given may be
 * large, so they keep none.
 */
export interface Observer {
  /** An operation began; may be kept until it ends. */
  started?(operation: StartedOperation): void
  /** An operation ended, whatever way. Its calls came before. */
  ended?(operation: ObservedOperation): void
  /** A call that a program, an intent or a request made to a tool ended, answered from a cache or by the upstream. */
  called?(call: ObservedCall): void
  /** A call that went to an upstream ended. */
  reached?(call: UpstreamCall): void
  /** Answers wait for it: what was told so far is where it has to be. Undefined: it is already. Never rejects. */
  settled?(): Promise<unknown> | undefined
}

/** An operation under way. */
export interface StartedOperation extends Pick<ObservedOperation, 'id' | 'kind' | 'startedAt' | 'principal'> {
  /** The intent's name as soon as it is known to be one. */
  readonly intent: string | undefined
  /** The stage that it is in. */
  readonly stage: Stage | undefined
}

export interface ObservedOperation extends OperationRecord {
  /** 16 hex digits; the span id where the operation is traced. */
  readonly id: string
  /** Wall clock, milliseconds since 1970. */
  readonly startedAt: number
  readonly principal: string
  /** The agent's session, or its principal where it has none. */
  readonly session: string
  /** Present where a person asked, through the dashboard. */
  readonly askedBy?: 'person' | undefined
  /** The request as received, checked or not, as JSON text; empty for what JSON cannot hold. */
  readonly requestJson: string
  /** Estimated tokens of all definitions that the principal could have been given; undefined: of all there are. */
  readonly definitionTokens?: number | undefined
  /** What a known name stands for. */
  readonly target?: 'intent' | 'builtin' | 'tool' | undefined
  /** What was thrown, for the log alone: it may hold a server's words and paths. */
  readonly thrown?: unknown
  /** The stages in the order they ran, in milliseconds since the start; empty unless the trace is recorded. */
  readonly segments: readonly StageSegment[]
  readonly trace?: OperationTrace | undefined
}

export interface StageSegment {
  readonly stage: Stage
  readonly fromMs: number
  readonly toMs: number
}

/** The operation's span, and where it hangs. */
export interface OperationTrace extends TraceContext {
  /** Span of whoever asked. */
  readonly parentId?: string
  /** The HTTP request that brought it, when the message named another parent. */
  readonly link?: TraceContext
}

/** A call that is about to be made. */
export type BegunCall = Pick<
  ObservedCall,
  'id' | 'parentId' | 'trace' | 'startedAt' | 'principal' | 'session' | 'tool' | 'inputJson'
>

export interface ObservedCall {
  /** 16 hex digits; the span id where the operation is traced. */
  readonly id: string
  /** Id of the operation. */
  readonly parentId: string
  readonly trace?: TraceContext | undefined
  readonly startedAt: number
  /** Monotonic clock, milliseconds: says which calls ran side by side. */
  readonly startMs: number
  readonly durationMs: number
  readonly principal: string
  readonly session: string
  /** Catalog id `server.tool`. */
  readonly tool: string
  readonly server: string
  /** Present where a person asked. */
  readonly askedBy?: 'person' | undefined
  /** The arguments as given, checked or not, as JSON text; empty for what JSON cannot hold. */
  readonly inputJson: string
  /** Estimated tokens of name and arguments, as an agent would have written them. */
  readonly requestTokens: number
  /** Estimated tokens of the value; none when it failed. */
  readonly answerTokens: number
  /** Error code of the failure; undefined when it ended well. */
  readonly errorCode?: string | undefined
  /** True: answered without an upstream. */
  readonly cached: boolean
  /** True: the tool may change something at its server. */
  readonly mayAct: boolean
}

export interface UpstreamCall {
  readonly upstream: string
  readonly tool: string
  readonly startedAt: number
  readonly durationMs: number
  /** Error code, or `tool_error` for a result with `isError`. */
  readonly errorType?: string | undefined
  /** Its span, and the span of the call that it is part of. */
  readonly trace?: (TraceContext & { readonly parentId: string }) | undefined
}

/** One observer that tells several. */
export function observeWithAll(observers: readonly Observer[]): Required<Observer> {
  return {
    started(operation) {
      for (const observer of observers) observer.started?.(operation)
    },
    ended(operation) {
      for (const observer of observers) observer.ended?.(operation)
    },
    called(call) {
      for (const observer of observers) observer.called?.(call)
    },
    reached(call) {
      for (const observer of observers) observer.reached?.(call)
    },
    settled() {
      let pending: Promise<unknown>[] | undefined
      for (const observer of observers) {
        const one = observer.settled?.()
        if (one !== undefined) (pending ??= []).push(one)
      }
      return pending === undefined || pending.length === 1 ? pending?.[0] : Promise.all(pending)
    },
  }
}
