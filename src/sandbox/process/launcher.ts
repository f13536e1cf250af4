import { type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { kill } from 'node:process'
import { type Duplex } from 'node:stream'
import { messageOf } from '../../internal/text.ts'
import { connect, type RemoteBackend } from '../remote/backend.ts'
import { type Channel, type Departure } from '../remote/channel.ts'
import { type Jail, jails, launch, type LaunchOptions } from './launch.ts'

/** What to start, in whatever jail there is. */
export interface RunnerLaunch extends LaunchOptions {
  /**
   * Bytes of the one program of a process that has no bound for it in its engine: then the kernel keeps the whole
   * process to what it has without a program, and this.
   */
  readonly programBytes?: number
  /** Bytes of memory that most programs have. */
  readonly memoryBytes: number
}

/** The jail that is used, and the stricter ones that did not work, with the reason. */
export interface FoundJail {
  readonly jail: Jail
  readonly failed: readonly { readonly jail: Jail; readonly why: string }[]
  /** Bound of the kernel for the private memory of a process: not wanted, or not to be had here. */
  readonly memory: number | 'not wanted' | 'not to be had'
}

/** Starts runners in the strictest jail that works here; which one that is it finds by trying. */
export class Launcher {
  found: FoundJail | undefined
  private readonly options: RunnerLaunch
  private readonly namespaces: boolean
  private finding: Promise<RemoteBackend> | undefined

  /** `namespaces`: they are tried. */
  constructor(options: RunnerLaunch, namespaces: boolean) {
    this.options = options
    this.namespaces = namespaces
  }

  async open(signal: AbortSignal): Promise<RemoteBackend> {
    if (this.found === undefined && this.finding === undefined) {
      this.finding = this.find(signal)
      return await this.finding.finally(() => {
        this.finding = undefined
      })
    }
    await this.finding?.catch(() => undefined)
    if (this.found === undefined) return await this.open(signal)
    return await this.start(this.found, signal)
  }

  private async find(signal: AbortSignal): Promise<RemoteBackend> {
    const failed: { jail: Jail; why: string }[] = []
    let last: unknown
    for (const jail of jails().filter(({ namespaces }) => this.namespaces || !namespaces)) {
      try {
        const child = launch(jail, this.options)
        const backend = await this.connect(child, signal)
        const found: FoundJail = { jail, failed, memory: this.memoryBound(child) }
        this.found = found
        if (typeof found.memory !== 'number') return backend
        await backend[Symbol.asyncDispose]()
        return await this.start(found, signal)
      } catch (thrown) {
        signal.throwIfAborted()
        last = thrown
        failed.push({ jail, why: messageOf(thrown) })
      }
    }
    throw last
  }

  private async start({ jail, memory }: FoundJail, signal: AbortSignal): Promise<RemoteBackend> {
    const bound = typeof memory === 'number' ? { dataBytes: memory } : {}
    return await this.connect(launch(jail, { ...this.options, ...bound }), signal)
  }

  private async connect(child: ChildProcess, signal: AbortSignal): Promise<RemoteBackend> {
    const { programBytes, memoryBytes } = this.options
    return await connect('process', toChannel(child, programBytes !== undefined), signal, memoryBytes)
  }

  /** How much that is without a program depends on the version of Node.js: 100 MB to more than 1 GB, nearly all untouched. */
  private memoryBound({ pid }: ChildProcess): FoundJail['memory'] {
    const { programBytes } = this.options
    if (programBytes === undefined) return 'not wanted'
    const bytes = pid === undefined ? undefined : privateBytes(pid)
    return bytes === undefined ? 'not to be had' : bytes + programBytes + SLACK_BYTES
  }
}

/** Bytes that a process may use besides its program's: compiled code, messages on their way. */
const SLACK_BYTES = 160 * 1024 * 1024

/** Private writable memory of a process, or of what it started last, as the kernel counts it; Linux only. */
function privateBytes(pid: number): number | undefined {
  try {
    const child = /\d+/.exec(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))?.[0]
    if (child !== undefined) return privateBytes(Number(child))
    const kilobytes = /^VmData:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}

const MAX_COMPLAINT_CHARS = 4_096
/** Milliseconds after the end of a process in which what it had written is still read. */
const DRAIN_MS = 200
/** Signals, and the exit codes that they become behind a wrapper, by which Node.js ends when memory is out. */
const ABORTS: ReadonlySet<unknown> = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL', 134, 133, 132])

function toChannel(child: ChildProcess, diesOfMemory: boolean): Channel {
  const { stdin, stdout, stderr } = child
  const keeper = child.stdio[3] as Duplex | undefined
  if (stdin === null || stdout === null || stderr === null) throw new TypeError('a runner needs its three pipes')
  let complaint = ''
  stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < MAX_COMPLAINT_CHARS) complaint += chunk.toString().slice(0, MAX_COMPLAINT_CHARS)
  })
  const gone = new Promise<Departure>((resolve) => {
    const leave = (reason: unknown): void => resolve({ memory: diesOfMemory && ABORTS.has(reason) })
    child.once('error', (error) => {
      complaint ||= error.message
      leave(undefined)
    })
    child.once('close', (code, signal) => leave(signal ?? code))
    child.once('exit', (code, signal) => setTimeout(() => leave(signal ?? code), DRAIN_MS).unref())
  })
  const handles = [child, stdin, stdout, stderr, ...(keeper === undefined ? [] : [keeper])] as unknown as {
    ref(): void
    unref(): void
  }[]
  return {
    input: stdin,
    output: stdout,
    ...(keeper !== undefined && { keeper }),
    gone,
    complaint: () => complaint,
    kill: () => killGroup(child),
    hold: (hold) => {
      for (const handle of handles) {
        if (hold) handle.ref()
        else handle.unref()
      }
    },
  }
}

/** With all that it may have started. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) kill(-child.pid, 'SIGKILL')
  } catch {
    // No group of that number: it has not become a leader yet, or this system has no groups.
    child.kill('SIGKILL')
  }
}
