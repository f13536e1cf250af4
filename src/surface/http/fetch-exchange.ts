import { IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { withResolvers } from '../../internal/with-resolvers.ts'

/** A request of the Fetch API as Node.js' own servers give it. */
export function toIncoming(request: Request, path: string): IncomingMessage {
  const incoming = new IncomingMessage(new Socket())
  incoming.method = request.method
  incoming.url = path
  for (const [name, value] of withHost(request)) {
    incoming.headers[name] = value
    incoming.rawHeaders.push(name, value)
  }
  void feed(incoming, request)
  return incoming
}

/** Adapters of frameworks leave the header out at times; the address says the same. */
function withHost(request: Request): [string, string][] {
  const headers = [...request.headers]
  return request.headers.has('host') ? headers : [...headers, ['host', new URL(request.url).host]]
}

/** Pushes the body as it is asked for, and no faster. */
async function feed(incoming: IncomingMessage, { body }: Request): Promise<void> {
  const reader = body?.getReader()
  incoming._read = () => undefined
  try {
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
      if (incoming.destroyed) return await reader?.cancel()
      if (!incoming.push(part.value)) await new Promise<void>((resolve) => (incoming._read = () => resolve()))
    }
    incoming.push(null)
  } catch (thrown) {
    incoming.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)))
  }
}

/** A response that is written as one of Node.js' servers and read as one of the Fetch API. */
export class FetchReply extends Writable {
  /** There once the head is written. */
  readonly response: Promise<Response>
  headersSent = false
  readonly #headers = new Headers()
  readonly #answer: (response: Response) => void
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  #wanted: (() => void) | undefined

  constructor(signal: AbortSignal) {
    super()
    const { promise, resolve } = withResolvers<Response>()
    this.response = promise
    this.#answer = resolve
    const leave = (): void => void this.destroy()
    signal.addEventListener('abort', leave, { once: true })
    this.once('close', () => signal.removeEventListener('abort', leave))
    if (signal.aborted) leave()
  }

  setHeader(name: string, value: string): this {
    this.#headers.set(name, value)
    return this
  }

  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) this.#headers.set(name, String(value))
    this.headersSent = true
    const isBare = status === 204 || status === 304
    this.#answer(new Response(isBare ? null : this.#stream(), { status, headers: this.#headers }))
    return this
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#body = controller),
      pull: () => this.#wanted?.(),
      cancel: () => void this.destroy(),
    })
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const body = this.#body
    if (body === undefined) return done()
    body.enqueue(new Uint8Array(chunk))
    if ((body.desiredSize ?? 0) > 0) return done()
    this.#wanted = () => {
      this.#wanted = undefined
      done()
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#body?.close()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // After its end there is nothing left to break off.
    if (!this.writableFinished) {
      this.#wanted = undefined
      try {
        this.#body?.error(error ?? new Error('the request was given up'))
      } catch {
        // The reader has gone already.
      }
      if (!this.headersSent) this.#answer(new Response(null, { status: 499 }))
    }
    done(error)
  }

  /** The front uses of a `ServerResponse` what this class has, and what every `Writable` has. */
  asResponse(): ServerResponse {
    return this as unknown as ServerResponse
  }
}
