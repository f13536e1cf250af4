import { randomInt } from 'node:crypto'
import { OptimizerError } from '../errors.ts'
import { toNumbers } from '../internal/bigints.ts'
import { isRecord, type JsonObject, parseExact, toJson, withoutBigInts } from '../internal/json.ts'
import { LiveMap } from '../internal/live-map.ts'
import type { Scrub } from '../internal/scrub.ts'
import { serverText, wellFormedJson } from '../internal/text.ts'
import { withResolvers } from '../internal/with-resolvers.ts'
import type { RequestOptions } from './connection.ts'
import { cleanLine } from './clean-line.ts'
import { findMessages } from './find-messages.ts'
import {
  LARGE_MESSAGE_BYTES,
  type LargeMessage,
  type LargeMessages,
  ReadResult,
  unreadable,
  wantedOf,
} from './large-messages.ts'
import type { ServerNotification } from './offers.ts'
import { createProgressGate, createRate, MAX_UNASKED_PER_SECOND, type ProgressGate } from './rate.ts'
import { rpcRefusal } from './refusal.ts'
import { createSpreadMessage, type SpreadMessage } from './spread-message.ts'
import type { Progress } from './upstream.ts'

export interface PeerOptions {
  /** Writes one message without its newline. */
  readonly write: (line: string) => void
  readonly onToolsChanged: () => void
  /** Told of each notification that is not about tools or progress. */
  readonly onNotified?: ((notification: ServerNotification) => void) | undefined
  /** Told of each line that is no message: what a program has to say it may say there. */
  readonly onNoise?: (line: string) => void
  /** Server's name, for messages. */
  readonly name: string
  /** Takes secrets out of the server's words. */
  readonly scrub: Scrub
  /** @default large messages are read as all others */
  readonly large?: LargeMessages | undefined
}

interface Pending {
  readonly method: string
  readonly progressToken: number
  settle(error: OptimizerError | undefined, result?: unknown): void
  progress(progress: Progress): void
}

/**
 * JSON-RPC 2.0 over lines, tolerant of what real servers write: lines that are no messages are skipped, a broken answer
 * fails its request at once. Request ids are random, so an answer cannot be prepared.
 */
export class Peer {
  readonly #options: PeerOptions
  readonly #pending = new LiveMap<number, Pending>()
  /** Sent with each request in the 2026-07-28 era. */
  envelope: JsonObject | undefined
  /** Where a message over several lines has begun. */
  #spread: SpreadMessage | undefined
  #skippedLines = 0
  readonly #isWithin = createRate(MAX_UNASKED_PER_SECOND, 1_000)
  #closed: OptimizerError | undefined
  /** Large messages that came and are not read yet. */
  readonly #reading = new Set<Promise<void>>()

  constructor(options: PeerOptions) {
    this.#options = options
  }

  get skippedLines(): number {
    return this.#skippedLines
  }

  request(method: string, params: JsonObject, options: RequestOptions): Promise<unknown> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const { signal, timeoutMs, maxTotalMs } = options
    const id = randomInt(1, 2 ** 47)
    const { promise, resolve, reject } = withResolvers<unknown>()
    const expire = (ms: number): void => {
      this.#notify('notifications/cancelled', { requestId: id, reason: 'timeout' })
      settle(new OptimizerError('UPSTREAM_TIMEOUT', `${this.#options.name} did not answer ${method} within ${ms} ms`))
    }
    const cancel = (): void => {
      this.#notify('notifications/cancelled', { requestId: id, reason: 'cancelled' })
      settle(new OptimizerError('CANCELLED', `${method} to ${this.#options.name} was cancelled`))
    }
    const timer = setTimeout(() => expire(timeoutMs), timeoutMs)
    const ceiling = setTimeout(() => expire(maxTotalMs), maxTotalMs)
    const settle: Pending['settle'] = (error, result) => {
      if (!this.#pending.delete(id)) return
      clearTimeout(timer)
      clearTimeout(ceiling)
      signal.removeEventListener('abort', cancel)
      const held = gate?.rest()
      if (held !== undefined) options.onProgress?.(held)
      if (error === undefined) resolve(result)
      else reject(error)
    }
    let gate: ProgressGate<Progress> | undefined
    const progress = (value: Progress): void => {
      timer.refresh()
      gate ??= createProgressGate()
      const passed = gate.pass(value)
      if (passed !== undefined) options.onProgress?.(passed)
    }
    this.#pending.set(id, { method, progressToken: id, settle, progress })
    if (signal.aborted) {
      settle(new OptimizerError('CANCELLED', `${method} to ${this.#options.name} was cancelled`))
      return promise
    }
    signal.addEventListener('abort', cancel, { once: true })
    const wantsProgress = method === 'tools/call' || options.onProgress !== undefined
    this.#send({ jsonrpc: '2.0', id, method, params: this.#withMeta(params, wantsProgress ? id : undefined) })
    return promise
  }

