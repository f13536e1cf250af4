import { memoryUsage } from 'node:process'
import { Worker } from 'node:worker_threads'
import { entryPath } from '../../internal/entry.ts'
import {
  DEFAULT_LIMITS,
  type GuestError,
  type HostCall,
  type Outcome,
  type Program,
  type Sandbox,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
} from '../sandbox.ts'
import { incompleteError } from '../incomplete.ts'
import { timeoutError } from '../stop-errors.ts'
import { threadOptions } from '../thread-flags.ts'
import { type ErrorContext, toGuestError } from '../wasm/guest-error.ts'
import { ToGuest } from '../wasm/guest-glue.ts'
import { isPath, toPriming } from '../wasm/image.ts'
import { compile, fileName } from '../wasm/program.ts'
import { isLonger, Run } from '../wasm/run.ts'
import { isTooDeep } from '../../internal/json-depth.ts'
import { type FromV8, type ToV8, type V8Setup } from './v8-protocol.ts'

export interface V8BackendOptions extends V8Setup {
  /** Memory of the program in MB, and what its thread is started with. */
  readonly memoryMb: number
}

/** Milliseconds between looks at the memory of the process: what lies outside the heap has no other soft bound. */
const MEMORY_CHECK_MS = 10
const MAX_DEPTH = 2_000
/** Milliseconds in which the result of a program that reached a limit after it had returned is read. */
const LAST_WORDS_MS = 100
/** Bytes that the process may grow by besides what the program may have. */
const MEMORY_SLACK_BYTES = 48 * 1024 * 1024

/**
 * A program in plain V8, in a thread of this process, which has no other purpose: it is ended after one program. Lives
 * inside a runner only; the jail around the process is the boundary, not the thread.
 */
export async function createV8Backend(options: V8BackendOptions): Promise<SandboxBackend> {
  let thread = new GuestThread(options)
  // What a program needs first is compiled before it is there.
  toPriming({ version: '', functions: [], modules: [] })
  compile('return 1', 'body', 'program')
  await thread.ready
  return {
    name: 'v8',
    enforces: new Set(Object.keys(DEFAULT_LIMITS) as (keyof SandboxLimits)[]),
    create: async (image) => {
      if (thread.image !== undefined && thread.image.version !== image.version) {
        // A realm is primed once.
        await thread.end()
        thread = new GuestThread(options)
        await thread.ready
      }
      thread.prime(image)
      return new V8Sandbox(thread, image, options.memoryMb)
    },
    [Symbol.asyncDispose]: async () => await thread.end(),
  }
}

class V8Sandbox implements Sandbox {
  private readonly thread: GuestThread
  private readonly image: SandboxImage
  private readonly memoryMb: number

  constructor(thread: GuestThread, image: SandboxImage, memoryMb: number) {
    this.thread = thread
    this.image = image
    this.memoryMb = memoryMb
  }

  async run(program: Program, call: HostCall, limits: SandboxLimits, signal?: AbortSignal): Promise<Outcome> {
    const run = new Run(1, '', this.image, program, call, limits)
    const maximum = this.memoryMb * 1024 * 1024
    if (limits.memoryBytes > maximum) {
      const message = `a program of this sandbox has at most ${this.memoryMb} MB of memory`
      const details = { limit: 'memoryBytes', maximum }
      run.finishHere('limit', { name: 'Error', code: 'LIMIT_EXCEEDED', message, details })
    } else if (signal?.aborted === true) run.finishStopped('cancelled')
    else {
      signal?.addEventListener('abort', () => run.finishStopped('cancelled'), { once: true })
      this.thread.run(run)
    }
    return await run.outcome
  }

  /** A second program would find what the first one left. */
  async reset(): Promise<boolean> {
    return false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The process ends with its program.
  }
}

class GuestThread {
  readonly ready: Promise<void>
  /** What it was primed with. */
  image: SandboxImage | undefined
  private readonly worker: Worker
  private current: Run | undefined
  private logs: string[] = []
  private logBytes = 0
  private hasReturned = false
  /** The limit that was reached after the program had returned. */
  private cause: GuestError | undefined
  private failed: GuestError[] = []
  private failures = 0
  private context: ErrorContext = { find: () => undefined, paths: [] }

  private readonly mayRequire: boolean

