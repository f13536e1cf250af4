import { availableParallelism } from 'node:os'
import { OptimizerError } from '../../errors.ts'
import type { HostCall, Outcome, Program, Sandbox, SandboxBackend, SandboxImage, SandboxLimits } from '../sandbox.ts'
import { Job } from './job.ts'
import type { FromWorker } from './protocol.ts'
import { WorkerThread } from './worker-thread.ts'

export interface WasmOptions {
  /** Worker threads. @default the number of cores, at least 2, at most 8 */
  readonly poolSize?: number
  /** Programs a thread holds at most, all but a few of them waiting for host calls. @default 32 */
  readonly programsPerThread?: number
  /** Programs waiting for a thread; more are refused with `OVERLOADED`. @default 1000 */
  readonly queueLimit?: number
  /** Seeds `Math.random` of all programs, in order, so that a run can be repeated. @default random */
  readonly seed?: number
}

/** Programs placed on a thread side by side even when none of them is known to wait: it must not run dry. */
const RUNNABLE_PER_THREAD = 4
/** A program whose host calls are out this long leaves its place to another. */
const WAITING_AFTER_MS = 2
/** After its deadline a program gets this long to be stopped from inside; then its thread is ended. */
const GRACE_MS = 250

/**
 * The embedded default: QuickJS in WebAssembly, in worker threads. A program gets an instance of its own with bounded
 * memory, primed with the image and reset by writing its memory back. Programs that wait for host calls share their
 * thread with others. Isolation: no ambient authority, only JSON text crosses; see docs/security.md.
 */
export function createWasmBackend(options: WasmOptions = {}): SandboxBackend {
  const pool = new Pool(options)
  return {
    name: 'wasm',
    enforces: new Set(['timeoutMs', 'memoryBytes', 'resultBytes', 'logBytes', 'sourceBytes', 'hostCalls', 'hostCallsInFlight', 'argumentBytes', 'answerBytes']),
    async create(image, signal) {
      signal?.throwIfAborted()
      return new PooledSandbox(pool, image)
    },
    async [Symbol.asyncDispose]() {
      await pool.close()
    },
  }
}

/** Every run of it starts clean, so it holds nothing between runs. */
class PooledSandbox implements Sandbox {
  readonly #pool: Pool
  readonly #image: SandboxImage

  constructor(pool: Pool, image: SandboxImage) {
    this.#pool = pool
    this.#image = image
  }

  async run(program: Program, call: HostCall, limits: SandboxLimits, signal?: AbortSignal): Promise<Outcome> {
    return await this.#pool.run(new Job(this.#pool.nextId, program, this.#image, call, limits, signal))
  }

  async reset(): Promise<boolean> {
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

interface Member {
  readonly thread: WorkerThread
  readonly jobs: Map<number, Job>
  /** Set while one of its programs keeps the thread to itself. */
  slow: Job | undefined
}

class Pool {
  readonly #members: Member[] = []
  readonly #queue: Job[] = []
  readonly #size: number
  readonly #perThread: number
  readonly #queueLimit: number
  #lastId = 0
  #seed: number | undefined
  #sweep: NodeJS.Timeout | undefined
  #closed = false

  constructor({ poolSize, programsPerThread = 32, queueLimit = 1_000, seed }: WasmOptions) {
    this.#size = poolSize ?? Math.min(8, Math.max(2, availableParallelism()))
    this.#perThread = programsPerThread
    this.#queueLimit = queueLimit
    this.#seed = seed
  }

  readonly nextId = (): number => ++this.#lastId

  async run(job: Job): Promise<Outcome> {
    if (this.#closed) throw new OptimizerError('CANCELLED', 'cannot run a program: the sandbox is closed')
    if (this.#queue.length >= this.#queueLimit) {
      throw new OptimizerError('OVERLOADED', `cannot run a program: ${this.#queue.length} are waiting already`, { details: { retryAfterMs: 1_000 } })
    }
    job.onStop = () => this.#stop(job)
    this.#queue.push(job)
    this.#place()
    return await job.outcome
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#sweep)
    for (const job of this.#queue.splice(0)) job.finish('cancelled', 'the sandbox was closed')
    const members = this.#members.splice(0)
    for (const { jobs } of members) for (const job of jobs.values()) job.finish('cancelled', 'the sandbox was closed')
    await Promise.all(members.map(async ({ thread }) => await thread.terminate()))
  }

  /** Gives waiting jobs to threads while there is room. */
  #place(): void {
    while (this.#queue.length > 0) {
      const member = this.#roomiest()
      if (member === undefined) {
        this.#sweepLater()
        return
      }
      const job = this.#queue.shift()
      if (job !== undefined && !job.over) this.#start(job, member)
    }
  }

  #start(job: Job, member: Member): void {
    if (member.jobs.size === 0) member.thread.hold(true)
    member.jobs.set(job.id, job)
    member.thread.ensureImage(job.image)
    member.thread.post({ kind: 'run', id: job.id, version: job.image.version, program: job.program, limits: job.limits })
    job.started(GRACE_MS, () => this.#overdue(job))
  }

  /** The thread with the fewest runnable programs, if it has room; a new thread rather than a second program on one. */
  #roomiest(): Member | undefined {
    const now = performance.now()
    let best: Member | undefined
    let least = RUNNABLE_PER_THREAD
    for (const member of this.#members) {
      if (member.slow !== undefined || member.jobs.size >= this.#perThread) continue
      let runnable = 0
      for (const job of member.jobs.values()) if (!job.isWaiting(now, WAITING_AFTER_MS)) runnable++
      if (runnable < least) {
        least = runnable
        best = member
      }
    }
    if (this.#members.length < this.#size && (best === undefined || best.jobs.size > 0)) return this.#spawn()
    return best
  }

  /** A program starts to count as waiting by the passing of time alone, so somebody must look again. */
  #sweepLater(): void {
    this.#sweep ??= setTimeout(() => {
      this.#sweep = undefined
      this.#place()
    }, WAITING_AFTER_MS)
  }

  #spawn(): Member {
    const seed = this.#seed === undefined ? undefined : this.#seed++
    const thread = new WorkerThread(seed, {
      message: (message) => this.#heard(member, message),
      gone: () => this.#gone(member),
    })
    const member: Member = { thread, jobs: new Map(), slow: undefined }
    this.#members.push(member)
    return member
  }

