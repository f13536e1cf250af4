import { type Parting } from '../run/attempts.ts'
import { type SandboxImage } from '../sandbox.ts'
import { type Run } from '../run/run.ts'

/** What a pool holds: something that carries programs and can be lost, such as one process or one container. */
export interface PoolMember extends AsyncDisposable {
  /** Settles when it is gone by itself. */
  readonly lost: Promise<unknown>
  /** A program keeps it for long, or it is gone: a new one is better off elsewhere. */
  readonly busy: boolean
  /** Of its programs, those that wait for the host. */
  readonly waiting: number
  /** Called whenever more room may be here than before. */
  onChange: () => void
  /** Gets ready for programs of an image. */
  prepare(image: SandboxImage, signal?: AbortSignal): Promise<void>
  /** Runs a program until it leaves. */
  carry(run: Run, image: SandboxImage): Promise<Parting>
  /** Asks a program to end that it carries; it does so in time. */
  stop(run: Run, reason: 'timeout' | 'cancelled'): void
}
