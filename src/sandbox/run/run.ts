import { createAborter } from '../../internal/signal.ts'
import { OptimizerError } from '../../errors.ts'
import { messageOf, modelText, serverText } from '../../internal/text.ts'
import {
  type GuestError,
  type HostCall,
  type Outcome,
  type OutcomeStatus,
  type Program,
  type SandboxImage,
  type SandboxLimits,
} from '../sandbox.ts'
import { decide, MAX_EXCUSED_MS, type Parting } from './attempts.ts'
import { type Answer, Journal } from './journal.ts'
import { cancelledError, timeoutError } from './stop-errors.ts'

/** One program on its way: what the host knows of it. */
export class Run {
  readonly program: Program
  readonly limits: SandboxLimits
  /** What its random numbers start from: the same when it starts again. */
  readonly seed: number = Math.floor(Math.random() * 2 ** 52)
  private readonly functions: SandboxImage['functions']
  /** Starts, those not counted after which it was handed back unstarted. */
  attempts = 0
  /** How often it was handed back unstarted. */
  handBacks = 0
  /** Milliseconds of its starts without a begin that were given back to it. */
  excusedMs = 0
  hostCalls = 0
  /** Calls that the host has not answered. */
  inFlight = 0
  timer: ReturnType<typeof setTimeout> | undefined
  /** Why the host stops it. */
  stopping: 'timeout' | 'cancelled' | undefined
  readonly outcome: Promise<Outcome>
  private startedAt = performance.now()
  /** Since when it has waited to begin. */
  private waitsSince = this.startedAt
  private readonly call: HostCall
  private readonly takesSignal: boolean
  private readonly journal = new Journal()
  private diverged = false
  private controller: AbortController | undefined
  private resolve: ((outcome: Outcome) => void) | undefined

  /** `takesSignal`: false where calls do not look at their signal, which is costly to make; they get one that never aborts. */
  constructor(image: SandboxImage, program: Program, call: HostCall, limits: SandboxLimits, takesSignal = true) {
    this.program = program
    this.call = call
    this.takesSignal = takesSignal
    this.limits = limits
    this.functions = image.functions
    this.outcome = new Promise((resolve) => {
      this.resolve = resolve
    })
  }

  get ended(): boolean {
    return this.resolve === undefined
  }

  /** Its time runs from here: what it needs to begin is ready only now. */
  restartClock(): void {
    this.startedAt = performance.now()
    this.waitsSince = this.startedAt
  }

  /** A member is asked to begin it. */
  start(): void {
    this.attempts++
  }

  /** A member hands it back unstarted. */
  handBack(): void {
    this.attempts--
    this.handBacks++
  }

  /** Ends the program that left a member without an outcome, or prepares its next start. True: it starts again. */
  goesOn(parting: Exclude<Parting, 'ended'>): boolean {
    const decision = decide(this, parting)
    if (decision === 'timeout') this.finishStopped('timeout')
    if (decision === 'lost') this.finishLost()
    if (decision === 'restart, excused') this.excuse()
    if (this.ended) return false
    this.journal.rewind()
    this.waitsSince = performance.now()
    return true
  }

  /** Gives back the time in which it waited to begin, and did not. */
  private excuse(): void {
    const givenMs = Math.min(performance.now() - this.waitsSince, MAX_EXCUSED_MS - this.excusedMs)
    this.excusedMs += givenMs
    this.startedAt += givenMs
  }

  get remainingMs(): number {
    return this.startedAt + this.limits.timeoutMs - performance.now()
  }

  /** All its calls are known with their answers, so it may start again without making one of them twice. */
  get canStartAgain(): boolean {
    return this.journal.isComplete && !this.diverged
  }

  /**
   * Makes a host call; `answer` gets its JSON text, or that of the error. Not called after the end. False: the program
   * started again and does something else than before, so that it has to end.
   */
  handleCall(index: number, argument: string, answer: Answer): boolean {
    const target = this.functions[index]
    if (this.ended || target === undefined) return true
    if (this.journal.isBehind) {
      this.diverged = !this.journal.repeat(index, argument, answer)
      return !this.diverged
    }
    if (this.hostCalls < this.limits.hostCalls)
      this.makeCall(target.name, argument, this.journal.add(index, argument, answer))
    return true
  }

  private makeCall(name: string, argument: string, answer: Answer): void {
    this.hostCalls++
    this.inFlight++
    if (this.takesSignal) this.controller ??= createAborter()
    const finish = (ok: boolean, text: string): void => {
      this.inFlight--
      if (!this.ended) answer(ok, text)
    }
    const fail = (error: unknown): void => finish(false, JSON.stringify(toRejection(error)))
    try {
      this.call(name, argument, this.controller?.signal ?? NEVER).then((text) => {
        if (isLonger(text, this.limits.answerBytes)) fail(tooLong(name, this.limits.answerBytes))
        else finish(true, text)
      }, fail)
    } catch (error) {
      fail(error)
    }
  }

  finish(outcome: Outcome): void {
    const { resolve } = this
    this.resolve = undefined
    clearTimeout(this.timer)
    const reachedEnd = ENDS.has(outcome.status)
    resolve?.(this.diverged || (reachedEnd && this.journal.isBehind) ? this.lost() : outcome)
    this.controller?.abort(ENDED)
  }

  /** Ends it by what the host knows alone: the thread does not answer. */
  finishHere(status: OutcomeStatus, error: GuestError): void {
    this.finish(this.outcomeHere(status, error))
  }

  finishStopped(status: 'timeout' | 'cancelled'): void {
    this.finishHere(status, status === 'timeout' ? timeoutError(this.limits.timeoutMs) : cancelledError())
  }

  finishLost(): void {
    this.finish(this.lost())
  }

  private lost(): Outcome {
    return this.outcomeHere('lost', {
      name: 'Error',
      code: 'SANDBOX_LOST',
      message: `the sandbox was lost after ${this.hostCalls} host calls, which may have taken effect`,
      details: { hostCalls: this.hostCalls },
    })
  }

  private outcomeHere(status: OutcomeStatus, error: GuestError): Outcome {
    const durationMs = performance.now() - this.startedAt
    return { status, error, logs: [], hostCalls: this.hostCalls, durationMs, setupMs: 0 }
  }
}

/** Ways of ending that a program comes to by itself. */
const ENDS: ReadonlySet<OutcomeStatus> = new Set<OutcomeStatus>(['ok', 'incomplete', 'error'])
const NEVER = createAborter().signal
// One for all runs: making it costs more than the abort.
const ENDED = new DOMException('the program has ended', 'AbortError')

/** True when the UTF-8 text has more bytes than `limit`; counts only where that is in doubt. */
export function isLonger(text: string, limit: number): boolean {
  if (text.length > limit) return true
  return text.length * 3 > limit && Buffer.byteLength(text) > limit
}

function tooLong(name: string, limit: number): OptimizerError {
  return new OptimizerError(
    'LIMIT_EXCEEDED',
    `the answer of ${name} is larger than ${limit} bytes: ask for less at once`,
  )
}

/** What a guest may know of a failed call. */
function toRejection(error: unknown): Record<string, unknown> {
  const name = error instanceof Error ? modelText(error.name, 100) : 'Error'
  if (!OptimizerError.is(error)) return { name, message: modelText(messageOf(error)) }
  const body = { name, message: serverText(error.message) }
  const details = error.details !== undefined && isSmallJson(error.details) ? { details: error.details } : {}
  return { ...body, code: error.code, ...details }
}

function isSmallJson(value: unknown): boolean {
  try {
    return JSON.stringify(value).length < 16_384
  } catch {
    return false
  }
}
