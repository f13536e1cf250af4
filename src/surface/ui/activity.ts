import { LRUCache } from 'lru-cache'
import { OptimizerError } from '../../errors.ts'
import type { Clock } from '../../internal/clock.ts'
import { LiveMap } from '../../internal/live-map.ts'
import type { Scrub } from '../../internal/scrub.ts'
import { cutText, messageOf } from '../../internal/text.ts'
import { MetricsCollector } from '../../metrics/collector.ts'
import type { ObservedCall, ObservedOperation, Observer, StartedOperation } from '../../metrics/observer.ts'

/** What happened lately: the figures of the pages that change while one looks at them. */
export interface Activity extends Observer, Disposable {
  /** Operations of one principal that run now, oldest first. */
  running(principal: string): readonly StartedOperation[]
  /** Operations of one principal that ended, latest first. */
  recent(principal: string): readonly RecentOperation[]
  /** One of them by its id, with what was asked and what went wrong. */
  operation(principal: string, id: string): RecentOperation | undefined
  /** Sessions in which a principal did something lately. */
  sessions(principal: string): readonly string[]
  /** The last minutes in steps, oldest first; the last step is still growing. */
  steps(): readonly ActivityStep[]
  /** Calls that went to an upstream since the start. */
  upstream(name: string): UpstreamFigures
  /** Calls of one tool by anybody since the start. */
  tool(id: string): ToolFigures
}

export interface RecentOperation extends Pick<
  ObservedOperation,
  'id' | 'startedAt' | 'kind' | 'intent' | 'errorCode' | 'durationMs' | 'hostCalls' | 'cacheHits' | 'session'
> {
  readonly tokens: number
  /** The request as JSON text, at most 4,000 characters of it. */
  readonly request: string
  /** Undefined where it ended well. */
  readonly problem?: OperationProblem
  /** Its calls of tools, the first 50. */
  readonly calls: readonly RecentCall[]
}

export interface OperationProblem {
  readonly message: string
  readonly suggestion?: string
}

export type RecentCall = Pick<ObservedCall, 'tool' | 'durationMs' | 'errorCode' | 'cached' | 'answerTokens'> & {
  /** Its arguments as JSON text, at most 1,000 characters of it. */
  readonly input: string
}

export interface ToolFigures {
  readonly calls: number
  readonly errors: number
  /** Estimated, of all arguments and answers. */
  readonly tokens: number
}

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
  /** Takes the secrets of the configuration out of what is kept of requests. @default keeps them as they are */
  readonly scrub?: Scrub
}

/** Milliseconds of a step. */
export const STEP_MS = 15_000
const STEPS = 60
const MAX_RECENT = 50
/** Principals whose operations are remembered. */
const MAX_PRINCIPALS = 100
const MAX_CALLS = 50
const MAX_REQUEST_CHARS = 4_000
const MAX_INPUT_CHARS = 1_000
const MAX_PROBLEM_CHARS = 4_000
/** Operations under way whose calls are kept. */
const MAX_RUNNING = 1_000
/** Tools whose calls are counted; the least recently called go first. */
const MAX_TOOLS = 5_000
const LOOK_MS = 1_000

/** The time of day at which each step begins. */
export function timesOf(steps: readonly ActivityStep[]): string[] {
  return steps.map(({ at }) => new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' }))
}

export function mostOf(steps: readonly ActivityStep[], what: 'ended' | 'running' | 'busy'): number {
  return Math.max(0, ...steps.map((step) => step[what]))
}

export function createActivity({ clock, gauges, scrub = (text) => text }: ActivityOptions): Activity {
  const kept = (text: string, maxChars: number): string => beginningOf(text, maxChars, scrub)
  const recent = new LRUCache<string, RecentOperation[]>({ max: MAX_PRINCIPALS })
  const running = new LiveMap<string, StartedOperation>()
  const runningCalls = new LRUCache<string, RecentCall[]>({ max: MAX_RUNNING })
  const tools = new LRUCache<string, Mutable<ToolFigures>>({ max: MAX_TOOLS })
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
    called(call) {
      look()
      count(tools, call)
      const own = runningCalls.get(call.parentId) ?? []
      if (own.length < MAX_CALLS) own.push(toCall(call, kept))
      runningCalls.set(call.parentId, own)
    },
    ended(operation) {
      running.delete(operation.id)
      const now = step()
      now.ended++
      if (operation.status !== 'ok') now.failed++
      const { principal } = operation
      const known = recent.get(principal) ?? []
      known.push(toRecent(operation, runningCalls.get(operation.id) ?? [], kept))
      runningCalls.delete(operation.id)
      if (known.length > MAX_RECENT * 2) known.splice(0, known.length - MAX_RECENT)
      recent.set(principal, known)
    },
    reached({ upstream, durationMs, errorType }) {
      calls.observe(`ms ${upstream}`, durationMs)
      if (errorType !== undefined) calls.observe(`errors ${upstream}`, 1)
    },
    running: (principal) => [...running.values()].filter((operation) => operation.principal === principal),
    recent: (principal) => (recent.get(principal) ?? []).slice(-MAX_RECENT).toReversed(),
    operation: (principal, id) => recent.peek(principal)?.find((operation) => operation.id === id),
    sessions: (principal) => [...new Set((recent.peek(principal) ?? []).map(({ session }) => session))],
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
    tool: (id) => tools.peek(id) ?? { calls: 0, errors: 0, tokens: 0 },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** A bounded copy of a text, without secrets. */
type Keep = (text: string, maxChars: number) => string

function toRecent(operation: ObservedOperation, calls: readonly RecentCall[], kept: Keep): RecentOperation {
  const { id, startedAt, kind, intent, errorCode, durationMs, hostCalls, cacheHits, session, thrown } = operation
  const tokens = operation.requestTokens + operation.answerTokens
  const named = intent === undefined ? {} : { intent }
  const failed = errorCode === undefined ? {} : { errorCode }
  const said = thrown === undefined ? {} : { problem: problemOf(thrown, kept) }
  const request = kept(operation.requestJson, MAX_REQUEST_CHARS)
  return {
    id,
    startedAt,
    kind,
    session,
    durationMs,
    hostCalls,
    cacheHits,
    tokens,
    request,
    calls,
    ...named,
    ...failed,
    ...said,
  }
}

function toCall(
  { tool, durationMs, errorCode, cached, answerTokens, inputJson }: ObservedCall,
  kept: Keep,
): RecentCall {
  return { tool, durationMs, errorCode, cached, answerTokens, input: kept(inputJson, MAX_INPUT_CHARS) }
}

function problemOf(thrown: unknown, kept: Keep): OperationProblem {
  const message = kept(messageOf(thrown), MAX_PROBLEM_CHARS)
  return OptimizerError.is(thrown) ? { message, suggestion: thrown.suggestion } : { message }
}

function count(tools: LRUCache<string, Mutable<ToolFigures>>, call: ObservedCall): void {
  const figures = tools.get(call.tool) ?? { calls: 0, errors: 0, tokens: 0 }
  figures.calls++
  figures.tokens += call.requestTokens + call.answerTokens
  if (call.errorCode !== undefined) figures.errors++
  tools.set(call.tool, figures)
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * A copy of the beginning: a cut of a large text would keep the whole of it in memory. Twice as much is looked at for secrets, so that
 * none is cut in two and shown half.
 */
function beginningOf(text: string, maxChars: number, scrub: Scrub): string {
  if (text.length <= maxChars) return scrub(text)
  return Buffer.from(`${cutText(scrub(cutText(text, 2 * maxChars)), maxChars)}…`).toString()
}
