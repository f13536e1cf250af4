import { availableParallelism } from 'node:os'
import { OptimizerError } from '../../errors.ts'
import { boundLimits } from '../run/bounds.ts'
import { FairQueue } from '../pool/fair-queue.ts'
import { LentSandbox } from '../pool/lent-sandbox.ts'
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
  type SandboxStats,
} from '../sandbox.ts'
import { closedError, noBackend, noSandboxFree } from '../run/stop-errors.ts'
import { Run } from '../run/run.ts'
import { type Place, Thread } from './thread.ts'
import { EngineModules } from '../engine/wasm-module.ts'

export interface WasmBackendOptions {
  /** Worker threads. @default the number of cores, at least 2 and at most 8 */
  readonly poolSize?: number
  /** Programs that a thread holds at once; nearly all of them wait for host calls. About 5 MB each once used. @default 16 */
  readonly slotsPerWorker?: number
  /** Threads that {@link SandboxBackend.warmUp} starts. @default 0 */
  readonly poolMin?: number
  /** Programs that wait for a sandbox; more are refused with `OVERLOADED`. @default 1000 */
  readonly queueLimit?: number
  /** False: host calls get a signal that never aborts, which saves making one for each program. @default true */
  readonly callSignals?: boolean
  /** Makes each program a new engine from the snapshot instead of the in-place reset: slower, by public functions only. @default false */
  readonly restoreOnly?: boolean
}

/**
 * Programs in QuickJS compiled to WebAssembly, in worker threads of this process. Needs nothing but npm.
 * Threads start when they are needed and end with {@link SandboxBackend}'s disposal; idle ones keep no process alive.
 */
export function createWasmBackend(options: WasmBackendOptions = {}): SandboxBackend {
  return new WasmBackend(options)
}

/** Threads at most, as a multiple of the pool size, while some are kept by long synchronous stretches. */
const MAX_OVERFLOW = 4

/** Computing programs on a thread at which no further one is placed there: more engines in turn miss the caches more. */
const MAX_COMPUTING = 1

/** What starts the engine of a thread that is there before its first program. */
const NO_IMAGE: SandboxImage = { version: '', functions: [], modules: [] }

class WasmBackend implements SandboxBackend {
  readonly name = 'wasm'
  readonly enforces: ReadonlySet<keyof SandboxLimits> = new Set(Object.keys(DEFAULT_LIMITS) as (keyof SandboxLimits)[])
  private readonly poolSize: number
  private readonly poolMin: number
  private readonly slots: number
  private readonly queueLimit: number
  private readonly callSignals: boolean
  private readonly restoreOnly: boolean
  private readonly threads: Thread[] = []
  private readonly modules = new EngineModules()
  /** What added threads are primed with ahead. */
  private lastImage: Parameters<Thread['sendImage']> | undefined
  /** What they need is the version of an image. */
  private readonly queue = new FairQueue<Place>()
  private readonly discarded: Record<string, number> = {}
  private reused = 0
  private created = 0
  private pumping = false
  private nextRun = 1
  private closed = false
  /** Moving average of a program's duration, for `retryAfterMs`. */
  private heldMs = 50

  constructor(options: WasmBackendOptions) {
    this.poolSize = options.poolSize ?? Math.min(8, Math.max(2, availableParallelism()))
    this.poolMin = Math.min(options.poolMin ?? 0, this.poolSize)
    this.slots = options.slotsPerWorker ?? 16
    this.queueLimit = options.queueLimit ?? 1_000
    this.callSignals = options.callSignals ?? true
    this.restoreOnly = options.restoreOnly ?? false
  }

  async create(image: SandboxImage, { signal, session = '' }: CreateOptions = {}): Promise<Sandbox> {
    signal?.throwIfAborted()
    // Nobody passes those who wait.
    const free = this.queue.size === 0 || this.closed ? this.findPlace(image.version) : undefined
    return new WasmSandbox(this, image, free ?? (await this.wait(image.version, session, signal)))
  }

  async warmUp(): Promise<void> {
    const module = await this.modules.compile(DEFAULT_LIMITS.memoryBytes)
    while (this.threads.length < this.poolMin && !this.closed) this.addThread().sendImage('', NO_IMAGE, module)
    await Promise.all(this.threads.map(({ started }) => started))
  }

