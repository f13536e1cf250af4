import { createAborter } from '../../internal/signal.ts'
import type { ConnectionEvents } from '../connection.ts'
import type { Admission, FirstStarts, StartPlace } from './first-starts.ts'
import { packageNames } from './first-starts.ts'
import type { Launch } from './launch.ts'
import { LaunchWatch } from './launch-watch.ts'
import { startFix } from './start-fix.ts'

export interface LaunchedStartOptions {
  readonly launch: Launch
  readonly place: StartPlace
  readonly firstStarts: FirstStarts
  /** Milliseconds of a start whose packages are there. */
  readonly startTimeoutMs: number
  /** The configuration says it itself, so it holds for first starts too. */
  readonly isTimeoutConfigured: boolean
  readonly events: ConnectionEvents
  readonly signal: AbortSignal
}

const LOOK_MS = 1_000
/** The time of a launched start is kept here, since what it waits for first is no time of its own. */
const UNTIMED_MS = 2 ** 31 - 1

/** Waits for the turn of a launch, and begins its time. */
export async function beginLaunch(options: LaunchedStartOptions): Promise<LaunchedStart> {
  const { launch, place, firstStarts, events, signal } = options
  events.allow?.(UNTIMED_MS)
  const admission = await firstStarts.admit(launch, place, signal, (what) => events.phase?.(what))
  return new LaunchedStart(options, admission)
}

/** `npx is installing @scope/server`. */
function installing({ runner, kind, ...launch }: Launch): string {
  return `${runner} is ${kind === 'container' ? 'fetching' : 'installing'} ${packageNames(launch)}`
}

/** One start by a runner that may have to install first. */
export class LaunchedStart implements Disposable {
  /** Aborts with that of the caller, and when time is over. */
  readonly signal: AbortSignal
  readonly #options: LaunchedStartOptions
  readonly #admission: Admission
  readonly #late = createAborter()
  #watch: LaunchWatch | undefined
  #timeoutMs: number
  #isInstalling = true
  #timer: NodeJS.Timeout
  #looks: NodeJS.Timeout | undefined

  constructor(options: LaunchedStartOptions, admission: Admission) {
    const { launch, firstStarts, startTimeoutMs, isTimeoutConfigured, events, signal } = options
    this.#options = options
    this.#admission = admission
    this.signal = AbortSignal.any([signal, this.#late.signal])
    this.#timeoutMs = admission.isFirst && !isTimeoutConfigured ? firstStarts.timeoutMs : startTimeoutMs
    this.#timer = setTimeout(() => void this.#timeIsUp(), this.#timeoutMs)
    events.phase?.(admission.isFirst ? installing(launch) : undefined)
  }

  /** The runner was started. */
  watch(group: number | undefined): void {
    this.#watch = new LaunchWatch(this.#options.launch, group)
    if (this.#admission.isFirst) this.#looks = setInterval(() => void this.#look(), LOOK_MS)
  }

  /** The server wrote something. */
  heard(): void {
    this.#watch?.heard()
  }

  /** The handshake is done. */
  async answered(): Promise<void> {
    await this.#admission.started()
  }

  /** True while nothing but the runner works. */
  async isInstalling(): Promise<boolean> {
    this.#isInstalling = (await this.#watch?.isInstalling()) ?? true
    return this.#isInstalling
  }

  /** What to say of a start that took too long, after `x did not start`. */
  lateWords(): string {
    const { launch } = this.#options
    const within = `within ${this.#timeoutMs} ms`
    if (!this.#isInstalling) return `${within}: ${launch.runner} has started it, and it did not answer`
    const doing = launch.kind === 'container' ? 'fetching or starting' : 'downloading'
    return `${within}: ${launch.runner} was still ${doing} ${packageNames(launch)}`
  }

  /** What to do about a start that failed with these words; undefined where that is not known. */
  fix(said: string): string | undefined {
    const { launch, place } = this.#options
    return startFix({ said, launch, npxEntry: this.#admission.npxEntry, isWindows: place.isWindows })
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    clearInterval(this.#looks)
    this.#admission.installed()
  }

  async #look(): Promise<void> {
    if (await this.isInstalling()) return
    clearInterval(this.#looks)
    this.#admission.installed()
    this.#options.events.phase?.(undefined)
  }

  /** A package that was there may be another version today: a runner that still installs is not ended. */
  async #timeIsUp(): Promise<void> {
    const { launch, firstStarts, isTimeoutConfigured, events } = this.#options
    const wasShort = this.#timeoutMs < firstStarts.timeoutMs && !isTimeoutConfigured
    if ((await this.isInstalling()) && wasShort && !this.signal.aborted) {
      const more = firstStarts.timeoutMs - this.#timeoutMs
      this.#timeoutMs = firstStarts.timeoutMs
      events.phase?.(installing(launch))
      this.#timer = setTimeout(() => void this.#timeIsUp(), more)
      return
    }
    this.#late.abort(new DOMException('no answer in time', 'TimeoutError'))
  }
}
