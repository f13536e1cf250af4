import { watchLoopDelay } from '../../metrics/loop-delay.ts'
import type { Optimizer } from '../../optimizer.ts'
import { statusOf } from '../status.ts'
import type { HttpMonitor } from './monitor-endpoints.ts'

/** Watches over a gateway that is served over HTTP; dispose it. Loads what `/metrics` needs, where metrics are on. */
export async function openMonitor(optimizer: Optimizer): Promise<HttpMonitor & Disposable> {
  const { openMetrics, maxLoopDelayMs } = optimizer.config.http
  const startedAt = Date.now()
  const delay = watchLoopDelay()
  const prometheus = await optimizer.openPrometheus(delay.read)
  return {
    status: () => statusOf(optimizer, startedAt, delay.read()),
    loopDelay: delay.read,
    openMetrics,
    maxLoopDelayMs,
    isUnaudited: () => optimizer.observation.audit()?.problem !== undefined,
    ...(prometheus === undefined ? {} : { scrape: prometheus.scrape }),
    [Symbol.dispose]: () => delay[Symbol.dispose](),
  }
}
