import { OptimizerError } from '../../errors.ts'
import { LiveMap } from '../../internal/live-map.ts'
import { abortable } from '../../internal/signal.ts'
import { type PoolMember } from '../pool/member.ts'
import { type Parting } from '../run/attempts.ts'
import { DEFAULT_LIMITS, type SandboxImage } from '../sandbox.ts'
import { closedError } from '../run/stop-errors.ts'
import { type Run } from '../run/run.ts'
import { type Channel, type Departure, type EngineKeeper } from './channel.ts'
import { encodeFrame, type Frame, FrameError, FrameReader } from './frames.ts'
import { Places } from '../engine/places.ts'
import { type Priming, Primings } from './primings.ts'
import { faultOf, StartFailure } from './start-failure.ts'
import {
  checkArgument,
  failureText,
  FromRunner,
  programTexts,
  PROTOCOL_VERSION,
  readOutcome,
  ToRunner,
} from './protocol.ts'

/** Milliseconds after the soft deadline at which a silent runner is ended. */
const GRACE_MS = 400
/** Milliseconds without a sign of life after which a runner counts as silent. */
const SILENCE_MS = 300
/** Milliseconds after the soft deadline at which also a runner is ended that still gives signs of life. */
const MAX_LATE_MS = 5_000
/** Milliseconds after which a jailed engine is asked for a program that it has not begun; more each time that it comes back. */
const STUCK_MS = 60
/** Milliseconds that a jailed engine's own clock gets to end a program first. */
const SLACK_MS = 20
/** Milliseconds from the stop of a program to the end of a jailed engine that does not obey. */
const STOP_MS = 250
/** Milliseconds that a runner may take to start, and to prime an image. */
const START_MS = 30_000
/** Bytes of a frame besides what limits allow. */
const FRAME_SLACK_BYTES = 1024 * 1024
/** Bytes of frames that are written in one piece: fewer make more writes, more are copied once more. */
const PIECE_BYTES = 64 * 1024

/** Waits until the runner behind a channel is there; ends the channel where it does not come. `memoryBytes`: of most programs. */
export async function connect(
  name: string,
  channel: Channel,
  signal: AbortSignal,
  memoryBytes: number = DEFAULT_LIMITS.memoryBytes,
): Promise<RemoteBackend> {
  const backend = new RemoteBackend(name, channel, memoryBytes)
  try {
    await abortable(backend.ready, AbortSignal.any([signal, AbortSignal.timeout(START_MS)]))
    return backend
  } catch (thrown) {
    await backend[Symbol.asyncDispose]()
    if (OptimizerError.is(thrown)) throw thrown
    signal.throwIfAborted()
    throw new StartFailure(name, `no answer within ${START_MS} ms`, 'passing')
  }
}

/** What {@link encodeFrame} takes. */
type Outgoing = Parameters<typeof encodeFrame>

/** A program in a runner. */
interface Carried {
  readonly id: number
  readonly run: Run
  /** Its number among the programs of the runner. */
  readonly place: number
  readonly priming: Priming
  readonly leave: (parting: Parting) => void
  /** The runner has said so. */
  hasBegun: boolean
}

/** Programs in another process or container; it has one runner and ends with it. */
export class RemoteBackend implements PoolMember {
  readonly ready: Promise<void>
  /** Settles when the runner is gone. */
  readonly lost: Promise<Departure>
  onChange: () => void = () => undefined
  private readonly channel: Channel
  private readonly keeper: EngineKeeper | undefined
  private readonly reader: FrameReader
  private readonly memoryBytes: number
  private readonly runs = new LiveMap<number, Carried>()
  private readonly primings = new Primings((...frame) => this.send(...frame))
  private readonly places = new Places<Priming>()
  private readonly tellReady: () => void
  private maxFrameBytes = FRAME_SLACK_BYTES
  private readonly outgoing: Outgoing[] = []
  private heardAt = performance.now()
  private holds = 1
  private nextRun = 1
  private isBlocked = false
  /** What it said that was no word of the protocol. */
  private nonsense: string | undefined
  private gone = false
  private closed = false

