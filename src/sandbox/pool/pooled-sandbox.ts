import { OptimizerError } from '../../errors.ts'
import { boundLimits } from '../run/bounds.ts'
import { LentSandbox } from './lent-sandbox.ts'
import { type PoolMember } from './member.ts'
import { type HostCall, type Outcome, type Program, type SandboxImage, type SandboxLimits } from '../sandbox.ts'
import { closedError } from '../run/stop-errors.ts'
import { Run } from '../run/run.ts'

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
}

/** A place in a member of a pool; its programs move to other members when they have to. */
export class PooledSandbox<T extends Lent> extends LentSandbox {
  private readonly pool: Lender<T>
  private readonly image: SandboxImage
  private readonly session: string
  private member: T | undefined
  private takenAt = 0
  private isFresh = true

  constructor(pool: Lender<T>, image: SandboxImage, session: string) {
    super()
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

  protected async runProgram(
    program: Program,
    call: HostCall,
    limits: SandboxLimits,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    const run = new Run(0, '', this.image, program, call, boundLimits(limits))
    const cancel = (): void => this.cancel(run)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      await this.runUntilEnd(run, signal)
      return await run.outcome
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  private async runUntilEnd(run: Run, signal: AbortSignal | undefined): Promise<void> {
    let member = await this.ready(signal)
    while (!run.ended) {
      const parting = await member.backend.carry(run, this.image)
      if (parting === 'ended' || run.ended) return
      this.giveBack()
      if (!run.goesOn(parting)) return
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

  protected giveBack(): void {
    const { member } = this
    this.member = undefined
    if (member !== undefined) this.pool.giveBack(member, performance.now() - this.takenAt)
  }
}
