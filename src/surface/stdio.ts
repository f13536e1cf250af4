import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { isRecord, parseExact, toJson } from '../internal/json.ts'
import { LiveMap } from '../internal/live-map.ts'
import { LiveSet } from '../internal/live-set.ts'
import { createAborter } from '../internal/signal.ts'
import { wellFormedJson } from '../internal/text.ts'
import { createDispatcher, type EngineSource, failure, type Outgoing } from './dispatch.ts'
import { type Channel, createOutlet } from './outlet.ts'
import type { Surface } from './surface.ts'

/** The streams of one MCP client. */
export interface StdioOptions {
  readonly input: Readable
  readonly output: Writable
  /** Ends the service as the end of `input` does. */
  readonly signal?: AbortSignal
  /** Milliseconds for calls in flight once the input has ended. @default 4500 */
  readonly graceMs?: number
}

/** Serves MCP over lines on a pair of streams; resolves when the input has ended and the calls in flight are settled. */
export async function serveStdio(engine: EngineSource, surface: Surface, options: StdioOptions): Promise<void> {
  const { input, output, signal, graceMs = 4_500 } = options
  const dispatcher = createDispatcher(engine, surface)
  // One client, one session.
  let opened: Promise<string | undefined> | undefined
  const openSession = async (): Promise<string | undefined> => {
    opened ??= (async () => (typeof engine === 'function' ? await engine() : engine).openSession('local'))()
    return await opened.catch(() => undefined)
  }
  const calls = new LiveMap<unknown, AbortController>()
  const running = new LiveSet<Promise<void>>()
  /** Those that end with the client alone. */
  const held = new LiveSet<AbortController>()
  let legacy = false
  const send = (message: Outgoing | readonly Outgoing[]): void =>
    void output.write(`${wellFormedJson(toJson(message))}\n`)
  const outlet = createOutlet<Outgoing>(output, send)
  // A client that is gone cannot read; its input ends soon, and its calls end with it.
  output.on('error', () => abortAll(calls.values()))

  const answer = async (message: unknown, isBatch = false): Promise<Outgoing | undefined> => {
    const id = isRecord(message) ? message['id'] : undefined
    const call = createAborter()
    if (id !== undefined) calls.set(id, call)
    let channel: Channel<Outgoing> | undefined
    const notify = (notification: Outgoing): void => (channel ??= outlet.channel()).notify(notification)
    let place: Disposable | undefined
    const hold = (): void => void (place = held.add(call))
    try {
      const isCall = isRecord(message) && message['method'] === 'tools/call'
      const session = isCall ? await openSession() : undefined
      const connection = { principal: 'local', ...(session === undefined ? {} : { session }) }
      return await dispatcher.handle(message, {
        ...connection,
        signal: call.signal,
        notify,
        hold: isBatch ? undefined : hold,
      })
    } finally {
      channel?.end()
      place?.[Symbol.dispose]()
      if (calls.get(id) === call) calls.delete(id)
    }
  }

  const receive = async (line: string): Promise<void> => {
    const message = parse(line)
    if (message === undefined) return send(failure(null, -32700, 'the line is not JSON'))
    if (Array.isArray(message)) {
      const answers = (await Promise.all(message.slice(0, 100).map((one) => answer(one, true)))).filter(
        (item) => item !== undefined,
      )
      if (answers.length > 0) send(answers)
      return
    }
    if (isRecord(message) && message['method'] === 'initialize') legacy = true
    if (isRecord(message) && message['method'] === 'notifications/cancelled' && isRecord(message['params'])) {
      calls.get(message['params']['requestId'])?.abort()
      return
    }
    const reply = await answer(message)
    if (reply !== undefined) send(reply)
  }

  // Clients of the 2025 era are told unasked; later ones subscribe.
  const changes = outlet.channel()
  using _changes = dispatcher.onListChanged((method) => {
    if (legacy) changes.notify({ jsonrpc: '2.0', method, params: {} })
  })
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, terminal: false })
  signal?.addEventListener('abort', () => lines.close(), { once: true })
  lines.on('line', (line) => {
    if (line.trim() === '') return
    const underWay = running.add(receive(line).finally(() => underWay[Symbol.dispose]()))
  })
  await new Promise<void>((resolve) => lines.once('close', resolve))
  // The time in which the engine is loaded is not that of the calls.
  await opened?.catch(() => undefined)
  abortAll(held)
  const late = setTimeout(() => abortAll(calls.values()), graceMs)
  await Promise.allSettled(running)
  clearTimeout(late)
}

function abortAll(calls: Iterable<AbortController>): void {
  for (const call of calls) call.abort()
}

function parse(line: string): unknown {
  try {
    return parseExact(line)
  } catch {
    return undefined
  }
}
