import type { TransformStreamDefaultController, Transformer } from 'node:stream/web'
import { OptimizerError } from '../errors.ts'
import type { IntegerMarks } from '../internal/bigints.ts'
import { mayHoldUnsafe, replaceUnsafeNumbers } from '../internal/unsafe-numbers.ts'

/** A `fetch` between a client that knows only JavaScript's numbers and a server whose integers may be larger. */
export interface ExactFetch {
  readonly fetch: typeof fetch
  /** True once an answer held a marked text. */
  hasMarked(): boolean
}

/**
 * Writes plain digits for the marked texts of a request, and marked texts for the digits of an answer that a number
 * cannot hold: in JSON, and in the `data` lines of an event stream as they come.
 */
export function exactFetch(inner: typeof fetch, marks: IntegerMarks): ExactFetch {
  let marked = false
  const mark = (json: string): string =>
    replaceUnsafeNumbers(json, (literal, isInteger) => {
      marked ||= isInteger
      return isInteger ? marks.quoted(literal) : `"${literal}"`
    })
  return {
    hasMarked: () => marked,
    async fetch(input, init) {
      const body = init?.body
      const response = await inner(
        input,
        typeof body === 'string' && marks.hasWritten() ? { ...init, body: marks.toDigits(body) } : init,
      )
      if (response.body === null || !response.ok) return response
      const rewrite = rewriterFor(response.headers.get('content-type') ?? '', mark)
      const { status, statusText, headers } = response
      const kept = new Headers(headers)
      kept.delete('content-length')
      return new Response(response.body.pipeThrough(rewrite), { status, statusText, headers: kept })
    },
  }
}

type Mark = (json: string) => string

/** Characters of one line of an event stream, and so of what is held of one. */
const MAX_LINE_CHARS = 32 * 1024 * 1024
/** Milliseconds after which an answer that is whole counts as one though its length promises more. */
const WHOLE_AFTER_MS = 250

function rewriterFor(type: string, mark: Mark): TransformStream<Uint8Array, Uint8Array> {
  const isStream = /^text\/event-stream/i.test(type)
  return new TransformStream(isStream ? new EventLines(mark) : new WholeBody(mark))
}

/** JSON is rewritten when all of it is there: its reader waits for that as well. */
class WholeBody implements Transformer<Uint8Array, Uint8Array> {
  readonly #mark: Mark
  readonly #chunks: Uint8Array[] = []
  #stalled: NodeJS.Timeout | undefined

  constructor(mark: Mark) {
    this.#mark = mark
  }

  transform(chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>): void {
    this.#chunks.push(chunk)
    clearTimeout(this.#stalled)
    if (!END_OF_JSON.has(chunk.at(-1))) return
    this.#stalled = setTimeout(() => this.#endEarly(controller), WHOLE_AFTER_MS)
    this.#stalled.unref()
  }

  flush(controller: TransformStreamDefaultController<Uint8Array>): void {
    clearTimeout(this.#stalled)
    this.#pass(Buffer.concat(this.#chunks), controller)
  }

  cancel(): void {
    clearTimeout(this.#stalled)
  }

  /** Nothing can follow a whole value of JSON: who waits for the promised length waits for ever. */
  #endEarly(controller: TransformStreamDefaultController<Uint8Array>): void {
    const bytes = Buffer.concat(this.#chunks)
    if (!isJson(bytes.toString('utf8'))) return
    try {
      this.#pass(bytes, controller)
      controller.terminate()
    } catch {
      // Its reader has left meanwhile.
    }
  }

  #pass(bytes: Buffer, controller: TransformStreamDefaultController<Uint8Array>): void {
    const text = bytes.toString('utf8')
    controller.enqueue(mayHoldUnsafe(text) ? Buffer.from(this.#rewrite(text)) : bytes)
  }

  /** Whatever its content type: JSON, else what of its lines is JSON or data of an event. */
  #rewrite(text: string): string {
    if (isJson(text)) return this.#mark(text)
    return eachLine(text, (line) => (isJson(line) ? this.#mark(line) : dataMarked(line, this.#mark)))
  }
}

/** The last byte of an object, an array, or of the line that one stands in. */
const END_OF_JSON: ReadonlySet<number | undefined> = new Set(['}', ']', '\n'].map((end) => end.charCodeAt(0)))

/** Event streams go on line by line. A value of JSON never spans lines, so that each `data` line stands for itself. */
class EventLines implements Transformer<Uint8Array, Uint8Array> {
  readonly #mark: Mark
  readonly #decoder = new TextDecoder()
  #rest = ''

  constructor(mark: Mark) {
    this.#mark = mark
  }

  transform(chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>): void {
    const text = this.#decoder.decode(chunk, { stream: true })
    const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1
    if (end === 0) {
      this.#rest += text
      if (this.#rest.length <= MAX_LINE_CHARS) return
      this.#rest = ''
      throw new OptimizerError(
        'UPSTREAM_PROTOCOL',
        `the server sent a line of more than ${MAX_LINE_CHARS} characters in an event stream`,
      )
    }
    controller.enqueue(Buffer.from(this.#rewrite(this.#rest + text.slice(0, end))))
    this.#rest = text.slice(end)
  }

  flush(controller: TransformStreamDefaultController<Uint8Array>): void {
    controller.enqueue(Buffer.from(this.#rewrite(this.#rest + this.#decoder.decode())))
  }

  #rewrite(lines: string): string {
    return mayHoldUnsafe(lines) ? eachLine(lines, (line) => dataMarked(line, this.#mark)) : lines
  }
}

function eachLine(text: string, change: (line: string) => string): string {
  return text
    .split(/(?<=[\r\n])/)
    .map(change)
    .join('')
}

function dataMarked(line: string, mark: Mark): string {
  return line.startsWith('data:') ? `data:${mark(line.slice(5))}` : line
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\ufeff/, ''))
    return true
  } catch {
    return false
  }
}
