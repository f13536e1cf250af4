// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { Worker } from 'node:worker_threads'
import { entryPath } from '../../internal/entry.ts'
import { abortable } from '../../internal/signal.ts'
import { Claims } from '../engine/claims.ts'
import { Places } from '../engine/places.ts'
import {
  type Batch,
  isBatchToHost,
  pushRun,
  readOutcome,
  ToHost,
  ToWorker,
  type WorkerSetup,
} from '../engine/protocol.ts'
import { SLOTS_HEAP_MB, threadOptions } from '../engine/thread-flags.ts'
import { type MemberCounts, type PoolMember } from '../pool/member.ts'
import { type Parting } from '../run/attempts.ts'
import { type Run } from '../run/run.ts'
import { closedError } from '../run/stop-errors.ts'
import { type SandboxImage } from '../sandbox.ts'
import { type ThreadImage, ThreadImages, type UsedModules } from './thread-images.ts'

/** A program in a slot of the thread. */
interface Carried {
  readonly id: number
  readonly run: Run
  readonly place: number
  readonly image: ThreadImage
  readonly leave: (parting: Parting) => void
}

export interface ThreadOptions {
  readonly slots: number
  /** Leaves the in-place reset alone, for tests of the way out. */
  readonly restoreOnly: boolean
  readonly modules: UsedModules
}

/** Milliseconds from the stop of a program to the end of a thread that does not obey. */
const GRACE_MS = 250
/** Milliseconds after which an unstarted program is taken back: a native loop cannot report that it blocks the thread. */
const STUCK_MS = 60
/** Milliseconds that the thread's own clock gets to end a program first. */
const SLACK_MS = 20
/** Milliseconds that a thread may take to start and to prime an image. */
const START_MS = 30_000
/** Programs of one thread: the numbers by which host and thread agree on them only grow. */
export const MAX_RUNS = 2_147_483_647

/** A worker thread of this process, as a member of a pool. */
export class Thread implements PoolMember {
  readonly lost: Promise<void>
  onChange: () => void = () => undefined
  private readonly worker: Worker
  private readonly claims: Claims
  private readonly images: ThreadImages
  private readonly places: Places<ThreadImage>
  /** By their places. */
  private readonly carried: (Carried | undefined)[]
  private readonly discarded: Record<string, number> = {}
  private reused = 0
  private created = 0
  private outgoing: Batch = []
  private programs = 0
  private holds = 0
  private nextRun = 1
  private isBlocked = false
  private gone = false
  private closed = false
  private tellLost: () => void = () => undefined

  constructor({ slots, restoreOnly, modules }: ThreadOptions) {
    this.lost = new Promise((resolve) => {
      this.tellLost = resolve
    })
    const claims = Claims.share(slots)
    this.claims = new Claims(claims)
    this.places = new Places(slots)
    this.carried = Array.from({ length: slots }, () => undefined)
    this.worker = new Worker(entryPath('./worker.js', import.meta.url), {
      // Its streams are never read: reading would keep the process alive, and the worker writes nothing.
      ...threadOptions(SLOTS_HEAP_MB),
      workerData: { slots, claims, restoreOnly } satisfies WorkerSetup,
    })
    this.images = new ThreadImages(modules, (message) => {
      if (!this.gone) this.worker.postMessage(message)
    })
    this.worker.on('message', (message: unknown) => this.receive(message))
    this.worker.on('error', () => this.leave())
    this.worker.on('exit', () => this.leave())
    this.worker.unref()
  }

  get accepting(): boolean {
    return !this.isBlocked && !this.gone
  }

  get waiting(): number {
    let count = 0
    for (const carried of this.carried) if (carried !== undefined && carried.run.inFlight > 0) count++
    return count
  }

  stats(): MemberCounts {
    return { reused: this.reused, created: this.created, discarded: this.discarded }
  }

