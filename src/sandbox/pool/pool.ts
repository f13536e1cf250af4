import { ArrivalRate } from './arrival-rate.ts'
import { FairQueue } from './fair-queue.ts'
import { type PoolMember } from './member.ts'
import { type DiscardReason, type Member, Members, type MembersListener } from './members.ts'
import { type Holder, PooledSandbox } from './pooled-sandbox.ts'
import { membersWanted } from './sizing.ts'
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

const REFILL_MS = 25

class Pool implements PooledBackend, Holder<Member>, MembersListener {
  readonly name: string
  readonly enforces: ReadonlySet<keyof SandboxLimits> = new Set(Object.keys(DEFAULT_LIMITS) as (keyof SandboxLimits)[])
  private readonly options: Required<Omit<PoolOptions, 'onChange'>>
  private readonly onChange: PoolOptions['onChange']
  private readonly members: Members
  private readonly queue = new FairQueue<Member>()
  private readonly rate = new ArrivalRate()
  private isPumpPlanned = false
  private refused = 0
  private served = 0
  private waitedMs = 0
  /** Moving average, for how many members are needed and when to come back. */
  private heldMs = 20
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
    this.members = new Members(this.options, this)
  }

  async create(image: SandboxImage, { signal, session = '' }: CreateOptions = {}): Promise<Sandbox> {
    signal?.throwIfAborted()
    this.rate.add()
    this.members.lastImage = image
    const sandbox = new PooledSandbox(this, image, session)
    const member = this.takeFree() ?? (await this.wait(session, signal))
    // No await for a member that is ready: a turn of the microtasks is costly here.
    const preparing = sandbox.use(member, signal)
    if (preparing !== undefined) await preparing
    return sandbox
  }

  async warmUp(): Promise<void> {
    this.fill()
    await this.members.opens()
  }

  stats(): PoolStats {
    const { served, members } = this
    const { opened, starting } = members
    return {
      size: members.size + starting,
      starting,
      busy: this.held,
      waiting: this.waiting,
      served,
      waitedMs: Math.round(this.waitedMs),
      reuseRate: served === 0 ? 0 : Math.max(0, 1 - opened / served),
      refused: this.refused,
      arrivalsPerSecond: this.rate.perSecond,
      ...members.stats(served),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.refillTimer)
    this.queue.refuseAll(noBackend())
    await this.members.close(noBackend())
  }

  // ---- for its sandboxes ----

  get callSignals(): boolean {
    return this.options.callSignals
  }

  async take(session: string | undefined, signal: AbortSignal | undefined): Promise<Member> {
    return this.takeFree() ?? (await this.wait(session, signal))
  }

  useAgain(member: Member): boolean {
    if (member.gone || this.isUsedUp(member)) return false
    member.uses++
    this.served++
    return true
  }

  giveBack(member: Member, takenAt: number): void {
    member.taken--
    member.idleSince = performance.now()
    this.heldMs += (member.idleSince - takenAt - this.heldMs) * 0.05
    if (!member.gone && member.taken === 0 && this.isUsedUp(member)) this.members.discard(member, 'used')
    else this.members.retire(member)
    this.pump()
    this.refill()
    this.changed()
  }

  // ---- for its members ----

  get waiting(): number {
    return this.queue.size
  }

  get wanted(): number {
    const { held, computing, waiting, heldMs } = this
    const { startMs } = this.members
    const arrivalsPerSecond = this.rate.perSecond
    return membersWanted({ held, waiting, computing, arrivalsPerSecond, heldMs, startMs }, this.options)
  }

  joined(): void {
    this.pump()
  }

  /** Pumps after the answers that are on their way, which make waiting programs computing ones. */
  moved(): void {
    if (this.queue.size === 0 || this.isPumpPlanned) return
    this.isPumpPlanned = true
    setImmediate(() => {
      this.isPumpPlanned = false
      this.pump()
      if (this.queue.size > 0) this.fill()
    })
  }

  left(): void {
    this.fill()
  }

  failed(thrown: unknown): void {
    this.queue.refuseAll(thrown)
  }

  changed(): void {
    this.onChange?.(this.stats())
  }

  // ---- who gets a member ----

  /** A member that has room now; nobody passes those who wait. */
  private takeFree(): Member | undefined {
    if (this.members.isClosed) throw noBackend()
    const free = this.queue.size === 0 ? this.findFree() : undefined
    if (free === undefined) return undefined
    this.occupy(free)
    this.refill()
    return free
  }

  /** The member with least to do. */
  private findFree(): Member | undefined {
    const { capacity, maxComputing } = this.options
    let best: Member | undefined
    let leastLoad = Number.POSITIVE_INFINITY
    for (const member of this.members) {
      if (member.taken >= capacity || !member.backend.accepting || this.isUsedUp(member)) continue
      const computing = this.computingIn(member)
      const load = computing * capacity + member.taken
      if (computing > maxComputing || load >= leastLoad) continue
      best = member
      leastLoad = load
    }
    return best
  }

  /** `session` undefined: for a program that had its turn already. */
  private wait(session: string | undefined, signal: AbortSignal | undefined): Promise<Member> {
    if (session !== undefined && this.queue.size >= this.options.queueLimit) this.makeRoom(session)
    const waiting = this.queue.wait(session, signal)
    this.members.endPause()
    this.fill()
    this.pump()
    return waiting
  }

  private makeRoom(session: string): void {
    this.refused++
    const { max, capacity, queueLimit } = this.options
    const retryAfterMs = Math.max(10, Math.ceil((this.heldMs * this.queue.size) / (max * capacity)))
    const overloaded = noSandboxFree(this.queue.size, queueLimit, retryAfterMs)
    if (!this.queue.makeRoom(session, overloaded)) throw overloaded
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

  private occupy(member: Member): void {
    member.taken++
    member.uses++
    this.served++
    this.changed()
  }

  private isUsedUp({ uses }: Member): boolean {
    return uses >= this.options.usesPerMember
  }

  private get held(): number {
    let count = 0
    for (const { taken } of this.members) count += taken
    return count
  }

  /** Programs that compute in members that are not blocked: a program that blocks its member has that to itself. */
  private get computing(): number {
    let count = 0
    for (const member of this.members) if (member.backend.accepting) count += this.computingIn(member)
    return count
  }

  /** Programs in an engine that do not wait for the host; of other members it does not matter. */
  private computingIn({ taken, backend }: Member): number {
    return this.options.isEngine ? taken - backend.waiting : 0
  }

  // ---- how many there are ----

  private get isSingleUse(): boolean {
    return this.options.usesPerMember === 1
  }

  /** Starts members up to what is wanted. */
  private fill(): void {
    const { members } = this
    if (members.isClosed || members.isPausing) return
    let fresh = members.starting
    for (const member of members) if (this.isFresh(member)) fresh++
    const wanted = fresh < this.options.max ? this.wanted : 0
    while (fresh < wanted && members.open()) fresh++
    members.scheduleShrink()
  }

  /** False for a member that is used up and on its way out, and for a blocked one, which does not serve those who wait. */
  private isFresh(member: Member): boolean {
    if (this.isSingleUse) return true
    return !this.isUsedUp(member) && (this.queue.size === 0 || member.backend.accepting)
  }

  /** Spawning a process blocks this one for milliseconds, so single-use pools refill a little later. */
  private refill(): void {
    if (!this.isSingleUse) return this.fill()
    this.refillTimer ??= setTimeout(() => {
      this.refillTimer = undefined
      this.fill()
    }, REFILL_MS).unref()
  }
}
