// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { Worker } from 'node:worker_threads'
import { entryPath } from '../../internal/entry.ts'
import { type GuestError, type Outcome, type OutcomeStatus, type SandboxImage } from '../sandbox.ts'
import { SLOTS_HEAP_MB, threadOptions } from '../engine/thread-flags.ts'
import {
  type Batch,
  type ImageMessage,
  isBatchToHost,
  pushRun,
  ToHost,
  ToWorker,
  type WorkerSetup,
} from '../engine/protocol.ts'
import { type Run } from '../run/run.ts'

/** A place of a thread where one program at a time can run. */
export interface Place {
  readonly thread: Thread
  readonly index: number
  /** Held by a sandbox. */
  taken: boolean
  run: Run | undefined
  /** The version of the image of the last run here. */
  version: string
}

export interface ThreadListener {
  /** The thread is gone; its unfinished runs. `culprit`: the run it was ended for. */
  lost(thread: Thread, runs: readonly Run[], culprit: Run | undefined): void
  /** A synchronous stretch keeps the thread: these runs it had not begun, and now will not. */
  returned(runs: readonly Run[]): void
  /** A program ended here, in a state that was made anew or kept. */
  ended(fresh: boolean): void
  /** An engine was thrown away. */
  discarded(reason: string): void
  /** Something changed that may let a waiting program start. */
  changed(thread: Thread): void
}

/** Milliseconds from the soft deadline to the end of the whole thread. */
const GRACE_MS = 250
/** Milliseconds after which a program that was not begun looks for another thread. */
const STUCK_MS = 60
/** Milliseconds that the thread's own clock gets to end a program first. */
const SLACK_MS = 20
/** Milliseconds that a thread may take to start and to prime an image. */
const START_MS = 30_000
const IMAGES_KEPT = 8

/** The host's side of one worker thread. */
export class Thread {
  readonly places: readonly Place[]
  busy = false
  /** Started, and primed an image. */
  ready = false
  /** Settles when it is ready, or gone. */
  readonly started: Promise<void>
  /** Ended: nothing runs here any more. */
  gone = false
  private readonly worker: Worker
  private readonly control: Int32Array
  private readonly listener: ThreadListener
  private readonly preparing = new Set<string>()
  private readonly keys = new Set<string>()
  private tellStarted: () => void = () => undefined
  private outgoing: Batch = []
  private active = 0

  constructor(slots: number, restoreOnly: boolean, listener: ThreadListener) {
    this.listener = listener
    this.started = new Promise((resolve) => {
      this.tellStarted = resolve
    })
    const control = new SharedArrayBuffer(slots * 8)
    this.control = new Int32Array(control)
    this.places = Array.from({ length: slots }, (_, index) => ({
      thread: this,
      index,
      taken: false,
      run: undefined,
      version: '',
    }))
    this.worker = new Worker(entryPath('./worker.js', import.meta.url), {
      // Its streams are never read: reading would keep the process alive, and the worker writes nothing.
      ...threadOptions(SLOTS_HEAP_MB),
      workerData: { slots, control, restoreOnly } satisfies WorkerSetup,
    })
    this.worker.on('message', (message: unknown) => this.receive(message))
    this.worker.on('error', () => this.close(undefined))
    this.worker.on('exit', () => this.close(undefined))
    this.worker.unref()
  }

  /** Programs that may be computing: held places whose program does not wait for the host. */
  get running(): number {
    let count = 0
    for (const { taken, run } of this.places) if (taken && (run === undefined || run.inFlight === 0)) count++
    return count
  }

  get taken(): number {
    let count = 0
    for (const place of this.places) if (place.taken) count++
    return count
  }

  /** A free place, one that ran the image last if there is one. */
  freePlace(version: string): Place | undefined {
    let best: Place | undefined
    for (const place of this.places) {
      if (place.taken) continue
      if (place.version === version) return place
      if (best === undefined || (best.version !== '' && place.version === '')) best = place
    }
    return best
  }

