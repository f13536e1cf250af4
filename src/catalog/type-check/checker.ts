import { type ChildProcess, fork } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill, pid as ownPid } from 'node:process'
import { entryPath } from '../../internal/entry.ts'
import { foreignText } from '../../internal/text.ts'
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
  /** Milliseconds after which a check makes room for those that wait, and goes on in a process of its own. @default 1000 */
  readonly patienceMs?: number
  /** Bytes of memory of a compiler's process, where they can be read. @default 1073741824 */
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
  readonly party: string
  readonly settle: (check: TypeCheck) => void
}

/** A check that took long, beside the process that serves the others. */
interface Aside {
  readonly waiting: Waiting
  readonly process: CheckProcess
  readonly timer: ReturnType<typeof setTimeout>
}

/** Of a process that has answered nothing yet: it has to start. */
const START_MS = 2_000

class ProcessTypeChecker implements TypeChecker {
  readonly #options: Required<TypeCheckerOptions>
  readonly #queue: Waiting[] = []
  #running: Waiting | undefined
  #startedAt = 0
  #patience: ReturnType<typeof setTimeout> | undefined
  /** The running check has had its time to itself: whoever comes now is not kept waiting by it. */
  #isLate = false
  #aside: Aside | undefined
  #process: CheckProcess | undefined
  readonly #scopeOf = createScopes()
  #timer: ReturnType<typeof setTimeout> | undefined
  #nextId = 1
  #closed = false

  constructor(options: TypeCheckerOptions) {
    this.#options = {
      idleMs: 60_000,
      timeoutMs: 10_000,
      patienceMs: 1_000,
      memoryBytes: 1024 * 1024 * 1024,
      queueLimit: 100,
      compiler: 'native',
      ...options,
    }
  }

  async check(
    { source, params, party = '' }: CheckedProgram,
    catalog: Catalog,
    signal?: AbortSignal,
  ): Promise<TypeCheck> {
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
      const waiting: Waiting = { program, catalog, scope: this.#scopeOf(source, catalog), party, settle }
      signal?.addEventListener('abort', abort, { once: true })
      this.#queue.push(waiting)
      if (this.#isLate) this.#putAside()
      this.#next()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const { settle } of this.#queue.splice(0)) settle({ status: 'unchecked', reason: CLOSED })
    const stopped = [this.#stop(), this.#endAside({ status: 'unchecked', reason: CLOSED })]
    this.#finish({ status: 'unchecked', reason: CLOSED })
    await Promise.all(stopped)
  }

  #next(): void {
    if (this.#running !== undefined || this.#closed) return
    clearTimeout(this.#timer)
    const next = this.#takeNext()
    if (next === undefined) {
      this.#timer = setTimeout(() => void this.#stop(), this.#options.idleMs)
      this.#timer.unref()
      return
    }
    this.#running = next
    this.#startedAt = performance.now()
    const process = (this.#process ??= this.#start())
    const patienceMs = this.#options.patienceMs + (process.hasAnswered ? 0 : START_MS)
    this.#patience = setTimeout(() => {
      this.#isLate = true
      if (this.#queue.length > 0) this.#putAside()
    }, patienceMs)
    this.#patience.unref()
    const id = this.#nextId++
    const { key, declarations } = next.scope
    const isKnown = process.declared === key
    process.declared = key
    this.#timer = setTimeout(() => this.#giveUp(this.#tooLong()), this.#options.timeoutMs)
    process.ask({ id, program: next.program, ...(isKnown ? {} : { declarations: declarations() }) })
  }

  /** Those of whoever keeps a compiler busy already come after the others. */
  #takeNext(): Waiting | undefined {
    const busy = this.#aside?.waiting.party
    const index = this.#queue.findIndex(({ party }) => party !== busy)
    return index > 0 ? this.#queue.splice(index, 1)[0] : this.#queue.shift()
  }

  /** One at a time: an earlier one has had more time than those that wait. */
  #putAside(): void {
    const [waiting, process] = [this.#running, this.#process]
    if (waiting === undefined || process === undefined) return
    void this.#endAside({ status: 'unchecked', reason: 'it took long, and others waited' })
    const leftMs = this.#options.timeoutMs - (performance.now() - this.#startedAt)
    const tooLong: TypeCheck = { status: 'unchecked', reason: this.#tooLong() }
    const timer = setTimeout(() => void this.#endAside(tooLong), Math.max(0, leftMs))
    this.#aside = { waiting, process, timer }
    this.#clear()
    this.#process = undefined
    this.#next()
  }

  async #endAside(check: TypeCheck): Promise<void> {
    const aside = this.#aside
    this.#aside = undefined
    if (aside === undefined) return
    clearTimeout(aside.timer)
    aside.waiting.settle(check)
    await aside.process.end()
  }

  #tooLong(): string {
    return `it took more than ${this.#options.timeoutMs} ms`
  }

  #start(): CheckProcess {
    const process: CheckProcess = new CheckProcess(this.#options, {
      answered: (response) => {
        if (this.#process === process) this.#receive(response)
        else if (this.#aside?.process === process) void this.#endAside(checkOf(response, this.#aside.waiting))
      },
      ended: () => {
        if (this.#process === process) this.#giveUp('its process ended')
        else if (this.#aside?.process === process)
          void this.#endAside({ status: 'unchecked', reason: 'its process ended' })
      },
    })
    return process
  }

  #receive(response: CheckResponse): void {
    const running = this.#running
    if (running === undefined) return
    // Whatever failed, the next check starts anew.
    if ('failure' in response) void this.#stop()
    this.#finish(checkOf(response, running))
  }

  #giveUp(reason: string): void {
    void this.#stop()
    this.#finish({ status: 'unchecked', reason })
  }

  #finish(check: TypeCheck): void {
    const running = this.#running
    this.#clear()
    this.#process?.rest()
    running?.settle(check)
    this.#next()
  }

  #clear(): void {
    this.#running = undefined
    this.#isLate = false
    clearTimeout(this.#timer)
    clearTimeout(this.#patience)
  }

  async #stop(): Promise<void> {
    const process = this.#process
    this.#process = undefined
    await process?.end()
  }
}

function checkOf(response: CheckResponse, { program, catalog }: Waiting): TypeCheck {
  if ('failure' in response) return { status: 'unchecked', reason: foreignText(response.failure, 300) }
  const problems = response.findings.map((finding) => explain(finding, program, catalog))
  const more = response.count - problems.length
  return problems.length === 0 ? { status: 'ok' } : { status: 'errors', problems, more }
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
  hasAnswered = false
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
    this.#child.on('message', (message) => {
      this.hasAnswered = true
      listener.answered(message as CheckResponse)
    })
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
