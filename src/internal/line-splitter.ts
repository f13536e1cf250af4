export interface LineSplitterOptions {
  /** Bytes of one line; of a longer one nothing is kept. */
  readonly maxBytes: number
  /** Without its newline. */
  readonly onLine: (line: Buffer) => void
  /** Told once of each line that is longer. */
  readonly tooLong: () => void
}

/** Splits a byte stream into lines; holds no more than one that is not whole yet. */
export class LineSplitter {
  readonly #options: LineSplitterOptions
  #parts: Buffer[] = []
  #bytes = 0

  constructor(options: LineSplitterOptions) {
    this.#options = options
  }

  add(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end)
      start = end + 1
      if (this.#bytes === 0 && rest.length <= this.#options.maxBytes) this.#options.onLine(rest)
      else if (this.#holds(rest)) this.#options.onLine(this.rest())
      this.#parts = []
      this.#bytes = 0
    }
    if (start < chunk.length) this.#holds(chunk.subarray(start))
  }

  /** What came behind the last newline. */
  rest(): Buffer {
    return this.#bytes > this.#options.maxBytes ? Buffer.alloc(0) : Buffer.concat(this.#parts)
  }

  /** False: the line is too long. */
  #holds(part: Buffer): boolean {
    const { maxBytes, tooLong } = this.#options
    const wasTooLong = this.#bytes > maxBytes
    this.#bytes += part.length
    if (this.#bytes <= maxBytes) {
      this.#parts.push(part)
      return true
    }
    this.#parts = []
    if (!wasTooLong) tooLong()
    return false
  }
}

const NEWLINE = 10
