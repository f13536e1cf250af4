import { type ChildProcess, fork } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill, pid as ownPid } from 'node:process'
import { entryPath } from '../../internal/entry.ts'
import { modelText } from '../../internal/text.ts'
import type { Catalog } from '../catalog.ts'
import { toTypeScript } from '../typings.ts'
import { type CheckRequest, type CheckResponse, wrapProgram, type WrappedProgram } from './compiler.ts'
import { explain } from './explain.ts'
import { createScopes, type Scope } from './scope.ts'
import type { CheckedProgram, TypeCheck, TypeChecker } from './type-check.ts'

export interface TypeCheckerOptions {
  /** Milliseconds without a check after which the process ends. @default 60000 */
  readonly idleMs?: number
  /** Milliseconds for one check, the start of the process included. @default 10000 */
  readonly timeoutMs?: number
  /** Bytes of memory of the compiler's process, where they can be read. @default 1073741824 */
  readonly memoryBytes?: number
  /** Checks that wait; more are not made. @default 100 */
  readonly queueLimit?: number
  /** `command`: leaves the native API alone, for tests of the way out. @default 'native' */
  readonly compiler?: 'native' | 'command'
}

/** Checks in a process of its own, which starts with the first check, stays warm, and ends when it is idle or we are gone. */
export function createTypeChecker(options: TypeCheckerOptions = {}): TypeChecker {
  return new ProcessTypeChecker(options)
}

interface Waiting {
  readonly program: WrappedProgram
  readonly catalog: Catalog
  readonly scope: Scope
  readonly settle: (check: TypeCheck) => void
}

class ProcessTypeChecker implements TypeChecker {
  readonly #options: Required<TypeCheckerOptions>
  readonly #queue: Waiting[] = []
  #running: Waiting | undefined
  #process: CheckProcess | undefined
  readonly #scopeOf = createScopes()
  #timer: ReturnType<typeof setTimeout> | undefined
  #nextId = 1
  #closed = false

  constructor(options: TypeCheckerOptions) {
    this.#options = {
      idleMs: 60_000,
      timeoutMs: 10_000,
      memoryBytes: 1024 * 1024 * 1024,
      queueLimit: 100,
      compiler: 'native',
      ...options,
    }
  }

  async check({ source, params }: CheckedProgram, catalog: Catalog, signal?: AbortSignal): Promise<TypeCheck> {
    signal?.throwIfAborted()
    if (this.#closed) return { status: 'unchecked', reason: CLOSED }
    if (this.#queue.length >= this.#options.queueLimit) {
      return { status: 'unchecked', reason: `${this.#queue.length} programs wait for their check already` }
    }
    const { type, declarations } = params === undefined ? ANYTHING : toTypeScript(params, { name: '$Params' })
    const program = wrapProgram(source, type, declarations)
    return await new Promise((resolve, reject) => {
      const abort = (): void => {
        const index = this.#queue.indexOf(waiting)
        if (index >= 0) this.#queue.splice(index, 1)
        reject(signal?.reason as Error)
      }
      const settle = (check: TypeCheck): void => {
        signal?.removeEventListener('abort', abort)
        resolve(check)
      }
      const waiting: Waiting = { program, catalog, scope: this.#scopeOf(source, catalog), settle }
      signal?.addEventListener('abort', abort, { once: true })
      this.#queue.push(waiting)
      this.#next()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const { settle } of this.#queue.splice(0)) settle({ status: 'unchecked', reason: CLOSED })
    const stopped = this.#stop()
    this.#finish({ status: 'unchecked', reason: CLOSED })
    await stopped
  }

  #next(): void {
    if (this.#running !== undefined || this.#closed) return
    clearTimeout(this.#timer)
    const next = this.#queue.shift()
    if (next === undefined) {
      this.#timer = setTimeout(() => void this.#stop(), this.#options.idleMs)
      this.#timer.unref()
      return
    }
    this.#running = next
    const process = (this.#process ??= this.#start())
    const id = this.#nextId++
    const { key, declarations } = next.scope
    const isKnown = process.declared === key
    process.declared = key
    this.#timer = setTimeout(
      () => this.#giveUp(`it took more than ${this.#options.timeoutMs} ms`),
      this.#options.timeoutMs,
    )
    process.ask({ id, program: next.program, ...(isKnown ? {} : { declarations: declarations() }) })
  }

  #start(): CheckProcess {
    const process: CheckProcess = new CheckProcess(this.#options, {
      answered: (response) => {
        if (this.#process === process) this.#receive(response)
      },
      ended: () => {
        if (this.#process === process) this.#giveUp('its process ended')
      },
    })
    return process
  }

  #receive(response: CheckResponse): void {
    const running = this.#running
    if (running === undefined) return
    if ('failure' in response) {
      // Whatever failed, the next check starts anew.
      void this.#stop()
      return this.#finish({ status: 'unchecked', reason: modelText(response.failure, 300) })
    }
    const problems = response.findings.map((finding) => explain(finding, running.program, running.catalog))
    const more = response.count - problems.length
    this.#finish(problems.length === 0 ? { status: 'ok' } : { status: 'errors', problems, more })
  }

  #giveUp(reason: string): void {
    void this.#stop()
    this.#finish({ status: 'unchecked', reason })
  }

  #finish(check: TypeCheck): void {
    const running = this.#running
    this.#running = undefined
    clearTimeout(this.#timer)
    this.#process?.rest()
    running?.settle(check)
    this.#next()
  }

  async #stop(): Promise<void> {
    const process = this.#process
    this.#process = undefined
    await process?.end()
  }
}

const CLOSED = 'the gateway is closing'
const ANYTHING = { type: 'any', declarations: [] }

interface CheckProcessListener {
  answered(response: CheckResponse): void
  ended(): void
}

/** The gateway's side of `check-process.ts`. */
class CheckProcess {
  /** The key of the scope whose declarations it has. */
  declared: string | undefined
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #gone: Promise<void>

  constructor(options: Required<TypeCheckerOptions>, listener: CheckProcessListener) {
    this.#folder = join(tmpdir(), `mcp-optimizer-check-${ownPid}-${Math.random().toString(36).slice(2)}`)
    this.#child = fork(
      entryPath('./check-process.js', import.meta.url),
      [this.#folder, options.compiler, String(options.memoryBytes)],
      {
        env: { GOMEMLIMIT: String(Math.floor(options.memoryBytes / 2)) },
        execArgv: ['--max-old-space-size=256'],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        detached: platform() !== 'win32',
        serialization: 'advanced',
      },
    )
    this.#gone = new Promise((resolve) => {
      const gone = (): void => {
        listener.ended()
        resolve()
      }
      this.#child.once('exit', gone)
      this.#child.once('error', gone)
    })
    this.#child.on('message', (message) => listener.answered(message as CheckResponse))
    this.rest()
  }

  ask(request: CheckRequest): void {
    this.#child.ref()
    this.#child.channel?.ref()
    this.#child.send(request, () => undefined)
  }

  /** Waits for the next request without keeping this process alive. */
  rest(): void {
    this.#child.unref()
    this.#child.channel?.unref()
  }

  /** It holds nothing that is worth a gentle end. */
  async end(): Promise<void> {
    const { pid } = this.#child
    this.#child.ref()
    try {
      if (pid !== undefined && platform() !== 'win32') kill(-pid, 'SIGKILL')
      else this.#child.kill('SIGKILL')
    } catch {
      // Gone already.
    }
    await this.#gone
    await rm(this.#folder, { recursive: true, force: true })
  }
}
