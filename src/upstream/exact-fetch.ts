import type { TransformStreamDefaultController, Transformer } from 'node:stream/web'
import { setImmediate } from 'node:timers/promises'
import type { IntegerMarks } from '../internal/bigints.ts'
import { replaceUnsafeNumbers } from '../internal/unsafe-numbers.ts'
import { LARGE_MESSAGE_BYTES } from './large-messages.ts'

/** A `fetch` between a client that knows only JavaScript's numbers and a server whose integers may be larger. */
export interface ExactFetch {
  /** Writes plain digits for the marked texts of a request. */
  readonly fetch: typeof fetch
  /** JSON text of an answer, with marked texts for the digits that a number cannot hold. */
  mark(json: string): string
  /** True once an answer held a marked text. */
  hasMarked(): boolean
}

export function exactFetch(inner: typeof fetch, marks: IntegerMarks): ExactFetch {
  let marked = false
  return {
    hasMarked: () => marked,
    mark: (json) =>
      replaceUnsafeNumbers(json, (literal, isInteger) => {
        marked ||= isInteger
        return isInteger ? marks.quoted(literal) : `"${literal}"`
      }),
    async fetch(input, init) {
      const body = init?.body
      const response = await inner(
        input,
        typeof body === 'string' && marks.hasWritten() ? { ...init, body: marks.toDigits(body) } : init,
      )
      const isStream = /^text\/event-stream/i.test(response.headers.get('content-type') ?? '')
      if (response.body === null || !response.ok || isStream) return response
      const { status, statusText, headers } = response
      const kept = new Headers(headers)
      kept.delete('content-length')
      return new Response(response.body.pipeThrough(new TransformStream(new WholeBody())), {
        status,
        statusText,
        headers: kept,
      })
    },
  }
}

/** Milliseconds after which an answer that is whole counts as one though its length promises more. */
const WHOLE_AFTER_MS = 250

/** JSON is passed on when all of it is there: its reader waits for that as well. */
class WholeBody implements Transformer<Uint8Array, Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  #stalled: NodeJS.Timeout | undefined

  transform(chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>): void {
    this.#chunks.push(chunk)
    clearTimeout(this.#stalled)
    if (!END_OF_JSON.has(chunk.at(-1))) return
    this.#stalled = setTimeout(() => void this.#endEarly(controller), WHOLE_AFTER_MS)
    this.#stalled.unref()
  }

  flush(controller: TransformStreamDefaultController<Uint8Array>): void {
    clearTimeout(this.#stalled)
    controller.enqueue(Buffer.concat(this.#chunks))
  }

  cancel(): void {
    clearTimeout(this.#stalled)
  }

  /** Nothing can follow a whole value of JSON: who waits for the promised length waits for ever. */
  async #endEarly(controller: TransformStreamDefaultController<Uint8Array>): Promise<void> {
    const bytes = Buffer.concat(this.#chunks)
    const { length } = this.#chunks
    if (!(await isWhole(bytes)) || this.#chunks.length !== length) return
    try {
      controller.enqueue(bytes)
      controller.terminate()
    } catch {
      // Its reader has left meanwhile.
    }
  }
}

/** The last byte of an object, an array, or of the line that one stands in. */
const END_OF_JSON: ReadonlySet<number | undefined> = new Set(['}', ']', '\n'].map((end) => end.charCodeAt(0)))

/** Of a large text its brackets alone are looked at, in turns. */
async function isWhole(bytes: Buffer): Promise<boolean> {
  if (bytes.length <= LARGE_MESSAGE_BYTES) return isJson(bytes.toString('utf8'))
  let depth = 0
  let inText = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (at % LARGE_MESSAGE_BYTES === 0) await setImmediate()
    if (byte === BACKSLASH) at++
    else if (byte === QUOTE) inText = !inText
    else if (!inText && (byte === OPEN_BRACE || byte === OPEN_BRACKET)) depth++
    else if (!inText && (byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) depth--
  }
  return depth === 0 && !inText
}

const QUOTE = 34
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\ufeff/, ''))
    return true
  } catch {
    return false
  }
}
