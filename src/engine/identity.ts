import type { Clock } from '../internal/clock.ts'
import { randomId } from '../internal/ids.ts'
import { parseTraceparent, type TraceContext } from '../internal/trace-context.ts'
import type { OperationTrace } from '../metrics/observer.ts'
import type { RequestContext } from './engine.ts'

/** What an operation is called in answers, logs, audit and traces. */
export interface Identity {
  /** 16 hex digits. */
  readonly id: string
  /** Present where operations are traced. */
  readonly trace?: OperationTrace
}

/** Says for a new trace whether it is recorded; a trace that came with the request keeps the decision of its sender. */
export type Sampler = () => boolean

/**
 * Names an operation. The message's own `traceparent` is the parent, and the HTTP request's then a link; without one the HTTP
 * request's is the parent.
 */
export function identify(context: RequestContext | undefined, sampler: Sampler | undefined): Identity {
  const id = randomId(8)
  if (sampler === undefined) return { id }
  const http = parseTraceparent(context?.httpTrace)
  const message = parseTraceparent(context?.meta?.['traceparent'])
  const parent = message ?? http
  const link: { link?: TraceContext } = message !== undefined && http !== undefined ? { link: http } : {}
  if (parent !== undefined) return { id, trace: { ...parent, spanId: id, parentId: parent.spanId, ...link } }
  return { id, trace: { traceId: randomId(16), spanId: id, sampled: sampler() } }
}

/** Records every trace while there are few, and so many a second while there are many: full load costs no more than that. */
export function limitTraces(perSecond: number, clock: Clock): Sampler {
  let left = perSecond
  let since = clock.now()
  return () => {
    const now = clock.now()
    left = Math.min(perSecond, left + ((now - since) / 1_000) * perSecond)
    since = now
    if (left < 1) return false
    left--
    return true
  }
}
