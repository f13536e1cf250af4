import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame, type Frame, FrameError, FrameReader } from '../../src/sandbox/remote/frames.ts'

const number = fc.nat({ max: 0xffff_ffff })
const frame: fc.Arbitrary<Frame> = fc.record({
  operation: fc.nat({ max: 255 }),
  run: number,
  a: number,
  b: number,
  // Lone surrogates are no text that UTF-8 could carry.
  texts: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 }),
})

function encode({ operation, run, a, b, texts }: Frame): Buffer {
  return encodeFrame(operation, run, a, b, texts)
}

describe('frames', () => {
  it('arrive as they were sent, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), fc.array(fc.nat({ max: 300 })), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(encode))
        const reader = new FrameReader(() => 1_000_000)
        const received: Frame[] = []
        const shared = Buffer.alloc(bytes.length + 1)
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          const end = Math.min(bytes.length, at + cut)
          // The same memory for each chunk, as the runner reads.
          const size = bytes.copy(shared, 0, at, end)
          received.push(...reader.read(shared.subarray(0, size)))
          at = end
        }
        expect(received).toEqual(frames)
      }),
    )
  })

  it('of any bytes are read or refused, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new FrameReader(() => 1_000).read(Buffer.from(bytes))
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(FrameError)
        }
      }),
    )
  })

  it('longer than the limit are refused by their first four bytes', () => {
    const reader = new FrameReader(() => 1_000)
    expect(() => reader.read(Buffer.from([0xff, 0xff, 0xff, 0x7f]))).toThrow(FrameError)
    expect(() => new FrameReader(() => 1_000).read(encodeFrame(1, 1, 1, 1, ['x'.repeat(2_000)]))).toThrow(FrameError)
  })

  it('whose texts do not fill them are refused', () => {
    const tooShort = encodeFrame(1, 1, 1, 1, ['abc'])
    tooShort.writeUInt32LE(2, 18)
    expect(() => new FrameReader(() => 1_000).read(tooShort)).toThrow(FrameError)
    const tooLong = encodeFrame(1, 1, 1, 1, ['abc'])
    tooLong.writeUInt32LE(0xffff_ffff, 18)
    expect(() => new FrameReader(() => 1_000).read(tooLong)).toThrow(FrameError)
  })
})
