/**
 * The frames between the host and a runner: `length, operation, count of texts, run, a, b`, then each text with its
 * length. All numbers are unsigned and little-endian; texts are UTF-8 and are copied as they are, so that 150 KB of
 * JSON are never escaped into other JSON.
 */
export interface Frame {
  readonly operation: number
  readonly run: number
  readonly a: number
  readonly b: number
  readonly texts: readonly string[]
}

const LENGTH_BYTES = 4
const HEADER_BYTES = LENGTH_BYTES + 14
const MAX_TEXTS = 8
const EMPTY = Buffer.alloc(0)

export function encodeFrame(operation: number, run: number, a: number, b: number, texts: readonly string[]): Buffer {
  let bytes = HEADER_BYTES
  const sizes = texts.map((text) => {
    const size = Buffer.byteLength(text)
    bytes += 4 + size
    return size
  })
  const frame = Buffer.allocUnsafe(bytes)
  frame.writeUInt32LE(bytes - 4, 0)
  frame[4] = operation
  frame[5] = texts.length
  frame.writeUInt32LE(run, 6)
  frame.writeUInt32LE(a, 10)
  frame.writeUInt32LE(b, 14)
  let at = HEADER_BYTES
  for (const [index, text] of texts.entries()) {
    at = frame.writeUInt32LE(sizes[index] ?? 0, at)
    at += frame.write(text, at)
  }
  return frame
}

/** What came does not follow the protocol: whoever sent it is not to be talked to any more. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** Cuts a stream of bytes into frames; what is malformed or longer than `maxBytes()` throws {@link FrameError}. */
export class FrameReader {
  private readonly maxBytes: () => number
  /** A frame that has begun, with room for the rest of it; of a length that is not known yet, the length alone. */
  private begun: Buffer | undefined
  private filled = 0

  constructor(maxBytes: () => number) {
    this.maxBytes = maxBytes
  }

  /** The frames that are complete with this chunk, whose memory may be used anew afterwards. */
  read(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    let at = 0
    while (at < chunk.length) {
      const left = chunk.length - at
      if (this.begun === undefined) {
        const size = left < LENGTH_BYTES ? LENGTH_BYTES : this.sizeAt(chunk, at)
        if (left >= LENGTH_BYTES && left >= size) {
          frames.push(decodeFrame(chunk, at + LENGTH_BYTES, at + size))
          at += size
          continue
        }
        this.begin(size)
      }
      const { begun = EMPTY } = this
      const copied = chunk.copy(begun, this.filled, at, at + begun.length - this.filled)
      at += copied
      this.filled += copied
      if (this.filled < begun.length) break
      if (begun.length === LENGTH_BYTES) this.begin(this.sizeAt(begun, 0), begun)
      else {
        frames.push(decodeFrame(begun, LENGTH_BYTES, begun.length))
        this.begun = undefined
      }
    }
    return frames
  }

  private begin(size: number, start: Buffer = EMPTY): void {
    this.begun = Buffer.allocUnsafe(size)
    this.filled = start.copy(this.begun)
  }

  /** Bytes of the frame that begins there, with its length. */
  private sizeAt(data: Buffer, at: number): number {
    const size = data.readUInt32LE(at)
    if (size < HEADER_BYTES - LENGTH_BYTES || size > this.maxBytes()) {
      throw new FrameError(`a frame has ${size} bytes, wanted ${HEADER_BYTES - LENGTH_BYTES} to ${this.maxBytes()}`)
    }
    return size + LENGTH_BYTES
  }
}

function decodeFrame(data: Buffer, start: number, end: number): Frame {
  const count = data[start + 1] ?? 0
  if (count > MAX_TEXTS) throw new FrameError(`a frame has ${count} texts, wanted at most ${MAX_TEXTS}`)
  const texts: string[] = []
  let at = start + HEADER_BYTES - LENGTH_BYTES
  for (let i = 0; i < count; i++) {
    const size = at + 4 <= end ? data.readUInt32LE(at) : Number.POSITIVE_INFINITY
    at += 4
    if (at + size > end) throw new FrameError('a text is longer than its frame')
    texts.push(data.toString('utf8', at, at + size))
    at += size
  }
  if (at !== end) throw new FrameError('a frame is longer than its texts')
  return {
    operation: data[start] ?? 0,
    run: data.readUInt32LE(start + 2),
    a: data.readUInt32LE(start + 6),
    b: data.readUInt32LE(start + 10),
    texts,
  }
}
