import { type SandboxImage } from '../sandbox.ts'
import { createServices } from '../guest/services.ts'
import { chooseEngine } from './engine-choice.ts'
import { type Prime, type Primed } from './engine.ts'
import { primeByRestore } from './engine-restore.ts'
import { type ErrorContext, type FrameSource } from '../guest/guest-error.ts'
import { ToGuest } from '../guest/guest-glue.ts'
import { isPath, toPriming } from '../guest/image.ts'
import { createCompiler, fileName } from '../guest/program.ts'
import {
  type Batch,
  type Ending,
  type ForgetMessage,
  type ImageMessage,
  readRun,
  RUN_FIELDS,
  type RunEntry,
  ToHost,
  ToWorker,
} from './protocol.ts'
import { Slot, type SlotListener } from './slot.ts'

/** How a thread with slots talks to its host. */
export interface SlotPort {
  /** What the host sent meanwhile, without waiting for it. */
  waiting(): readonly SlotMessage[]
  post(batch: Batch): void
}

export type SlotMessage = Batch | ImageMessage | ForgetMessage

/** Where host and thread agree on what has begun and what is to stop, also while a program keeps the thread. */
export interface Turnstile {
  /** True when the run has begun here: now the host cannot take it back any more. */
  claim(slot: number, run: number): boolean
  /** False when the host took the run back: then somebody else runs it. */
  isOpen(slot: number, run: number): boolean
  /** Why the host asked for an end, if it did; it also sends a message, which a spinning program would not let through. */
  stopReason(slot: number, run: number): 'timeout' | 'cancelled' | undefined
}

export interface SlotHostOptions {
  readonly slots: number
  /** Leaves the in-place reset alone, for tests of the way out. */
  readonly restoreOnly: boolean
  readonly port: SlotPort
  readonly turnstile: Turnstile
}

interface PreparedImage {
  readonly primed: Primed
  readonly sources: ReadonlyMap<string, FrameSource>
  readonly paths: readonly string[]
}

const COMPILED_BYTES = 8 * 1024 * 1024
/** Programs that may be at work within each other's turns: each takes its part of the stack. */
const MAX_SHARING = 3

/** Hosts some slots on one thread, each with an own engine, between which it changes whenever a program waits. */
export class SlotHost {
  private readonly port: SlotPort
  private readonly turnstile: Turnstile
  private readonly restoreOnly: boolean
  private readonly slots: readonly Slot[]
  private readonly compile = createCompiler(COMPILED_BYTES)
  private readonly images = new Map<string, Promise<PreparedImage>>()
  private readonly ready = new Map<string, PreparedImage>()
  private readonly yielded: Slot[] = []
  private isResumePlanned = false
  /** What came and is not done yet: a program that computes is at work in the middle of it, and others go on from there. */
  private readonly inbox: { readonly batch: Batch; at: number }[] = []
  /** Messages for programs that were at work when they came. */
  private readonly deferred: Batch = []
  private sharing = 0
  private readonly dirty = new Set<Slot>()
  private outgoing: Batch = []
  /** The host believes that a program keeps this thread, until it hears anything else. */
  private isBusyTold = false
  private engineChoice: Promise<Prime> | undefined

  constructor({ slots, restoreOnly, port, turnstile }: SlotHostOptions) {
    this.port = port
    this.turnstile = turnstile
    this.restoreOnly = restoreOnly
    const listener: SlotListener = {
      called: (slot, id, index, text) => this.outgoing.push(ToHost.call, slot.index, slot.run, id, index, text),
      ended: (slot, ending) => this.tellEnd(slot, ending),
      busy: () => this.tellBusy(),
      discarded: (reason) => this.outgoing.push(ToHost.discarded, reason),
      stopReason: (slot) => turnstile.stopReason(slot.index, slot.run),
      share: (isBusy) => this.share(isBusy),
      yielded: (slot) => this.planResume(slot),
      answer: createServices(),
      woken: (slot) => this.wake(slot),
    }
    this.slots = Array.from({ length: slots }, (_, index) => new Slot(index, listener))
  }

  /** Does what the host asks for; a program that computes meanwhile has what comes after it done by {@link share}. */
  receive(messages: readonly SlotMessage[]): void {
    for (const message of messages) {
      if (Array.isArray(message)) this.inbox.push({ batch: message, at: 0 })
      else if (message.kind === 'image') this.prepare(message)
      else {
        this.images.delete(message.key)
        this.ready.delete(message.key)
      }
    }
    this.handleInbox()
  }

