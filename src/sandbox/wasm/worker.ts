// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type SandboxImage } from '../sandbox.ts'
import { chooseEngine } from './engine-choice.ts'
import { type Prime, type Primed } from './engine.ts'
import { primeByRestore } from './engine-restore.ts'
import { type ErrorContext, type FrameSource } from './guest-error.ts'
import { ToGuest } from './guest-glue.ts'
import { isPath, toPriming } from './image.ts'
import { createCompiler, fileName } from './program.ts'
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
  type WorkerSetup,
} from './protocol.ts'
import { Slot, type SlotListener } from './slot.ts'

/** One thread: some slots, each with an own engine, between which it changes whenever a program waits. */

interface PreparedImage {
  readonly primed: Primed
  readonly sources: ReadonlyMap<string, FrameSource>
  readonly paths: readonly string[]
}

const port = requirePort()
const setup = workerData as WorkerSetup
const control = new Int32Array(setup.control)
const compile = createCompiler(8 * 1024 * 1024)
const images = new Map<string, Promise<PreparedImage>>()
const ready = new Map<string, PreparedImage>()
const yielded: Slot[] = []
let isResumePlanned = false
/** What came and is not done yet: a program that computes is at work in the middle of it, and others go on from there. */
const inbox: { readonly batch: Batch; at: number }[] = []
/** Messages for programs that were at work when they came. */
const deferred: Batch = []
/** Programs that may be at work within each other's turns: each takes its part of the stack. */
const MAX_SHARING = 3
let sharing = 0
const dirty = new Set<Slot>()
let outgoing: Batch = []
let engineChoice: Promise<Prime> | undefined

const listener: SlotListener = {
  called: (slot, id, index, text) => outgoing.push(ToHost.call, slot.index, slot.run, id, index, text),
  ended: (slot, ending) => tellEnd(slot, ending),
  busy: () => port.postMessage([ToHost.busy]),
  discarded: (reason) => outgoing.push(ToHost.discarded, reason),
  stopReason: (slot) => stopReason(slot),
  share,
  yielded: (slot) => {
    yielded.push(slot)
    if (!isResumePlanned) setImmediate(resumeYielded)
    isResumePlanned = true
  },
}
const slots = Array.from({ length: setup.slots }, (_, index) => new Slot(index, listener))

port.on('message', (message: unknown) => {
  handle(message)
  receiveAll()
  flush()
})

function handle(message: unknown): void {
  if (Array.isArray(message)) {
    inbox.push({ batch: message, at: 0 })
    handleInbox()
    return
  }
  const note = message as ImageMessage | ForgetMessage
  if (note.kind === 'image') prepare(note)
  else {
    images.delete(note.key)
    ready.delete(note.key)
  }
}

/** Whoever computes within a message has the rest done by {@link share}. */
function handleInbox(): void {
  for (let first = inbox[0]; first !== undefined; first = inbox[0]) {
    if (first.at >= first.batch.length) inbox.shift()
    else handleNext(first)
  }
}

function handleNext(entry: { readonly batch: Batch; at: number }): void {
  const { batch, at } = entry
  const operation = batch[at] as number
  if (operation === ToWorker.run) {
    entry.at += RUN_FIELDS + 1
    return accept(readRun(batch, at))
  }
  const slot = slots[batch[at + 1] as number]
  const size = operation === ToWorker.stop ? 4 : 5
  entry.at += size
  if (slot?.active === true) {
    deferred.push(...batch.slice(at, at + size))
    return
  }
  const current = slot !== undefined && slot.running && slot.run === batch[at + 2] ? slot : undefined
  if (operation === ToWorker.stop) current?.stop(batch[at + 3] === 1 ? 'cancelled' : 'timeout')
  else current?.deliver(batch[at + 3] as number, operation === ToWorker.answer, batch[at + 4] as string)
}

function handleDeferred(): void {
  if (deferred.length > 0) inbox.push({ batch: deferred.splice(0), at: 0 })
  handleInbox()
}

/** A turn for the others while a program computes: what came for them is done, on top of its stack. */
function share(isBusy: boolean): void {
  if (sharing === MAX_SHARING) return
  sharing++
  try {
    // Those that were at work within another's turn may have returned; the others are deferred again.
    handleDeferred()
    receiveAll()
    resumeAll()
    // The thread answers, but a new program is better off elsewhere.
    if (isBusy && outgoing.length > 0) outgoing.push(ToHost.busy)
    flush()
  } finally {
    sharing--
  }
}

function receiveAll(): void {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    handle(next.message)
  }
}

function resumeAll(): void {
  // One that computes has the others resumed meanwhile, and one that yields again waits for the next time.
  for (let count = yielded.length; count > 0; count--) {
    const slot = yielded.shift()
    if (slot?.running) slot.resume()
  }
}

function prepare({ key, image, module }: ImageMessage): void {
  // The host hears of it before a program begins, which may keep this thread for as long as it likes.
  const preparing = prepareImage(image, module).finally(() => port.postMessage([ToHost.prepared, key]))
  images.set(key, preparing)
  preparing.then(
    (prepared) => images.has(key) && ready.set(key, prepared),
    () => undefined,
  )
}

