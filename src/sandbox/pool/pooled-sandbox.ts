import { OptimizerError } from '../../errors.ts'
import { boundLimits, cancelledOutcome, refuse } from '../run/bounds.ts'
import { type Parting } from '../run/attempts.ts'
import { Run } from '../run/run.ts'
import { closedError } from '../run/stop-errors.ts'
import {
  type HostCall,
  type Outcome,
  type Program,
  type Sandbox,
  type SandboxImage,
  type SandboxLimits,
} from '../sandbox.ts'
import { type PoolMember } from './member.ts'

/** A member with a place that a sandbox holds. */
export interface Held {
  readonly backend: PoolMember
}

/** The pool, as its sandboxes see it. */
export interface Holder<T extends Held> {
  /** False: host calls get a signal that never aborts, which saves making one for each program. */
  readonly callSignals: boolean
  /** A place in a member; waits its turn. `session` undefined: before all that wait. */
  take(session: string | undefined, signal: AbortSignal | undefined): Promise<T>
  /** True when one more program may run in a place that is taken already. */
  useAgain(member: T): boolean
  giveBack(member: T, takenAt: number): void
}

/** A place in a member of a pool: one program at a time; it moves to other members when it has to. */
export class PooledSandbox<T extends Held> implements Sandbox {
  private readonly pool: Holder<T>
  private readonly image: SandboxImage
  private readonly session: string
  private member: T | undefined
  private takenAt = 0
  /** The member was taken for the program that comes next. */
  private isFresh = true
  private running = false
  private disposed = false

  constructor(pool: Holder<T>, image: SandboxImage, session: string) {
    this.pool = pool
    this.image = image
    this.session = session
  }

  /** Takes a place. `session` undefined: before all that wait. */
  async acquire(session: string | undefined, signal?: AbortSignal): Promise<T> {
    const member = await this.pool.take(session, signal)
    await this.use(member, signal)
    return member
  }

  /** Has a place that was taken; undefined: a program may start at once. */
  use(member: T, signal?: AbortSignal): Promise<void> | undefined {
    this.takenAt = performance.now()
    this.member = member
    this.isFresh = true
    return member.backend.prepare(this.image, signal)?.catch((thrown: unknown) => {
      this.giveBack()
      throw thrown
    })
  }

  async run(program: Program, call: HostCall, limits: SandboxLimits, signal?: AbortSignal): Promise<Outcome> {
    if (this.disposed) throw new TypeError('the sandbox was disposed')
    if (this.running) throw new TypeError('a sandbox runs one program at a time')
    const refused = refuse(program, limits, signal)
    if (refused !== undefined) return refused
    this.running = true
    try {
      return await this.runUntilEnd(
        new Run(this.image, program, call, boundLimits(limits), this.pool.callSignals),
        signal,
      )
    } catch (thrown) {
      // Nothing was to be had: the pool was closed, or the caller left.
      if (signal?.aborted === true || OptimizerError.is(thrown, 'CANCELLED')) return cancelledOutcome()
      throw thrown
    } finally {
      this.running = false
      if (this.disposed) this.giveBack()
    }
  }

  /** Every run starts in a clean state, so there is nothing to do. */
  async reset(): Promise<boolean> {
    return !this.disposed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true
    if (!this.running) this.giveBack()
  }

  private async runUntilEnd(run: Run, signal: AbortSignal | undefined): Promise<Outcome> {
    const cancel = (): void => this.cancel(run)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      let member: T | undefined = this.next() ?? (await this.acquire(this.session, signal))
      this.isFresh = false
      while (member !== undefined) {
        const parting = await member.backend.carry(run, this.image)
        if (parting === 'ended' || run.ended) break
        member = await this.move(run, parting, signal)
      }
      return await run.outcome
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** The member that is held already, if one more program may run there. */
  private next(): T | undefined {
    if (this.member !== undefined && !this.isFresh && !this.pool.useAgain(this.member)) this.giveBack()
    return this.member
  }

  /** Another member for a program that left its own; undefined: it has ended. */
  private async move(
    run: Run,
    parting: Exclude<Parting, 'ended'>,
    signal: AbortSignal | undefined,
  ): Promise<T | undefined> {
    const { member: left, takenAt } = this
    this.member = undefined
    // It asks before its place is free, which somebody who waits would be given otherwise.
    const next = run.goesOn(parting) ? this.another(run, signal) : undefined
    if (left !== undefined) this.pool.giveBack(left, takenAt)
    return await next
  }

  /** A place before all that wait; undefined: the program ended before there was one. */
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
    if (member !== undefined) this.pool.giveBack(member, this.takenAt)
  }
}
