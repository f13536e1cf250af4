import { OptimizerError } from '../../errors.ts'
import { abortable, createAborter } from '../../internal/signal.ts'
import {
  type CreateOptions,
  DEFAULT_LIMITS,
  type HostCall,
  type Outcome,
  type Program,
  type Sandbox,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
} from '../sandbox.ts'
import { closedError, noBackend } from '../stop-errors.ts'
import { Run } from '../wasm/run.ts'
import { type Channel, type Departure } from './channel.ts'
import { encodeFrame, type Frame, FrameError, FrameReader } from './frames.ts'
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
/** Milliseconds that a runner may take to start, and to prime an image. */
const START_MS = 30_000
const IMAGES_KEPT = 8
/** Bytes of a frame besides what limits allow. */
const FRAME_SLACK_BYTES = 1024 * 1024

/** Waits until the runner behind a channel is there; ends the channel where it does not come. */
export async function connect(name: string, channel: Channel, signal: AbortSignal): Promise<RemoteBackend> {
  const backend = new RemoteBackend(name, channel)
  try {
    await abortable(backend.ready, AbortSignal.any([signal, AbortSignal.timeout(START_MS)]))
    return backend
  } catch (thrown) {
    await backend[Symbol.asyncDispose]()
    if (OptimizerError.is(thrown)) throw thrown
    signal.throwIfAborted()
    throw startFailure(name, `no answer within ${START_MS} ms`)
  }
}

interface Priming {
  readonly key: number
  readonly done: Promise<void>
  readonly finish: () => void
  users: number
}

/** A backend in another process or container; it has one runner and ends with it. */
export class RemoteBackend implements SandboxBackend {
  readonly name: string
  readonly enforces: ReadonlySet<keyof SandboxLimits> = new Set(Object.keys(DEFAULT_LIMITS) as (keyof SandboxLimits)[])
  readonly ready: Promise<void>
  /** Settles when the runner is gone. */
  readonly lost: Promise<Departure>
  private readonly channel: Channel
  private readonly reader: FrameReader
  private readonly runs = new Map<number, Run>()
  private readonly primed = new Map<string, Priming>()
  private readonly ending = createAborter()
  private readonly tellReady: () => void
  private maxFrameBytes = FRAME_SLACK_BYTES
  private outgoing: Buffer[] = []
  private heardAt = performance.now()
  private holds = 1
  private nextRun = 1
  private nextImage = 1
  private gone = false
  private closed = false

  constructor(name: string, channel: Channel) {
    this.name = name
    this.channel = channel
    this.reader = new FrameReader(() => this.maxFrameBytes)
    let tell = (): void => undefined
    const ready = new Promise<void>((resolve) => {
      tell = resolve
    })
    this.tellReady = tell
    this.lost = channel.gone.then((departure) => {
      this.handleGone(departure)
      return departure
    })
    const failed = this.lost.then(() => {
      throw startFailure(name, failureText(channel.complaint()))
    })
    failed.catch(() => undefined)
    this.ready = Promise.race([ready, failed])
    channel.output.on('data', (chunk: Buffer) => this.receive(chunk))
    channel.output.on('error', () => channel.kill())
    channel.input.on('error', () => channel.kill())
  }

  async create(image: SandboxImage, { signal }: CreateOptions = {}): Promise<Sandbox> {
    signal?.throwIfAborted()
    if (this.closed) throw noBackend()
    const priming = this.prime(image)
    priming.users++
    const release = (): void => {
      priming.users--
      this.forgetOldest()
    }
    this.hold(1)
    try {
      const waits = signal === undefined ? this.ending.signal : AbortSignal.any([signal, this.ending.signal])
      if (!this.gone) await abortable(priming.done, waits)
    } catch (thrown) {
      release()
      // A runner that went away meanwhile is told by the outcome of the run, like one that goes a moment later.
      if (!this.gone || signal?.aborted === true) throw thrown
    } finally {
      this.hold(-1)
    }
    return new RemoteSandbox(this, image, priming.key, release)
  }