  constructor({ packages, memoryMb }: V8BackendOptions) {
    this.mayRequire = packages.length > 0
    this.worker = new Worker(entryPath('./v8-worker.js', import.meta.url), {
      ...threadOptions(memoryMb),
      workerData: { packages } satisfies V8Setup,
    })
    // What it prints is read and thrown away, so that it does not pile up here.
    this.worker.stdout.resume()
    this.worker.stderr.resume()
    this.ready = new Promise((resolve, reject) => {
      this.worker.once('message', () => resolve())
      this.worker.once('error', reject)
    })
    this.worker.on('message', (message: FromV8) => this.receive(message))
    this.worker.on('error', (error: Error & { code?: unknown }) => this.handleError(error))
    this.worker.on('exit', () => this.fail(endedEarly()))
  }

  prime(image: SandboxImage): void {
    if (this.image !== undefined) return
    this.image = image
    this.send({ kind: 'image', priming: toPriming(image) })
  }

  run(run: Run): void {
    this.current = run
    const { limits } = run
    const late = timeoutError(limits.timeoutMs)
    const timer = setTimeout(() => this.cutOff(late, () => run.finishStopped('timeout')), limits.timeoutMs)
    const memory = setInterval(this.memoryCheck(run), MEMORY_CHECK_MS)
    void run.outcome.then(() => {
      clearTimeout(timer)
      clearInterval(memory)
      void this.worker.terminate()
    })
    this.start(run)
  }

