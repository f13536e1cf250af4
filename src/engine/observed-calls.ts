import type { CatalogTool } from '../catalog/catalog.ts'
import type { Clock } from '../internal/clock.ts'
import { randomId } from '../internal/ids.ts'
import { jsonText } from '../internal/json.ts'
import { formatTraceparent, type TraceContext } from '../internal/trace-context.ts'
import type { Observer } from '../metrics/observer.ts'
import { sampledTokens } from '../tokens/sampled.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { HostContext, HostRoad } from './host-road.ts'
import type { Identity } from './identity.ts'
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
  const nameTokens = new WeakMap<CatalogTool, number>()
  const tokensOfName = (tool: CatalogTool): number => {
    const known = nameTokens.get(tool) ?? tokenizer.count(tool.id)
    nameTokens.set(tool, known)
    return known
  }
  return async (tool, input, operation, context, form) => {
    const id = randomId(8)
    const trace = childOf(operation.identity, id)
    const call = { cached: false }
    const startedAt = clock.wall()
    const start = clock.now()
    let value = ''
    let errorCode: string | undefined
    try {
      value = await callTool(tool, input, operation, inTrace(context, trace, call), form)
      return value
    } catch (thrown) {
      errorCode = errorCodeOf(thrown)
      throw thrown
    } finally {
      const inputJson = jsonText(input)
      observer.called?.({
        id,
        parentId: operation.identity.id,
        trace,
        startedAt,
        durationMs: clock.now() - start,
        principal: context.principal,
        session: context.session ?? context.principal,
        tool: tool.id,
        server: tool.server,
        mayAct: tool.readOnlyHint !== true,
        askedBy: context.askedBy === 'person' ? context.askedBy : undefined,
        inputJson,
        requestTokens: tokensOfName(tool) + sampledTokens(tokenizer, inputJson),
        answerTokens: sampledTokens(tokenizer, value),
        errorCode,
        cached: call.cached,
      })
    }
  }
}

function childOf({ trace }: Identity, spanId: string): TraceContext | undefined {
  return trace === undefined ? undefined : { traceId: trace.traceId, spanId, sampled: trace.sampled }
}

/** Where nothing is recorded there is no span of this call to hang under: that of the operation will do, and is there. */
function inTrace(context: HostContext, trace: TraceContext | undefined, call: { cached: boolean }): HostContext {
  if (trace?.sampled !== true) return { ...context, call }
  return { ...context, call, meta: { ...context.meta, traceparent: formatTraceparent(trace) } }
}