  prepare(image: SandboxImage, signal?: AbortSignal): Promise<void> | undefined {
    const found = this.images.findUsual(image)
    return found.isReady || this.gone ? undefined : this.waitFor(found, signal)
  }

  carry(run: Run, image: SandboxImage): Promise<Parting> {
    const found = this.images.find(image, run.limits.memoryBytes)
    if (this.gone || !found.isReady) return this.carryLater(run, found)
    return new Promise((resolve) => this.start(run, found, resolve))
  }

  stop(run: Run, reason: 'timeout' | 'cancelled'): void {
    run.stopping ??= reason
    for (const carried of this.carried) if (carried?.run === run) return this.stopCarried(carried, run.stopping)
    // It waits for its image.
    run.finishStopped(run.stopping)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true
    this.leave()
    await this.worker.terminate()
  }

  // ---- programs ----

  private async carryLater(run: Run, image: ThreadImage): Promise<Parting> {
    image.users++
    try {
      if (!this.gone) await Promise.race([this.waitFor(image), run.outcome])
    } finally {
      image.users--
    }
    if (run.ended) return 'ended'
    // The pool gives the program another member.
    if (this.gone) return 'handed back'
    run.restartClock()
    return await new Promise((resolve) => this.start(run, image, resolve))
  }

  /** Settles when the image is ready, or the thread gone; ends a thread that takes too long. */
  private async waitFor(image: ThreadImage, signal?: AbortSignal): Promise<void> {
    this.hold(1)
    const late = setTimeout(() => this.kill(), START_MS)
    try {
      const either = Promise.race([image.done, this.lost])
      await (signal === undefined ? either : abortable(either, signal))
    } finally {
      clearTimeout(late)
      this.hold(-1)
    }
  }

  private start(run: Run, image: ThreadImage, leave: (parting: Parting) => void): void {
    const carried: Carried = { id: this.nextRun++, run, place: this.places.take(image), image, leave }
    this.carried[carried.place] = carried
    this.programs++
    image.users++
    this.hold(1)
    run.start()
    const timeoutMs = Math.max(1, Math.ceil(run.remainingMs))
    const limits = { ...run.limits, timeoutMs }
    pushRun(this.batch(), carried.place, carried.id, image.key, run.program, limits, run.seed)
    run.timer = setTimeout(() => this.takeBackIfUnstarted(carried), STUCK_MS)
  }

  private forget({ run, place, image }: Carried): void {
    clearTimeout(run.timer)
    this.carried[place] = undefined
    this.places.giveBack(place, image)
    this.programs--
    image.users--
    this.hold(-1)
  }

  private takeBackIfUnstarted(carried: Carried): void {
    const { id, run, place } = carried
    if (!this.claims.hasBegun(place, id)) return this.takeBackUnstarted()
    run.timer = setTimeout(() => this.stopCarried(carried, 'timeout'), Math.max(0, run.remainingMs) + SLACK_MS)
  }

  /** The thread is blocked: what it has not begun goes elsewhere. */
  private takeBackUnstarted(): void {
    this.isBlocked = true
    for (const carried of this.carried) {
      if (carried === undefined || !this.claims.takeBack(carried.place, carried.id)) continue
      this.forget(carried)
      carried.run.handBack()
      carried.leave('handed back')
    }
    // No program is running, so the thread was slow to start, not blocked.
    this.isBlocked = this.programs > 0
  }

  /** Asks a program to end; ends the thread if it does not in time. */
  private stopCarried(carried: Carried, asked: 'timeout' | 'cancelled'): void {
    const { id, run, place } = carried
    const reason = (run.stopping ??= asked)
    if (this.claims.takeBack(place, id)) {
      this.forget(carried)
      return this.end(carried, () => run.finishStopped(reason))
    }
    const isCancelled = reason === 'cancelled'
    this.claims.stop(place, id, isCancelled)
    this.batch().push(ToWorker.stop, place, id, isCancelled ? 1 : 0)
    clearTimeout(run.timer)
    run.timer = setTimeout(() => this.kill(run), GRACE_MS)
  }

