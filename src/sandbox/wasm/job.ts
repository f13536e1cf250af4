import { OptimizerError } from '../../errors.ts'
import { modelText, messageOf } from '../../internal/text.ts'
import type { HostCall, Outcome, OutcomeStatus, Program, SandboxImage, SandboxLimits } from '../sandbox.ts'
import type { FromWorker, RunEnd } from './protocol.ts'

type CallMessage = Extract<FromWorker, { kind: 'call' }>
type Answer = (call: number, ok: boolean, text: string) => void

/** How often a program is started again after its thread was lost before it had called out. */
const MAX_RESTARTS = 2

/** One program on the pool's side: its host calls, its deadline, its outcome. */
export class Job {
  /** Changes with each start, so that a lost start cannot be heard. */
  id: number
  readonly program: Program
  readonly image: SandboxImage
  readonly limits: SandboxLimits
  readonly outcome: Promise<Outcome>
  onStop: (() => void) | undefined
  readonly #ids: () => number
  readonly #host: HostCall
  readonly #signal: AbortSignal | undefined
  readonly #ending = new AbortController()
  readonly #createdAt = performance.now()
  #settle: (outcome: Outcome) => void = () => undefined
  #over = false
  #inFlight = 0
  #lastCallAt = 0
  #called = false
  #restarts = 0
  #watchdog: NodeJS.Timeout | undefined
  readonly #abort = (): void => this.onStop?.()

  constructor(ids: () => number, program: Program, image: SandboxImage, host: HostCall, limits: SandboxLimits, signal: AbortSignal | undefined) {
    this.#ids = ids
    this.id = ids()
    this.program = program
    this.image = image
    this.limits = limits
    this.#host = host
    this.#signal = signal
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve
    })
    if (signal?.aborted === true) this.finish('cancelled', 'the run was cancelled')
    else signal?.addEventListener('abort', this.#abort, { once: true })
  }

  get over(): boolean {
    return this.#over
  }

  get hasCalled(): boolean {
    return this.#called
  }

  get mayRestart(): boolean {
    return !this.#called && this.#restarts < MAX_RESTARTS
  }

  /** True when all it does is wait for host calls, and has been for `ms`. */
  isWaiting(now: number, ms: number): boolean {
    return this.#inFlight > 0 && now - this.#lastCallAt > ms
  }

  started(graceMs: number, overdue: () => void): void {
    this.watch(this.limits.timeoutMs + graceMs, overdue)
  }

  watch(ms: number, overdue: () => void): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(overdue, ms)
  }

  restart(): void {
    clearTimeout(this.#watchdog)
    this.#restarts++
    this.id = this.#ids()
  }

  /** Makes a host call for the guest and gives the answer back, unless the run has ended. */
  call({ call, name, argument }: CallMessage, answer: Answer): void {
    if (this.#over) return
    this.#called = true
    this.#inFlight++
    this.#lastCallAt = performance.now()
    void this.#ask(name, argument).then(([ok, text]) => {
      this.#inFlight--
      if (!this.#over) answer(call, ok, text)
    })
  }

  async #ask(name: string, argument: string): Promise<[ok: boolean, text: string]> {
    const { argumentBytes, answerBytes } = this.limits
    try {
      if (argument.length > argumentBytes / 3 && Buffer.byteLength(argument) > argumentBytes) {
        throw new OptimizerError('LIMIT_EXCEEDED', `cannot call ${name}: its argument has ${Buffer.byteLength(argument)} bytes, at most ${argumentBytes}`)
      }
      const text = await this.#host(name, argument, this.#ending.signal)
      if (text.length > answerBytes / 3 && Buffer.byteLength(text) > answerBytes) {
        throw new OptimizerError('LIMIT_EXCEEDED', `the answer of ${name} has ${Buffer.byteLength(text)} bytes, at most ${answerBytes} enter a program`)
      }
      return [true, text]
    } catch (thrown) {
      return [false, JSON.stringify(packError(thrown))]
    }
  }

  end(end: RunEnd): void {
    this.#finish({ ...end, durationMs: performance.now() - this.#createdAt })
  }

  finish(status: Exclude<OutcomeStatus, 'ok'>, message: string): void {
    const codes = { timeout: 'TIMEOUT', cancelled: 'CANCELLED', lost: 'SANDBOX_LOST' } as const
    const code = status === 'timeout' || status === 'cancelled' || status === 'lost' ? { code: codes[status] } : {}
    this.#finish({ status, error: { name: 'Error', message, ...code }, logs: [], hostCalls: 0, setupMs: 0, durationMs: performance.now() - this.#createdAt })
  }

  #finish(outcome: Outcome): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#watchdog)
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#ending.abort(new OptimizerError('CANCELLED', 'the program has ended'))
    this.#settle(outcome)
  }
}

/** What a guest learns of a failed host call: our own errors as they are, of others the message alone. */
function packError(thrown: unknown): Record<string, unknown> {
  if (OptimizerError.is(thrown)) {
    const { code, message, details } = thrown
    return { name: 'ToolError', message: modelText(message), code, ...(details === undefined ? {} : { details }) }
  }
  return { name: 'ToolError', message: modelText(messageOf(thrown)), code: 'TOOL_ERROR' }
}
