import { OptimizerError } from '../../errors.ts'
import { messageOf } from '../../internal/text.ts'
import type { GuestError, OutcomeStatus, Program, SandboxLimits } from '../sandbox.ts'
import { outOfMemory, ownFrames, readFailure } from './guest-error.ts'
import { moduleSource, type PrimedImage } from './image.ts'
import { GuestException, type Instance } from './instance.ts'
import type { FromWorker, RunEnd } from './protocol.ts'
import type { Transpiler } from './transpile.ts'

/** What a run needs of its worker. */
export interface RunHost {
  readonly transpiler: Transpiler
  readonly seed: () => number
  post(message: FromWorker): void
  /** The run is over; `reusable` when its instance may be reset and used again. */
  ended(run: Run, reusable: boolean): void
}

/** One program in one instance, from its start to its end. */
export class Run {
  readonly id: number
  readonly instance: Instance
  readonly image: PrimedImage
  readonly limits: SandboxLimits
  readonly deadline: number
  readonly #host: RunHost
  readonly #program: Program
  readonly #file: string
  readonly #setupMs: number
  readonly #startedAt = performance.now()
  readonly #logs: string[] = []
  readonly #waiting: FromWorker[] = []
  #logBytes = 0
  #hostCalls = 0
  #inFlight = 0
  #stop: OutcomeStatus | undefined
  #stopError: GuestError | undefined
  #over = false
  #timer: NodeJS.Timeout | undefined

  constructor(id: number, program: Program, limits: SandboxLimits, instance: Instance, image: PrimedImage, setupMs: number, host: RunHost) {
    this.id = id
    this.instance = instance
    this.image = image
    this.limits = limits
    this.deadline = this.#startedAt + limits.timeoutMs
    this.#host = host
    this.#program = program
    this.#file = `${program.kind === 'module' ? program.module : (program.name ?? 'program')}.ts`
    this.#setupMs = setupMs
  }

  /** Asked from inside the engine. */
  mustStop(): boolean {
    if (this.#stop === undefined && performance.now() > this.deadline) this.#stop = 'timeout'
    return this.#stop !== undefined
  }

  /** Ends the run from outside; the instance is given up when it is just inside the engine, or holds a waiting program. */
  stop(status: 'timeout' | 'cancelled'): void {
    this.#stop ??= status
    this.#settleStop()
  }

  start(): void {
    this.#enter(() => {
      this.instance.setMemoryLimit(this.image.memory.used.length + this.limits.memoryBytes)
      const { argumentBytes, resultBytes } = this.limits
      const { start } = this.image.memory.entry
      const program = this.#compile()
      const input = this.#program.kind === 'metadata' ? '{}' : this.#program.input
      this.instance.call(start, program, input, this.#host.seed(), this.#host.seed(), argumentBytes, resultBytes)
    })
  }

