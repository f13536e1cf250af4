import { OptimizerError } from '../errors.ts'
import type { Clock } from '../internal/clock.ts'
import { stableJson } from '../internal/hash.ts'
import { inTurns } from '../internal/json-slices.ts'
import { isRecord, type JsonObject } from '../internal/json.ts'
import { abortable, createAborter, createDeadline } from '../internal/signal.ts'
import { messageOf } from '../internal/text.ts'
import { type Connect, type Connection, type RequestOptions, SessionExpired } from './connection.ts'
import { ReadResult } from './large-messages.ts'
import type { ListBudget } from './list-budget.ts'
import type { ListCache } from './list-cache.ts'
import { createOfferWatch } from './offer-watch.ts'
import type { Capabilities, ReadingMethod, ServerNotification, ServerOffers } from './offers.ts'
import { fetchToolList } from './tool-list.ts'
import { readToolResult } from './tool-result.ts'
import type { CallOptions, ToolDefinition, ToolResult, Upstream, UpstreamState, UpstreamStatus } from './upstream.ts'

export interface SuperviseOptions {
  /** Milliseconds without an answer or progress. */
  readonly timeoutMs: number
  /** Milliseconds to connect and shake hands. */
  readonly startTimeoutMs: number
  /** Milliseconds without a call after which the connection is closed, once a tool was called on it and before; 0 = never. */
  readonly idleMs: { readonly called: number; readonly listed: number }
  readonly listCache: ListCache | undefined
  /** @default what one server may have by itself */
  readonly listBudget?: ListBudget | undefined
  readonly clock: Clock
}

const FIRST_BACKOFF_MS = 500
const MAX_BACKOFF_MS = 60_000
/** Milliseconds that a connection stood and served before its loss counts as the first. */
const SERVED_MS = 1_000
/** A timer for longer would end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1
/** Bursts of `list_changed` are answered by one refresh. */
const REFRESH_EVERY_MS = 5_000

