import { MAX_QUESTION_BYTES, TOO_LONG } from '../guest/services.ts'
import { isTooDeep } from '../../internal/json-depth.ts'
import { type GuestError } from '../sandbox.ts'
import { incompleteError } from '../run/incomplete.ts'
import { timeoutError } from '../run/stop-errors.ts'
import { type Engine, EngineFailure, type EngineHost, type LazyText } from './engine.ts'
import { type ErrorContext, toGuestError } from '../guest/guest-error.ts'
import { FromGuest, ToGuest } from '../guest/guest-glue.ts'
import { type CompiledProgram } from '../guest/program.ts'
import { type DiscardReason, type Ending, type RunEntry } from './protocol.ts'

/** What a slot tells the thread that it is part of. */
export interface SlotListener {
  called(slot: Slot, id: number, index: number, text: string): void
  ended(slot: Slot, ending: Ending): void
  /** The running program keeps the thread for long. */
  busy(): void
  /** Why the host told this run to stop, if it did. */
  stopReason(slot: Slot): 'timeout' | 'cancelled' | undefined
  /** The running program has had its turn and goes on: others of the thread have theirs now, within this call. */
  share(isBusy: boolean): void
  /** Calls {@link Slot.resume} soon, after other slots had their turn. */
  yielded(slot: Slot): void
  discarded(reason: DiscardReason): void
  /** Answers what a program asks of the thread itself: JSON text for JSON text. */
  answer(question: string): string
  /** The time that a program asked to be woken at has come, while nothing runs in this thread. */
  woken(slot: Slot): void
}

const JOBS_AT_ONCE = 256
/** Milliseconds after which other programs of the thread get their turn. */
const TURN_MS = 10
/** Milliseconds of one synchronous stretch after which the host is told that the thread is busy. */
const BUSY_MS = 50
const MAX_DEPTH = 2_000
/** Milliseconds in which the result of a program that reached a limit after it had returned is read. */
const LAST_WORDS_MS = 100
/** Rounds in which a program that has nothing under way may begin something new. */
const MAX_ROUNDS = 10_000

/** Runs programs one after another in one engine. */
export class Slot implements EngineHost {
  readonly index: number
  engine: Engine | undefined
  /** The image that the engine was made for. */
  key = ''
  clean = false
  /** The engine has run no program yet. */
  fresh = true
  /** Making clean under way; awaited before the next run. */
  cleaning: Promise<void> | undefined
  memoryBytes = 0
  /** Its engine is at work on this thread's stack: nothing else may enter it. */
  active = false
  run = 0
  startedAt = 0
  setupMs = 0
  hostCalls = 0
  logs: string[] = []
  private entry: RunEntry | undefined
  private context: ErrorContext = { find: () => undefined, paths: [] }
  private readonly listener: SlotListener
  private deadline = 0
  private turnStart = 0
  private sharedAt = 0
  private busyTold = false
  private inFlight = 0
  private logBytes = 0
  private ending: Ending | undefined
  /** When the program is woken, as it asked; the one alarm that it has. */
  private wakeAt: number | undefined
  /** It may not be woken before. */
  private wakesByTime = false
  private alarm: ReturnType<typeof setTimeout> | undefined
  /** The program's function has returned: what is left is the work that it started and did not await. */
  private hasReturned = false
  /** What its result is if nothing else is left to do. */
  private likely: Ending | undefined
  private goesOn = false
  private rounds = 0
  /** What the result is read after, of a program that reached a limit. */
  private cause: GuestError | undefined
  private failed: GuestError[] = []
  private failures = 0

  constructor(index: number, listener: SlotListener) {
    this.index = index
    this.listener = listener
  }

  get running(): boolean {
    return this.entry !== undefined
  }

  /** The time that its program asked to be woken at has come. */
  get isDue(): boolean {
    return this.running && this.wakeAt !== undefined && performance.now() >= this.wakeAt
  }

  /** Clean for a program with this image. */
  isReady(key: string): boolean {
    return this.clean && this.cleaning === undefined && this.engine !== undefined && this.key === key
  }

  /** Throws the engine away, if there is one. */
  discard(reason: DiscardReason): void {
    if (this.engine === undefined) return
    this.engine = undefined
    this.listener.discarded(reason)
  }

