import { OptimizerError } from '../../errors.ts'
import { createAborter } from '../../internal/signal.ts'
import { ArrivalRate } from './arrival-rate.ts'
import { FairQueue } from './fair-queue.ts'
import { type MemberCounts, type PoolMember } from './member.ts'
import { type Held, type Holder, PooledSandbox } from './pooled-sandbox.ts'
import {
  type CreateOptions,
  DEFAULT_LIMITS,
  type Sandbox,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
  type SandboxStats,
} from '../sandbox.ts'
import { noBackend, noSandboxFree } from '../run/stop-errors.ts'

/** How many members a pool has, and what each of them holds. */
export interface PoolShape {
  /** Members kept warm from the first use on. @default 1 */
  readonly min?: number
  /** Members at most. */
  readonly max: number
  /** Programs at once in a member. @default 1 */
  readonly capacity?: number
  /** Programs after which a member is replaced by a fresh one. @default unlimited */
  readonly usesPerMember?: number
  /**
   * A member is one engine: programs that compute take turns there, so each gets its own as long as there are enough.
   * @default false
   */
  readonly isEngine?: boolean
  /** Computing programs in an engine at which no further one is placed there. @default 3: enough that it never waits for the next one */
  readonly maxComputing?: 1 | 3
}

export interface PoolOptions extends PoolShape {
  readonly name: string
  /** Starts a member; `image`: what its first program will need, if that is known. */
  readonly open: (signal: AbortSignal, image: SandboxImage | undefined) => Promise<PoolMember>
  /** False: host calls get a signal that never aborts, which saves making one for each program. @default true */
  readonly callSignals?: boolean
  /** Programs that wait for a sandbox; more are refused with `OVERLOADED`. @default 1000 */
  readonly queueLimit?: number
  /** Milliseconds that a member beyond what the arrival rate asks for is kept. @default 30000 */
  readonly idleMs?: number
  /** Told of each change; must not throw. */
  readonly onChange?: (stats: PoolStats) => void
}

/** Why a member went: it was used up, lost, not needed, or could not be started. */
export type DiscardReason = 'used' | 'lost' | 'idle' | 'failed'

/** What a pool holds and did; its places are its members. */
export interface PoolStats extends SandboxStats {
  /** Members that start; part of `size`. */
  readonly starting: number
  /** Sandboxes given out since the start. */
  readonly served: number
  /** Milliseconds that they were waited for, in sum. */
  readonly waitedMs: number
  /** Part of them that did not need a new member, 0 to 1. */
  readonly reuseRate: number
  /** Programs refused with `OVERLOADED`. */
  readonly refused: number
  /** Arrivals a second, of late. */
  readonly arrivalsPerSecond: number
  readonly discarded: Readonly<Record<DiscardReason, number>> & SandboxStats['discarded']
}

export interface PooledBackend extends SandboxBackend {
  stats(): PoolStats
  /** Starts the members that are kept warm; throws what keeps them from starting. */
  warmUp(): Promise<void>
}

/** Keeps members warm and gives out their sandboxes, fairly by session. It is a backend itself. */
export function createPool(options: PoolOptions): PooledBackend {
  return new Pool(options)
}

interface Member extends Held {
  taken: number
  uses: number
  idleSince: number
  gone: boolean
}

/** Members at most, as a multiple of those wanted, while some are blocked. */
const MAX_OVERFLOW = 4
const FIRST_PAUSE_MS = 200
const MAX_PAUSE_MS = 10_000
const REFILL_MS = 25

class Pool implements PooledBackend, Holder<Member> {
  readonly name: string
  readonly enforces: ReadonlySet<keyof SandboxLimits> = new Set(Object.keys(DEFAULT_LIMITS) as (keyof SandboxLimits)[])
  private readonly options: Required<Omit<PoolOptions, 'onChange'>>
  private readonly onChange: PoolOptions['onChange']
  /** What a program came with last: the next member is made ready for it. */
  private lastImage: SandboxImage | undefined
  /** What members counted that are gone. */
  private readonly past = { reused: 0, created: 0, discarded: {} as Record<string, number> }
  private counts = false
  private readonly members = new Set<Member>()
  private readonly queue = new FairQueue<Member>()
  private readonly closing = createAborter()
  private readonly rate = new ArrivalRate()
  private readonly discarded: Record<DiscardReason, number> = { used: 0, lost: 0, idle: 0, failed: 0 }
  private readonly opening = new Set<Promise<void>>()
  private readonly closings = new Set<Promise<void>>()
  private pumping = false
  /** Members started here before: one that does not may have been hit by what ended them, and another is tried first. */
  private mayRetry = false
  private failures = 0
  private lastFailure: unknown
  private refused = 0
  private served = 0
  private waitedMs = 0
  private opened = 0
  /** Moving averages, for how many members are needed and when to come back. */
  private heldMs = 20
  private startMs = 200
  private timer: ReturnType<typeof setTimeout> | undefined
  private refillTimer: ReturnType<typeof setTimeout> | undefined

