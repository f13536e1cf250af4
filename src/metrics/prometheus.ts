import { STAGES } from './metrics.ts'
import { observeInBatches } from './batched-observer.ts'
import type { LoopDelayReading } from './loop-delay.ts'
import type { Observer } from './observer.ts'
import { addProcessSeries } from './process-series.ts'
import { addCounter, addHistogram } from './prometheus-series.ts'
import { CONTENT_TYPE, Registry, type Sample, type Series } from './registry.ts'

/** What is asked at each scrape, because it is a state and no event. */
export interface PrometheusProbes {
  readonly version: string
  readonly upstreams: () => Iterable<{ readonly name: string; readonly state: string; readonly restarts: number }>
  readonly catalog: () => { readonly tools: number; readonly intents: number; readonly definitionTokens: number }
  readonly sandbox: () => SandboxFigures | undefined
  readonly loopDelay: () => LoopDelayReading
  /** Operations that run now. */
  readonly inFlight: () => number
  readonly sessions: () => { readonly active: number; readonly seen: number }
  readonly tokens: () => TokenFigures
  /** US dollars saved by model; empty until the price list is loaded. */
  readonly savings: () => Iterable<{
    readonly model: string
    readonly caching: 'none' | 'prompt_cache'
    readonly usd: number
  }>
  /** What each layer of the caches was asked so far. */
  readonly caches: () => Iterable<{ readonly layer: string; readonly hits: number; readonly misses: number }>
  readonly audit: () => { readonly entries: number; readonly failures: number; readonly bytes: number } | undefined
}

interface SandboxFigures {
  readonly size: number
  readonly busy: number
  readonly waiting: number
  readonly reused: number
  readonly created: number
  readonly wall?: string
  readonly discarded: Readonly<Record<string, number>>
}

interface TokenFigures {
  readonly ours: {
    readonly surface: number
    readonly requests: number
    readonly answers: number
    readonly search: number
  }
  readonly allDefinitions: { readonly total: number }
  readonly saved: number
}

/** The series of `/metrics`. */
export interface Prometheus extends Observer {
  /** The text of a scrape. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** Seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** A stage may take microseconds. */
const STAGE_BOUNDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10, 30]
/** Intents with a label of their own; what comes later shares one, so that saved intents cannot grow the series. */
const MAX_INTENTS = 200

/** Keeps the series of `/metrics`. No label holds what a user or a server wrote: names come from the configuration. */
export function createPrometheus(probes: PrometheusProbes): Prometheus {
  const registry = new Registry()
  addProcessSeries(registry)
  const { catchUp, ...events } = observeInBatches(eventSeries(registry))
  stateSeries(registry, probes)
  return {
    ...events,
    async scrape() {
      catchUp()
      return { contentType: CONTENT_TYPE, text: registry.text() }
    },
  }
}

