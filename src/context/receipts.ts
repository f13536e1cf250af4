import { LRUCache } from 'lru-cache'
import type { Clock } from '../internal/clock.ts'
import { LiveMap } from '../internal/live-map.ts'
import type { ObservedCall, ObservedOperation, Observer } from '../metrics/observer.ts'

/**
 * What a session cost, and what it would have cost at least had the agent been given every definition and called each tool
 * itself. Texts count once on both sides; definitions count in each request to the model. All figures are estimated tokens.
 */
export interface Receipt {
  /** First operation, ISO 8601. */
  readonly since: string
  readonly operations: number
  /** Operations that were searches; without a gateway there would be none. */
  readonly searches: number
  readonly failed: number
  /** Calls of tools by programs, intents and requests. */
  readonly calls: number
  readonly ours: {
    /** Our tools and instructions, in each request to the model. */
    readonly surface: number
    readonly requests: number
    readonly answers: number
    /** Requests and answers of searches. */
    readonly search: number
    readonly total: number
  }
  readonly allDefinitions: {
    /** Requests to the model: one for calls that can be made side by side, and the one that reads the last answer. */
    readonly turns: number
    /** Every tool's definition, in each request to the model. */
    readonly definitions: number
    /** Arguments of the calls that reached a server, in operations that did not fail. */
    readonly requests: number
    /** What those calls answered. */
    readonly answers: number
    readonly total: number
  }
  /** Negative when the gateway cost more than it saved. */
  readonly saved: number
  /** Part of both sides that an earlier request of the session had sent: what a prompt cache serves. */
  readonly repeated: { readonly surface: number; readonly definitions: number }
  /** The same where the client caches prompts: what a request repeats is paid at a tenth. */
  readonly withPromptCaching: { readonly ours: number; readonly allDefinitions: number; readonly saved: number }
  readonly provenance: 'estimated'
}

/** The receipt of one session, with its name. */
export interface SessionReceipt extends Receipt {
  readonly session: string
  /** Last operation, ISO 8601. */
  readonly until: string
}

/** Keeps a receipt for each session of agents; what people ask for through the dashboard is on none. */
export interface Receipts extends Observer {
  of(session: string): Receipt | undefined
  /** Says how many tokens the surface takes that agents see from now on. @default 0 */
  showSurface(tokens: number): void
  /** All sessions still remembered, latest first. */
  list(): readonly SessionReceipt[]
  /** Everything since the start, sessions no longer remembered too. */
  total(): Receipt
  /** Sessions with an operation in the last `ms`, and all there were. */
  sessions(ms: number): { readonly active: number; readonly seen: number }
}

export interface ReceiptsOptions {
  readonly clock: Clock
  /** Tokens of all definitions behind the gateway now. */
  readonly definitionTokens: () => number
  /** Sessions remembered; the least recently used go first. @default 1000 */
  readonly maxSessions?: number
}

/** Operations under way whose calls are kept; those of one that ended before its calls go first. */
const MAX_RUNNING = 10_000
const MAX_CALLS = 2_000
/** What a provider's prompt cache costs beside fresh input: a tenth is the usual price of a cache read. */
const CACHE_READ_SHARE = 0.1

export function createReceipts(options: ReceiptsOptions): Receipts {
  const { clock, definitionTokens, maxSessions = 1_000 } = options
  const sessions = new LRUCache<string, Sums>({ max: maxSessions })
  const all = emptySums(clock.wall())
  const running = new LiveMap<string, ObservedCall[]>()
  let seen = 0
  let surfaceTokens = 0

  const sumsOf = (session: string): Sums => {
    const known = sessions.get(session)
    if (known !== undefined) return known
    const sums = emptySums(clock.wall())
    sessions.set(session, sums)
    seen++
    // The request to the model that reads the last answer: there is one more than operations.
    for (const side of [sums, all]) side.surface += surfaceTokens
    return sums
  }

  return {
    called(call) {
      if (call.askedBy === 'person') return
      const calls = running.get(call.parentId)
      if (calls === undefined) {
        running.set(call.parentId, [call])
        if (running.size > MAX_RUNNING) running.deleteOldest()
      } else if (calls.length < MAX_CALLS) calls.push(call)
    },
    ended(operation) {
      if (operation.askedBy === 'person') return
      const calls = running.get(operation.id) ?? []
      running.delete(operation.id)
      const sums = sumsOf(operation.session)
      const direct = directly(calls, operation)
      // Who calls tools directly reads the last answer in one more request.
      const more = direct.turns > 0 && sums.turns === 0 ? 1 : 0
      const definitions = operation.definitionTokens ?? definitionTokens()
      for (const side of [sums, all]) {
        addOperation(side, operation, surfaceTokens, clock.wall())
        side.calls += calls.length
        side.turns += direct.turns + more
        side.definitions += (direct.turns + more) * definitions
        side.repeatedDefinitions += direct.turns * definitions
        side.callRequests += direct.requests
        side.callAnswers += direct.answers
      }
    },
    showSurface(tokens) {
      surfaceTokens = tokens
    },
    of(session) {
      const sums = sessions.peek(session)
      return sums === undefined ? undefined : toReceipt(sums)
    },
    list: () =>
      [...sessions.entries()].map(([session, sums]) => ({
        session,
        until: new Date(sums.until).toISOString(),
        ...toReceipt(sums),
      })),
    total: () => toReceipt(all),
    sessions: (ms) => ({
      active: [...sessions.values()].filter(({ until }) => until > clock.wall() - ms).length,
      seen,
    }),
  }
}

