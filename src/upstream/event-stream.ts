import { OptimizerError } from '../errors.ts'

/** What is made of the messages of an event stream. */
export interface EventStreamOptions {
  /** Data of a message → JSON texts of those to pass on, each of which becomes an event; later, of a large one. */
  readonly message: (data: string) => readonly string[] | Promise<readonly string[]>
  /** An event of another kind: its type and its data, which is passed on as it is. */
  readonly other: (type: string, data: string) => void
  /** An event had this id. */
  readonly id: (id: string) => void
  /** The stream ended or broke; what is returned is passed on as a last message. */
  readonly end: (problem: unknown) => string | undefined
  readonly maxEventChars: number
}

/** An event stream whose messages are rewritten as they come, and whose end is seen however it came. */
export function rewriteEvents(
  source: ReadableStream<Uint8Array>,
  options: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  const events = new Events(options)
  const finish = (controller: ReadableStreamDefaultController<Uint8Array>, rest: string, problem: unknown): void => {
    const last = rest + written([], options.end(problem))
    if (last !== '') controller.enqueue(Buffer.from(last))
    controller.close()
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let text = ''
      // A chunk may hold no whole event.
      while (text === '') {
        const { value, done, problem } = await read(reader)
        try {
          if (done) {
            events.end()
            return finish(controller, await events.take(), problem)
          }
          if (value !== undefined) events.add(value)
          const taken = events.take()
          text = typeof taken === 'string' ? taken : await taken
        } catch (fault) {
          // Of a stream that goes beyond its bounds nothing more is read.
          void reader.cancel(fault).catch(() => undefined)
          return finish(controller, '', fault)
        }
      }
      controller.enqueue(Buffer.from(text))
    },
    async cancel(reason) {
      await reader.cancel(reason)
    },
  })
}

interface Read {
  readonly done: boolean
  readonly value?: Uint8Array | undefined
  readonly problem?: unknown
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Read> {
  try {
    return await reader.read()
  } catch (problem) {
    return { done: true, problem }
  }
}

/** Collects lines to events. */
class Events {
  readonly #options: EventStreamOptions
  readonly #decoder = new TextDecoder()
  /** Of a line that is not whole yet. */
  #parts: string[] = []
  #chars = 0
  #fields: string[] = []
  #data: string[] = []
  #type = ''
  /** Events that are whole. */
  #written: (string | Promise<string>)[] = []

  constructor(options: EventStreamOptions) {
    this.#options = options
  }

  /** The events that are whole, rewritten. */
  take(): string | Promise<string> {
    const parts = this.#written
    this.#written = []
    if (parts.every((part) => typeof part === 'string')) return parts.join('')
    return Promise.all(parts.map((part) => Promise.resolve(part))).then((texts) => texts.join(''))
  }

  add(chunk: Uint8Array): void {
    const text = this.#decoder.decode(chunk, { stream: true })
    this.#chars += text.length
    const { maxEventChars } = this.#options
    if (this.#chars > maxEventChars)
      throw new OptimizerError('UPSTREAM_PROTOCOL', `the server sent an event of more than ${maxEventChars} characters`)
    // A line may end with \r\n: one \r at the end waits for what follows.
    const held = this.#parts.at(-1)?.endsWith('\r') === true ? (this.#parts.pop() ?? '') + text : text
    const end = Math.max(held.lastIndexOf('\n'), held.lastIndexOf('\r', held.length - 2)) + 1
    if (end === 0) {
      this.#parts.push(held)
      return
    }
    // What came before has no line end.
    const [first = '', ...lines] = held.slice(0, end).split(/\r\n|\n|\r/)
    lines.pop()
    const begun = this.#parts.join('')
    const rest = held.slice(end)
    this.#parts = rest === '' ? [] : [rest]
    this.#line(begun + first)
    for (const line of lines) this.#line(line)
  }

  /** What is left when no more comes: an event may lack its empty line. */
  end(): void {
    const rest = this.#parts.join('') + this.#decoder.decode()
    for (const line of rest.split(/\r\n|\n|\r/)) this.#line(line)
    this.#line('')
  }

  #line(line: string): void {
    if (line === '') return this.#event()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1)
    if (field === 'data') this.#data.push(value)
    else this.#fields.push(line)
    if (field === 'event') this.#type = value
    if (field === 'id') this.#options.id(value)
  }

  #event(): void {
    const data = this.#data.join('\n')
    const isMessage = data !== '' && (this.#type === '' || this.#type === 'message')
    if (!isMessage && data !== '') this.#options.other(this.#type, data)
    const fields = this.#fields
    const messages = this.#data.length === 0 ? [] : isMessage ? this.#options.message(data) : [data]
    const toEvents = ([first, ...more]: readonly string[]): string =>
      written(fields, first) + more.map((text) => written([], text)).join('')
    this.#written.push('then' in messages ? messages.then(toEvents) : toEvents(messages))
    this.#fields = []
    this.#data = []
    this.#type = ''
    this.#chars = this.#parts.reduce((sum, part) => sum + part.length, 0)
  }
}

const SPACE = 32

function written(fields: readonly string[], data: string | undefined): string {
  const lines = [...fields, ...(data === undefined ? [] : data.split('\n').map((line) => `data: ${line}`))]
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n`
}
