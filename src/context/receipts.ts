import { LRUCache } from 'lru-cache'
import type { Clock } from '../internal/clock.ts'
import type { ObservedCall, ObservedOperation, Observer } from '../metrics/observer.ts'

/**
 * What a session cost, and what it would have cost had the agent been given every definition and called each tool itself.
 * Texts count once on both sides; definitions count in each request to the model. All figures are estimated tokens.
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
    /** Every tool's definition, in each request to the model. */
    readonly definitions: number
    /** Arguments of the calls that were made. */
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

/** What a provider's prompt cache costs beside fresh input: a tenth is the usual price of a cache read. */
const CACHE_READ_SHARE = 0.1

export function createReceipts(options: ReceiptsOptions): Receipts {
  const { clock, definitionTokens, maxSessions = 1_000 } = options
  const sessions = new LRUCache<string, Sums>({ max: maxSessions })
  const all = emptySums(clock.wall())
  let seen = 0
  let surfaceTokens = 0

  const sumsOf = (session: string): Sums => {
    const known = sessions.get(session)
    if (known !== undefined) return known
    const sums = emptySums(clock.wall())
    sessions.set(session, sums)
    seen++
    // The request to the model that reads the last answer: on both sides there is one more request than operations.
    for (const side of [sums, all]) startConversation(side, surfaceTokens, definitionTokens())
    return sums
  }

  return {
    called(call) {
      if (call.askedBy === 'person') return
      addCall(sumsOf(call.session), call)
      addCall(all, call)
    },
    ended(operation) {
      if (operation.askedBy === 'person') return
      const definitions = definitionTokens()
      const now = clock.wall()
      for (const sums of [sumsOf(operation.session), all])
        addOperation(sums, operation, surfaceTokens, definitions, now)
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

function startConversation(sums: Sums, surface: number, definitions: number): void {
  sums.surface += surface
  sums.definitions += definitions
}

function addOperation(
  sums: Sums,
  { kind, status, requestTokens, answerTokens }: ObservedOperation,
  surface: number,
  definitions: number,
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
  sums.definitions += definitions
  sums.repeatedDefinitions += definitions
  sums.requests += requestTokens
  sums.answers += answerTokens
}

function addCall(sums: Sums, { requestTokens, answerTokens }: ObservedCall): void {
  sums.calls++
  sums.callRequests += requestTokens
  sums.callAnswers += answerTokens
}

function toReceipt(sums: Sums): Receipt {
  const { surface, requests, answers, search, definitions, callRequests, callAnswers } = sums
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
    allDefinitions: { definitions, requests: callRequests, answers: callAnswers, total: theirs },
    saved: theirs - ours,
    repeated: { surface: sums.repeatedSurface, definitions: sums.repeatedDefinitions },
    withPromptCaching: { ours: oursCached, allDefinitions: theirsCached, saved: theirsCached - oursCached },
    provenance: 'estimated',
  }
}
