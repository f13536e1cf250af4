import { OptimizerError } from '../errors.ts'
import { boundLimits, cancelledOutcome, refuse } from './bounds.ts'
import { type Parting, type PoolMember } from './pool-member.ts'
import {
  type HostCall,
  type Outcome,
  type Program,
  type Sandbox,
  type SandboxImage,
  type SandboxLimits,
} from './sandbox.ts'
import { closedError } from './stop-errors.ts'
import { Run } from './wasm/run.ts'

/** What a pool gives out: a member with a place in it. */
export interface Lent {
  readonly backend: PoolMember
}

/** The pool, as its sandboxes see it. */
export interface Lender<T extends Lent> {
  /** A place in a member; waits its turn. `session` undefined: before all that wait. */
  take(session: string | undefined, signal: AbortSignal | undefined): Promise<T>
  /** True when one more program may run in a place that is taken already. */
  useAgain(member: T): boolean
  giveBack(member: T, heldMs: number): void
  /** True when a program that did not end may start again. */
  mayStartAgain(run: Run, parting: Parting): boolean
}

/** A place in a member of a pool; its programs move to other members when they have to. */
export class PooledSandbox<T extends Lent> implements Sandbox {
  private readonly pool: Lender<T>
  private readonly image: SandboxImage
  private readonly session: string
  private member: T | undefined
  private takenAt = 0
  private isFresh = true
  private running = false
  private disposed = false

  constructor(pool: Lender<T>, image: SandboxImage, session: string) {
    this.pool = pool
    this.image = image
    this.session = session
  }

  /** `session` undefined: before all that wait. */
  async acquire(session: string | undefined, signal?: AbortSignal): Promise<T> {
    const member = await this.pool.take(session, signal)
    this.takenAt = performance.now()
    this.member = member
    this.isFresh = true
    try {
      await member.backend.prepare(this.image, signal)
      return member
    } catch (thrown) {
      this.giveBack()
      throw thrown
    }
  }

  async run(program: Program, call: HostCall, limits: SandboxLimits, signal?: AbortSignal): Promise<Outcome> {
    if (this.disposed) throw new TypeError('the sandbox was disposed')
    if (this.running) throw new TypeError('a sandbox runs one program at a time')
    const refused = refuse(program, limits, signal)
    if (refused !== undefined) return refused
    this.running = true
    const run = new Run(0, '', this.image, program, call, boundLimits(limits))
    const cancel = (): void => this.cancel(run)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      await this.runUntilEnd(run, signal)
      return await run.outcome
    } catch (thrown) {
      // Nothing was to be had: the pool was closed, or the caller left.
      if (signal?.aborted === true || OptimizerError.is(thrown, 'CANCELLED')) return cancelledOutcome()
      throw thrown
    } finally {
      signal?.removeEventListener('abort', cancel)
      this.running = false
      if (this.disposed) this.giveBack()
    }
  }

  /** Every run starts in a clean state, in another member if need be. */
  async reset(): Promise<boolean> {
    return !this.disposed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true
    if (!this.running) this.giveBack()
  }

  private async runUntilEnd(run: Run, signal: AbortSignal | undefined): Promise<void> {
    let member = await this.ready(signal)
    while (!run.ended) {
      const parting = await member.backend.carry(run, this.image)
      if (run.ended) return
      this.giveBack()
      if (parting === 'returned') run.restartClock()
      else if (!this.pool.mayStartAgain(run, parting)) return run.finishLost()
      run.rewind()
      const next = await this.another(run, signal)
      if (next === undefined) return
      member = next
    }
  }

  /** For a program that comes first. */
  private async ready(signal: AbortSignal | undefined): Promise<T> {
    if (this.member !== undefined && !this.isFresh && !this.pool.useAgain(this.member)) this.giveBack()
    const member = this.member ?? (await this.acquire(this.session, signal))
    this.isFresh = false
    return member
  }

  /** For a program that goes on here, before all that wait; undefined: it ended before there was one. */
  private async another(run: Run, signal: AbortSignal | undefined): Promise<T | undefined> {
    const late = AbortSignal.timeout(Math.max(1, Math.ceil(run.remainingMs)))
    try {
      const member = await this.acquire(undefined, signal === undefined ? late : AbortSignal.any([signal, late]))
      this.isFresh = false
      return member
    } catch (thrown) {
      if (run.ended) return undefined
      if (late.aborted) run.finishStopped('timeout')
      else if (OptimizerError.is(thrown, 'CANCELLED')) run.finishHere('cancelled', closedError())
      else run.finishLost()
      return undefined
    }
  }

  private cancel(run: Run): void {
    run.stopping = 'cancelled'
    if (this.member === undefined) run.finishStopped('cancelled')
    else this.member.backend.stop(run, 'cancelled')
  }

  private giveBack(): void {
    const { member } = this
    this.member = undefined
    if (member !== undefined) this.pool.giveBack(member, performance.now() - this.takenAt)
  }
}