  constructor(name: string, channel: Channel, memoryBytes: number) {
    this.channel = channel
    this.memoryBytes = memoryBytes
    this.reader = new FrameReader(() => this.maxFrameBytes)
    let tell = (): void => undefined
    const ready = new Promise<void>((resolve) => {
      tell = resolve
    })
    this.tellReady = tell
    this.lost = channel.gone.then((departure) => {
      this.leave(departure)
      return departure
    })
    const failed = this.lost.then(() => {
      const said = channel.complaint()
      throw this.nonsense === undefined
        ? new StartFailure(name, failureText(said), faultOf(said))
        : new StartFailure(name, this.nonsense, 'refused')
    })
    this.ready = Promise.race([ready, failed])
    // Nobody may be waiting for it any more.
    this.ready.catch(() => undefined)
    channel.output.on('data', (chunk: Buffer) => this.receive(chunk))
    channel.output.on('error', () => channel.kill())
    channel.input.on('error', () => channel.kill())
    this.keeper = channel.keeper
    if (channel.keeper === undefined) return
    channel.keeper.onAnswer = (id, isBack) => (isBack ? this.handleGaveBack(id) : this.handleBegun(id))
  }

  get accepting(): boolean {
    return !(this.isBlocked || this.isLeaving || this.places.isBehind)
  }

  get waiting(): number {
    let count = 0
    for (const { run } of this.runs.values()) if (run.inFlight > 0) count++
    return count
  }

  /** It is gone, or will be: the end of what it says comes before the news of its own. */
  private get isLeaving(): boolean {
    return this.gone || !this.channel.output.readable
  }

  prepare(image: SandboxImage, signal?: AbortSignal): Promise<void> | undefined {
    if (this.gone) return undefined
    const { isDone, done } = this.primings.find(image, this.memoryBytes)
    return isDone ? undefined : this.waitFor(done, signal)
  }

  private async waitFor(done: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    this.hold(1)
    try {
      const either = Promise.race([done, this.lost])
      await (signal === undefined ? either : abortable(either, signal))
    } finally {
      this.hold(-1)
    }
  }

  async carry(run: Run, image: SandboxImage): Promise<Parting> {
    // Whoever asks for one that is gone finds another.
    if (this.isLeaving) return 'handed back'
    const priming = this.primings.find(image, run.limits.memoryBytes)
    priming.users++
    try {
      if (!priming.isDone) {
        await Promise.race([priming.done, this.lost, run.outcome])
        if (run.ended) return 'ended'
        if (this.isLeaving) return 'handed back'
        run.restartClock()
      }
      return await new Promise<Parting>((resolve) => this.start(run, priming, resolve))
    } finally {
      priming.users--
    }
  }

  stop(run: Run, reason: 'timeout' | 'cancelled'): void {
    run.stopping ??= reason
    for (const carried of this.runs.values()) if (carried.run === run) return this.stopCarried(carried, run.stopping)
    // It waits for its image.
    run.finishStopped(run.stopping)
  }

  /** Ends the runner and what runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true
    this.channel.hold(true)
    this.channel.kill()
    await this.lost
  }

  // ---- programs ----

  private start(run: Run, priming: Priming, leave: (parting: Parting) => void): void {
    const { limits } = run
    const bytes = limits.resultBytes + limits.logBytes * 4 + limits.argumentBytes + FRAME_SLACK_BYTES
    this.maxFrameBytes = Math.max(this.maxFrameBytes, bytes)
    const id = this.nextRun++
    const carried = { id, run, place: this.places.take(priming), priming, leave, hasBegun: false }
    this.runs.set(id, carried)
    this.hold(1)
    run.start()
    const timeoutMs = Math.max(1, Math.ceil(run.remainingMs))
    const texts = programTexts(run.program, { ...limits, timeoutMs }, run.seed)
    this.send(ToRunner.run, id, priming.key, carried.place, texts)
    if (this.keeper !== undefined) run.timer = setTimeout(() => this.lookAt(carried), STUCK_MS * (1 + run.handBacks))
    else run.timer = setTimeout(() => this.watch(carried), timeoutMs + GRACE_MS)
  }

  private forget({ id, run }: Carried): void {
    clearTimeout(run.timer)
    this.runs.delete(id)
    this.hold(-1)
  }

  /** A native loop cannot say that it keeps the engine: what that has not begun in time goes elsewhere. */
  private lookAt(carried: Carried): void {
    const { id, run, place, hasBegun } = carried
    if (!hasBegun) this.keeper?.takeBack(place, id)
    const remainingMs = Math.max(0, run.remainingMs) + SLACK_MS
    run.timer = setTimeout(() => this.stopCarried(carried, (run.stopping ??= 'timeout')), remainingMs)
  }