  hasImage(key: string): boolean {
    return this.keys.has(key)
  }

  sendImage(key: string, image: SandboxImage, module: WebAssembly.Module): void {
    if (this.keys.has(key)) return
    this.keys.add(key)
    this.preparing.add(key)
    this.worker.postMessage({ kind: 'image', key, image: plainImage(image), module } satisfies ImageMessage)
    this.forgetOldest()
  }

  start(run: Run, place: Place): void {
    place.run = run
    place.version = run.version
    run.start()
    this.retain()
    Atomics.store(this.control, place.index * 2 + 1, 0)
    Atomics.store(this.control, place.index * 2, run.id)
    const timeoutMs = Math.max(1, Math.ceil(run.remainingMs))
    pushRun(this.batch(), place.index, run.id, run.key, run.program, { ...run.limits, timeoutMs }, run.seed)
    run.timer = setTimeout(() => this.watch(run, place), STUCK_MS)
  }

  /** Asks a run to end; ends the thread if it does not in time. */
  stop(run: Run, place: Place, reason: 'timeout' | 'cancelled'): void {
    if (run.ended || place.run !== run) return
    run.stopping ??= reason
    if (this.takeBack(place, run)) {
      this.release(place)
      run.finishStopped(reason)
      return
    }
    Atomics.store(this.control, place.index * 2 + 1, reason === 'cancelled' ? run.id : -run.id)
    this.batch().push(ToWorker.stop, place.index, run.id, reason === 'cancelled' ? 1 : 0)
    clearTimeout(run.timer)
    run.timer = setTimeout(() => this.close(run), GRACE_MS)
  }

  /** Ends the thread; its unfinished runs go to the listener. */
  close(culprit: Run | undefined): Promise<number> {
    if (!this.gone) {
      this.gone = true
      this.tellStarted()
      const runs = this.places.flatMap(({ run }) => run ?? [])
      for (const place of this.places) {
        place.run = undefined
        place.taken = true
      }
      for (const run of runs) clearTimeout(run.timer)
      this.listener.lost(this, runs, culprit)
    }
    return this.worker.terminate()
  }

  /** A native loop cannot say that it keeps the thread: then what it has not begun in time goes elsewhere. */
  private watch(run: Run, place: Place): void {
    if (Atomics.load(this.control, place.index * 2) === run.id && !this.preparing.has(run.key)) this.handleBusy()
    else run.timer = setTimeout(() => this.handleDeadline(run, place, 0), Math.max(0, run.remainingMs) + SLACK_MS)
  }

  private handleDeadline(run: Run, place: Place, waitedMs: number): void {
    const starting = this.preparing.has(run.key) && waitedMs < START_MS
    if (!starting) return this.stop(run, place, 'timeout')
    run.timer = setTimeout(() => this.handleDeadline(run, place, waitedMs + 500), 500)
  }

