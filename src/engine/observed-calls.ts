import type { Clock } from '../internal/clock.ts'
import { randomId } from '../internal/ids.ts'
import { jsonText } from '../internal/json.ts'
import { formatTraceparent } from '../internal/trace-context.ts'
import type { Observer } from '../metrics/observer.ts'
import { sampledTokens } from '../tokens/sampled.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { HostContext, HostRoad } from './host-road.ts'
import { errorCodeOf } from './outcome.ts'

export interface ObservedCallsOptions {
  readonly clock: Clock
  readonly observer: Observer
  readonly tokenizer: Tokenizer
}

/** The same road for one call; tells the observer when the call ended, and hands on a trace context of its own. */
export function observeCalls(
  callTool: HostRoad['callTool'],
  { clock, observer, tokenizer }: ObservedCallsOptions,
): HostRoad['callTool'] {
  return async (tool, input, operation, context, form) => {
    const { identity } = operation
    const id = randomId(8)
    const trace = identity.trace === undefined ? undefined : { ...identity.trace, spanId: id }
    const call = { cached: false }
    const startedAt = clock.wall()
    const start = clock.now()
    let value = ''
    let errorCode: string | undefined
    try {
      const traced: HostContext =
        trace === undefined ? context : { ...context, meta: { ...context.meta, traceparent: formatTraceparent(trace) } }
      value = await callTool(tool, input, operation, { ...traced, call }, form)
      return value
    } catch (thrown) {
      errorCode = errorCodeOf(thrown)
      throw thrown
    } finally {
      const inputJson = jsonText(input)
      observer.called?.({
        id,
        parentId: identity.id,
        startedAt,
        durationMs: clock.now() - start,
        principal: context.principal,
        session: context.session ?? context.principal,
        tool: tool.id,
        server: tool.server,
        inputJson,
        requestTokens: sampledTokens(tokenizer, tool.id) + sampledTokens(tokenizer, inputJson),
        answerTokens: sampledTokens(tokenizer, value),
        cached: call.cached,
        ...(context.askedBy === 'person' ? { askedBy: context.askedBy } : {}),
        ...(trace === undefined ? {} : { trace: { traceId: trace.traceId, spanId: id, sampled: trace.sampled } }),
        ...(errorCode === undefined ? {} : { errorCode }),
      })
    }
  }
}