  private stopCarried(carried: Carried, reason: 'timeout' | 'cancelled'): void {
    const { id, run, place } = carried
    const isCancelled = reason === 'cancelled'
    this.send(ToRunner.stop, id, isCancelled ? 1 : 0, place, [])
    this.keeper?.stop(place, id, isCancelled)
    clearTimeout(run.timer)
    run.timer = setTimeout(() => this.watch(carried), this.keeper === undefined ? GRACE_MS : STOP_MS)
  }

  /** The runner should have ended the program itself by now: an engine has only this way left, a runner with threads may be late. */
  private watch(carried: Carried): void {
    const { run } = carried
    // After what it may have sent is read.
    setImmediate(() => {
      if (run.ended) return
      const isSilent = this.keeper !== undefined || performance.now() - this.heardAt > SILENCE_MS
      if (isSilent || run.remainingMs < -MAX_LATE_MS) {
        run.stopping ??= 'timeout'
        this.kill(run)
      } else run.timer = setTimeout(() => this.watch(carried), GRACE_MS / 4)
    })
  }

  private handleBegun(id: number): void {
    const carried = this.runs.get(id)
    if (carried !== undefined) carried.hasBegun = true
  }

  private handleGaveBack(id: number): void {
    const carried = this.runs.get(id)
    if (carried === undefined) return
    // Whoever has spoken has begun: that it has not is a lie.
    if (carried.hasBegun) return this.kill()
    this.forget(carried)
    carried.run.handBack()
    this.places.giveBackSkipped(carried.place, id)
    if (carried.run.stopping === undefined) carried.leave('handed back')
    else this.end(carried, () => carried.run.finishStopped(carried.run.stopping ?? 'cancelled'))
    this.askForOthers()
  }

  /** The engine has come to a program that was taken back; it may be heard before its keeper, which has another line. */
  private handleSkipped(id: number): void {
    this.handleGaveBack(id)
    this.places.handleSkipped(id)
  }

  /** What a busy engine has not begun goes elsewhere. */
  private askForOthers(): void {
    for (const { id, place, hasBegun } of this.runs.values()) if (!hasBegun) this.keeper?.takeBack(place, id)
  }

  private end(carried: Carried, finish: () => void): void {
    finish()
    carried.leave('ended')
  }

  // ---- frames ----

  private receive(chunk: Buffer): void {
    this.heardAt = performance.now()
    if (this.gone) return
    this.isBlocked = false
    try {
      for (const frame of this.reader.read(chunk)) this.handle(frame)
    } catch (thrown) {
      if (!(thrown instanceof FrameError)) throw thrown
      this.nonsense = thrown.message
      this.kill()
    }
    this.onChange()
  }

  private handle(frame: Frame): void {
    const { operation, run: id, a } = frame
    if (operation === FromRunner.call) this.handleCall(frame)
    else if (operation === FromRunner.done) this.handleDone(frame)
    else if (operation === FromRunner.primed) this.primings.finish(id)
    else if (operation === FromRunner.busy) this.handleBusy()
    else if (operation === FromRunner.skipped) this.handleSkipped(id)
    else if (operation === FromRunner.ready) {
      if (a !== PROTOCOL_VERSION) throw new FrameError(`the runner speaks version ${a}, wanted ${PROTOCOL_VERSION}`)
      this.hold(-1)
      this.tellReady()
    } else if (operation !== FromRunner.alive) throw new FrameError(`there is no operation ${operation}`)
  }

