import { type ChildProcess } from 'node:child_process'
import { kill } from 'node:process'
import { messageOf } from '../../internal/text.ts'
import { connect, type RemoteBackend } from '../remote/backend.ts'
import { type Channel, type Departure } from '../remote/channel.ts'
import { type Jail, jails, launch, type LaunchOptions } from './launch.ts'

/** The jail that is used, and the stricter ones that did not work, with the reason. */
export interface FoundJail {
  readonly jail: Jail
  readonly failed: readonly { readonly jail: Jail; readonly why: string }[]
}

/** Starts runners in the strictest jail that works here; which one that is it finds by trying. */
export class Launcher {
  found: FoundJail | undefined
  private readonly options: LaunchOptions
  private readonly diesOfMemory: boolean
  private readonly namespaces: boolean
  private finding: Promise<RemoteBackend> | undefined

  /** `diesOfMemory`: a process that aborts does so for lack of memory. `namespaces`: they are tried. */
  constructor(options: LaunchOptions, diesOfMemory: boolean, namespaces: boolean) {
    this.options = options
    this.diesOfMemory = diesOfMemory
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
    return await this.start(this.found.jail, signal)
  }

  private async find(signal: AbortSignal): Promise<RemoteBackend> {
    const failed: { jail: Jail; why: string }[] = []
    let last: unknown
    for (const jail of jails().filter(({ namespaces }) => this.namespaces || !namespaces)) {
      try {
        const backend = await this.start(jail, signal)
        this.found = { jail, failed }
        return backend
      } catch (thrown) {
        signal.throwIfAborted()
        last = thrown
        failed.push({ jail, why: messageOf(thrown) })
      }
    }
    throw last
  }

  private async start(jail: Jail, signal: AbortSignal): Promise<RemoteBackend> {
    return await connect('process', toChannel(launch(jail, this.options), this.diesOfMemory), signal)
  }
}

const MAX_COMPLAINT_CHARS = 4_096
/** Milliseconds after the end of a process in which what it had written is still read. */
const DRAIN_MS = 200
/** Signals, and the exit codes that they become behind a wrapper, by which Node.js ends when memory is out. */
const ABORTS: ReadonlySet<unknown> = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL', 134, 133, 132])

function toChannel(child: ChildProcess, diesOfMemory: boolean): Channel {
  const { stdin, stdout, stderr } = child
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
  const handles = [child, stdin, stdout, stderr] as unknown as { ref(): void; unref(): void }[]
  return {
    input: stdin,
    output: stdout,
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
