import { createAborter } from '../../internal/signal.ts'
import { type SandboxImage, type SandboxStats } from '../sandbox.ts'
import { type MemberCounts, type PoolMember } from './member.ts'
import { type Held } from './pooled-sandbox.ts'

/** A member, and what the pool knows of it. */
export interface Member extends Held {
  /** Places that are held. */
  taken: number
  /** Programs that it was given so far. */
  uses: number
  idleSince: number
  gone: boolean
}

/** Why a member went: it was used up, lost, not needed, or could not be started. */
export type DiscardReason = 'used' | 'lost' | 'idle' | 'failed'

export interface MembersOptions {
  readonly min: number
  readonly max: number
  /** Milliseconds that a member is kept that is not wanted; infinite: for good. */
  readonly idleMs: number
  readonly open: (signal: AbortSignal, image: SandboxImage | undefined) => Promise<PoolMember>
}

/** The pool, as its members see it. */
export interface MembersListener {
  /** Programs that wait for a member. */
  readonly waiting: number
  readonly wanted: number
  /** More room may be there than before. */
  joined(): void
  /** A member may have more room than before. */
  moved(): void
  /** One is gone, or may be tried again. */
  left(): void
  /** None is there, and none could be started. */
  failed(thrown: unknown): void
  changed(): void
}

/** Members at most, as a multiple of those wanted, while some are blocked. */
const MAX_OVERFLOW = 4
const FIRST_PAUSE_MS = 200
const MAX_PAUSE_MS = 10_000

