import { readFileSync } from 'node:fs'
import { messageOf } from '../../internal/text.ts'
import { connect, type RemoteBackend } from '../remote/backend.ts'
import { type Channel } from '../remote/channel.ts'
import { EngineProcess } from './engine-process.ts'
import { JailedProcess } from './jailed-process.ts'
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
  /** Where the next engine is started. */
  private engines: EngineProcess | undefined
  /** Those with engines, which do not end with one of them. */
  private readonly processes = new Set<JailedProcess>()

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

  /** Ends the processes that are still there. */
  async close(): Promise<void> {
    for (const process of this.processes) {
      process.hold(true, [])
      process.kill()
    }
    await Promise.all([...this.processes].map(({ gone }) => gone))
  }

  private async find(signal: AbortSignal): Promise<RemoteBackend> {
    const failed: { jail: Jail; why: string }[] = []
    let last: unknown
    for (const jail of jails().filter(({ namespaces }) => this.namespaces || !namespaces)) {
      try {
        const process = this.launch(jail)
        const backend = await this.connect(process, signal)
        const found: FoundJail = { jail, failed, memory: this.memoryBound(process) }
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
    const { engines, options } = this
    if (engines?.isUsedUp === false) return await engines.open(signal, options.memoryBytes)
    return await this.connect(this.launch(jail, memory), signal)
  }

  private launch(jail: Jail, memory: FoundJail['memory'] = 'not wanted'): JailedProcess {
    const bound = typeof memory === 'number' ? { dataBytes: memory } : {}
    return new JailedProcess(launch(jail, { ...this.options, ...bound }), this.options.programBytes !== undefined)
  }

  private async connect(process: JailedProcess, signal: AbortSignal): Promise<RemoteBackend> {
    const { hasEngines, memoryBytes } = this.options
    if (!hasEngines) return await connect('process', toChannel(process), signal, memoryBytes)
    // At once: whoever asks meanwhile starts no further process.
    this.engines = new EngineProcess(process)
    this.processes.add(process)
    void process.gone.then(() => this.processes.delete(process))
    try {
      return await this.engines.open(signal, memoryBytes)
    } catch (thrown) {
      process.kill()
      throw thrown
    }
  }

  /** How much that is without a program depends on the version of Node.js: 100 MB to more than 1 GB, nearly all untouched. */
  private memoryBound({ pid }: JailedProcess): FoundJail['memory'] {
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

function toChannel(process: JailedProcess): Channel {
  const [input, output] = process.streams
  return {
    input: input as Channel['input'],
    output: output as Channel['output'],
    gone: process.gone,
    complaint: () => process.complaint(),
    kill: () => process.kill(),
    hold: (hold) => process.hold(hold, [input, output]),
  }
}
