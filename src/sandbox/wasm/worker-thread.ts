import { Worker } from 'node:worker_threads'
import { entryPath } from '../../internal/entry.ts'
import type { SandboxImage } from '../sandbox.ts'
import type { FromWorker, ToWorker, WorkerData } from './protocol.ts'

/** What a thread reports to the pool. */
export interface ThreadEvents {
  message(message: FromWorker): void
  /** The thread is gone, for whatever reason; called once. */
  gone(): void
}

/** Images a thread keeps: the present one and those whose programs are still running. */
const KEPT_IMAGES = 3

/** One worker thread, seen from outside: posts in batches, knows the images it has sent, ends on demand. */
export class WorkerThread {
  readonly #worker: Worker
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  readonly #versions: string[] = []
  #outbox: ToWorker[] = []
  #ended = false

  constructor(seed: number | undefined, events: ThreadEvents) {
    const data: WorkerData = { stop: this.#stop, seed }
    this.#worker = new Worker(entryPath('./worker.js', import.meta.url), {
      workerData: data,
      env: {},
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    })
    // Nothing in a thread writes; should it, the text is read and dropped.
    this.#worker.stdout.resume()
    this.#worker.stderr.resume()
    this.#worker.on('message', (messages: readonly FromWorker[]) => {
      for (const message of messages) events.message(message)
    })
    this.#worker.on('error', () => undefined)
    this.#worker.on('exit', () => {
      this.#ended = true
      events.gone()
    })
    this.#worker.unref()
  }

  /** Keeps the process alive while programs run here. */
  hold(busy: boolean): void {
    if (this.#ended) return
    if (busy) this.#worker.ref()
    else this.#worker.unref()
  }

  /** Sent with all that is posted before the next tick. */
  post(message: ToWorker): void {
    this.#outbox.push(message)
    if (this.#outbox.length === 1) queueMicrotask(() => this.#flush())
  }

  /** Sends the image unless the thread has it. */
  ensureImage(image: SandboxImage): void {
    if (this.#versions.includes(image.version)) return
    this.post({ kind: 'image', image })
    this.#versions.push(image.version)
    const oldest = this.#versions.length > KEPT_IMAGES ? this.#versions.shift() : undefined
    if (oldest !== undefined) this.post({ kind: 'forget', version: oldest })
  }

  /** Stops a run at its next interrupt, even while the thread is busy with it. */
  interrupt(id: number): void {
    Atomics.store(this.#stop, 0, id)
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #flush(): void {
    const messages = this.#outbox
    this.#outbox = []
    if (!this.#ended) this.#worker.postMessage(messages)
  }
}