  notify(method: string): void {
    this.#notify(method, {})
  }

  /** The connection is gone: what was sent may have taken effect. */
  close(reason: string): void {
    this.#closed ??= new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot reach ${this.#options.name}: ${reason}`)
    if (this.#reading.size === 0) this.#giveUp(reason)
    // What it wrote last may be an answer.
    else void Promise.all(this.#reading).then(() => this.#giveUp(reason))
  }

  #giveUp(reason: string): void {
    for (const { method, settle } of this.#pending.values()) {
      const mayHaveActed = method === 'tools/call'
      const message = `${this.#options.name} went away during ${method}: ${reason}`
      settle(new OptimizerError(mayHaveActed ? 'OUTCOME_UNKNOWN' : 'UPSTREAM_UNAVAILABLE', message))
    }
  }

  /** One line from the server, as bytes. */
  receiveBytes(line: Buffer): void {
    const { large } = this.#options
    if (large === undefined || line.length <= LARGE_MESSAGE_BYTES || this.#spread !== undefined)
      this.receive(line.toString('utf8'))
    else this.#receiveLarge(line, large)
  }

  /** One line from the server. */
  receive(line: string): void {
    const text = cleanLine(line)
    if (text === '') return
    if (this.#spread === undefined && text.length > 1) {
      const messages = findMessages(text)
      if (messages === undefined) return this.#skip(text)
      for (const message of messages) this.#dispatch(message)
    } else this.#receivePart(text, line)
  }

  /** What came behind the last line: a message, or a part of one that will never be whole. */
  receiveRest(rest: Buffer): void {
    const { large } = this.#options
    if (large !== undefined && rest.length > LARGE_MESSAGE_BYTES) this.#receiveLarge(rest, large)
    else for (const message of findMessages(cleanLine(rest.toString('utf8'))) ?? []) this.#dispatch(message)
  }

  #receiveLarge(line: Buffer, large: LargeMessages): void {
    const wanted = new Map(
      [...this.#pending.values()].flatMap(({ method, progressToken }) => {
        const form = wantedOf(method)
        return form === undefined ? [] : [[String(progressToken), form] as const]
      }),
    )
    const ends = `${line.toString('latin1', 0, END_CHARS)}\n${line.toString('latin1', line.length - END_CHARS)}`
    const reading = this.#readLarge(line, large, wanted, ends).finally(() => this.#reading.delete(reading))
    this.#reading.add(reading)
  }