  /** Hands the guest the answer of a host call. */
  answer(call: number, ok: boolean, text: string): void {
    if (this.#over) return
    this.#inFlight--
    const next = this.#waiting.shift()
    if (next !== undefined) this.#send(next)
    this.#enter(() => this.instance.call(this.image.memory.entry.deliver, call, ok, text))
  }

  #compile(): string | ReturnType<Instance['compile']> {
    const program = this.#program
    if (program.kind === 'module') {
      if (this.image.modules.has(program.module)) return program.module
      throw new OptimizerError('UNKNOWN_INTENT', `cannot run "${program.module}": the image has no such module`)
    }
    if (Buffer.byteLength(program.source) > this.limits.sourceBytes) {
      throw new OptimizerError('LIMIT_EXCEEDED', `cannot run ${Buffer.byteLength(program.source)} bytes of source: at most ${this.limits.sourceBytes}`)
    }
    const source = program.kind === 'body' ? bodySource(this.#host.transpiler.body(program.source)) : metadataSource(this.#host.transpiler.module(program.source))
    return this.instance.compile(source, this.#file)
  }

  /** Every way into the engine: whatever happens inside, the run goes on, ends, or waits for an answer. */
  #enter(work: () => void): void {
    this.instance.listen({
      call: (call, index, argument) => this.#called(call, index, argument),
      done: (ok, text) => this.#done(ok, text),
      log: (line) => this.#logged(line),
    })
    try {
      work()
      if (!this.#over) this.instance.runJobs(() => this.mustStop() || this.#over)
    } catch (thrown) {
      this.#thrown(thrown)
    }
    this.#settleStop()
    if (!this.#over) this.#wait()
  }

  #wait(): void {
    if (this.#inFlight === 0) {
      const message = 'the program waits for a promise that nothing will settle'
      this.#end({ status: 'error', error: { name: 'Error', message, code: 'PROGRAM_ERROR' } }, true)
      return
    }
    this.#timer ??= setTimeout(() => this.stop('timeout'), Math.max(0, this.deadline - performance.now()))
  }

  #called(call: number, index: number, argument: string): void {
    if (this.#over || this.#stop !== undefined) return
    const { hostCalls, hostCallsInFlight } = this.limits
    if (++this.#hostCalls > hostCalls) {
      this.#stop = 'limit'
      this.#stopError = { name: 'RangeError', message: `more than ${hostCalls} host calls in one program`, code: 'LIMIT_EXCEEDED' }
      return
    }
    const name = this.image.names[index]
    if (name === undefined) return
    const message: FromWorker = { kind: 'call', id: this.id, call, name, argument }
    if (this.#inFlight >= hostCallsInFlight) this.#waiting.push(message)
    else this.#send(message)
  }

  #send(message: FromWorker): void {
    this.#inFlight++
    this.#host.post(message)
  }

  #logged(line: string): void {
    if (this.#logBytes > this.limits.logBytes) return
    this.#logBytes += Buffer.byteLength(line) + 1
    this.#logs.push(this.#logBytes > this.limits.logBytes ? `… (log cut at ${this.limits.logBytes} bytes)` : line)
  }

  #done(ok: boolean, text: string): void {
    if (this.#stop !== undefined) return
    if (!ok) this.#end(readFailure(text, this.#file), true)
    else if (Buffer.byteLength(text) <= this.limits.resultBytes) this.#end({ status: 'ok', value: text }, true)
    else this.#end({ status: 'limit', error: { name: 'RangeError', message: `result of ${Buffer.byteLength(text)} bytes: at most ${this.limits.resultBytes}`, code: 'LIMIT_EXCEEDED' } }, true)
  }

  #thrown(thrown: unknown): void {
    if (this.#over || this.#stop !== undefined) return
    if (OptimizerError.is(thrown)) {
      const { line, column } = (thrown.details ?? {}) as { line?: number; column?: number }
      const place = line === undefined ? {} : { line, ...(column === undefined ? {} : { column }) }
      this.#end({ status: thrown.code === 'LIMIT_EXCEEDED' ? 'limit' : 'error', error: { name: 'SyntaxError', message: thrown.message, code: thrown.code, ...place } }, true)
    } else if (thrown instanceof GuestException) {
      this.#end({ status: 'error', error: syntaxError(thrown, this.#file) }, true)
    } else {
      this.#end(engineFailure(thrown), false)
    }
  }

  #settleStop(): void {
    if (this.#stop === undefined || this.#over) return
    const messages: Partial<Record<OutcomeStatus, string>> = {
      timeout: `the program did not end within ${this.limits.timeoutMs} ms`,
      cancelled: 'the run was cancelled',
    }
    const code = this.#stop === 'timeout' ? 'TIMEOUT' : 'CANCELLED'
    this.#end({ status: this.#stop, error: this.#stopError ?? { name: 'Error', message: messages[this.#stop] ?? this.#stop, code } }, false)
  }

  #end(end: Pick<RunEnd, 'status' | 'value' | 'error'>, reusable: boolean): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    const measured = { logs: this.#logs, hostCalls: Math.min(this.#hostCalls, this.limits.hostCalls), durationMs: performance.now() - this.#startedAt, setupMs: this.#setupMs }
    this.#host.post({ kind: 'end', id: this.id, end: { ...end, ...measured } })
    this.#host.ended(this, reusable)
  }
}

function bodySource(code: string): string {
  return `(async function (tools, intents, results, params, console) { 'use strict';\n${code}\n})`
}

/** Answers the literal `metadata` and whether there is a default export; calls nothing. */
function metadataSource(code: string): string {
  const collect = `const exports = Object.create(null); module(exports, (name) => { throw new TypeError('cannot import "' + name + '": intents have no imports') }); return { ...exports.metadata, hasDefault: typeof exports.default === 'function' }`
  return `(async function () { const module = ${moduleSource(code)}; ${collect} })`
}

function syntaxError(thrown: GuestException, file: string): GuestError {
  const place = ownFrames(thrown.guestStack, file)
  const at = place.line === undefined ? '' : ` (line ${place.line}:${place.column ?? 1})`
  return { name: thrown.guestName, message: `the code does not parse: ${thrown.message}${at}`, code: 'INVALID_CODE', ...place }
}

/** The engine itself gave up: its memory is at its bound, or its own stack is. */
function engineFailure(thrown: unknown): Pick<RunEnd, 'status' | 'error'> {
  const message = messageOf(thrown)
  if (/memory|malloc|unreachable/i.test(message)) return { status: 'memory', error: outOfMemory() }
  return { status: 'error', error: { name: 'RangeError', message: 'the program nested too deep for its stack', code: 'PROGRAM_ERROR' } }
}
