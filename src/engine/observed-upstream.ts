import type { Clock } from '../internal/clock.ts'
import { randomId } from '../internal/ids.ts'
import { formatTraceparent, parseTraceparent, type TraceContext } from '../internal/trace-context.ts'
import type { Observer, UpstreamCall } from '../metrics/observer.ts'
import type { CallOptions, Upstream } from '../upstream/upstream.ts'
import { errorCodeOf } from './outcome.ts'

/** The end of a `traceparent` that we wrote of a trace that is recorded. */
const RECORDED = '-01'

export interface ObservedUpstreamOptions {
  readonly clock: Clock
  readonly observer: Observer
  /** True: calls are traced, so the server gets a `traceparent` with the span of this very call. */
  readonly traced: boolean
}

/** The same upstream; tells the observer of each call that reached it. */
export function observeUpstream(upstream: Upstream, { clock, observer, traced }: ObservedUpstreamOptions): Upstream {
  return {
    name: upstream.name,
    listTools: async (signal) => await upstream.listTools(signal),
    async callTool(tool, input, options) {
      const trace = traced ? childOf(options) : undefined
      const startedAt = clock.wall()
      const start = clock.now()
      let errorType: string | undefined
      try {
        const result = await upstream.callTool(tool, input, trace === undefined ? options : withTrace(options, trace))
        if (result.isError === true) errorType = 'tool_error'
        return result
      } catch (thrown) {
        errorType = errorCodeOf(thrown)
        throw thrown
      } finally {
        observer.reached?.({
          upstream: upstream.name,
          tool,
          startedAt,
          durationMs: clock.now() - start,
          errorType,
          trace,
        })
      }
    },
    onToolsChanged: (listener) => upstream.onToolsChanged(listener),
    refreshTools: () => upstream.refreshTools?.(),
    listDue: () => upstream.listDue?.(),
    ...(upstream.offers === undefined ? {} : { offers: upstream.offers }),
    status: () => upstream.status(),
    [Symbol.asyncDispose]: async () => await upstream[Symbol.asyncDispose](),
  }
}

/** Of a trace that is not recorded there is no child: the server hears where the operation stands. */
function childOf({ meta }: CallOptions): UpstreamCall['trace'] {
  const traceparent = meta?.['traceparent']
  if (typeof traceparent !== 'string' || !traceparent.endsWith(RECORDED)) return undefined
  const parent = parseTraceparent(traceparent)
  return parent === undefined ? undefined : { ...parent, spanId: randomId(8), parentId: parent.spanId }
}

function withTrace(options: CallOptions, trace: TraceContext): CallOptions {
  return { ...options, meta: { ...options.meta, traceparent: formatTraceparent(trace) } }
}