  #heard(member: Member, message: FromWorker): void {
    const job = member.jobs.get(message.id)
    if (message.kind === 'slow') {
      if (job !== undefined) this.#becameSlow(member, job)
      return
    }
    // Whatever comes from another program shows that the thread is free again.
    member.slow = undefined
    if (job === undefined) return
    if (message.kind === 'call') {
      job.call(message, (call, ok, text) => member.thread.post({ kind: 'answer', id: job.id, call, ok, text }))
      return
    }
    job.end(message.end)
    this.#release(member, job)
  }

  #release(member: Member, job: Job): void {
    member.jobs.delete(job.id)
    if (member.jobs.size === 0) member.thread.hold(false)
    this.#place()
  }

  /** Others on the thread that have not called out yet start again elsewhere: nothing they did can be seen. */
  #becameSlow(member: Member, spinning: Job): void {
    member.slow = spinning
    for (const job of member.jobs.values()) {
      if (job === spinning || job.hasCalled) continue
      member.thread.post({ kind: 'cancel', id: job.id })
      member.jobs.delete(job.id)
      this.#again(job)
    }
  }

  #again(job: Job): void {
    job.restart()
    this.#queue.unshift(job)
    this.#place()
  }

  /** The caller has left. */
  #stop(job: Job): void {
    job.finish('cancelled', 'the run was cancelled')
    const queued = this.#queue.indexOf(job)
    if (queued >= 0) this.#queue.splice(queued, 1)
    const member = this.#members.find(({ jobs }) => jobs.has(job.id))
    if (member === undefined) return
    member.thread.interrupt(job.id)
    member.thread.post({ kind: 'cancel', id: job.id })
    job.watch(GRACE_MS, () => this.#overdue(job))
  }

  /** The thread did not end the program in time: it hangs in native code, or another program keeps it. */
  #overdue(job: Job): void {
    const member = this.#members.find(({ jobs }) => jobs.has(job.id))
    job.finish('timeout', `the program did not end within ${job.limits.timeoutMs} ms`)
    if (member === undefined) return
    const spinning = member.slow
    if (spinning !== undefined && spinning !== job && !spinning.over) {
      member.jobs.delete(job.id)
      return
    }
    void member.thread.terminate()
    this.#gone(member)
  }

  /** A thread is gone: what never called out runs again elsewhere, the rest is lost and says so. */
  #gone(member: Member): void {
    const index = this.#members.indexOf(member)
    if (index < 0) return
    this.#members.splice(index, 1)
    const jobs = [...member.jobs.values()].filter((job) => !job.over)
    member.jobs.clear()
    for (const job of jobs) {
      if (job.mayRestart) this.#again(job)
      else job.finish('lost', 'the sandbox of the program was lost')
    }
    this.#place()
  }
}