function eventSeries(registry: Registry): Observer {
  const operations = addCounter(registry, {
    name: 'mcp_optimizer_operations_total',
    help: 'Operations that ended, by kind, intent and error code (empty: it ended well)',
    labelNames: ['kind', 'intent', 'status', 'code'],
  })
  const duration = addHistogram(registry, {
    name: 'mcp_optimizer_operation_duration_seconds',
    help: 'Duration of operations',
    labelNames: ['kind', 'status'],
    bounds: BOUNDS,
  })
  const stages = addHistogram(registry, {
    name: 'mcp_optimizer_stage_duration_seconds',
    help: 'Time an operation spent in each of the seven stages',
    labelNames: ['stage'],
    bounds: STAGE_BOUNDS,
  })
  const queueWait = addHistogram(registry, {
    name: 'mcp_optimizer_queue_wait_seconds',
    help: 'Time a program waited for a sandbox',
    bounds: STAGE_BOUNDS,
  })
  const tools = addCounter(registry, {
    name: 'mcp_optimizer_tool_calls_total',
    help: 'Calls of tools by programs, intents and requests, by where the answer came from',
    labelNames: ['source', 'status'],
  })
  const calls = addCounter(registry, {
    name: 'mcp_optimizer_upstream_calls_total',
    help: 'Calls that went to an upstream',
    labelNames: ['upstream'],
  })
  const errors = addCounter(registry, {
    name: 'mcp_optimizer_upstream_errors_total',
    help: 'Calls to an upstream that failed, by error type',
    labelNames: ['upstream', 'type'],
  })
  const latency = addHistogram(registry, {
    name: 'mcp_optimizer_upstream_call_duration_seconds',
    help: 'Duration of calls to an upstream',
    labelNames: ['upstream'],
    bounds: BOUNDS,
  })
  const searches = addHistogram(registry, {
    name: 'mcp_optimizer_search_duration_seconds',
    help: 'Time the search itself took',
    bounds: STAGE_BOUNDS,
  })
  const intentLabel = boundedLabels(MAX_INTENTS)
  return {
    ended({ kind, status, errorCode, durationMs, stages: spent, intent, target }) {
      const name = target === 'tool' ? '(tool)' : intent === undefined ? '' : intentLabel(intent)
      operations.of(kind, name, status, errorCode).add()
      duration.of(kind, status).observe(durationMs / 1_000)
      for (const stage of STAGES) {
        const ms = spent[stage]
        if (ms !== undefined) stages.of(stage).observe(ms / 1_000)
      }
      if (spent.acquire !== undefined) queueWait.of().observe(spent.acquire / 1_000)
      if (kind === 'search' && spent.execute !== undefined) searches.of().observe(spent.execute / 1_000)
    },
    called({ cached, errorCode }) {
      tools.of(cached ? 'cache' : 'upstream', errorCode === undefined ? 'ok' : 'error').add()
    },
    reached({ upstream, durationMs, errorType }) {
      calls.of(upstream).add()
      latency.of(upstream).observe(durationMs / 1_000)
      if (errorType !== undefined) errors.of(upstream, errorType).add()
    },
  }
}

/** The first names get labels of their own. */
function boundedLabels(max: number): (name: string) => string {
  const known = new Set<string>()
  return (name) => {
    if (known.has(name)) return name
    if (known.size >= max) return '(other)'
    known.add(name)
    return name
  }
}

