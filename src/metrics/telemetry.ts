import type { Logger } from '../internal/logger.ts'
import { messageOf } from '../internal/text.ts'
import type { Observer } from './observer.ts'

export interface TelemetryOptions {
  /**
   * Base address of an OTLP/HTTP collector; spans go to `/v1/traces` there, metrics to `/v1/metrics`.
   * @default `OTEL_EXPORTER_OTLP_ENDPOINT`, else http://localhost:4318
   */
  readonly endpoint?: string
  /** Milliseconds between two exports of metrics. @default 60000 */
  readonly metricIntervalMs?: number
  readonly version: string
  readonly logger: Logger
}

/** Sends what it observes to a collector; disposing it sends the rest. */
export interface Telemetry extends Observer, AsyncDisposable {}

/** Events kept while the SDK is being loaded. */
const MAX_EARLY = 2_000

/**
 * OpenTelemetry, loaded in the background (0.2 s): requests do not wait for it. Where its packages are missing, the log says
 * which command installs them.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  let early: ((observer: Observer) => void)[] = []
  let observer: Observer | undefined
  const loading = load(options)
  const ready = loading.then((loaded) => {
    observer = loaded ?? {}
    for (const tell of early) tell(observer)
    early = []
  })
  const later = (tell: (observer: Observer) => void): void => {
    if (early.length < MAX_EARLY) early.push(tell)
  }
  return {
    ended(operation) {
      if (observer === undefined) later((to) => to.ended?.(operation))
      else observer.ended?.(operation)
    },
    called(call) {
      if (observer === undefined) later((to) => to.called?.(call))
      else observer.called?.(call)
    },
    reached(call) {
      if (observer === undefined) later((to) => to.reached?.(call))
      else observer.reached?.(call)
    },
    async [Symbol.asyncDispose]() {
      await ready
      await (await loading)?.[Symbol.asyncDispose]()
    },
  }
}

async function load(options: TelemetryOptions): Promise<Telemetry | undefined> {
  try {
    const { createOtel } = await import('./otel.ts')
    return createOtel(options)
  } catch (thrown) {
    options.logger.log('error', 'telemetry is on, but OpenTelemetry cannot be loaded', {
      reason: messageOf(thrown).split('\n', 1)[0],
      fix: `npm install ${PACKAGES.join(' ')}`,
    })
    return undefined
  }
}

/** What `features.enableTelemetry` needs beside this package; kept in step with package.json by a test. */
export const PACKAGES: readonly string[] = [
  '@opentelemetry/api@1.9.1',
  '@opentelemetry/resources@2.12.0',
  '@opentelemetry/sdk-trace@2.12.0',
  '@opentelemetry/sdk-metrics@2.12.0',
  '@opentelemetry/exporter-trace-otlp-http@0.223.0',
  '@opentelemetry/exporter-metrics-otlp-http@0.223.0',
]