  async #readLarge(
    line: Buffer,
    large: LargeMessages,
    wanted: Parameters<LargeMessages['read']>[1],
    ends: string,
  ): Promise<void> {
    try {
      const messages = await large.read(ownBytes(line), wanted, this.#options.name)
      if (messages === undefined) this.#skip(ends)
      for (const message of messages ?? []) this.#dispatchLarge(message)
    } catch (thrown) {
      const id = [...ends.matchAll(/"id"\s*:\s*"?(\d{1,16})\b/g)]
        .map(([, digits]) => Number(digits))
        .find((one) => this.#pending.get(one))
      const pending = id === undefined ? undefined : this.#pending.get(id)
      pending?.settle(unreadable(this.#options.name, pending.method, thrown))
    }
  }

  #dispatchLarge(message: LargeMessage): void {
    if (message.kind === 'message') return this.#dispatch(parseExact(message.json))
    const pending = this.#pending.get(Number(message.id))
    if (message.kind === 'error') {
      const { code, message: what, suggestion } = message.error
      pending?.settle(new OptimizerError(code, what, { suggestion }))
    } else pending?.settle(undefined, new ReadResult(message.kind === 'result' ? message.result : message.page))
  }

  #receivePart(text: string, line: string): void {
    this.#spread ??= createSpreadMessage()
    const { messages, noise } = this.#spread.add(text, line)
    if (messages === undefined && noise === undefined) return
    this.#spread = undefined
    if (noise !== undefined) this.#skip(noise)
    for (const message of messages ?? []) this.#dispatch(message)
  }

  #dispatch(message: unknown): void {
    if (!isRecord(message)) return this.#skip('')
    const { id, method } = message
    const pending = this.#pending.get(typeof id === 'string' ? Number(id) : (id as number))
    // A server that echoes what we sent answers nothing by it.
    if (typeof method === 'string') return pending === undefined ? this.#unaskedFor(method, message) : undefined
    // A log in JSON may hold the reason why the server ends.
    if (pending === undefined) return message['jsonrpc'] === undefined ? this.#skip(toJson(message)) : undefined
    // Null stands for nothing, as many servers write both fields.
    const { result, error } = message
    const isRefused = error !== undefined && error !== null
    const isAnswer = isRefused || isRecord(result) || message['jsonrpc'] !== undefined
    if (!isAnswer) return this.#skip('')
    if (isRefused && isRecord(result)) return pending.settle(this.#protocolError(bothIn(error, this.#options.scrub)))
    if (isRefused) return pending.settle(this.#rpcError(withoutBigInts(error), pending.method))
    if (!isRecord(result)) return pending.settle(this.#protocolError('an answer without a result object'))
    pending.settle(undefined, pending.method === 'tools/call' ? result : toNumbers(result))
  }

  #unaskedFor(method: string, message: Record<string, unknown>): void {
    const params = isRecord(message['params']) ? message['params'] : {}
    if (method === 'notifications/progress') return this.#progress(params)
    if (!this.#isWithin()) return
    if (message['id'] !== undefined) this.#answer(message['id'], method)
    else if (method === 'notifications/tools/list_changed') this.#options.onToolsChanged()
    else this.#options.onNotified?.({ method, params })
  }

  #progress(params: Record<string, unknown>): void {
    const token = params['progressToken']
    const pending = this.#pending.get(typeof token === 'string' ? Number(token) : (token as number))
    if (pending === undefined || typeof params['progress'] !== 'number') return
    const { progress, total, message } = params
    pending.progress({
      progress: progress,
      ...(typeof total === 'number' ? { total } : {}),
      ...(typeof message === 'string' ? { message: serverText(message, 200, this.#options.scrub) } : {}),
    })
  }

  /** We declare no client capabilities; a server that asks all the same gets an answer, so that it does not wait. */
  #answer(id: unknown, method: string): void {
    if (method === 'ping') this.#send({ jsonrpc: '2.0', id, result: {} })
    else if (method === 'roots/list') this.#send({ jsonrpc: '2.0', id, result: { roots: [] } })
    else this.#send({ jsonrpc: '2.0', id, error: { code: -32601, message: 'this client does not offer it' } })
  }

  /** A line that is no message; when it was meant to answer one of our requests, that request fails now. */
  #skip(text: string): void {
    this.#skippedLines++
    if (text !== '') this.#options.onNoise?.(text)
    const start = text.slice(0, 100_000)
    // Some write their records as Python does.
    if (!/["'](?:jsonrpc|result)["']\s*:/.test(start) || /["']method["']\s*:/.test(start)) return
    const id = /["']id["']\s*:\s*["']?(\d{1,16})\b/.exec(start)?.[1]
    this.#pending.get(Number(id))?.settle(this.#protocolError('an answer that is not JSON'))
  }

  #rpcError(error: unknown, method: string): OptimizerError {
    const { name, scrub } = this.#options
    return rpcRefusal(error, { name, method, scrub })
  }

  #protocolError(what: string): OptimizerError {
    return new OptimizerError('UPSTREAM_PROTOCOL', `${this.#options.name} sent ${what}`)
  }

  #withMeta(params: JsonObject, progressToken: number | undefined): JsonObject {
    const given = isRecord(params['_meta']) ? params['_meta'] : {}
    const meta = { ...given, ...this.envelope, ...(progressToken === undefined ? {} : { progressToken }) }
    return Object.keys(meta).length === 0 ? params : { ...params, _meta: meta }
  }

  #notify(method: string, params: JsonObject): void {
    this.#send({ jsonrpc: '2.0', method, params })
  }

  #send(message: unknown): void {
    if (this.#closed === undefined) this.#options.write(wellFormedJson(toJson(message)))
  }
}

/** Of a large message, what is looked at for an id where it cannot be read. */
const END_CHARS = 1_000

/** The bytes alone, so that they can be handed to a thread. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes)
}

/** Words of a refusal that came together with a result: which of the two holds nobody can tell. */
function bothIn(error: unknown, scrub: Scrub): string {
  const words = isRecord(error) && typeof error['message'] === 'string' ? error['message'] : toJson(error)
  return `an answer with both a result and an error: ${serverText(words, 500, scrub)}`
}