  /** Prepares for a run; the engine must be clean. */
  begin(entry: RunEntry, context: ErrorContext): void {
    this.entry = entry
    this.context = context
    this.run = entry.run
    this.memoryBytes = entry.limits.memoryBytes
    this.startedAt = performance.now()
    this.deadline = this.startedAt + entry.limits.timeoutMs
    this.inFlight = 0
    this.hostCalls = 0
    this.logBytes = 0
    this.logs = []
    this.ending = undefined
    this.wakeAt = undefined
    this.hasReturned = false
    this.likely = undefined
    this.rounds = 0
    this.cause = undefined
    this.failed = []
    this.failures = 0
    this.clean = false
    this.startTurn()
    this.work((engine) => engine.enter(ToGuest.begin, entry.seed, String(entry.limits.hostCallsInFlight)))
  }

  /** Starts a program. */
  startProgram(program: CompiledProgram, operation: number): void {
    const text = this.entry?.input ?? 'null'
    const target = { operation, number: 0, text: text === '' ? 'null' : text }
    this.work((engine) => engine.evaluate(program.script, program.file, target, ToGuest.thrown))
    this.proceed()
  }

  startModule(name: string): void {
    this.work((engine) => engine.enter(ToGuest.callModule, 0, this.entry?.input ?? 'null', name))
    this.proceed()
  }

  /** Ends the run with an error that was found before the program started. */
  refuse(error: GuestError): void {
    this.end({ status: 'error', error })
  }

  /** The host's answer to a call: JSON text of the result, or of `{name, code, message, details}`. */
  deliver(id: number, ok: boolean, text: string): void {
    this.startTurn()
    this.inFlight--
    this.work((engine) => (ok ? engine.enterJson(id, text) : engine.enter(ToGuest.reject, id, text)))
    this.proceed()
  }

  /** Goes on after a turn of others. */
  resume(): void {
    this.startTurn()
    this.proceed()
  }

  stop(status: 'timeout' | 'cancelled'): void {
    if (this.ending === undefined && this.entry !== undefined) this.end(this.stopped(status))
  }

  /** Runs promise reactions until none is left, the run ends, or others should have their turn. */
  private proceed(): void {
    for (;;) {
      if (this.finishIfEnded()) return
      const more = this.work((engine) => engine.runJobs(JOBS_AT_ONCE))
      if (more !== true && !this.isUnderWay) this.ending ??= this.likely
      this.likely = undefined
      if (this.finishIfEnded()) return
      if (more === true || this.wakeIfDue() || this.wakeLast()) {
        if (this.interrupt()) continue
        if (performance.now() - this.turnStart > TURN_MS) return this.listener.yielded(this)
      } else if (this.isUnderWay) return this.sleep()
      else this.close()
    }
  }

  /** Something is to come from outside: an answer, or the time of a timer. */
  private get isUnderWay(): boolean {
    return this.inFlight > 0 || this.wakeAt !== undefined
  }

  /** Nothing is under way. The result is read now, and only now: the work that nobody awaited may have filled it. */
  private close(): void {
    if (!this.hasReturned) {
      this.ending = this.deadlock()
      return
    }
    this.goesOn = false
    const stage = this.rounds++ < MAX_ROUNDS ? 0 : 2
    this.work((engine) => engine.enter(ToGuest.close, stage, ''))
    if (!this.goesOn) this.ending ??= this.deadlock()
    else if (this.ending === undefined) this.interrupt()
  }

  // ---- asked by the engine ----

  call(operation: number, id: number, index: number, text: LazyText): number | string {
    const limits = this.entry?.limits
    if (limits === undefined || this.ending !== undefined) return 3
    if (operation === FromGuest.call) return this.handleCall(id, index, text)
    if (operation === FromGuest.ask)
      return text.bytes > MAX_QUESTION_BYTES ? TOO_LONG : this.listener.answer(text.read())
    if (operation === FromGuest.wake) return this.handleWake(id, index)
    if (operation === FromGuest.log) return this.handleLog(text)
    if (operation === FromGuest.returned) this.hasReturned = true
    else if (operation === FromGuest.goesOn) this.goesOn = true
    else if (operation === FromGuest.rejected) this.addFailure(text.read(), id)
    else if (operation === FromGuest.fail) this.ending = this.toFailure(text.read(), id === 1)
    else if (operation === FromGuest.done) this.handleDone(this.toResult(text, index === 1), id === 1)
    return 0
  }