  stats(): SandboxStats {
    return {
      size: this.threads.length,
      busy: this.threads.reduce((sum, { taken }) => sum + taken, 0),
      waiting: this.queue.size,
      reused: this.reused,
      created: this.created,
      discarded: { ...this.discarded },
      wall: 'engine',
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true
    const threads = this.threads.splice(0)
    this.queue.refuseAll(noBackend())
    await Promise.all(threads.map((thread) => thread.close(undefined)))
  }

  // ---- for its sandboxes ----

  /** Starts a program at a place; the memory size is part of what an engine is made of. */
  async start(
    image: SandboxImage,
    place: Place,
    program: Program,
    call: HostCall,
    limits: SandboxLimits,
    signal: AbortSignal | undefined,
    moved: (place: Place | undefined) => void,
  ): Promise<Outcome> {
    const bounded = boundLimits(limits)
    const { memoryBytes } = bounded
    const module = this.modules.compiled(memoryBytes) ?? (await this.modules.compile(memoryBytes))
    const key = `${image.version}\n${memoryBytes}`
    const run = new Run(this.nextRun, key, image, program, call, bounded, this.callSignals)
    this.nextRun = (this.nextRun % 2_000_000_000) + 1
    let current: Place | undefined = place
    const begin = (at: Place): void => {
      current = at
      moved(at)
      this.lastImage = [key, image, module]
      at.thread.sendImage(key, image, module)
      at.thread.start(run, at)
    }
    run.mover = {
      begin,
      abandon: () => {
        current = undefined
        moved(undefined)
      },
    }
    const cancel = (): void => {
      run.stopping = 'cancelled'
      if (current === undefined) run.finishStopped('cancelled')
      else current.thread.stop(run, current, 'cancelled')
    }
    signal?.addEventListener('abort', cancel, { once: true })
    begin(place)
    if (signal?.aborted) cancel()
    try {
      const outcome = await run.outcome
      this.heldMs += (outcome.durationMs - this.heldMs) * 0.05
      return outcome
    } finally {
      signal?.removeEventListener('abort', cancel)
      run.mover = undefined
    }
  }

  async acquire(image: SandboxImage, signal: AbortSignal | undefined): Promise<Place> {
    return this.findPlace(image.version) ?? (await this.wait(image.version, undefined, signal))
  }

  giveBack(place: Place): void {
    place.taken = false
    this.pump()
    this.retire(place.thread)
  }

  // ---- scheduling ----

  private findPlace(version: string): Place | undefined {
    if (this.closed) throw noBackend()
    const thread = this.pickThread()
    const place = thread?.freePlace(version)
    if (place !== undefined) place.taken = true
    return place
  }

  /**
   * The thread with least to do, of those with at most one computing program: then the next one starts while the
   * first waits for its host calls. Where none is idle a thread is added while there are too few; threads kept by a
   * long synchronous stretch do not count, so that some spinning programs do not stop all others.
   */
  private pickThread(): Thread | undefined {
    let best: Thread | undefined
    let bestLoad = Number.POSITIVE_INFINITY
    let responsive = 0
    for (const thread of this.threads) {
      if (thread.busy) continue
      responsive++
      const { running, taken } = thread
      // A thread that starts is worth waiting for only where all others are full.
      const load = (running + (thread.ready ? 0 : 1.5)) * this.slots + taken
      if (running > MAX_COMPUTING || taken >= this.slots || load >= bestLoad) continue
      best = thread
      bestLoad = load
    }
    const mayAdd = responsive < this.poolSize && this.threads.length < this.poolSize * MAX_OVERFLOW
    if (bestLoad < this.slots || !mayAdd) return best
    const added = this.addThread()
    return best?.ready ? best : added
  }

  private addThread(): Thread {
    const thread = new Thread(this.slots, this.restoreOnly, {
      lost: (lost, runs, culprit) => this.handleLost(lost, runs, culprit),
      returned: (runs) => {
        for (const run of runs) if (run.goesOn('handed back')) this.restart(run)
      },
      changed: () => this.pumpSoon(),
      ended: (fresh) => {
        if (fresh) this.created++
        else this.reused++
      },
      discarded: (reason) => this.count(reason),
    })
    this.threads.push(thread)
    if (this.lastImage !== undefined) thread.sendImage(...this.lastImage)
    return thread
  }

  /** After the answers that are on their way, which make waiting programs computing ones. */
  private pumpSoon(): void {
    if (this.queue.size === 0 || this.pumping) return
    this.pumping = true
    setImmediate(() => {
      this.pumping = false
      this.pump()
    })
  }

  /** Ends a thread that was added while others were kept, once it is free and they are back. */
  private retire(thread: Thread): void {
    if (this.threads.length <= this.poolSize || thread.taken > 0) return
    if (this.threads.filter(({ busy }) => !busy).length <= this.poolSize) return
    this.count('retired')
    void thread.close(undefined)
  }

  /** `session` undefined: for a program that had its turn already. */
  private async wait(version: string, session: string | undefined, signal?: AbortSignal): Promise<Place> {
    if (session !== undefined && this.queue.size >= this.queueLimit) {
      const overloaded = this.overloaded()
      if (!this.queue.makeRoom(session, overloaded)) throw overloaded
    }
    const granted = this.queue.wait(session, signal, version)
    this.pumpSoon()
    return await granted
  }

  private count(reason: string): void {
    this.discarded[reason] = (this.discarded[reason] ?? 0) + 1
  }

  private pump(): void {
    while (this.queue.size > 0 && !this.closed) {
      const place = this.findPlace(this.queue.nextNeed ?? '')
      if (place === undefined) return
      this.queue.grant(place)
    }
  }

  private handleLost(thread: Thread, runs: readonly Run[], culprit: Run | undefined): void {
    const index = this.threads.indexOf(thread)
    if (index >= 0) this.threads.splice(index, 1)
    if (runs.length > 0 && !this.closed) this.count('lost')
    for (const run of runs) {
      run.mover?.abandon()
      if (this.closed) run.finishHere('cancelled', closedError())
      else if (run.stopping !== undefined) run.finishStopped(run.stopping)
      else if (run.goesOn(culprit === undefined ? 'lost' : 'displaced')) this.restart(run)
    }
    this.pump()
  }

  /** Starts a program again, before all that wait: with the answers that it had already. */
  private restart(run: Run): void {
    const { mover } = run
    if (mover === undefined) return
    mover.abandon()
    const { version } = run
    const begin = (place: Place): void => {
      if (run.ended || run.remainingMs <= 0) {
        if (!run.ended) run.finishStopped('timeout')
        this.giveBack(place)
      } else mover.begin(place)
    }
    const place = this.findPlace(version)
    if (place !== undefined) return begin(place)
    run.timer = setTimeout(() => run.finishStopped('timeout'), Math.max(1, run.remainingMs))
    this.wait(version, undefined).then(
      (granted) => {
        clearTimeout(run.timer)
        begin(granted)
      },
      () => run.finishHere('cancelled', closedError()),
    )
  }

  private overloaded(): OptimizerError {
    const retryAfterMs = Math.ceil((this.heldMs * this.queue.size) / (this.poolSize * this.slots))
    return noSandboxFree(this.queue.size, this.queueLimit, retryAfterMs)
  }
}

class WasmSandbox extends LentSandbox {
  private readonly backend: WasmBackend
  private readonly image: SandboxImage
  private place: Place | undefined

  constructor(backend: WasmBackend, image: SandboxImage, place: Place) {
    super()
    this.backend = backend
    this.image = image
    this.place = place
  }

  protected async runProgram(
    program: Program,
    call: HostCall,
    limits: SandboxLimits,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    if (this.place?.thread.gone) this.place = undefined
    this.place ??= await this.backend.acquire(this.image, signal)
    return await this.backend.start(this.image, this.place, program, call, limits, signal, (place) => {
      this.place = place
    })
  }

  protected giveBack(): void {
    const { place } = this
    this.place = undefined
    if (place !== undefined) this.backend.giveBack(place)
  }
}