  /** The same with what came meanwhile. */
  receiveWaiting(): void {
    for (let messages = this.port.waiting(); messages.length > 0; messages = this.port.waiting()) this.receive(messages)
  }

  /** One message for all that happened; engines are cleaned after it, while the host works on it. */
  flush(): void {
    if (this.sharing === 0) {
      while (this.deferred.length > 0) this.handleDeferred()
      if (this.isBusyTold && this.outgoing.length === 0) this.outgoing.push(ToHost.free)
      this.isBusyTold = false
    }
    if (this.outgoing.length > 0) this.port.post(this.outgoing)
    this.outgoing = []
    for (const slot of this.dirty) this.cleanAhead(slot)
    this.dirty.clear()
  }

  private handleInbox(): void {
    for (let first = this.inbox[0]; first !== undefined; first = this.inbox[0]) {
      if (first.at >= first.batch.length) this.inbox.shift()
      else this.handleNext(first)
    }
  }

  private handleNext(entry: { readonly batch: Batch; at: number }): void {
    const { batch, at } = entry
    const operation = batch[at] as number
    if (operation === ToWorker.run) {
      entry.at += RUN_FIELDS + 1
      return this.accept(readRun(batch, at))
    }
    const slot = this.slots[batch[at + 1] as number]
    const size = operation === ToWorker.stop ? 4 : 5
    entry.at += size
    if (slot?.active === true) {
      this.deferred.push(...batch.slice(at, at + size))
      return
    }
    const current = slot !== undefined && slot.running && slot.run === batch[at + 2] ? slot : undefined
    if (operation === ToWorker.stop) current?.stop(batch[at + 3] === 1 ? 'cancelled' : 'timeout')
    else current?.deliver(batch[at + 3] as number, operation === ToWorker.answer, batch[at + 4] as string)
  }

  private handleDeferred(): void {
    if (this.deferred.length > 0) this.inbox.push({ batch: this.deferred.splice(0), at: 0 })
    this.handleInbox()
  }

  /** A turn for the others while a program computes: what came for them is done, on top of its stack. */
  private share(isBusy: boolean): void {
    if (this.sharing === MAX_SHARING) return
    this.sharing++
    try {
      // Those that were at work within another's turn may have returned; the others are deferred again.
      this.handleDeferred()
      this.receiveWaiting()
      this.resumeAll()
      // The thread answers, but a new program is better off elsewhere.
      if (isBusy && this.outgoing.length > 0) this.outgoing.push(ToHost.busy)
      this.flush()
    } finally {
      this.sharing--
    }
  }

  private wake(slot: Slot): void {
    // Alarms may ring early: then it sleeps again.
    if (slot.running) slot.resume()
    this.flush()
  }

  private resumeAll(): void {
    for (const slot of this.slots) if (slot.isDue && !slot.active) slot.resume()

    // One that computes has the others resumed meanwhile, and one that yields again waits for the next time.
    for (let count = this.yielded.length; count > 0; count--) {
      const slot = this.yielded.shift()
      if (slot?.running) slot.resume()
    }
  }

  private prepare({ key, image, module }: ImageMessage): void {
    // The host hears of it before a program begins, which may keep this thread for as long as it likes.
    const preparing = this.prepareImage(image, module).finally(() => this.port.post([ToHost.prepared, key]))
    this.images.set(key, preparing)
    preparing.then(
      (prepared) => this.images.has(key) && this.ready.set(key, prepared),
      () => undefined,
    )
  }

  private async prepareImage(image: SandboxImage, compiling: ImageMessage['module']): Promise<PreparedImage> {
    const module = await compiling
    this.engineChoice ??= this.restoreOnly ? Promise.resolve(primeByRestore) : chooseEngine(module)
    const prime = await this.engineChoice
    return {
      primed: await prime(module, toPriming(image)),
      sources: new Map(image.modules.map(({ name, source }) => [fileName(name), { source, kind: 'module' }])),
      paths: [...image.functions, ...image.modules]
        .map(({ path }) => path)
        .filter(isPath)
        .map((path) => path.join('.')),
    }
  }

  private accept(entry: RunEntry): void {
    const slot = this.slots[entry.slot]
    if (slot === undefined) return
    const image = this.ready.get(entry.key)
    if (image !== undefined && slot.isReady(entry.key)) this.start(slot, entry, image)
    else void this.prepareAndStart(slot, entry)
  }

