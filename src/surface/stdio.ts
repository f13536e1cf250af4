import type { Readable, Writable } from 'node:stream'
import { isRecord, parseExact, toJson } from '../internal/json.ts'
import { LARGE_JSON, parseInSlices, TooMuchJson } from '../internal/json-slices.ts'
import { LineSplitter } from '../internal/line-splitter.ts'
import { LiveMap } from '../internal/live-map.ts'
import { LiveSet } from '../internal/live-set.ts'
import { abortable, createAborter } from '../internal/signal.ts'
import { wellFormedJson } from '../internal/text.ts'
import { within } from '../internal/within.ts'
import type { ClientLink } from './client-link.ts'
import {
  BUSY,
  createDispatcher,
  type EngineSource,
  failure,
  isRequestId,
  type Outgoing,
  type RequestId,
} from './dispatch.ts'
import { type Channel, createOutlet } from './outlet.ts'
import type { Surface } from './surface.ts'

/** The streams of one MCP client. */
export interface StdioOptions {
  readonly input: Readable
  readonly output: Writable
  /** Ends the service as the end of `input` does. */
  readonly signal?: AbortSignal
  /** Milliseconds for calls in flight once the input has ended. @default 3000 */
  readonly graceMs?: number
  /** Bytes of answers that the client has not read; while there are more, nothing is read of it. @default 8388608 */
  readonly maxUnreadBytes?: number
}

/** Bytes of one line, and values in its JSON. */
const MAX_LINE_BYTES = 32 * 1024 * 1024
const MAX_VALUES = 1_000_000
const MAX_DEPTH = 1_000
/** Requests side by side. */
const MAX_CALLS = 1_000
/** Of lines that wait for their turn: the end of the input stands behind them. */
const MAX_AHEAD_BYTES = 8 * 1024 * 1024

/** Serves MCP over lines on a pair of streams; resolves when the input has ended and the calls in flight are settled. */
export async function serveStdio(engine: EngineSource, surface: Surface, options: StdioOptions): Promise<void> {
  const { input, output, signal, graceMs = 3_000, maxUnreadBytes = 8 * 1024 * 1024 } = options
  const dispatcher = createDispatcher(engine, surface)
  // One client, one session.
  let opened: Promise<string | undefined> | undefined
  const openSession = async (): Promise<string | undefined> => {
    opened ??= (async () => (typeof engine === 'function' ? await engine() : engine).openSession('local'))()
    return await opened.catch(() => undefined)
  }
  const calls = new LiveMap<unknown, AbortController>()
  const running = new LiveSet<Promise<void>>()
  /** Those of the messages under way that want an answer. */
  const requests = new LiveSet<object>()
  /** Those that end with the client alone. */
  const held = new LiveSet<AbortController>()
  const send = (message: Outgoing | readonly Outgoing[]): void =>
    void output.write(`${wellFormedJson(toJson(message))}\n`)
  const outlet = createOutlet<Outgoing>(output, send)
  const unasked = outlet.channel()
  let link: ClientLink | undefined
  const openLink = (): ClientLink => (link ??= dispatcher.openLink('local', (message) => unasked.notify(message)))
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
        link: openLink,
      })
    } finally {
      channel?.end()
      place?.[Symbol.dispose]()
      if (calls.get(id) === call) calls.delete(id)
    }
  }

  const receive = async (message: unknown): Promise<void> => {
    if (Array.isArray(message)) {
      const answers = (await Promise.all(message.slice(0, 100).map((one) => answer(one, true)))).filter(
        (item) => item !== undefined,
      )
      if (answers.length > 0) send(answers)
      return
    }
    // Clients of the 2025 era are told unasked; later ones listen.
    if (isRecord(message) && message['method'] === 'initialize') openLink()
    if (isRecord(message) && message['method'] === 'notifications/cancelled' && isRecord(message['params'])) {
      calls.get(message['params']['requestId'])?.abort()
      return
    }
    const reply = await answer(message)
    if (reply !== undefined) send(reply)
  }

  const wait = (work: Promise<void>): void => {
    const underWay = running.add(work.finally(() => underWay[Symbol.dispose]()))
  }
  /** Answers what a line holds, beside what comes after it; a promise while no further line may be taken. */
  const take = (line: Buffer): Promise<void> | undefined => {
    const start = (message: unknown): void => {
      if (message instanceof Unread) return send(failure(null, message.code, message.why))
      if (isRequest(message)) {
        if (requests.size >= MAX_CALLS)
          return send(failure(message.id, BUSY, `${MAX_CALLS} requests are under way: wait for the answers to some`))
        const place = requests.add(message)
        wait(receive(message).finally(() => place[Symbol.dispose]()))
      } else wait(receive(message))
    }
    if (line.length > LARGE_JSON) return parseLarge(line).then(start)
    const text = line.toString('utf8')
    if (text.trim() !== '') start(parse(text))
    return output.writableLength > maxUnreadBytes ? drained(output) : undefined
  }
  const tooLong = (): void => send(failure(null, -32600, `the line has more than ${MAX_LINE_BYTES} bytes`))
  await inTurn(input, { take, tooLong, graceMs, ...(signal === undefined ? {} : { signal }) })
  link?.[Symbol.dispose]()
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