  private handleCall({ run: id, a, b, texts }: Frame): void {
    const carried = this.runs.get(id)
    const [argument = ''] = texts
    if (carried === undefined) return
    const { run, place } = carried
    carried.hasBegun = true
    if (run.inFlight >= run.limits.hostCallsInFlight) throw new FrameError('more calls in flight than the limit')
    checkArgument(argument, run.limits)
    const isKnown = run.handleCall(b, argument, (ok, text) => {
      if (!this.gone) this.send(ok ? ToRunner.answer : ToRunner.reject, id, a, place, [text])
    })
    if (!isKnown) this.stopCarried(carried, (run.stopping ??= 'cancelled'))
  }

  private handleDone(frame: Frame): void {
    const carried = this.runs.get(frame.run)
    if (carried === undefined) return
    const { run } = carried
    const outcome = readOutcome(frame, run.limits)
    this.forget(carried)
    this.places.giveBack(carried.place, carried.priming)
    // A stop is noticed by the engine without its reason, which is known here.
    const isLate = outcome.status === 'cancelled' && run.stopping === 'timeout'
    this.end(carried, () =>
      isLate ? run.finishStopped('timeout') : run.finish({ ...outcome, hostCalls: run.hostCalls }),
    )
  }

  private handleBusy(): void {
    this.isBlocked = this.runs.size > 0
    this.askForOthers()
  }

  /** Whatever the runner says from now on is not heard. `culprit`: whom it is ended for. */
  private kill(culprit?: Run): void {
    this.channel.kill()
    this.leave({ memory: false }, culprit)
  }

  /** Nothing runs here any more. `culprit`: whom the runner was ended for. */
  private leave({ memory }: Departure, culprit?: Run): void {
    if (this.gone) return
    this.gone = true
    for (const carried of this.runs.values()) {
      const { run, leave } = carried
      this.forget(carried)
      const isAlone = memory && this.runs.size === 0
      if (this.closed) this.end(carried, () => run.finishHere('cancelled', closedError()))
      else if (run.stopping !== undefined) this.end(carried, () => run.finishStopped(run.stopping ?? 'timeout'))
      else if (isAlone) this.end(carried, () => run.finishHere('memory', memoryError(run.limits.memoryBytes)))
      else leave(culprit === undefined ? 'lost' : 'displaced')
    }
    this.onChange()
  }

  /** What is sent together at the end of this turn of the event loop. */
  private send(operation: number, run: number, a: number, b: number, texts: readonly string[]): void {
    if (this.outgoing.length === 0) setImmediate(() => this.flush())
    this.outgoing.push([operation, run, a, b, texts])
  }

  /** Large frames are encoded when the runner has read those before them: answers in flight are held once, as text. */
  private flush(): void {
    const { input } = this.channel
    while (!this.gone && this.outgoing.length > 0) {
      if (input.writableNeedDrain) return void input.once('drain', () => this.flush())
      input.write(this.nextPiece())
    }
  }

  private nextPiece(): Buffer {
    const frames: Buffer[] = []
    let bytes = 0
    while (bytes < PIECE_BYTES) {
      const next = this.outgoing[frames.length]
      if (next === undefined) break
      const frame = encodeFrame(...next)
      frames.push(frame)
      bytes += frame.length
    }
    this.outgoing.splice(0, frames.length)
    const [only] = frames
    return frames.length === 1 && only !== undefined ? only : Buffer.concat(frames)
  }

  private hold(change: number): void {
    this.holds += change
    if (this.holds === 0 || (this.holds === 1 && change > 0)) this.channel.hold(this.holds > 0)
  }
}

function memoryError(bytes: number): { name: string; code: 'MEMORY_LIMIT'; message: string } {
  const message = `the program used more than ${Math.round(bytes / 1024 / 1024)} MB of memory`
  return { name: 'Error', code: 'MEMORY_LIMIT', message }
}