  private receive(batch: unknown): void {
    if (this.gone) return
    if (!isBatchToHost(batch)) return void this.close(undefined)
    this.busy = false
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
        this.handlePrepared(batch[at + 1] as string)
        at += 2
      } else if (operation === ToHost.discarded) {
        this.listener.discarded(batch[at + 1] as string)
        at += 2
      } else if (operation === ToHost.busy) {
        this.handleBusy()
        at += 1
        // That the thread says something is all there is to know.
      } else at += operation === ToHost.skipped ? 2 : 1
    }
    this.listener.changed(this)
  }

  /** Runs that waited for their image begin now, and their time with them. */
  private handlePrepared(key: string): void {
    if (!this.preparing.delete(key)) return
    this.ready = true
    this.tellStarted()
    for (const place of this.places) {
      const { run } = place
      if (run === undefined || run.key !== key || run.stopping !== undefined) continue
      run.restartClock()
      clearTimeout(run.timer)
      run.timer = setTimeout(() => this.watch(run, place), STUCK_MS)
    }
  }

  private receiveCall(batch: Batch, at: number): void {
    const place = this.places[batch[at + 1] as number]
    const run = place?.run
    if (place === undefined || run === undefined || run.id !== batch[at + 2]) return
    const id = batch[at + 3] as number
    const known = run.handleCall(batch[at + 4] as number, batch[at + 5] as string, (ok, text) => {
      if (place.run === run) this.batch().push(ok ? ToWorker.answer : ToWorker.reject, place.index, run.id, id, text)
    })
    if (!known) this.stop(run, place, 'cancelled')
  }

  private receiveEnd(batch: Batch, at: number): void {
    const place = this.places[batch[at + 1] as number]
    const run = place?.run
    if (place === undefined || run === undefined || run.id !== batch[at + 2]) return
    this.release(place)
    this.listener.ended(batch[at + 10] === 1)
    const reported = batch[at + 3] as OutcomeStatus
    // A stop is noticed by the engine without its reason; the host knows it.
    if (reported === 'cancelled' && run.stopping === 'timeout') return run.finishStopped('timeout')
    run.finish(readOutcome(batch, at))
  }

  private handleBusy(): void {
    this.busy = true
    const returned: Run[] = []
    for (const place of this.places) {
      const { run } = place
      if (run === undefined || this.preparing.has(run.key) || !this.takeBack(place, run)) continue
      clearTimeout(run.timer)
      this.release(place)
      place.taken = false
      run.handBack()
      returned.push(run)
    }
    // Nothing runs here: it was only slow to begin.
    this.busy = this.active > 0
    if (returned.length > 0) this.listener.returned(returned)
  }

  /** True when the worker had not begun the run: now it will not. */
  private takeBack(place: Place, run: Run): boolean {
    return Atomics.compareExchange(this.control, place.index * 2, run.id, 0) === run.id
  }

  private release(place: Place): void {
    place.run = undefined
    this.active--
    if (this.active === 0) this.worker.unref()
  }

  private retain(): void {
    this.active++
    if (this.active === 1) this.worker.ref()
  }

  /** What is sent together at the end of this turn of the event loop. */
  private batch(): Batch {
    if (this.outgoing.length === 0) setImmediate(() => this.flush())
    return this.outgoing
  }

  private flush(): void {
    const batch = this.outgoing
    this.outgoing = []
    if (!this.gone && batch.length > 0) this.worker.postMessage(batch)
  }

  private forgetOldest(): void {
    for (const key of this.keys) {
      if (this.keys.size <= IMAGES_KEPT) return
      if (this.places.some(({ run }) => run?.key === key)) continue
      this.keys.delete(key)
      this.worker.postMessage({ kind: 'forget', key })
    }
  }
}

/** Only what the worker reads: an image may carry more, which need not be cloneable. */
function plainImage({ version, functions, modules, aliases }: SandboxImage): SandboxImage {
  return {
    version,
    functions: functions.map(({ path, name, spread = false }) => ({ path, name, spread })),
    modules: modules.map(({ path, name, source, aliases: servers = {} }) => ({ path, name, source, aliases: servers })),
    ...(aliases === undefined ? {} : { aliases: aliases.map(({ path, name }) => ({ path, name })) }),
  }
}

/** A result as a worker thread tells it: empty where there is none. */
function toValue(text: string): Pick<Outcome, 'value' | 'nothing'> {
  return text === '' ? { value: 'null', nothing: true } : { value: text }
}

function readOutcome(batch: Batch, at: number): Outcome {
  const status = batch[at + 3] as OutcomeStatus
  const error = batch[at + 5] as GuestError | 0
  return {
    status,
    ...((status === 'ok' || status === 'incomplete') && toValue(batch[at + 4] as string)),
    ...(error !== 0 && { error }),
    logs: batch[at + 6] as string[],
    hostCalls: batch[at + 7] as number,
    durationMs: batch[at + 8] as number,
    setupMs: batch[at + 9] as number,
  }
}
