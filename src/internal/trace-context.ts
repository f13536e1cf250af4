/** Where a piece of work stands in a distributed trace (W3C Trace Context). */
export interface TraceContext {
  /** 32 hex digits, the same for all work of one trace. */
  readonly traceId: string
  /** 16 hex digits: this piece of work. */
  readonly spanId: string
  /** Whether the trace is recorded. */
  readonly sampled: boolean
}

const PATTERN = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/

/** Reads a `traceparent`; undefined for one that breaks the standard, which then counts as absent. */
export function parseTraceparent(text: unknown): TraceContext | undefined {
  if (typeof text !== 'string' || text.length > 256) return undefined
  const [, version, traceId = '', spanId = '', flags = ''] = PATTERN.exec(text) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && text.length !== 55)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** As a `traceparent` for whoever works on from here. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}
