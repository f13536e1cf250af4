import { type Duplex } from 'node:stream'
import { encodeFrame, FrameReader } from './frames.ts'
import { FromKeeper, ToKeeper } from './protocol.ts'

export interface KeeperListener {
  /** The engine had begun the run. */
  begun(run: number): void
  /** The engine had not begun the run, and never will. */
  gaveBack(run: number): void
  /** What it says follows no protocol, or the stream broke. */
  failed(): void
}

/** Bytes of a frame of a keeper, which carries no text. */
const MAX_FRAME_BYTES = 64

/** The host's line to the keeper of a jailed engine, which answers while a program keeps the engine. */
export class KeeperLink {
  private readonly stream: Duplex
  private readonly listener: KeeperListener
  private readonly reader = new FrameReader(() => MAX_FRAME_BYTES)

  constructor(stream: Duplex, listener: KeeperListener) {
    this.stream = stream
    this.listener = listener
    stream.on('data', (chunk: Buffer) => this.receive(chunk))
    stream.on('error', () => listener.failed())
  }

  /** Asks for a run back, if the engine has not begun it. */
  takeBack(place: number, run: number): void {
    this.stream.write(encodeFrame(ToKeeper.takeBack, run, place, 0, []))
  }

  /** The same, and where it has begun, has it stopped as soon as the engine asks. */
  stop(place: number, run: number, isCancelled: boolean): void {
    this.stream.write(encodeFrame(ToKeeper.stop, run, place, isCancelled ? 1 : 0, []))
  }

  private receive(chunk: Buffer): void {
    try {
      for (const { operation, run } of this.reader.read(chunk)) {
        if (operation === FromKeeper.begun) this.listener.begun(run)
        else if (operation === FromKeeper.gaveBack) this.listener.gaveBack(run)
        else this.listener.failed()
      }
    } catch {
      this.listener.failed()
    }
  }
}