function stateSeries(registry: Registry, probes: PrometheusProbes): void {
  const define =
    (type: Series['type']): DefineSeries =>
    (name, help, read) =>
      registry.add({ name, help, type, read: () => samplesOf(type, read) })
  const gauge = define('gauge')
  /** A total that somebody else keeps. */
  const total = define('counter')

  gauge('mcp_optimizer_build_info', 'Always 1; the version is a label', (set) => set({ version: probes.version }, 1))
  gauge('mcp_optimizer_operations_in_flight', 'Operations that run now', (set) => set({}, probes.inFlight()))
  gauge('mcp_optimizer_upstream_state', 'The state each upstream is in: 1', (set) => {
    for (const { name, state } of probes.upstreams()) set({ upstream: name, state }, 1)
  })
  total('mcp_optimizer_upstream_restarts_total', 'Starts of an upstream after the first', (set) => {
    for (const { name, restarts } of probes.upstreams()) set({ upstream: name }, restarts)
  })
  gauge('mcp_optimizer_catalog_entries', 'What the catalog holds', (set) => {
    const { tools, intents } = probes.catalog()
    set({ entry: 'tool' }, tools)
    set({ entry: 'intent' }, intents)
  })
  gauge('mcp_optimizer_definition_tokens', 'Tokens of all definitions behind the gateway (estimated)', (set) =>
    set({}, probes.catalog().definitionTokens),
  )
  total(
    'mcp_optimizer_cache_requests_total',
    'Questions to each layer of the result cache, and to what is made once for a catalog',
    (set) => {
      for (const { layer, hits, misses } of probes.caches()) {
        set({ layer, result: 'hit' }, hits)
        set({ layer, result: 'miss' }, misses)
      }
    },
  )
  gauge('mcp_optimizer_sandbox_pool', 'Sandboxes by state; waiting: programs that wait for one', (set) => {
    const figures = probes.sandbox()
    if (figures === undefined) return
    set({ state: 'size' }, figures.size)
    set({ state: 'busy' }, figures.busy)
    set({ state: 'waiting' }, figures.waiting)
  })
  gauge('mcp_optimizer_sandbox_wall', 'The outermost wall around programs, once it is known', (set) => {
    const wall = probes.sandbox()?.wall
    if (wall !== undefined) set({ wall }, 1)
  })
  total('mcp_optimizer_sandbox_starts_total', 'Programs started, by whether the state was kept warm', (set) => {
    const figures = probes.sandbox()
    if (figures === undefined) return
    set({ state: 'reused' }, figures.reused)
    set({ state: 'created' }, figures.created)
  })
  total('mcp_optimizer_sandbox_discarded_total', 'Sandbox states thrown away, by reason', (set) => {
    for (const [reason, count] of Object.entries(probes.sandbox()?.discarded ?? {})) set({ reason }, count)
  })
  gauge('mcp_optimizer_event_loop_delay_seconds', 'How late the event loop ran in the last seconds', (set) => {
    const { p50Ms, p99Ms, maxMs } = probes.loopDelay()
    set({ statistic: 'p50' }, p50Ms / 1_000)
    set({ statistic: 'p99' }, p99Ms / 1_000)
    set({ statistic: 'max' }, maxMs / 1_000)
  })
  gauge('mcp_optimizer_sessions_active', 'Sessions with an operation in the last five minutes', (set) =>
    set({}, probes.sessions().active),
  )
  total('mcp_optimizer_sessions_total', 'Sessions seen', (set) => set({}, probes.sessions().seen))
  total('mcp_optimizer_tokens_total', 'Tokens in the context of agents (estimated)', (set) => {
    const { surface, requests, answers, search } = probes.tokens().ours
    set({ kind: 'surface' }, surface)
    set({ kind: 'request' }, requests)
    set({ kind: 'response' }, answers)
    set({ kind: 'search' }, search)
  })
  total(
    'mcp_optimizer_alternative_tokens_total',
    'Tokens the same work takes with all definitions in every request (estimated)',
    (set) => set({}, probes.tokens().allDefinitions.total),
  )
  gauge('mcp_optimizer_saved_tokens', 'Tokens saved since the start; falls when the gateway costs more', (set) =>
    set({}, probes.tokens().saved),
  )
  gauge('mcp_optimizer_cost_saved_usd', 'US dollars saved since the start, by model', (set) => {
    for (const { model, caching, usd } of probes.savings()) set({ model, caching }, usd)
  })
  auditSeries(total, gauge, probes)
}

type SetValue = (labels: Record<string, string>, value: number) => void
type ReadState = (set: SetValue) => void
type DefineSeries = (name: string, help: string, read: ReadState) => void

/** Prometheus refuses a scrape that has a line twice: totals of the same labels are added up, of states the last one counts. */
function samplesOf(type: Series['type'], read: ReadState): Iterable<Sample> {
  const samples = new Map<string, Sample>()
  read((labels, value) => {
    const key = JSON.stringify(labels)
    const before = type === 'counter' ? (samples.get(key)?.value ?? 0) : 0
    samples.set(key, { labels, value: before + value })
  })
  return samples.values()
}

function auditSeries(total: DefineSeries, gauge: DefineSeries, { audit }: PrometheusProbes): void {
  total('mcp_optimizer_audit_entries_total', 'Lines written to the audit trail', (set) => {
    set({}, audit()?.entries ?? 0)
  })
  total('mcp_optimizer_audit_failures_total', 'Lines that could not be written to the audit trail', (set) => {
    set({}, audit()?.failures ?? 0)
  })
  gauge('mcp_optimizer_audit_bytes', 'Bytes of the audit trail on disk', (set) => {
    set({}, audit()?.bytes ?? 0)
  })
}