  private async prepareAndStart(slot: Slot, entry: RunEntry): Promise<void> {
    try {
      const image = this.ready.get(entry.key) ?? (await this.images.get(entry.key))
      if (image === undefined) throw new Error('the image was not sent')
      // Whoever took this run back may have sent another one here, which prepares the slot as well.
      while (this.turnstile.isOpen(slot.index, entry.run) && !slot.isReady(entry.key)) {
        slot.cleaning ??= this.cleaning(slot, entry.key, image, entry.limits.memoryBytes)
        await slot.cleaning
      }
      this.start(slot, entry, image)
      const reason = slot.run === entry.run ? this.turnstile.stopReason(slot.index, slot.run) : undefined
      if (reason !== undefined) slot.stop(reason)
    } catch (error) {
      this.fail(slot, entry, error)
    }
    this.flush()
  }

  private fail(slot: Slot, entry: RunEntry, thrown: unknown): void {
    const hasBegun = slot.running && slot.run === entry.run
    if (!hasBegun && !this.claim(slot, entry)) return
    slot.discard('engine')
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    const error = { name: 'Error', code: 'INTERNAL', message } as const
    if (hasBegun) return slot.refuse(error)
    slot.run = entry.run
    this.tellEnd(slot, { status: 'error', error })
  }

  /** Makes a slot clean, which whoever needs it waits for. */
  private cleaning(slot: Slot, key: string, image: PreparedImage, memoryBytes: number): Promise<void> {
    return this.makeClean(slot, key, image, memoryBytes).finally(() => {
      slot.cleaning = undefined
    })
  }

  private async makeClean(slot: Slot, key: string, image: PreparedImage, memoryBytes: number): Promise<void> {
    const before = performance.now()
    if (slot.key !== key) slot.discard('image')
    slot.key = key
    if (slot.engine !== undefined && !(await slot.engine.reset(memoryBytes))) slot.discard('growth')
    if (slot.engine === undefined) {
      slot.engine = await image.primed.start(slot)
      slot.fresh = true
      await slot.engine.reset(memoryBytes)
    }
    slot.clean = true
    slot.setupMs = performance.now() - before
  }

  /** False, and the host is told that nothing keeps this thread, when it took the run back. */
  private claim(slot: Slot, { run }: RunEntry): boolean {
    const isOpen = this.turnstile.claim(slot.index, run)
    if (!isOpen) this.outgoing.push(ToHost.skipped, run)
    return isOpen
  }

  private start(slot: Slot, entry: RunEntry, image: PreparedImage): void {
    if (!this.claim(slot, entry)) return
    if (entry.kind === 'module') {
      slot.begin(entry, { find: (file) => image.sources.get(file), paths: image.paths })
      slot.startModule(entry.code)
      return
    }
    const compilation = this.compile(entry.code, entry.kind === 'metadata' ? 'module' : 'body', entry.name)
    slot.begin(entry, contextOf(entry, image))
    if (compilation.ok) {
      slot.startProgram(compilation.program, entry.kind === 'metadata' ? ToGuest.metadata : ToGuest.body)
    } else slot.refuse(compilation.error)
  }

  private tellBusy(): void {
    this.isBusyTold = true
    this.port.post([ToHost.busy])
  }

  private tellEnd(slot: Slot, ending: Ending): void {
    const durationMs = performance.now() - slot.startedAt
    const { status, value = '', error } = ending
    this.outgoing.push(
      ToHost.done,
      slot.index,
      slot.run,
      status,
      value,
      error ?? 0,
      slot.logs,
      slot.hostCalls,
      durationMs,
    )
    this.outgoing.push(slot.setupMs, slot.fresh ? 1 : 0)
    this.dirty.add(slot)
  }

  private planResume(slot: Slot): void {
    this.yielded.push(slot)
    if (!this.isResumePlanned) setImmediate(() => this.resumeYielded())
    this.isResumePlanned = true
  }

  private resumeYielded(): void {
    this.isResumePlanned = false
    this.resumeAll()
    this.flush()
  }

  private cleanAhead(slot: Slot): void {
    const image = this.ready.get(slot.key)
    if (slot.running || image === undefined) return
    slot.cleaning = this.cleaning(slot, slot.key, image, slot.memoryBytes)
      .catch(() => slot.discard('engine'))
      .finally(() => {
        if (this.outgoing.length > 0) setImmediate(() => this.flush())
      })
  }
}

function contextOf(entry: RunEntry, image: PreparedImage): ErrorContext {
  const own: FrameSource = { source: entry.code, kind: entry.kind === 'metadata' ? 'module' : 'body' }
  return { find: (file) => (file === fileName(entry.name) ? own : image.sources.get(file)), paths: image.paths }
}
