import { type ChildProcess } from 'node:child_process'
import { kill } from 'node:process'
import { type Readable, type Stream } from 'node:stream'
import { type Departure } from '../remote/channel.ts'

const MAX_COMPLAINT_CHARS = 4_096
/** Milliseconds after the end of a process in which what it had written is still read. */
const DRAIN_MS = 200
const ERRORS_FD = 2

/** A process in a jail, whatever it does there. */
export class JailedProcess {
  /** Its streams by their number; those that are left out it does not have. */
  readonly streams: readonly (Stream | null | undefined)[]
  /** Settles when it is gone, however it went. */
  readonly gone: Promise<Departure>
  private readonly child: ChildProcess
  private complained = ''

  constructor(child: ChildProcess) {
    this.child = child
    this.streams = child.stdio
    const errors = child.stdio[ERRORS_FD] as Readable
    errors.on('data', (chunk: Buffer) => {
      if (this.complained.length < MAX_COMPLAINT_CHARS) {
        this.complained += chunk.toString().slice(0, MAX_COMPLAINT_CHARS)
      }
    })
    this.gone = new Promise<Departure>((resolve) => {
      const leave = (): void => resolve({ memory: false })
      child.once('error', (error) => {
        this.complained ||= error.message
        leave()
      })
      child.once('close', leave)
      child.once('exit', () => {
        this.sweep()
        setTimeout(leave, DRAIN_MS).unref()
      })
    })
  }

  /** What it said on its standard error so far; bounded. */
  complaint(): string {
    return this.complained
  }

  /** Keeps this process alive for it and for these of its streams, or does not. */
  hold(hold: boolean, streams: readonly (Stream | null | undefined)[]): void {
    for (const handle of [this.child, this.streams[ERRORS_FD], ...streams] as { ref(): void; unref(): void }[]) {
      if (hold) handle.ref()
      else handle.unref()
    }
  }

  /** Ends it at once, with all that it may have started; harmless when it is gone. */
  kill(): void {
    const { child } = this
    if (child.exitCode === null && child.signalCode === null) this.sweep()
  }

  /** Ends all of its group: a wrapper that is killed while it starts leaves what it has started. */
  private sweep(): void {
    const { child } = this
    try {
      if (child.pid !== undefined) kill(-child.pid, 'SIGKILL')
    } catch {
      // No group of that number: it has not become a leader yet, or this system has no groups.
      child.kill('SIGKILL')
    }
  }
}