  private start(run: Run): void {
    const { program, limits } = run
    const { hostCallsInFlight, logBytes, sourceBytes } = limits
    const replay = program.kind === 'metadata' ? undefined : program.replay
    const { seed, ...clock } = replay ?? { seed: Math.floor(Math.random() * 2 ** 52) }
    const common = { kind: 'run', seed, ...clock, hostCallsInFlight, logBytes } as const
    this.context = contextOf(this.image, program)
    if (program.kind === 'module') {
      const { module: code, input } = program
      return this.send({ ...common, code, file: '', operation: ToGuest.callModule, input: input || 'null' })
    }
    if (isLonger(program.source, sourceBytes)) {
      return this.fail(
        overLimit('sourceBytes', sourceBytes, `the program is longer than ${sourceBytes} bytes`),
        'limit',
      )
    }
    const isBody = program.kind === 'body'
    const compilation = compile(program.source, isBody ? 'body' : 'module', program.name ?? 'program', {
      mayRequire: this.mayRequire,
    })
    if (!compilation.ok) return this.fail(compilation.error)
    const { script: code, file } = compilation.program
    const operation = isBody ? ToGuest.body : ToGuest.metadata
    this.send({ ...common, code, file, operation, input: (isBody && program.input) || 'null' })
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  private memoryCheck(run: Run): () => void {
    const maximum = memoryUsage.rss() + run.limits.memoryBytes + MEMORY_SLACK_BYTES
    return () => {
      if (memoryUsage.rss() > maximum) run.finishHere('memory', outOfMemory(run.limits))
    }
  }

  private receive(message: FromV8): void {
    const run = this.current
    if (run === undefined || run.ended) return
    if (message.kind === 'call') this.handleCall(run, message.id, message.index, message.text)
    else if (message.kind === 'log') this.log(message.text, run.limits.logBytes)
    else if (message.kind === 'returned') this.hasReturned = true
    else if (message.kind === 'rejected') this.addFailure(message.text, message.total)
    else if (message.kind === 'result') this.handleResult(message.text, message.isNothing, run.limits)
    else if (message.kind === 'failure') this.fail(this.toError(message.text, message.parsing))
    else if (message.kind === 'deadlock') this.fail(deadlock())
  }

  private handleCall(run: Run, id: number, index: number, text: string): void {
    const { hostCalls, argumentBytes } = run.limits
    if (this.cause !== undefined) return
    if (run.hostCalls >= hostCalls) {
      const error = overLimit('hostCalls', hostCalls, `the program made more than ${hostCalls} host calls`)
      return this.cutOff(error, () => this.fail(error, 'limit'))
    }
    const refusal = isLonger(text, argumentBytes)
      ? 'the argument of this call is larger than the limit of one call'
      : isTooDeep(text, MAX_DEPTH)
        ? 'the argument of this call nests too deep'
        : undefined
    if (refusal === undefined)
      run.handleCall(index, text, (ok, answer) => this.send({ kind: 'answer', id, ok, text: answer }))
    else {
      const error = { name: 'Error', code: 'LIMIT_EXCEEDED', message: refusal }
      this.send({ kind: 'answer', id, ok: false, text: JSON.stringify(error) })
    }
  }

  /** A limit was reached. What a program has returned by then is kept. */
  private cutOff(cause: GuestError, finish: () => void): void {
    if (!this.hasReturned || this.cause !== undefined) return finish()
    this.cause = cause
    this.send({ kind: 'close' })
    setTimeout(finish, LAST_WORDS_MS)
  }

  private addFailure(description: string, total: number): void {
    this.failed.push(this.toError(description, false))
    this.failures = total
  }

  private handleResult(value: string, isNothing: boolean, { resultBytes }: SandboxLimits): void {
    if (isLonger(value, resultBytes)) {
      this.fail(overLimit('resultBytes', resultBytes, `the result is longer than ${resultBytes} bytes`), 'limit')
    } else if (isTooDeep(value, MAX_DEPTH)) {
      this.fail(overLimit('depth', MAX_DEPTH, `the result nests deeper than ${MAX_DEPTH} levels`), 'limit')
    } else {
      const told = { value, ...(isNothing && { nothing: true as const }) }
      if (this.failures === 0 && this.cause === undefined) this.finish({ status: 'ok', ...told })
      else
        this.finish({ status: 'incomplete', ...told, error: incompleteError(this.failed, this.failures, this.cause) })
    }
  }

  private toError(description: string, parsing: boolean): GuestError {
    return toGuestError(description.replaceAll('at async ', 'at '), parsing, this.context)
  }

  private log(line: string, limit: number): void {
    if (this.logBytes > limit) return
    this.logBytes += Buffer.byteLength(line) + 1
    this.logs.push(this.logBytes <= limit ? line : `… the rest of the output is cut: it is longer than ${limit} bytes`)
  }

  private handleError(error: { code?: unknown }): void {
    const run = this.current
    if (run === undefined) return
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') run.finishHere('memory', outOfMemory(run.limits))
    else this.fail({ name: 'Error', code: 'PROGRAM_ERROR', message: 'the program broke the thread that it ran in' })
  }

  private fail(error: GuestError, status: 'error' | 'limit' = 'error'): void {
    this.finish({ status, error })
  }

  private finish(how: Pick<Outcome, 'status' | 'value' | 'nothing' | 'error'>): void {
    const run = this.current
    if (run === undefined) return
    const durationMs = run.limits.timeoutMs - run.remainingMs
    run.finish({ ...how, logs: this.logs, hostCalls: run.hostCalls, durationMs, setupMs: 0 })
  }

  private send(message: ToV8): void {
    this.worker.postMessage(message)
  }
}

/** What the errors of a program are shown with: the sources that it is made of. */
function contextOf(image: SandboxImage | undefined, program: Program): ErrorContext {
  const { functions = [], modules = [] } = image ?? {}
  const known = new Map(modules.map(({ name, source }) => [fileName(name), { source, kind: 'module' as const }]))
  const own = program.kind === 'module' ? undefined : program
  const kind = program.kind === 'body' ? 'body' : 'module'
  const paths = [...functions, ...modules].map(({ path }) => path).filter(isPath)
  return {
    find: (file) =>
      own !== undefined && file === fileName(own.name ?? 'program') ? { source: own.source, kind } : known.get(file),
    paths: paths.map((path) => path.join('.')),
  }
}

function overLimit(limit: string, maximum: number, message: string): GuestError {
  return { name: 'Error', code: 'LIMIT_EXCEEDED', message, details: { limit, maximum } }
}

function deadlock(): GuestError {
  const message = 'the program waits for a promise that nothing will settle (deadlock): no call is in flight'
  return { name: 'Error', code: 'PROGRAM_ERROR', message }
}

function outOfMemory({ memoryBytes }: SandboxLimits): GuestError {
  const message = `the program used more than ${Math.round(memoryBytes / 1024 / 1024)} MB of memory`
  return { name: 'Error', code: 'MEMORY_LIMIT', message }
}

function endedEarly(): GuestError {
  return { name: 'Error', code: 'PROGRAM_ERROR', message: 'the program ended its own thread' }
}