interface Sums {
  readonly since: string
  until: number
  operations: number
  searches: number
  failed: number
  calls: number
  /** Requests to the model of an agent that calls tools directly. */
  turns: number
  surface: number
  requests: number
  answers: number
  search: number
  definitions: number
  callRequests: number
  callAnswers: number
  /** Part of `surface` and of `definitions` that an earlier request of the same session had sent. */
  repeatedSurface: number
  repeatedDefinitions: number
}

function emptySums(now: number): Sums {
  return {
    since: new Date(now).toISOString(),
    until: now,
    operations: 0,
    searches: 0,
    failed: 0,
    calls: 0,
    turns: 0,
    surface: 0,
    requests: 0,
    answers: 0,
    search: 0,
    definitions: 0,
    callRequests: 0,
    callAnswers: 0,
    repeatedSurface: 0,
    repeatedDefinitions: 0,
  }
}

function addOperation(
  sums: Sums,
  { kind, status, requestTokens, answerTokens }: ObservedOperation,
  surface: number,
  now: number,
): void {
  sums.until = now
  sums.operations++
  if (status !== 'ok') sums.failed++
  sums.surface += surface
  sums.repeatedSurface += surface
  if (kind === 'search') {
    sums.searches++
    sums.search += requestTokens + answerTokens
    return
  }
  sums.requests += requestTokens
  sums.answers += answerTokens
}

/** What an agent that calls tools directly would have spent on the calls of one operation. */
interface Direct {
  readonly turns: number
  readonly requests: number
  readonly answers: number
}

const NOTHING: Direct = { turns: 0, requests: 0, answers: 0 }

/**
 * An operation that failed saves nothing, and a call that no server answered would not have been made. Calls that ran side by side
 * are one request to the model, and so are those of one tool in a row: an agent may ask for all of them at once.
 */
function directly(calls: readonly ObservedCall[], { status }: ObservedOperation): Direct {
  if (status === 'error') return NOTHING
  const answered = calls.filter(({ errorCode }) => errorCode === undefined || errorCode === 'TOOL_ERROR')
  const [only] = answered
  if (answered.length === 1 && only !== undefined)
    return { turns: 1, requests: only.requestTokens, answers: only.answerTokens }
  let turns = 0
  let endsAt = Number.NEGATIVE_INFINITY
  let tool: string | undefined
  for (const call of answered.toSorted((a, b) => a.startMs - b.startMs)) {
    if (call.startMs >= endsAt && call.tool !== tool) turns++
    endsAt = Math.max(endsAt, call.startMs + call.durationMs)
    tool = call.tool
  }
  return {
    turns,
    requests: answered.reduce((sum, { requestTokens }) => sum + requestTokens, 0),
    answers: answered.reduce((sum, { answerTokens }) => sum + answerTokens, 0),
  }
}

function toReceipt(sums: Sums): Receipt {
  const { surface, requests, answers, search, turns, definitions, callRequests, callAnswers } = sums
  const ours = surface + requests + answers + search
  const theirs = definitions + callRequests + callAnswers
  const oursCached = Math.round(ours - sums.repeatedSurface * (1 - CACHE_READ_SHARE))
  const theirsCached = Math.round(theirs - sums.repeatedDefinitions * (1 - CACHE_READ_SHARE))
  return {
    since: sums.since,
    operations: sums.operations,
    searches: sums.searches,
    failed: sums.failed,
    calls: sums.calls,
    ours: { surface, requests, answers, search, total: ours },
    allDefinitions: { turns, definitions, requests: callRequests, answers: callAnswers, total: theirs },
    saved: theirs - ours,
    repeated: { surface: sums.repeatedSurface, definitions: sums.repeatedDefinitions },
    withPromptCaching: { ours: oursCached, allDefinitions: theirsCached, saved: theirsCached - oursCached },
    provenance: 'estimated',
  }
}
