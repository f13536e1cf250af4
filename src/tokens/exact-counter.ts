// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { entryPath } from '../internal/entry.ts'
import type { Encoding } from './exact.ts'

/**
 * Counts tokens exactly beside the thread that serves: loading takes time and memory, and a run of letters without a
 * space takes time by the square of its length.
 */
export interface ExactCounter extends AsyncDisposable {
  readonly name: Encoding
  /**
   * Tokens of each text; undefined where that is not known soon: while the tokenizer loads (which the first call begins),
   * while it is behind, for very long texts. Never rejects.
   */
  count(texts: readonly string[]): Promise<readonly number[] | undefined>
}

export interface ExactCounterOptions {
  /** @default 'cl100k_base' */
  readonly encoding?: Encoding
  /** Milliseconds that a call waits at most. @default 50 */
  readonly waitMs?: number
  /** Told once why the thread cannot count, such as a package that is not installed. */
  readonly onFailure?: (error: unknown) => void
  /** Milliseconds more after which a thread that is still counting is ended. @default 2000 */
  readonly stuckMs?: number
}

/** What the thread is started with. */
export interface CountingSetup {
  readonly encoding: Encoding
}

export interface ToCount {
  readonly id: number
  readonly texts: readonly string[]
}

export interface Counted {
  /** That of the question; 0: the tokenizer has loaded. */
  readonly id: number
  readonly tokens: readonly number[]
}

export function createExactCounter(options: ExactCounterOptions = {}): ExactCounter {
  return new CountingThread(options)
}

interface Waiting {
  readonly tell: (tokens: readonly number[] | undefined) => void
  timer: NodeJS.Timeout
  isLate: boolean
}

/** Characters of all texts of one call, about 50 ms of counting. */
const MAX_CHARS = 1_000_000
/** Milliseconds before another thread is tried after one that could not load. */
const RETRY_MS = 60_000

class CountingThread implements ExactCounter {
  readonly name: Encoding
  readonly #waitMs: number
  readonly #stuckMs: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #isReady = false
  /** Calls that were not answered in time, and are not yet. */
  #late = 0
  #nextId = 1
  #startAfter = 0
  #onFailure: ((error: unknown) => void) | undefined

  constructor({ encoding = 'cl100k_base', waitMs = 50, stuckMs = 2_000, onFailure }: ExactCounterOptions) {
    this.#onFailure = onFailure
    this.name = encoding
    this.#waitMs = waitMs
    this.#stuckMs = stuckMs
  }

  async count(texts: readonly string[]): Promise<readonly number[] | undefined> {
    const worker = (this.#worker ??= this.#start())
    if (worker === undefined || texts.reduce((sum, { length }) => sum + length, 0) > MAX_CHARS) return undefined
    if (!this.#isReady || this.#late > 0) {
      // What the thread says would never arrive while operations follow each other without a turn of the event loop.
      await setImmediate()
      return undefined
    }
    const id = this.#nextId++
    return await new Promise((tell) => {
      this.#waiting.set(id, { tell, timer: setTimeout(() => this.#handleLate(id), this.#waitMs), isLate: false })
      worker.postMessage({ id, texts } satisfies ToCount)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#startAfter = Number.POSITIVE_INFINITY
    await this.#end()
  }

  #start(): Worker | undefined {
    if (performance.now() < this.#startAfter) return undefined
    const worker = new Worker(entryPath('./exact-thread.js', import.meta.url), {
      workerData: { encoding: this.name } satisfies CountingSetup,
      env: {},
      argv: [],
      // Some flags of a process are none for a thread.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    const gone = (): void => {
      if (this.#worker !== worker) return
      if (!this.#isReady) this.#startAfter = performance.now() + RETRY_MS
      void this.#end()
    }
    worker.on('message', (counted: Counted) => this.#receive(counted))
    worker.on('error', (error) => {
      if (!this.#isReady) this.#tellFailure(error)
      gone()
    })
    worker.on('exit', gone)
    worker.unref()
    return worker
  }

  #tellFailure(error: unknown): void {
    this.#onFailure?.(error)
    this.#onFailure = undefined
  }

  #receive({ id, tokens }: Counted): void {
    if (id === 0) this.#isReady = true
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    if (waiting.isLate) this.#late--
    waiting.tell(tokens)
  }

  #handleLate(id: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#late++
    waiting.isLate = true
    waiting.tell(undefined)
    waiting.timer = setTimeout(() => void this.#end(), this.#stuckMs)
    waiting.timer.unref()
  }

  /** The next call starts another thread. */
  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#isReady = false
    this.#late = 0
    for (const { tell, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      tell(undefined)
    }
    this.#waiting.clear()
    await worker?.terminate()
  }
}