  /** Ends the runner and what runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true
    this.channel.hold(true)
    this.channel.kill()
    await this.lost
  }

  // ---- for its sandboxes ----

  async run(
    image: SandboxImage,
    key: number,
    program: Program,
    call: HostCall,
    limits: SandboxLimits,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    const run = new Run(this.nextRun, '', image, program, call, limits)
    this.nextRun = (this.nextRun % 0xffff_fff0) + 1
    if (signal?.aborted === true) run.finishStopped('cancelled')
    else if (this.gone) run.finishLost()
    else this.start(run, key)
    const stop = (): void => this.stop(run)
    signal?.addEventListener('abort', stop, { once: true })
    const outcome = await run.outcome
    signal?.removeEventListener('abort', stop)
    return outcome
  }

  private start(run: Run, key: number): void {
    const { limits } = run
    const bytes = limits.resultBytes + limits.logBytes * 4 + limits.argumentBytes + FRAME_SLACK_BYTES
    this.maxFrameBytes = Math.max(this.maxFrameBytes, bytes)
    this.runs.set(run.id, run)
    this.hold(1)
    this.send(ToRunner.run, run.id, key, 0, programTexts(run.program, limits))
    run.timer = setTimeout(() => this.watch(run), limits.timeoutMs + GRACE_MS)
  }

  private stop(run: Run): void {
    if (run.ended) return
    run.stopping ??= 'cancelled'
    this.send(ToRunner.stop, run.id, 0, 0, [])
    clearTimeout(run.timer)
    run.timer = setTimeout(() => this.watch(run), GRACE_MS)
  }

  /** The runner should have ended the program itself by now; one that is silent is ended. */
  private watch(run: Run): void {
    // After what it may have sent is read.
    setImmediate(() => {
      if (run.ended) return
      const isSilent = performance.now() - this.heardAt > SILENCE_MS
      if (isSilent || run.remainingMs < -MAX_LATE_MS) {
        run.stopping ??= 'timeout'
        this.channel.kill()
      } else run.timer = setTimeout(() => this.watch(run), GRACE_MS / 4)
    })
  }

  // ---- frames ----

  private receive(chunk: Buffer): void {
    this.heardAt = performance.now()
    if (this.gone) return
    try {
      for (const frame of this.reader.read(chunk)) this.handle(frame)
    } catch (thrown) {
      if (!(thrown instanceof FrameError)) throw thrown
      this.channel.kill()
    }
  }

  private handle(frame: Frame): void {
    const { operation, run: id, a } = frame
    if (operation === FromRunner.call) this.handleCall(frame)
    else if (operation === FromRunner.done) this.handleDone(frame)
    else if (operation === FromRunner.primed) this.handlePrimed(id)
    else if (operation === FromRunner.ready) {
      if (a !== PROTOCOL_VERSION) throw new FrameError(`the runner speaks version ${a}, wanted ${PROTOCOL_VERSION}`)
      this.hold(-1)
      this.tellReady()
    } else if (operation !== FromRunner.alive) throw new FrameError(`there is no operation ${operation}`)
  }

  private handleCall({ run: id, a, b, texts }: Frame): void {
    const run = this.runs.get(id)
    const [argument = ''] = texts
    if (run === undefined || run.ended) return
    if (run.inFlight >= run.limits.hostCallsInFlight) throw new FrameError('more calls in flight than the limit')
    checkArgument(argument, run.limits)
    run.handleCall(b, argument, (ok, text) => {
      if (!this.gone) this.send(ok ? ToRunner.answer : ToRunner.reject, id, a, 0, [text])
    })
  }

  private handleDone(frame: Frame): void {
    const run = this.runs.get(frame.run)
    if (run === undefined) return
    const outcome = readOutcome(frame, run.limits)
    this.forget(run)
    run.finish({ ...outcome, hostCalls: run.hostCalls })
  }

  private handlePrimed(key: number): void {
    for (const priming of this.primed.values()) if (priming.key === key) priming.finish()
  }

