import { type Parting } from '../run/attempts.ts'
import { type Run } from '../run/run.ts'
import { type SandboxImage } from '../sandbox.ts'

/** Counters of a member's own engines. */
export interface MemberCounts {
  /** Programs that started in a state that was kept warm. */
  readonly reused: number
  /** Programs that started in a state made anew. */
  readonly created: number
  /** Engines thrown away, by reason. */
  readonly discarded: Readonly<Record<string, number>>
}

/** A place that carries programs and can be lost: a thread, a jailed engine or a container. */
export interface PoolMember extends AsyncDisposable {
  /** Settles when it is gone by itself. */
  readonly lost: Promise<unknown>
  /** False while a program blocks this member's event loop (over 50 ms), and after it has exited. */
  readonly accepting: boolean
  /** Programs that wait for the host. */
  readonly waiting: number
  /** Called whenever more room may be here than before. */
  onChange: () => void
  /** Gets ready for programs of an image; undefined: it is. */
  prepare(image: SandboxImage, signal?: AbortSignal): Promise<void> | undefined
  /** Runs a program until it leaves. */
  carry(run: Run, image: SandboxImage): Promise<Parting>
  /** Asks a program to end that it carries; it does so in time. */
  stop(run: Run, reason: 'timeout' | 'cancelled'): void
  /** Counters of a member that keeps its own; the pool estimates them for others. */
  stats?(): MemberCounts
}
