import { LRUCache } from 'lru-cache'
import type { Clock } from '../../internal/clock.ts'
import { LiveMap } from '../../internal/live-map.ts'
import { MetricsCollector } from '../../metrics/collector.ts'
import type { ObservedOperation, Observer, StartedOperation } from '../../metrics/observer.ts'

/** What happened lately: the figures of the pages that change while one looks at them. */
export interface Activity extends Observer, Disposable {
  /** Operations of one principal that run now, oldest first. */
  running(principal: string): readonly StartedOperation[]
  /** Operations of one principal that ended, latest first. */
  recent(principal: string): readonly RecentOperation[]
  /** The last minutes in steps, oldest first; the last step is still growing. */
  steps(): readonly ActivityStep[]
  /** Calls that went to an upstream since the start. */
  upstream(name: string): UpstreamFigures
}

export type RecentOperation = Pick<
  ObservedOperation,
  'id' | 'startedAt' | 'kind' | 'intent' | 'errorCode' | 'durationMs' | 'hostCalls' | 'cacheHits'
> & { readonly tokens: number }

export interface ActivityStep {
  /** Wall clock at its beginning, milliseconds since 1970. */
  readonly at: number
  ended: number
  failed: number
  /** Most operations at once, and most sandboxes busy at once, as they were looked at. */
  running: number
  busy: number
}

export interface UpstreamFigures {
  readonly calls: number
  readonly errors: number
  /** NaN without calls. */
  readonly p50Ms: number
  readonly p95Ms: number
}

export interface ActivityOptions {
  readonly clock: Clock
  /** Looked at every second, and when something begins. */
  readonly gauges: () => { readonly running: number; readonly busy: number }
}

/** Milliseconds of a step. */
export const STEP_MS = 15_000
const STEPS = 60
const MAX_RECENT = 50
/** Principals whose operations are remembered. */
const MAX_PRINCIPALS = 100
const LOOK_MS = 1_000

export function createActivity({ clock, gauges }: ActivityOptions): Activity {
  const recent = new LRUCache<string, RecentOperation[]>({ max: MAX_PRINCIPALS })
  const running = new LiveMap<string, StartedOperation>()
  const steps: ActivityStep[] = []
  // Bounded by the number of configured servers; the collector bounds its names as well.
  const calls = new MetricsCollector()
  const step = (): ActivityStep => {
    const at = Math.floor(clock.wall() / STEP_MS) * STEP_MS
    for (let last = steps.at(-1)?.at ?? at - STEPS * STEP_MS; last < at; last = steps.at(-1)?.at ?? at) {
      // After a long sleep of the machine only the last ones are made.
      steps.push({ at: Math.max(last + STEP_MS, at - (STEPS - 1) * STEP_MS), ended: 0, failed: 0, running: 0, busy: 0 })
    }
    steps.splice(0, steps.length - STEPS)
    // The loop has made one.
    return steps.at(-1) as ActivityStep
  }
  const look = (): void => {
    const now = step()
    const { running, busy } = gauges()
    now.running = Math.max(now.running, running)
    now.busy = Math.max(now.busy, busy)
  }
  const timer = setInterval(look, LOOK_MS)
  timer.unref()

  return {
    // Short operations would hardly ever be met by the timer.
    started(operation) {
      running.set(operation.id, operation)
      look()
    },
    called: look,
    ended(operation) {
      running.delete(operation.id)
      const now = step()
      now.ended++
      if (operation.status !== 'ok') now.failed++
      const { principal } = operation
      const known = recent.get(principal) ?? []
      known.push(toRecent(operation))
      if (known.length > MAX_RECENT * 2) known.splice(0, known.length - MAX_RECENT)
      recent.set(principal, known)
    },
    reached({ upstream, durationMs, errorType }) {
      calls.observe(`ms ${upstream}`, durationMs)
      if (errorType !== undefined) calls.observe(`errors ${upstream}`, 1)
    },
    running: (principal) => [...running.values()].filter((operation) => operation.principal === principal),
    recent: (principal) => (recent.get(principal) ?? []).slice(-MAX_RECENT).toReversed(),
    steps() {
      look()
      return steps
    },
    upstream: (name) => ({
      calls: calls.count(`ms ${name}`),
      errors: calls.count(`errors ${name}`),
      p50Ms: calls.percentile(`ms ${name}`, 50),
      p95Ms: calls.percentile(`ms ${name}`, 95),
    }),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function toRecent(operation: ObservedOperation): RecentOperation {
  const { id, startedAt, kind, intent, errorCode, durationMs, hostCalls, cacheHits } = operation
  const tokens = operation.requestTokens + operation.answerTokens
  const named = intent === undefined ? {} : { intent }
  const failed = errorCode === undefined ? {} : { errorCode }
  return { id, startedAt, kind, durationMs, hostCalls, cacheHits, tokens, ...named, ...failed }
}