  constructor({ onChange, ...options }: PoolOptions) {
    this.name = options.name
    this.options = {
      min: 1,
      capacity: 1,
      isEngine: false,
      maxComputing: 3,
      callSignals: true,
      usesPerMember: Number.POSITIVE_INFINITY,
      queueLimit: 1_000,
      idleMs: 30_000,
      ...options,
    }
    this.onChange = onChange
  }

  async create(image: SandboxImage, { signal, session = '' }: CreateOptions = {}): Promise<Sandbox> {
    signal?.throwIfAborted()
    this.rate.add()
    this.lastImage = image
    const sandbox = new PooledSandbox(this, image, session)
    const member = this.takeFree() ?? (await this.wait(session, signal))
    // Where nothing is to be waited for, no turn of the microtasks is.
    const preparing = sandbox.use(member, signal)
    if (preparing !== undefined) await preparing
    return sandbox
  }

  async warmUp(): Promise<void> {
    this.fill()
    await Promise.all(this.opening)
    if (this.failures > 0) throw this.lastFailure
  }

  get callSignals(): boolean {
    return this.options.callSignals
  }

  stats(): PoolStats {
    const { served } = this
    const { reused, created, discarded } = this.memberCounts()
    return {
      size: this.members.size + this.opening.size,
      starting: this.opening.size,
      busy: this.busy,
      waiting: this.queue.size,
      served,
      waitedMs: Math.round(this.waitedMs),
      reuseRate: served === 0 ? 0 : Math.max(0, 1 - this.opened / served),
      refused: this.refused,
      arrivalsPerSecond: this.rate.perSecond,
      reused: this.counts ? reused : Math.max(0, served - this.opened),
      created: this.counts ? created : Math.min(served, this.opened),
      discarded: { ...discarded, ...this.discarded },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closing.abort(noBackend())
    clearTimeout(this.timer)
    clearTimeout(this.refillTimer)
    this.queue.refuseAll(noBackend())
    for (const member of this.members) this.close(member)
    await Promise.all([...this.opening, ...this.closings])
  }

  // ---- for its sandboxes ----

  async take(session: string | undefined, signal: AbortSignal | undefined): Promise<Member> {
    return this.takeFree() ?? (await this.wait(session, signal))
  }

  /** A member that has room now; nobody passes those who wait. */
  private takeFree(): Member | undefined {
    if (this.closing.signal.aborted) throw noBackend()
    const free = this.queue.size === 0 ? this.findFree() : undefined
    if (free === undefined) return undefined
    this.occupy(free)
    this.refill()
    return free
  }

  useAgain(member: Member): boolean {
    if (member.gone || member.uses >= this.options.usesPerMember) return false
    member.uses++
    this.served++
    return true
  }

  giveBack(member: Member, takenAt: number): void {
    member.taken--
    member.idleSince = performance.now()
    this.heldMs += (member.idleSince - takenAt - this.heldMs) * 0.05
    if (!member.gone && member.taken === 0 && this.isUsedUp(member)) this.discard(member, 'used')
    else this.retire(member)
    this.pump()
    this.refill()
    this.changed()
  }

  // ---- members ----

  /** What members counted by themselves, those that are gone too. */
  private memberCounts(): Required<MemberCounts> {
    const sum = { ...this.past, discarded: { ...this.past.discarded } }
    for (const { backend } of this.members) addCounts(sum, backend.stats?.())
    return sum
  }

  private get busy(): number {
    let count = 0
    for (const { taken } of this.members) count += taken
    return count
  }

  /** The member with least to do. */
  private findFree(): Member | undefined {
    let best: Member | undefined
    let leastLoad = Number.POSITIVE_INFINITY
    for (const member of this.members) {
      if (member.taken >= this.options.capacity || !member.backend.accepting || this.isUsedUp(member)) continue
      const computing = this.computing(member)
      const load = computing * this.options.capacity + member.taken
      if (computing > this.options.maxComputing || load >= leastLoad) continue
      best = member
      leastLoad = load
    }
    return best
  }

  /** Programs in an engine that do not wait for the host; of other members it does not matter. */
  private computing({ taken, backend }: Member): number {
    return this.options.isEngine ? taken - backend.waiting : 0
  }

  /** Programs that want an engine for themselves, and those that wait for one; those that block theirs have it. */
  private get computingNow(): number {
    let count = this.queue.size
    for (const member of this.members) if (member.backend.accepting) count += this.computing(member)
    return count
  }

  private occupy(member: Member): void {
    member.taken++
    member.uses++
    this.served++
    this.changed()
  }

  private isUsedUp({ uses }: Member): boolean {
    return uses >= this.options.usesPerMember
  }

  /**
   * Members that are wanted: for what runs and waits now or, if that is more, for what is to be expected at the recent
   * rate of arrivals. Members for a single use must start before they are needed.
   */
  private get wanted(): number {
    const { min, max, capacity, isEngine } = this.options
    const now = this.busy + this.queue.size
    const perMs = this.rate.perSecond / 1_000
    const needed = this.isSingleUse
      ? now + Math.max(min, perMs * this.startMs) * capacity
      : Math.max(now, perMs * this.heldMs)
    return Math.min(max, Math.max(min, Math.ceil(needed / capacity), isEngine ? this.computingNow : 0))
  }

  private get isSingleUse(): boolean {
    return this.options.usesPerMember === 1
  }

  /** Starts members up to what is wanted; after failures with growing pauses. */
  private fill(): void {
    if (this.closing.signal.aborted || this.failures > 0) return
    // One that is used up and still has programs is on its way out; one that is blocked serves nobody else.
    let fresh = this.opening.size
    for (const member of this.members) {
      if (this.isSingleUse || !(this.isUsedUp(member) || (this.queue.size > 0 && !member.backend.accepting))) fresh++
    }
    const { max } = this.options
    const most = max * MAX_OVERFLOW
    const wanted = fresh < max ? this.wanted : max
    for (; fresh < wanted && this.members.size + this.opening.size < most; fresh++) this.open()
    this.scheduleShrink()
  }

  /** To start a process keeps this one from its work for milliseconds: not while a program for a single use begins or ends. */
  private refill(): void {
    if (!this.isSingleUse) return this.fill()
    this.refillTimer ??= setTimeout(() => {
      this.refillTimer = undefined
      this.fill()
    }, REFILL_MS).unref()
  }

  private open(): void {
    const opening: Promise<void> = this.start().finally(() => {
      this.opening.delete(opening)
      this.changed()
    })
    this.opening.add(opening)
    this.changed()
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
      if (this.closing.signal.aborted) return
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
    return this.members.size === 0 && this.opening.size <= 1 && this.queue.size > 0
  }

  private add(member: Member): void {
    this.members.add(member)
    this.counts ||= member.backend.stats !== undefined
    member.backend.onChange = () => this.pumpSoon()
    if (this.closing.signal.aborted) return this.close(member)
    void member.backend.lost.then(() => {
      if (!member.gone) this.discard(member, 'lost')
      this.fill()
    })
    this.pump()
  }

  /** Those who wait are told where nothing is there that could serve them; a pause follows, then whoever needs one tries. */
  private handleFailure(thrown: unknown): void {
    this.lastFailure = thrown
    if (this.nobodyElseComes) this.queue.refuseAll(thrown)
    const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures++)
    setTimeout(() => {
      this.failures = Math.max(0, this.failures - 1)
      if (this.members.size > 0 || this.queue.size > 0) this.fill()
    }, pauseMs).unref()
  }