/** The members of a pool: starts them, with pauses after failures, and ends them when they are lost or not wanted any more. */
export class Members implements Iterable<Member> {
  /** Average milliseconds of a start. */
  startMs = 200
  /** Members started so far. */
  opened = 0
  /** Image of the last program: the next member is made ready for it. */
  lastImage: SandboxImage | undefined
  private readonly options: MembersOptions
  private readonly pool: MembersListener
  private readonly members = new Set<Member>()
  private readonly closing = createAborter()
  private readonly opening = new Set<Promise<void>>()
  private readonly closings = new Set<Promise<void>>()
  private readonly discarded: Record<DiscardReason, number> = { used: 0, lost: 0, idle: 0, failed: 0 }
  /** Counters of members that are gone. */
  private readonly past = { reused: 0, created: 0, discarded: {} as Record<string, number> }
  /** Members count by themselves what they reuse. */
  private counts = false
  /** A member has started before, so one failed start is retried at once: it may have died with the last crash. */
  private mayRetry = false
  private failures = 0
  private lastFailure: unknown
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: MembersOptions, pool: MembersListener) {
    this.options = options
    this.pool = pool
  }

  [Symbol.iterator](): Iterator<Member> {
    return this.members.values()
  }

  get size(): number {
    return this.members.size
  }

  get starting(): number {
    return this.opening.size
  }

  get isClosed(): boolean {
    return this.closing.signal.aborted
  }

  /** True after a failed start, until the pause after it is over. */
  get isPausing(): boolean {
    return this.failures > 0
  }

  /** Somebody wants to know whether it works now. */
  endPause(): void {
    this.failures = 0
  }

  /** Starts one more, unless there are too many. */
  open(): boolean {
    if (this.size + this.starting >= this.options.max * MAX_OVERFLOW) return false
    const opening: Promise<void> = this.start().finally(() => {
      this.opening.delete(opening)
      this.pool.changed()
    })
    this.opening.add(opening)
    this.pool.changed()
    return true
  }

  /** Settles when all are there that are being started; throws what kept the last one from it. */
  async opens(): Promise<void> {
    await Promise.all(this.opening)
    if (this.failures > 0) throw this.lastFailure
  }

  discard(member: Member, reason: DiscardReason): void {
    this.discarded[reason]++
    this.end(member)
    this.pool.changed()
  }

  /** Ends a member that was added while others were blocked, once it is free and they are back. */
  retire(member: Member): void {
    if (member.gone || member.taken > 0 || this.size <= this.options.max) return
    const back = [...this.members].filter(({ backend }) => backend.accepting).length
    if (back > this.options.max) this.discard(member, 'idle')
  }

  /** Ends those later that are not wanted any more by then. */
  scheduleShrink(): void {
    const { idleMs, min } = this.options
    if (this.timer !== undefined || idleMs === Number.POSITIVE_INFINITY || this.size <= min) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.shrink()
      this.scheduleShrink()
    }, idleMs)
    this.timer.unref()
  }

  /** Counters of programs and members; `served`: programs so far. */
  stats(served: number): Pick<SandboxStats, 'reused' | 'created'> & { discarded: Record<DiscardReason, number> } {
    const sum = { ...this.past, discarded: { ...this.past.discarded } }
    for (const { backend } of this.members) addCounts(sum, backend.stats?.())
    return {
      reused: this.counts ? sum.reused : Math.max(0, served - this.opened),
      created: this.counts ? sum.created : Math.min(served, this.opened),
      discarded: { ...sum.discarded, ...this.discarded },
    }
  }

  async close(reason: unknown): Promise<void> {
    this.closing.abort(reason)
    clearTimeout(this.timer)
    for (const member of this.members) this.end(member)
    await Promise.all([...this.opening, ...this.closings])
  }

  private async start(): Promise<void> {
    const start = performance.now()
    try {
      const backend = await this.options.open(this.closing.signal, this.lastImage)
      this.startMs += (performance.now() - start - this.startMs) * 0.3
      this.mayRetry = true
      this.failures = 0
      this.opened++
      this.add({ backend, taken: 0, uses: 0, idleSince: performance.now(), gone: false })
    } catch (thrown) {
      if (this.isClosed) return
      this.discarded.failed++
      if (this.mayRetry && this.nobodyElseComes) {
        this.mayRetry = false
        return await this.start()
      }
      this.handleFailure(thrown)
    }
  }

  /** Somebody waits, and nothing is there or on its way but the start that asks. */
  private get nobodyElseComes(): boolean {
    return this.size === 0 && this.starting <= 1 && this.pool.waiting > 0
  }

  private add(member: Member): void {
    this.members.add(member)
    this.counts ||= member.backend.stats !== undefined
    member.backend.onChange = () => this.pool.moved()
    if (this.isClosed) return this.end(member)
    void member.backend.lost.then(() => {
      if (!member.gone) this.discard(member, 'lost')
      this.pool.left()
    })
    this.pool.joined()
  }

  /** With no member alive or starting, those who wait are told. Then a pause; the next request starts a member. */
  private handleFailure(thrown: unknown): void {
    this.lastFailure = thrown
    if (this.nobodyElseComes) this.pool.failed(thrown)
    const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures++)
    setTimeout(() => {
      this.failures = Math.max(0, this.failures - 1)
      if (this.size > 0 || this.pool.waiting > 0) this.pool.left()
    }, pauseMs).unref()
  }

  private end(member: Member): void {
    member.gone = true
    this.members.delete(member)
    addCounts(this.past, member.backend.stats?.())
    const closing: Promise<void> = Promise.resolve(member.backend[Symbol.asyncDispose]()).then(() => {
      this.closings.delete(closing)
    })
    this.closings.add(closing)
  }

  private shrink(): void {
    const before = performance.now() - this.options.idleMs
    for (const member of this.members) {
      if (this.size <= this.pool.wanted) return
      if (member.taken === 0 && member.idleSince <= before) this.discard(member, 'idle')
    }
  }
}

function addCounts(
  sum: { reused: number; created: number; discarded: Record<string, number> },
  counts: MemberCounts | undefined,
): void {
  if (counts === undefined) return
  sum.reused += counts.reused
  sum.created += counts.created
  for (const [reason, count] of Object.entries(counts.discarded))
    sum.discarded[reason] = (sum.discarded[reason] ?? 0) + count
}