  private end({ leave }: Carried, finish: () => void): void {
    finish()
    leave('ended')
  }

  private kill(culprit?: Run): void {
    this.leave(culprit)
    void this.worker.terminate()
  }

  /** Nothing runs here any more. `culprit`: the program that the thread was ended for. */
  private leave(culprit?: Run): void {
    if (this.gone) return
    this.gone = true
    this.tellLost()
    for (const carried of this.carried) {
      if (carried === undefined) continue
      const { run, leave } = carried
      this.forget(carried)
      if (this.closed) this.end(carried, () => run.finishHere('cancelled', closedError()))
      else if (run.stopping !== undefined) this.end(carried, () => run.finishStopped(run.stopping ?? 'timeout'))
      else leave(culprit === undefined ? 'lost' : 'displaced')
    }
    this.onChange()
  }

  // ---- messages ----

  private receive(batch: unknown): void {
    if (this.gone) return
    if (!isBatchToHost(batch)) return this.kill()
    this.isBlocked = false
    let at = 0
    while (at < batch.length) {
      const operation = batch[at]
      if (operation === ToHost.call) {
        this.receiveCall(batch, at)
        at += 6
      } else if (operation === ToHost.done) {
        this.receiveEnd(batch, at)
        at += 11
      } else if (operation === ToHost.prepared) {
        this.images.finish(batch[at + 1] as string)
        at += 2
      } else if (operation === ToHost.discarded) {
        const reason = batch[at + 1] as string
        this.discarded[reason] = (this.discarded[reason] ?? 0) + 1
        at += 2
      } else if (operation === ToHost.busy) {
        this.takeBackUnstarted()
        at += 1
        // `skipped` and `free` carry nothing to act on: any message means that the thread responds again.
      } else at += operation === ToHost.skipped ? 2 : 1
    }
    this.onChange()
  }

  private receiveCall(batch: Batch, at: number): void {
    const carried = this.carriedBy(batch, at)
    if (carried === undefined) return
    const { run, place } = carried
    const id = batch[at + 3] as number
    const isKnown = run.handleCall(batch[at + 4] as number, batch[at + 5] as string, (ok, text) => {
      if (this.carried[place] !== carried) return
      this.batch().push(ok ? ToWorker.answer : ToWorker.reject, place, carried.id, id, text)
    })
    if (!isKnown) this.stopCarried(carried, 'cancelled')
  }

  private receiveEnd(batch: Batch, at: number): void {
    const carried = this.carriedBy(batch, at)
    if (carried === undefined) return
    const { run, leave } = carried
    this.forget(carried)
    if (batch[at + 10] === 1) this.created++
    else this.reused++
    // The engine notices a stop without its reason, which the host knows.
    if (batch[at + 3] === 'cancelled' && run.stopping === 'timeout') run.finishStopped('timeout')
    else run.finish(readOutcome(batch, at))
    leave('ended')
  }

  /** Whom a message names by place and number; nobody where the two do not belong together. */
  private carriedBy(batch: Batch, at: number): Carried | undefined {
    const carried = this.carried[batch[at + 1] as number]
    return carried?.id === batch[at + 2] ? carried : undefined
  }

  /** Messages that are sent together at the end of this turn of the event loop. */
  private batch(): Batch {
    if (this.outgoing.length === 0) setImmediate(() => this.flush())
    return this.outgoing
  }

  private flush(): void {
    const batch = this.outgoing
    this.outgoing = []
    if (!this.gone && batch.length > 0) this.worker.postMessage(batch)
  }

  /** Keeps this process alive while somebody waits for the thread. */
  private hold(change: number): void {
    this.holds += change
    if (this.holds === 0) this.worker.unref()
    else if (this.holds === 1 && change > 0) this.worker.ref()
  }
}