/** Why a line is no message. */
class Unread {
  readonly code: number
  readonly why: string

  constructor(code: number, why: string) {
    this.code = code
    this.why = why
  }
}

function parse(line: string): unknown {
  try {
    return parseExact(line)
  } catch {
    return new Unread(-32700, 'the line is not JSON')
  }
}

async function parseLarge(line: Buffer): Promise<unknown> {
  try {
    return await parseInSlices(line.toString('utf8'), { maxDepth: MAX_DEPTH, maxValues: MAX_VALUES })
  } catch (thrown) {
    if (!(thrown instanceof TooMuchJson)) return new Unread(-32700, 'the line is not JSON')
    const what =
      thrown.by === 'maxDepth' ? `nests deeper than ${MAX_DEPTH} levels` : `holds more than ${MAX_VALUES} values`
    return new Unread(-32600, `the line ${what}`)
  }
}

function isRequest(message: unknown): message is { readonly id: RequestId } {
  return isRecord(message) && isRequestId(message['id']) && typeof message['method'] === 'string'
}

/** Until the client has read what was written, or is gone. */
async function drained(output: Writable): Promise<void> {
  if (!output.writableNeedDrain) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of EVENTS) output.off(event, done)
      resolve()
    }
    for (const event of EVENTS) output.on(event, done)
  })
}

const EVENTS = ['drain', 'close', 'error'] as const

interface Turns {
  /** A promise while the next line has to wait. */
  readonly take: (line: Buffer) => Promise<void> | undefined
  readonly tooLong: () => void
  /** Milliseconds for lines that wait when the input has ended. */
  readonly graceMs: number
  readonly signal?: AbortSignal
}

/** Takes the lines of `input` one after the other until it ends; of what has to wait only so much is read ahead. */
async function inTurn(input: Readable, { take, tooLong, graceMs, signal }: Turns): Promise<void> {
  const waiting: Buffer[] = []
  let bytes = 0
  const wait = (line: Buffer): void => {
    waiting.push(line)
    bytes += line.length
  }
  const lines = new LineSplitter({ maxBytes: MAX_LINE_BYTES, onLine: wait, tooLong })
  let isTaking = false
  let taking = Promise.resolve()
  const takeAll = async (): Promise<void> => {
    isTaking = true
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
      if (signal?.aborted === true) break
      bytes -= line.length
      const wait = take(line)
      if (wait !== undefined) await wait
      if (bytes <= MAX_AHEAD_BYTES && input.isPaused()) input.resume()
    }
    isTaking = false
  }
  const add = (chunk: Buffer | string): void => {
    lines.add(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    if (!isTaking) taking = takeAll()
    if (bytes > MAX_AHEAD_BYTES) input.pause()
  }
  await new Promise<void>((resolve) => {
    input.on('data', add)
    for (const event of ['end', 'close', 'error']) input.once(event, resolve)
    signal?.addEventListener('abort', () => resolve(), { once: true })
    if (signal?.aborted === true || input.readableEnded) resolve()
  })
  input.off('data', add)
  input.pause()
  wait(lines.rest())
  // Behind a client that no longer reads they would wait for ever.
  const last = isTaking ? taking : takeAll()
  await within(graceMs, signal === undefined ? last : abortable(last, signal).catch(() => undefined))
}