  now(): number {
    return this.entry?.now ?? Date.now()
  }

  interrupt(): boolean {
    if (this.ending !== undefined) return true
    const now = performance.now()
    const reason = this.cause === undefined ? this.listener.stopReason(this) : undefined
    if (now >= this.deadline) this.ending = this.stopped('timeout')
    else if (reason !== undefined) this.ending = this.stopped(reason)
    else this.giveWay(now)
    return this.ending !== undefined
  }

  private giveWay(now: number): void {
    if (!this.busyTold && now - this.turnStart > BUSY_MS) {
      this.busyTold = true
      this.listener.busy()
    }
    if (now - this.sharedAt < TURN_MS) return
    this.listener.share(this.busyTold)
    this.sharedAt = performance.now()
  }

  private handleCall(id: number, index: number, text: LazyText): number {
    const limits = this.entry?.limits
    if (limits === undefined || this.cause !== undefined) return 3
    if (this.hostCalls >= limits.hostCalls) {
      this.ending = this.overLimit(
        'hostCalls',
        limits.hostCalls,
        `the program made more than ${limits.hostCalls} host calls`,
      )
      return 3
    }
    if (text.bytes > limits.argumentBytes) return 1
    const argument = text.read()
    if (isTooDeep(argument, MAX_DEPTH)) return 2
    this.hostCalls++
    this.inFlight++
    this.listener.called(this, id, index, argument)
    return 0
  }

  /** Answers milliseconds since the start; a negative delay takes back what was asked before. */
  private handleWake(asked: number, delayMs: number): number {
    const now = performance.now()
    if (asked > 0) {
      this.wakeAt = delayMs >= 0 ? now + delayMs : undefined
      this.wakesByTime = asked === 2
    }
    return Math.floor(now - this.startedAt)
  }

  /** True when the program was woken. */
  private wakeIfDue(): boolean {
    if (!this.isDue) return false
    this.wakeAt = undefined
    this.work((engine) => engine.enter(ToGuest.wake, 0, ''))
    return true
  }

  /** Nobody waits for what timers are there for once the program has returned, so that only calls of theirs keep their time. */
  private wakeLast(): boolean {
    if (!this.hasReturned || this.inFlight > 0 || this.wakeAt === undefined || this.wakesByTime) return false
    this.wakeAt = undefined
    this.work((engine) => engine.enter(ToGuest.wake, 1, ''))
    return true
  }

  private sleep(): void {
    clearTimeout(this.alarm)
    const delay = this.wakeAt === undefined ? undefined : this.wakeAt - performance.now()
    if (delay !== undefined) this.alarm = setTimeout(() => this.listener.woken(this), Math.max(0, Math.ceil(delay)))
  }

  private handleLog(text: LazyText): number {
    const limit = this.entry?.limits.logBytes ?? 0
    this.logBytes += text.bytes + 1
    if (this.logBytes <= limit) {
      this.logs.push(text.read())
      return 0
    }
    this.logs.push(`… the rest of the output is cut: it is longer than ${limit} bytes`)
    return 1
  }

  /** `isLikely`: it is the end if the program has nothing else to do. */
  private handleDone(ending: Ending, isLikely: boolean): void {
    if (!isLikely) this.ending = ending
    else if (this.engine?.pauseJobs() === true) this.likely = ending
    this.hasReturned = true
  }

  private toResult(text: LazyText, isNothing: boolean): Ending {
    const limit = this.entry?.limits.resultBytes ?? 0
    if (text.bytes > limit) {
      return this.overLimit('resultBytes', limit, `the result has ${text.bytes} bytes; the limit is ${limit}`)
    }
    const value = text.read()
    if (isTooDeep(value, MAX_DEPTH))
      return this.overLimit('depth', MAX_DEPTH, `the result nests deeper than ${MAX_DEPTH} levels`)
    const told = isNothing ? '' : value
    if (this.failures === 0 && this.cause === undefined) return { status: 'ok', value: told }
    return { status: 'incomplete', value: told, error: incompleteError(this.failed, this.failures, this.cause) }
  }

