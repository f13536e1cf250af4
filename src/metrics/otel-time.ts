import type { HrTime } from '@opentelemetry/api'

/** Milliseconds, as OpenTelemetry has them: whole seconds, and nanoseconds beside them. */
export function toHrTime(ms: number): HrTime {
  return [Math.floor(ms / 1_000), Math.floor((ms % 1_000) * 1e6)]
}
