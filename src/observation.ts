import { join } from 'node:path'
import type { OptimizerConfig } from './config/config.ts'
import { knownSecrets } from './config/secrets.ts'
import { createReceiptPricer } from './context/receipt-cost.ts'
import { createReceipts, type Receipts } from './context/receipts.ts'
import { limitTraces, type Sampler } from './engine/identity.ts'
import { systemClock } from './internal/clock.ts'
import { type Logger, silentLogger } from './internal/logger.ts'
import { createScrub } from './internal/scrub.ts'
import { messageOf } from './internal/text.ts'
import { type Observer, observeWithAll } from './metrics/observer.ts'
import { createOperationLog } from './metrics/operation-log.ts'
import type { Prometheus, PrometheusProbes } from './metrics/prometheus.ts'
import { startTelemetry } from './metrics/telemetry.ts'
import { type AuditFigures, type AuditTrail, openAuditTrail } from './policy/audit-trail.ts'

/** Everything that watches the gateway, as its configuration says. */
export interface Observation extends AsyncDisposable {
  /** Undefined when nobody watches: then watching costs nothing. */
  readonly observer: Required<Observer> | undefined
  /** Present where operations are traced. */
  readonly sampler: Sampler | undefined
  /** Present unless `features.enableMetrics` is false. */
  readonly receipts: Receipts | undefined
  /** Operations that run now. */
  inFlight(): number
  /** Present where an audit trail is written. */
  audit(): AuditFigures | undefined
  /** Present with `audit.required`: throws where a call that may act cannot be written down, and so must not be made. */
  readonly begin: AuditTrail['begin'] | undefined
  /** Tells one more from now on; nothing comes where nobody watches otherwise, unless the dashboard is on. */
  watch(observer: Observer): void
  /** The series of `/metrics`, from now on; undefined when `features.enableMetrics` is false. */
  openPrometheus(probes: GatewayProbes): Promise<Prometheus | undefined>
}

/** What the gateway itself tells of its state. */
export type GatewayProbes = Pick<
  PrometheusProbes,
  'version' | 'upstreams' | 'catalog' | 'caches' | 'sandbox' | 'loopDelay'
>

export interface ObservationOptions {
  readonly logger?: Logger
  readonly definitionTokens: () => number
  readonly version: string
}

const ACTIVE_MS = 5 * 60_000

/** Part of the composition root: picks what watches. */
export function createObservation(config: OptimizerConfig, options: ObservationOptions): Observation {
  const { features, telemetry } = config
  const { endpoint, metricIntervalMs } = telemetry
  const { logger = silentLogger, version, definitionTokens } = options
  const receipts = features.enableMetrics ? createReceipts({ clock: systemClock, definitionTokens }) : undefined
  const audit = config.audit.enabled ? openAuditTrail(auditOptions(config, logger)) : undefined
  const otel = features.enableTelemetry
    ? startTelemetry({ metricIntervalMs, version, logger, ...(endpoint === undefined ? {} : { endpoint }) })
    : undefined
  const counter = { running: 0 }
  const counting: Observer = { started: () => void counter.running++, ended: () => void counter.running-- }
  const log = logger.enabled('error') ? createOperationLog(logger) : undefined
  // The audit trail first: its line is written before anything else can go wrong.
  const watching = [audit, receipts, otel, log].filter((observer) => observer !== undefined)
  const isWatched = watching.length > 0 || config.http.dashboard
  const observers: Observer[] = isWatched ? [...watching, counting] : []

  return {
    observer: observers.length === 0 ? undefined : observeWithAll(observers),
    sampler: features.enableTelemetry ? limitTraces(telemetry.maxTracesPerSecond, systemClock) : undefined,
    receipts,
    inFlight: () => counter.running,
    audit: () => audit?.figures(),
    begin: config.audit.required ? audit?.begin : undefined,
    watch: (observer) => void observers.push(observer),
    async openPrometheus(probes) {
      if (receipts === undefined) return undefined
      const [{ createPrometheus }, { loadPrices }] = await Promise.all([
        import('./metrics/prometheus.ts'),
        import('./tokens/prices.ts'),
      ])
      const pricer = createReceiptPricer(await loadPrices())
      const prometheus = createPrometheus({
        ...probes,
        inFlight: () => counter.running,
        sessions: () => receipts.sessions(ACTIVE_MS),
        tokens: () => receipts.total(),
        savings: () =>
          pricer(receipts.total()).flatMap(({ model, cached, uncached }) => [
            { model, caching: 'none' as const, usd: uncached.savedUsd },
            { model, caching: 'prompt_cache' as const, usd: cached.savedUsd },
          ]),
        audit: () => audit?.figures(),
      })
      observers.push(prometheus)
      return prometheus
    },
    async [Symbol.asyncDispose]() {
      try {
        await otel?.[Symbol.asyncDispose]()
      } finally {
        audit?.[Symbol.dispose]()
      }
    },
  }
}

/** Where the audit trail of a configuration is. */
export function auditFolder({ audit, cacheDir }: Pick<OptimizerConfig, 'audit' | 'cacheDir'>): string {
  return audit.folder ?? join(cacheDir, 'audit')
}

function auditOptions(config: OptimizerConfig, logger: Logger): Parameters<typeof openAuditTrail>[0] {
  const { maxFileBytes, maxFiles, redact, arguments: kind } = config.audit
  return {
    folder: auditFolder(config),
    maxFileBytes,
    maxFiles,
    redact,
    arguments: kind,
    scrub: createScrub(knownSecrets(config)),
    clock: systemClock,
    onFailure: (error) => logger.log('error', 'the audit trail cannot be written', { reason: messageOf(error) }),
  }
}