  private discard(member: Member, reason: DiscardReason): void {
    this.discarded[reason]++
    this.close(member)
    this.changed()
  }

  private close(member: Member): void {
    member.gone = true
    this.members.delete(member)
    addCounts(this.past, member.backend.stats?.())
    const closing: Promise<void> = Promise.resolve(member.backend[Symbol.asyncDispose]()).then(() => {
      this.closings.delete(closing)
    })
    this.closings.add(closing)
  }

  /** Ends a member that was added while others were blocked, once it is free and they are back. */
  private retire(member: Member): void {
    if (member.gone || member.taken > 0 || this.members.size <= this.options.max) return
    const back = [...this.members].filter(({ backend }) => backend.accepting).length
    if (back > this.options.max) this.discard(member, 'idle')
  }

  private scheduleShrink(): void {
    const { idleMs, min } = this.options
    if (this.timer !== undefined || idleMs === Number.POSITIVE_INFINITY || this.members.size <= min) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.shrink()
      this.scheduleShrink()
    }, idleMs)
    this.timer.unref()
  }

  private shrink(): void {
    const before = performance.now() - this.options.idleMs
    for (const member of this.members) {
      if (this.members.size <= this.wanted) return
      if (member.taken === 0 && member.idleSince <= before) this.discard(member, 'idle')
    }
  }

  // ---- those who wait ----

  /** `session` undefined: for a program that had its turn already. */
  private wait(session: string | undefined, signal: AbortSignal | undefined): Promise<Member> {
    if (session !== undefined && this.queue.size >= this.options.queueLimit) {
      this.refused++
      const overloaded = this.overloaded()
      if (!this.queue.makeRoom(session, overloaded)) throw overloaded
    }
    const waiting = this.queue.wait(session, signal)
    // A person who tries again after a failure wants to know whether it works now.
    this.failures = 0
    this.fill()
    this.pump()
    return waiting
  }

  /** After the answers that are on their way, which make waiting programs computing ones. */
  private pumpSoon(): void {
    if (this.queue.size === 0 || this.pumping) return
    this.pumping = true
    setImmediate(() => {
      this.pumping = false
      this.pump()
      if (this.queue.size > 0) this.fill()
    })
  }

  private pump(): void {
    while (this.queue.size > 0) {
      const member = this.findFree()
      if (member === undefined) return
      this.occupy(member)
      this.waitedMs += this.queue.grant(member)
      this.refill()
    }
  }

  private overloaded(): OptimizerError {
    const { max, capacity, queueLimit } = this.options
    const retryAfterMs = Math.max(10, Math.ceil((this.heldMs * this.queue.size) / (max * capacity)))
    return noSandboxFree(this.queue.size, queueLimit, retryAfterMs)
  }

  private changed(): void {
    this.onChange?.(this.stats())
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
