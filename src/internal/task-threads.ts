// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { Worker } from 'node:worker_threads'

/** Work for a thread, and what bounds it. */
export interface TaskOptions {
  /** Milliseconds from now, waiting included; then the thread that is at it is ended. */
  readonly timeoutMs: number
  /** Who asks: nobody holds more than half of the threads. */
  readonly party: string
  readonly signal?: AbortSignal | undefined
  /** The thread is ended behind it: it has grown by it, and would keep that. */
  readonly isLast?: boolean
  /** What of the task is handed over to the thread, and is gone here. */
  readonly transfer?: readonly ArrayBuffer[] | undefined
}

export interface TaskThreadsOptions {
  /** Path of the thread's file, which answers each {@link ToThread} with a {@link FromThread}. */
  readonly file: string
  /** The error that a thread's task threw, from what it tells of it. */
  readonly toError: (error: unknown) => unknown
  /** What a thread is started with. */
  readonly setup?: unknown
  /** Threads at most, started when they are needed. @default 4 */
  readonly threads?: number
  /** Heap of one thread, MB. @default 512 */
  readonly heapMb?: number
  /** Milliseconds after which a thread without work is ended. @default 30000 */
  readonly idleMs?: number
  /** Tasks that may wait; more are refused. @default 1000 */
  readonly waiting?: number
}

export interface ToThread<Task> {
  readonly task: Task
}

/** `error` is data; see `toError` of {@link TaskThreadsOptions}. */
export type FromThread<Result> = { readonly result: Result } | { readonly error: unknown }

/** Why a task has no result: its time is over, its thread had no memory left or ended, too many wait, or all is closed. */
export class TaskError extends Error {
  override readonly name = 'TaskError'
  readonly reason: 'timeout' | 'memory' | 'ended' | 'full' | 'closed'

  constructor(reason: TaskError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

interface Job<Task, Result> {
  readonly task: Task
  readonly isLast: boolean
  readonly transfer: readonly ArrayBuffer[]
  readonly party: string
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

interface Member<Task, Result> {
  readonly worker: Worker
  job: Job<Task, Result> | undefined
  idle: NodeJS.Timeout | undefined
}

/** Runs what may take long beside the thread that serves, each task with a deadline that ends it whatever it does. */
export class TaskThreads<Task, Result> implements AsyncDisposable {
  readonly #options: Required<Omit<TaskThreadsOptions, 'setup'>> & { readonly setup: unknown }
  readonly #members = new Set<Member<Task, Result>>()
  readonly #queue: Job<Task, Result>[] = []
  #isClosed = false

  constructor(options: TaskThreadsOptions) {
    this.#options = { threads: 4, heapMb: 512, idleMs: 30_000, waiting: 1_000, setup: undefined, ...options }
  }

  /**
   * What a thread makes of the task. Throws what the task throws, the reason of the signal, and {@link TaskError}.
   */
  async run(task: Task, { timeoutMs, party, signal, isLast = false, transfer = [] }: TaskOptions): Promise<Result> {
    signal?.throwIfAborted()
    if (this.#isClosed) throw closed()
    if (this.#queue.length >= this.#options.waiting)
      throw new TaskError('full', `${this.#queue.length} tasks of this kind wait already`)
    return await new Promise<Result>((resolve, reject) => {
      const timer = setTimeout(
        () => this.#give(job, new TaskError('timeout', `not done within ${timeoutMs} ms`)),
        timeoutMs,
      )
      const abort = (): void => this.#give(job, signal?.reason)
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const job: Job<Task, Result> = {
        task,
        isLast,
        transfer,
        party,
        resolve: (result) => {
          done()
          resolve(result)
        },
        reject: (error) => {
          done()
          reject(error)
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#queue.push(job)
      this.#pump()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const job of this.#queue.splice(0)) job.reject(closed())
    await Promise.all([...this.#members].map(async (member) => await this.#end(member, closed())))
  }

  /** Ends a job that waits or runs, and the thread that is at it. */
  #give(job: Job<Task, Result>, error: unknown): void {
    const at = this.#queue.indexOf(job)
    if (at >= 0) this.#queue.splice(at, 1)
    job.reject(error)
    for (const member of this.#members) if (member.job === job) void this.#end(member, closed())
    this.#pump()
  }

  #pump(): void {
    for (let at = 0; at < this.#queue.length;) {
      const job = this.#queue[at] as Job<Task, Result>
      const member = this.#mayRun(job.party) ? this.#freeMember() : undefined
      if (member === undefined) at++
      else {
        this.#queue.splice(at, 1)
        this.#start(member, job)
      }
    }
  }

  #mayRun(party: string): boolean {
    let held = 0
    for (const { job } of this.#members) if (job?.party === party) held++
    return held < Math.ceil(this.#options.threads / 2)
  }

  #freeMember(): Member<Task, Result> | undefined {
    for (const member of this.#members) if (member.job === undefined) return member
    return this.#members.size < this.#options.threads ? this.#newMember() : undefined
  }

  #newMember(): Member<Task, Result> {
    const { file, heapMb, setup } = this.#options
    const worker = new Worker(file, {
      workerData: setup,
      env: {},
      argv: [],
      // Some flags of a process are none for a thread.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    const member: Member<Task, Result> = { worker, job: undefined, idle: undefined }
    worker.unref()
    worker.on('message', (answer: FromThread<Result>) => this.#receive(member, answer))
    worker.on('error', (error: NodeJS.ErrnoException) => {
      void this.#end(member, failure(error))
    })
    worker.on('exit', () => void this.#end(member, failure()))
    this.#members.add(member)
    return member
  }

  #start(member: Member<Task, Result>, job: Job<Task, Result>): void {
    clearTimeout(member.idle)
    member.job = job
    member.worker.ref()
    member.worker.postMessage({ task: job.task } satisfies ToThread<Task>, job.transfer)
  }

  #receive(member: Member<Task, Result>, answer: FromThread<Result>): void {
    const { job } = member
    if (job === undefined) return
    member.job = undefined
    if (job.isLast) void this.#end(member, closed())
    else {
      member.worker.unref()
      member.idle = setTimeout(() => void this.#end(member, closed()), this.#options.idleMs)
      member.idle.unref()
    }
    if ('result' in answer) job.resolve(answer.result)
    else job.reject(this.#options.toError(answer.error))
    this.#pump()
  }

  async #end(member: Member<Task, Result>, error: TaskError): Promise<void> {
    if (!this.#members.delete(member)) return
    clearTimeout(member.idle)
    member.job?.reject(error)
    member.job = undefined
    await member.worker.terminate()
    this.#pump()
  }
}

function closed(): TaskError {
  return new TaskError('closed', 'the threads are ended')
}

function failure(error?: NodeJS.ErrnoException): TaskError {
  return error?.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new TaskError('memory', 'it needs more memory than it may have', error)
    : new TaskError('ended', 'the thread that was at it ended', error)
}
