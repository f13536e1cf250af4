import { type Duplex } from 'node:stream'
import { connect, type RemoteBackend } from '../remote/backend.ts'
import { type Channel, type Departure, type EngineKeeper } from '../remote/channel.ts'
import { FIRST_LINE_FD, KEEPER_FD, LINES } from '../remote/engine-lines.ts'
import { encodeFrame, FrameReader } from '../remote/frames.ts'
import { FromKeeper, ToKeeper } from '../remote/protocol.ts'
import { type JailedProcess } from './jailed-process.ts'

/** Bytes of a frame of a keeper, which carries no text. */
const MAX_FRAME_BYTES = 64
/** Milliseconds that a keeper may take to end a thread; then the process is ended. */
const END_MS = 2_000
/** Milliseconds after an engine went by itself in which its process may say why, and go as well. */
const BREAK_MS = 200

interface Engine {
  readonly keeper: EngineKeeper
  /** Tells that it is gone. */
  readonly leave: () => void
}

/**
 * A jailed process with engines, each a thread that the host talks to on a line of its own. A line is used once: a process
 * without further ones ends with its last engine.
 */
export class EngineProcess {
  private readonly process: JailedProcess
  private readonly keeper: Duplex
  private readonly lines: readonly Duplex[]
  private readonly reader = new FrameReader(() => MAX_FRAME_BYTES)
  private readonly engines = new Map<number, Engine>()
  private readonly ending = new Map<number, ReturnType<typeof setTimeout>>()
  private readonly held = new Set<number>()
  private used = 0
  private isGone = false
  private isBroken = false

  constructor(process: JailedProcess) {
    this.process = process
    this.keeper = process.streams[KEEPER_FD] as Duplex
    this.lines = process.streams.slice(FIRST_LINE_FD) as Duplex[]
    for (const line of this.lines) (line as unknown as { unref(): void }).unref()
    this.keeper.on('data', (chunk: Buffer) => this.receive(chunk))
    for (const stream of [this.keeper, ...this.lines]) stream.on('error', () => undefined)
    void process.gone.then(() => this.leave())
  }

  /** True when it starts no further engine. */
  get isUsedUp(): boolean {
    return this.isGone || this.isBroken || this.used === LINES
  }

  /** Starts an engine. */
  async open(signal: AbortSignal, memoryBytes: number): Promise<RemoteBackend> {
    const engine = this.used++
    const channel = this.channel(engine)
    this.tell(ToKeeper.start, 0, 0, engine)
    return await connect('process', channel, signal, memoryBytes)
  }

  private channel(engine: number): Channel {
    const line = this.lines[engine] as Duplex
    const keeper: EngineKeeper = {
      takeBack: (place, run) => this.tell(ToKeeper.takeBack, run, place, engine),
      stop: (place, run, isCancelled) => this.tell(isCancelled ? ToKeeper.cancel : ToKeeper.expire, run, place, engine),
      onAnswer: () => undefined,
    }
    const gone = new Promise<Departure>((resolve) => {
      this.engines.set(engine, { keeper, leave: () => resolve({ memory: false }) })
    })
    for (const event of ['end', 'close', 'error']) line.once(event, () => this.handleBroken(engine))
    this.hold(engine, true)
    return {
      input: line,
      output: line,
      keeper,
      gone,
      kill: () => this.end(engine),
      hold: (hold) => {
        if (this.engines.has(engine)) this.hold(engine, hold)
      },
      complaint: () => this.process.complaint(),
    }
  }

  /** An engine that goes by itself was taken by its process, as a rule: no other one starts there. */
  private handleBroken(engine: number): void {
    const broken = this.engines.get(engine)
    if (broken === undefined) return
    this.isBroken = true
    void this.process.gone.then(broken.leave)
    // Holds this process: whoever waits for the engine has nothing else that does.
    setTimeout(broken.leave, BREAK_MS)
    this.remove(engine)
  }

  /** Ends one engine, whatever its program does. */
  private end(engine: number): void {
    const ended = this.engines.get(engine)
    if (ended === undefined) return
    this.remove(engine)
    ended.leave()
  }

  /** The process goes with its last engine when it starts no further one. */
  private remove(engine: number): void {
    this.engines.delete(engine)
    this.hold(engine, false)
    this.lines[engine]?.destroy()
    this.tell(ToKeeper.end, 0, 0, engine)
    if (!this.isGone) this.ending.set(engine, setTimeout(() => this.process.kill(), END_MS).unref())
    if (this.isUsedUp && this.engines.size === 0) this.process.kill()
  }

  private receive(chunk: Buffer): void {
    try {
      for (const { operation, run, b: engine } of this.reader.read(chunk)) {
        if (operation === FromKeeper.ended) this.handleEnded(engine)
        else if (operation === FromKeeper.begun) this.engines.get(engine)?.keeper.onAnswer(run, false)
        else if (operation === FromKeeper.gaveBack) this.engines.get(engine)?.keeper.onAnswer(run, true)
        else this.process.kill()
      }
    } catch {
      // No frames: whoever sent that is not to be talked to any more.
      this.process.kill()
    }
  }

  private handleEnded(engine: number): void {
    clearTimeout(this.ending.get(engine))
    this.ending.delete(engine)
    this.handleBroken(engine)
  }

  private leave(): void {
    this.isGone = true
    for (const timer of this.ending.values()) clearTimeout(timer)
    for (const engine of this.engines.keys()) this.end(engine)
    for (const stream of [this.keeper, ...this.lines]) stream.destroy()
  }

  private tell(operation: number, run: number, place: number, engine: number): void {
    if (!this.isGone) this.keeper.write(encodeFrame(operation, run, place, engine, []))
  }

  private hold(engine: number, hold: boolean): void {
    if (hold) this.held.add(engine)
    else this.held.delete(engine)
    this.process.hold(this.held.size > 0, [this.keeper])
    const line = this.lines[engine] as unknown as { ref(): void; unref(): void }
    if (hold) line.ref()
    else line.unref()
  }
}
