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

const HEADER_BYTES = 18
const MAX_TEXTS = 8

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
  private chunks: Buffer[] = []
  private buffered = 0
  private wanted = 4

  constructor(maxBytes: () => number) {
    this.maxBytes = maxBytes
  }

  /** The frames that are complete with this chunk, whose memory may be used anew afterwards. */
  read(chunk: Buffer): Frame[] {
    this.buffered += chunk.length
    if (this.buffered < this.wanted) {
      this.chunks.push(Buffer.from(chunk))
      return []
    }
    const data = this.chunks.length === 0 ? chunk : Buffer.concat([...this.chunks, chunk])
    const frames: Frame[] = []
    let at = 0
    this.wanted = 4
    while (data.length - at >= 4) {
      const size = data.readUInt32LE(at)
      if (size < HEADER_BYTES - 4 || size > this.maxBytes()) {
        throw new FrameError(`a frame has ${size} bytes, wanted ${HEADER_BYTES - 4} to ${this.maxBytes()}`)
      }
      if (data.length - at < size + 4) {
        this.wanted = size + 4
        break
      }
      frames.push(decodeFrame(data, at + 4, at + 4 + size))
      at += size + 4
    }
    this.chunks = at === data.length ? [] : [Buffer.from(data.subarray(at))]
    this.buffered = data.length - at
    return frames
  }
}

function decodeFrame(data: Buffer, start: number, end: number): Frame {
  const count = data[start + 1] ?? 0
  if (count > MAX_TEXTS) throw new FrameError(`a frame has ${count} texts, wanted at most ${MAX_TEXTS}`)
  const texts: string[] = []
  let at = start + HEADER_BYTES - 4
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