async function prepareImage(image: SandboxImage, module: WebAssembly.Module): Promise<PreparedImage> {
  engineChoice ??= setup.restoreOnly ? Promise.resolve(primeByRestore) : chooseEngine(module)
  const prime = await engineChoice
  return {
    primed: await prime(module, toPriming(image)),
    sources: new Map(image.modules.map(({ name, source }) => [fileName(name), { source, kind: 'module' }])),
    paths: [...image.functions, ...image.modules]
      .map(({ path }) => path)
      .filter(isPath)
      .map((path) => path.join('.')),
  }
}

function accept(entry: RunEntry): void {
  const slot = slots[entry.slot]
  if (slot === undefined) return
  const image = ready.get(entry.key)
  if (image !== undefined && slot.isReady(entry.key)) start(slot, entry, image)
  else void prepareAndStart(slot, entry)
}

async function prepareAndStart(slot: Slot, entry: RunEntry): Promise<void> {
  try {
    const image = ready.get(entry.key) ?? (await images.get(entry.key))
    if (image === undefined) throw new Error('the image was not sent')
    // Whoever took this run back may have sent another one here, which prepares the slot as well.
    while (isMine(entry) && !slot.isReady(entry.key)) {
      slot.cleaning ??= cleaning(slot, entry.key, image, entry.limits.memoryBytes)
      await slot.cleaning
    }
    start(slot, entry, image)
    const reason = slot.run === entry.run ? stopReason(slot) : undefined
    if (reason !== undefined) slot.stop(reason)
  } catch (error) {
    fail(slot, entry, error)
  }
  flush()
}

/** The host takes a run back by changing its number first: then somebody else runs it. */
function isMine({ slot, run }: RunEntry): boolean {
  return Atomics.load(control, slot * 2) === run
}

/** True when the run has begun here: now the host cannot take it back any more. */
function claim({ slot, run }: RunEntry): boolean {
  return Atomics.compareExchange(control, slot * 2, run, 0) === run
}

function fail(slot: Slot, entry: RunEntry, thrown: unknown): void {
  const hasBegun = slot.running && slot.run === entry.run
  if (!hasBegun && !claim(entry)) return
  slot.discard('engine')
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const error = { name: 'Error', code: 'INTERNAL', message } as const
  if (hasBegun) return slot.refuse(error)
  slot.run = entry.run
  tellEnd(slot, { status: 'error', error })
}

/** Makes a slot clean, which whoever needs it waits for. */
function cleaning(slot: Slot, key: string, image: PreparedImage, memoryBytes: number): Promise<void> {
  return makeClean(slot, key, image, memoryBytes).finally(() => {
    slot.cleaning = undefined
  })
}

async function makeClean(slot: Slot, key: string, image: PreparedImage, memoryBytes: number): Promise<void> {
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

function start(slot: Slot, entry: RunEntry, image: PreparedImage): void {
  if (!claim(entry)) return
  if (entry.kind === 'module') {
    slot.begin(entry, { find: (file) => image.sources.get(file), paths: image.paths })
    slot.startModule(entry.code)
    return
  }
  const compilation = compile(entry.code, entry.kind === 'metadata' ? 'module' : 'body', entry.name)
  slot.begin(entry, contextOf(entry, image))
  if (compilation.ok) {
    slot.startProgram(compilation.program, entry.kind === 'metadata' ? ToGuest.metadata : ToGuest.body)
  } else slot.refuse(compilation.error)
}

function contextOf(entry: RunEntry, image: PreparedImage): ErrorContext {
  const own: FrameSource = { source: entry.code, kind: entry.kind === 'metadata' ? 'module' : 'body' }
  return { find: (file) => (file === fileName(entry.name) ? own : image.sources.get(file)), paths: image.paths }
}

function tellEnd(slot: Slot, ending: Ending): void {
  const durationMs = performance.now() - slot.startedAt
  const { status, value = '', error } = ending
  outgoing.push(ToHost.done, slot.index, slot.run, status, value, error ?? 0, slot.logs, slot.hostCalls, durationMs)
  outgoing.push(slot.setupMs, slot.fresh ? 1 : 0)
  dirty.add(slot)
}

/** Why the host asked for an end, if it did; it also writes a message, which a spinning program would not let through. */
function stopReason(slot: Slot): 'timeout' | 'cancelled' | undefined {
  const told = Atomics.load(control, slot.index * 2 + 1)
  if (told === slot.run) return 'cancelled'
  return told === -slot.run ? 'timeout' : undefined
}

function resumeYielded(): void {
  isResumePlanned = false
  resumeAll()
  flush()
}

/** One message for all that happened; engines are cleaned after it, while the host works on it. */
function flush(): void {
  if (sharing === 0) while (deferred.length > 0) handleDeferred()
  if (outgoing.length > 0) port.postMessage(outgoing)
  outgoing = []
  for (const slot of dirty) cleanAhead(slot)
  dirty.clear()
}

function cleanAhead(slot: Slot): void {
  const image = ready.get(slot.key)
  if (slot.running || image === undefined) return
  slot.cleaning = cleaning(slot, slot.key, image, slot.memoryBytes)
    .catch(() => slot.discard('engine'))
    .finally(() => {
      if (outgoing.length > 0) setImmediate(flush)
    })
}

function requirePort(): NonNullable<typeof parentPort> {
  if (parentPort === null) throw new Error('this file runs as a worker thread')
  return parentPort
}