  private addFailure(description: string, total: number): void {
    this.failed.push(toGuestError(description, false, this.context))
    this.failures = total
  }

  /** A limit cut off what a program had left to do when it had returned: its result is kept. */
  private lastWords(ending: Ending): Ending {
    this.ending = undefined
    this.cause = ending.error
    this.deadline = performance.now() + LAST_WORDS_MS
    this.work((engine) => engine.enter(ToGuest.close, 1, ''))
    this.work((engine) => engine.runJobs(JOBS_AT_ONCE))
    this.work((engine) => engine.enter(ToGuest.close, 2, ''))
    const told = this.ending as Ending | undefined
    return told?.status === 'incomplete' ? told : ending
  }

  private toFailure(description: string, parsing: boolean): Ending {
    const error = toGuestError(description, parsing, this.context)
    const exhausted = error.name === 'InternalError' && error.message === 'out of memory'
    if (exhausted || (error.message === 'null' && this.isMemoryFull())) return this.outOfMemory()
    return { status: 'error', error }
  }

  private deadlock(): Ending {
    if (this.isMemoryFull()) return this.outOfMemory()
    const message = 'the program waits for a promise that nothing will settle (deadlock): no call is in flight'
    return { status: 'error', error: { name: 'Error', code: 'PROGRAM_ERROR', message } }
  }

  private stopped(status: 'timeout' | 'cancelled'): Ending {
    const timeoutMs = this.entry?.limits.timeoutMs ?? 0
    return status === 'timeout'
      ? { status, error: timeoutError(timeoutMs) }
      : { status, error: { name: 'Error', code: 'CANCELLED', message: 'the program was cancelled' } }
  }

  private overLimit(limit: string, maximum: number, message: string): Ending {
    return { status: 'limit', error: { name: 'Error', code: 'LIMIT_EXCEEDED', message, details: { limit, maximum } } }
  }

  private outOfMemory(): Ending {
    const bytes = this.entry?.limits.memoryBytes ?? 0
    const message = `the program used more than ${Math.round(bytes / 1024 / 1024)} MB of memory`
    return { status: 'memory', error: { name: 'Error', code: 'MEMORY_LIMIT', message } }
  }

  private isMemoryFull(): boolean {
    return (this.engine?.memoryBytes ?? 0) > (this.entry?.limits.memoryBytes ?? 0) * 0.75
  }

  private startTurn(): void {
    this.turnStart = performance.now()
    this.sharedAt = this.turnStart
    this.busyTold = false
  }

  private work<T>(use: (engine: Engine) => T): T | undefined {
    if (this.engine === undefined || this.ending !== undefined) return undefined
    this.active = true
    try {
      return use(this.engine)
    } catch (error) {
      this.ending ??= this.toEngineFailure(error)
      this.discard(this.ending.status === 'memory' ? 'memory' : 'engine')
      return undefined
    } finally {
      this.active = false
    }
  }

  private toEngineFailure(error: unknown): Ending {
    if (error instanceof EngineFailure && error.memory) return this.outOfMemory()
    const message = `the program broke the JavaScript engine of its sandbox: ${
      error instanceof Error && /call stack/i.test(error.message) ? 'recursion too deep' : 'internal failure'
    }`
    return { status: 'error', error: { name: 'InternalError', code: 'PROGRAM_ERROR', message } }
  }

  private finishIfEnded(): boolean {
    if (this.entry === undefined) return true
    if (this.ending === undefined) return false
    this.end(this.ending)
    return true
  }

  private end(ending: Ending): void {
    const { status } = ending
    const isCutOff = this.hasReturned && (status === 'timeout' || status === 'limit') && this.cause === undefined
    const told = isCutOff ? this.lastWords(ending) : ending
    this.ending = told
    this.entry = undefined
    this.wakeAt = undefined
    clearTimeout(this.alarm)
    // Reset only after an end that the program itself reached: after all others the engine is not trusted.
    if (status !== 'ok' && status !== 'incomplete' && status !== 'error' && status !== 'lost') this.discard(status)
    this.listener.ended(this, told)
    this.fresh = false
  }
}