/** A server that starts on first use, stops when idle, and comes back after a crash, with growing pauses. */
export class SupervisedUpstream implements Upstream {
  readonly name: string
  readonly offers: ServerOffers = {
    capabilities: async (signal) => await this.#capabilitiesOf(signal),
    known: () => this.#capabilities,
    request: async (method, params, options) => await this.#read(method, params, options),
    subscribe: async (uri) => await this.#busy(async () => await this.#watch.subscribe(uri)),
    unsubscribe: async (uri) => {
      await this.#watch.unsubscribe(uri)
      this.#rest()
    },
    setLevel: async (level) => await this.#watch.setLevel(level),
    onNotified: (listener) => {
      this.#notified.add(listener)
      return { [Symbol.dispose]: () => void this.#notified.delete(listener) }
    },
  }
  readonly #connect: Connect
  readonly #options: SuperviseOptions
  readonly #listeners = new Set<() => void>()
  readonly #notified = new Set<(notification: ServerNotification) => void>()
  readonly #watch = createOfferWatch({
    ask: async (method, params) => await this.#request(method, params, this.#patience()),
    current: () => this.#connection,
    connect: async () => this.#connection ?? (await this.#start()),
  })
  #capabilities: Capabilities | undefined
  readonly #closing = createAborter()
  #state: UpstreamState = 'idle'
  #connection: Connection | undefined
  #connecting: Promise<Connection> | undefined
  #tools: readonly ToolDefinition[] | undefined
  #listing: Promise<readonly ToolDefinition[]> | undefined
  #listSource: 'server' | 'cache' | undefined
  #listProblems: readonly string[] = []
  #instructions: string | undefined
  #protocolVersion: string | undefined
  #failure: OptimizerError | undefined
  #failures = 0
  #retryAt = 0
  #starts = 0
  #inFlight = 0
  /** When this connection stood, and whether it answered a call since. */
  #connectedAt = 0
  #hasServed = false
  #phase: string | undefined
  /** A tool was called on this connection, so the server may hold something for whoever called. */
  #wasCalled = false
  #idleTimer: NodeJS.Timeout | undefined
  #refreshTimer: NodeJS.Timeout | undefined
  #refreshing: Promise<readonly ToolDefinition[]> | undefined
  /** The server said that its tools changed, and was not asked since. */
  #isDue = false
  #refreshedAt = Number.NEGATIVE_INFINITY

  constructor(name: string, connect: Connect, options: SuperviseOptions) {
    this.name = name
    this.#connect = connect
    this.#options = options
  }

  async listTools(signal: AbortSignal): Promise<readonly ToolDefinition[]> {
    if (this.#tools !== undefined) return this.#tools
    this.#listing ??= this.#readList().finally(() => {
      this.#listing = undefined
    })
    return await abortable(this.#listing, signal)
  }

  async callTool(tool: string, input: Parameters<Upstream['callTool']>[1], options: CallOptions): Promise<ToolResult> {
    const { signal, timeoutMs = this.#options.timeoutMs, maxTotalMs = timeoutMs * 10, onProgress, meta } = options
    this.#inFlight++
    clearTimeout(this.#idleTimer)
    try {
      const params =
        meta === undefined ? { name: tool, arguments: input } : { name: tool, arguments: input, _meta: meta }
      const result = await this.#request('tools/call', params, {
        signal,
        timeoutMs,
        maxTotalMs,
        ...(onProgress === undefined ? {} : { onProgress }),
      })
      this.#hasServed = true
      return result instanceof ReadResult ? (result.made as ToolResult) : readToolResult(result, this.name)
    } finally {
      this.#wasCalled = true
      this.#inFlight--
      this.#rest()
    }
  }

  async #capabilitiesOf(signal: AbortSignal): Promise<Capabilities> {
    if (this.#capabilities === undefined) await this.#busy(async () => await abortable(this.#start(), signal))
    return this.#capabilities ?? {}
  }

  /** A request that only reads. */
  async #read(method: ReadingMethod, params: JsonObject, options: CallOptions): Promise<Record<string, unknown>> {
    const { signal, timeoutMs = this.#options.timeoutMs, maxTotalMs = timeoutMs * 10, onProgress, meta } = options
    const sent = meta === undefined ? params : { ...params, _meta: meta }
    const patience = { signal, timeoutMs, maxTotalMs, ...(onProgress === undefined ? {} : { onProgress }) }
    const result = await this.#busy(async () => await this.#request(method, sent, patience))
    this.#hasServed = true
    if (isRecord(result)) return result
    throw new OptimizerError('UPSTREAM_PROTOCOL', `${this.name} answered ${method} with a result that is not an object`)
  }

  /** Of a request that nobody waits for longer than for others. */
  #patience(): RequestOptions {
    const { timeoutMs } = this.#options
    return { signal: this.#closing.signal, timeoutMs, maxTotalMs: timeoutMs }
  }

  /** Keeps the server from resting until the work is done. */
  async #busy<T>(work: () => Promise<T>): Promise<T> {
    this.#inFlight++
    clearTimeout(this.#idleTimer)
    try {
      return await work()
    } finally {
      this.#inFlight--
      this.#rest()
    }
  }

  onToolsChanged(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  refreshTools(): void {
    // Without a connection the list counts as remembered, and is asked for at the next one.
    if (this.#connection === undefined && this.#listSource !== undefined) this.#listSource = 'cache'
    this.#listChanged()
  }

  listDue(): (() => Promise<void>) | undefined {
    const isComing = this.#tools !== undefined && this.#refreshing !== undefined
    return isComing || (this.#isDue && this.#connection !== undefined) ? () => this.#readDue() : undefined
  }

  async #readDue(): Promise<void> {
    await this.#refreshing?.catch(() => undefined)
    if (!this.#isDue || this.#connection === undefined) return
    clearTimeout(this.#refreshTimer)
    this.#refreshTimer = undefined
    await this.#refreshUnasked(this.#connection)
  }

  status(): UpstreamStatus {
    const pid = this.#connection?.pid
    return {
      state: this.#state,
      problems: [
        ...(this.#failure === undefined ? [] : [this.#failure.message]),
        ...this.#listProblems,
        ...(this.#connection?.problems() ?? []),
      ],
      restarts: Math.max(0, this.#starts - 1),
      ...(this.#phase === undefined ? {} : { phase: this.#phase }),
      ...(this.#instructions === undefined ? {} : { instructions: this.#instructions }),
      ...(this.#protocolVersion === undefined ? {} : { protocolVersion: this.#protocolVersion }),
      ...(this.#listSource === undefined ? {} : { listSource: this.#listSource }),
      ...(pid === undefined ? {} : { pid }),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot reach ${this.name}: the gateway is closing`))
    clearTimeout(this.#idleTimer)
    clearTimeout(this.#refreshTimer)
    this.#listeners.clear()
    this.#notified.clear()
    const connection = this.#connection ?? (await this.#connecting?.catch(() => undefined))
    this.#connection = undefined
    await connection?.close(true)
  }

  async #readList(): Promise<readonly ToolDefinition[]> {
    const remembered = await this.#options.listCache?.read()
    if (remembered !== undefined && this.#tools === undefined) {
      this.#tools = remembered.tools
      this.#listSource = 'cache'
      this.#instructions ??= remembered.instructions
      this.#protocolVersion ??= remembered.protocolVersion
      this.#capabilities ??= remembered.capabilities
    }
    if (this.#tools !== undefined) return this.#tools
    this.#inFlight++
    try {
      const connection = this.#connection ?? (await this.#start())
      return this.#tools ?? (await this.#refresh(connection).catch((thrown: unknown) => this.#unlisted(thrown)))
    } finally {
      this.#inFlight--
      this.#rest()
    }
  }

  /** The server stands without tools: that is told as long as it is so. */
  #unlisted(thrown: unknown): never {
    const said = messageOf(thrown)
    if (this.#connection !== undefined) this.#listProblems = [`its tool list could not be read: ${said}`]
    throw thrown
  }

  /** Asks the server for its list, once for all who want it. */
  #refresh(connection: Connection): Promise<readonly ToolDefinition[]> {
    this.#refreshing ??= this.#readFrom(connection).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** As above where nobody waits: the list before stays in use, and the reason is told. */
  async #refreshUnasked(connection: Connection): Promise<void> {
    await this.#refresh(connection).catch((thrown: unknown) => {
      this.#listProblems = [`its tool list could not be read again: ${messageOf(thrown)}`]
    })
  }

  /** Tells listeners when the list is another one than before. */
  async #readFrom(connection: Connection): Promise<readonly ToolDefinition[]> {
    this.#refreshedAt = this.#options.clock.now()
    this.#isDue = false
    const { timeoutMs } = this.#options
    const before = this.#tools
    const request: Connection['request'] = async (...asked) => await this.#request(...asked)
    const { offersTools } = connection
    const asked = { request, ...(offersTools === undefined ? {} : { offersTools }) }
    const { tools, problems } = await fetchToolList(
      asked,
      { signal: this.#closing.signal, timeoutMs, maxTotalMs: timeoutMs * 2 },
      this.#options.listBudget,
    )
    this.#listProblems = problems
    this.#listSource = 'server'
    const changed = before === undefined || !(await isSameList(before, tools))
    if (changed) this.#tools = tools
    const { instructions, protocolVersion, capabilities = {} } = connection
    await this.#options.listCache
      ?.write({ tools, protocolVersion, capabilities, ...(instructions === undefined ? {} : { instructions }) })
      .catch(() => undefined)
    if (changed && before !== undefined) for (const listener of this.#listeners) listener()
    return this.#tools ?? tools
  }

  /** A request, on a new session where the server no longer knows the one before: it refused, so it did not act. */
  async #request(method: string, params: JsonObject, options: RequestOptions): Promise<unknown> {
    const connection = this.#connection ?? (await abortable(this.#start(), options.signal))
    try {
      return await connection.request(method, params, options)
    } catch (thrown) {
      if (!(thrown instanceof SessionExpired)) throw thrown
      const next = await abortable(this.#renewed(connection), options.signal)
      return await next.request(method, params, options).catch((again: unknown) => {
        throw again instanceof SessionExpired ? again.refusal : again
      })
    }
  }

  /** The connection after `expired`, one for all who were refused on it. */
  #renewed(expired: Connection): Promise<Connection> {
    if (this.#connection === expired) {
      this.#connection = undefined
      // Whatever made it forget the session may have changed its tools.
      if (this.#listSource !== undefined) this.#listSource = 'cache'
      expired.retire?.()
    }
    return this.#connection === undefined ? this.#start() : Promise.resolve(this.#connection)
  }

  #start(): Promise<Connection> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #open(): Promise<Connection> {
    this.#closing.signal.throwIfAborted()
    const wait = this.#retryAt - this.#options.clock.now()
    if (wait > 0) {
      throw this.#tooSoon(Math.ceil(wait))
    }
    // What people have to do is told until it is done.
    if (this.#failure?.code !== 'LOGIN_REQUIRED') this.#state = 'starting'
    this.#starts++
    using deadline = createDeadline(this.#options.startTimeoutMs, this.#closing.signal)
    let connection: Connection | undefined
    try {
      // A connection that breaks before it stands rejects; that is not a loss.
      connection = await this.#connect(
        {
          toolsChanged: () => this.#listChanged(),
          notified: (notification) => {
            for (const listener of this.#notified) listener(notification)
          },
          lost: (reason) => connection !== undefined && this.#lost(connection, reason),
          phase: (what) => {
            this.#phase = what
          },
          allow: (ms) => deadline.extend(Math.min(ms, MAX_TIMER_MS)),
        },
        deadline.signal,
      )
      this.#connected(connection)
      return connection
    } catch (thrown) {
      throw this.#failed(deadline.expired && !OptimizerError.is(thrown, 'UPSTREAM_TIMEOUT') ? this.#late() : thrown)
    } finally {
      this.#phase = undefined
    }
  }

  #connected(connection: Connection): void {
    this.#connection = connection
    this.#wasCalled = false
    this.#hasServed = false
    this.#connectedAt = this.#options.clock.now()
    this.#state = 'ready'
    this.#failure = undefined
    this.#instructions = connection.instructions ?? this.#instructions
    this.#protocolVersion = connection.protocolVersion
    this.#capabilities = connection.capabilities ?? {}
    this.#watch.connected(connection)
    // A remembered list may be out of date: the server is up, so ask it, without anybody waiting.
    if (this.#tools !== undefined && this.#listSource === 'cache') void this.#refreshUnasked(connection)
  }

  /** The reason of the last failure is told again: whoever asks now did not hear it then. */
  #tooSoon(retryAfterMs: number): OptimizerError {
    const message = `cannot start ${this.name} again yet: ${this.#failure?.message ?? 'it failed before'}`
    const details = { ...this.#failure?.details, retryAfterMs }
    const suggestion = this.#failure === undefined ? {} : { suggestion: this.#failure.suggestion }
    const code = isUnauthorized(this.#failure) ? this.#failure.code : 'UPSTREAM_UNAVAILABLE'
    return new OptimizerError(code, message, { details, ...suggestion })
  }

  #late(): OptimizerError {
    return new OptimizerError(
      'UPSTREAM_TIMEOUT',
      `${this.name} did not start within ${this.#options.startTimeoutMs} ms`,
    )
  }

  #failed(thrown: unknown): OptimizerError {
    const error = OptimizerError.is(thrown)
      ? thrown
      : new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot start ${this.name}: ${messageOf(thrown)}`, { cause: thrown })
    this.#state = isUnauthorized(error) ? 'unauthorized' : 'failed'
    this.#failure = error
    // Nobody waits after a login: the next request may find it.
    if (error.code !== 'LOGIN_REQUIRED') this.#pause()
    return error
  }

  /** Doubles the pause, with jitter, so that many gateways do not come back at once. */
  #pause(): void {
    const base = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures++)
    this.#retryAt = this.#options.clock.now() + base * (0.5 + Math.random() / 2)
  }

  /** The connection broke. One that had served calls may be replaced at once; one that breaks at every start waits. */
  #lost(connection: Connection, reason: string): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    this.#state = 'idle'
    this.#failure = new OptimizerError('UPSTREAM_UNAVAILABLE', `${this.name} went away: ${reason}`)
    // Under load there is always a call under way: one that served well for a while is not one that breaks at every start.
    if (this.#hasServed && this.#options.clock.now() - this.#connectedAt >= SERVED_MS) this.#failures = 0
    this.#pause()
    if (this.#failures <= 1) this.#retryAt = 0
    // Whoever watches its resources uses it, though nobody asks.
    if (this.#watch.isHeld && this.#failures <= 1) void this.#start().catch(() => undefined)
  }

  #listChanged(): void {
    this.#isDue = true
    if (this.#refreshTimer !== undefined || this.#closing.signal.aborted) return
    const wait = Math.max(0, this.#refreshedAt + REFRESH_EVERY_MS - this.#options.clock.now())
    this.#refreshTimer = setTimeout(() => {
      this.#refreshTimer = undefined
      if (this.#connection !== undefined) void this.#refreshUnasked(this.#connection)
    }, wait)
    this.#refreshTimer.unref()
  }

  #rest(): void {
    if (this.#inFlight > 0 || this.#connection === undefined) return
    this.#failures = 0
    clearTimeout(this.#idleTimer)
    if (this.#watch.isHeld) return
    const idleMs = this.#wasCalled ? this.#options.idleMs.called : this.#options.idleMs.listed
    if (idleMs <= 0) return
    this.#idleTimer = setTimeout(
      () => {
        const connection = this.#connection
        this.#connection = undefined
        this.#state = 'idle'
        void connection?.close()
      },
      Math.min(idleMs, MAX_TIMER_MS),
    )
    this.#idleTimer.unref()
  }
}

function isUnauthorized(error: OptimizerError | undefined): error is OptimizerError {
  return error?.code === 'UNAUTHORIZED' || error?.code === 'LOGIN_REQUIRED'
}

/** In turns: a list may have megabytes. */
async function isSameList(before: readonly ToolDefinition[], now: readonly ToolDefinition[]): Promise<boolean> {
  let at = 0
  let isSame = before.length === now.length
  await inTurns(() => {
    if (!isSame || at >= now.length) return true
    isSame = stableJson(before[at]) === stableJson(now[at])
    at++
    return false
  })
  return isSame
}