  private handleGone({ memory }: Departure): void {
    this.gone = true
    this.ending.abort(noBackend())
    for (const run of this.runs.values()) {
      this.forget(run)
      if (this.closed) run.finishHere('cancelled', closedError())
      else if (run.stopping !== undefined) run.finishStopped(run.stopping)
      else if (memory && this.runs.size === 0) run.finishHere('memory', memoryError(run.limits.memoryBytes))
      else run.finishLost()
    }
  }

  private forget(run: Run): void {
    this.runs.delete(run.id)
    this.hold(-1)
  }

  /** What is sent together at the end of this turn of the event loop. */
  private send(operation: number, run: number, a: number, b: number, texts: readonly string[]): void {
    if (this.outgoing.length === 0) setImmediate(() => this.flush())
    this.outgoing.push(encodeFrame(operation, run, a, b, texts))
  }

  private flush(): void {
    const frames = this.outgoing
    this.outgoing = []
    const [only] = frames
    if (!this.gone && only !== undefined) {
      this.channel.input.write(frames.length === 1 ? only : Buffer.concat(frames))
    }
  }

  // ---- images ----

  private prime(image: SandboxImage): Priming {
    const known = this.primed.get(image.version)
    if (known !== undefined) {
      this.primed.delete(image.version)
      this.primed.set(image.version, known)
      return known
    }
    let finish = (): void => undefined
    const done = new Promise<void>((resolve) => {
      finish = resolve
    })
    const priming: Priming = { key: this.nextImage++, done, finish, users: 0 }
    this.primed.set(image.version, priming)
    if (!this.gone) this.send(ToRunner.image, priming.key, 0, 0, [JSON.stringify(numbered(image))])
    return priming
  }

  private forgetOldest(): void {
    for (const [version, { key, users }] of this.primed) {
      if (this.primed.size <= IMAGES_KEPT) return
      if (users > 0) continue
      this.primed.delete(version)
      this.send(ToRunner.forget, key, 0, 0, [])
    }
  }

  private hold(change: number): void {
    this.holds += change
    if (this.holds === 0 || (this.holds === 1 && change > 0)) this.channel.hold(this.holds > 0)
  }
}

class RemoteSandbox implements Sandbox {
  private readonly backend: RemoteBackend
  private readonly image: SandboxImage
  private readonly key: number
  private readonly release: () => void
  private running = false
  private disposed = false

  constructor(backend: RemoteBackend, image: SandboxImage, key: number, release: () => void) {
    this.backend = backend
    this.image = image
    this.key = key
    this.release = release
  }

  async run(program: Program, call: HostCall, limits: SandboxLimits, signal?: AbortSignal): Promise<Outcome> {
    if (this.disposed) throw new TypeError('the sandbox was disposed')
    if (this.running) throw new TypeError('a sandbox runs one program at a time')
    this.running = true
    try {
      return await this.backend.run(this.image, this.key, program, call, limits, signal)
    } finally {
      this.running = false
    }
  }

  /** Every run starts in a clean state, so there is nothing to do. */
  async reset(): Promise<boolean> {
    return !this.disposed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.disposed) return
    this.disposed = true
    this.release()
  }
}

/** Functions are called by their number: names never come back from a runner. */
function numbered({ version, functions, modules }: SandboxImage): SandboxImage {
  return {
    version,
    functions: functions.map(({ path, spread = false }, index) => ({ path, name: String(index), spread })),
    modules: modules.map(({ path, name, source, aliases = {} }) => ({ path, name, source, aliases })),
  }
}

function startFailure(name: string, why: string): OptimizerError {
  return new OptimizerError('CONFIG_INVALID', `cannot start a ${name} sandbox: ${why}`, {
    suggestion: 'run "mcp-optimizer doctor" to see what is missing, or choose another sandbox.backend',
  })
}

function memoryError(bytes: number): { name: string; code: 'MEMORY_LIMIT'; message: string } {
  const message = `the program used more than ${Math.round(bytes / 1024 / 1024)} MB of memory`
  return { name: 'Error', code: 'MEMORY_LIMIT', message }
}
