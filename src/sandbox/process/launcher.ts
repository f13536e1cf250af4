import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { join } from 'node:path'
import { OptimizerError } from '../../errors.ts'
import { connect, type RemoteBackend } from '../remote/backend.ts'
import { type Channel } from '../remote/channel.ts'
import { startAgain, StartFailure } from '../remote/start-failure.ts'
import { isEnough, type Wall } from '../walls.ts'
import { EngineProcess } from './engine-process.ts'
import { JailedProcess } from './jailed-process.ts'
import { bubblewrap, type Jail, jails, launch, type LaunchOptions, wallOf } from './launch.ts'

/** What to start, in whatever jail there is. */
export interface RunnerLaunch extends LaunchOptions {
  /** Bytes of memory that most programs have. */
  readonly memoryBytes: number
}

export interface LauncherOptions {
  /** They are tried. */
  readonly namespaces: boolean
  /** The least wall; nothing is started behind a weaker one. @default the strictest that works here, whichever that is */
  readonly required: Wall | undefined
  /** Told which jail is used from now on. */
  readonly onFound: ((found: FoundJail) => void) | undefined
}

/** The jail that is used, and the stricter ones that did not work, with the reason. */
export interface FoundJail {
  readonly jail: Jail
  readonly failed: readonly { readonly jail: Jail; readonly why: string }[]
}

/** Starts runners in the strictest jail that works here; which one that is it finds by trying. */
export class Launcher {
  found: FoundJail | undefined
  private readonly options: RunnerLaunch
  private readonly namespaces: boolean
  private readonly required: Wall | undefined
  private readonly onFound: ((found: FoundJail) => void) | undefined
  private lookedAt = 0
  private finding: Promise<RemoteBackend> | undefined
  /** Where the next engine is started. */
  private engines: EngineProcess | undefined
  /** Those with engines, which do not end with one of them. */
  private readonly processes = new Set<JailedProcess>()

  constructor(options: RunnerLaunch, { namespaces, required, onFound }: LauncherOptions) {
    this.options = options
    this.namespaces = namespaces
    this.required = required
    this.onFound = onFound
  }

  async open(signal: AbortSignal): Promise<RemoteBackend> {
    if (this.finding === undefined && this.mustLook) {
      this.finding = this.find(signal)
      return await this.finding.finally(() => {
        this.finding = undefined
      })
    }
    await this.finding?.catch(() => undefined)
    const { found } = this
    if (found === undefined) return await this.open(signal)
    return await startAgain(async () => await this.start(found, signal), signal)
  }

  /** Ends the processes that are still there. */
  async close(): Promise<void> {
    for (const process of this.processes) {
      process.hold(true, [])
      process.kill()
    }
    await Promise.all([...this.processes].map(({ gone }) => gone))
  }

  /** True until a jail is found, and now and then where a stricter one may have come to work. */
  private get mustLook(): boolean {
    const { found } = this
    if (found === undefined) return true
    const isStrictest = isSame(found.jail, this.tried[0])
    return !isStrictest && performance.now() - this.lookedAt > LOOK_AGAIN_MS
  }

  private get tried(): Jail[] {
    return jails().filter(({ namespaces }) => this.namespaces || !namespaces)
  }

  /** Only a jail that this machine refuses makes room for a weaker one: what failed this time is no reason. */
  private async find(signal: AbortSignal): Promise<RemoteBackend> {
    const failed: FoundJail['failed'][number][] = []
    let last: unknown
    for (const jail of this.tried.filter((each) => isEnough(wallOf(each), this.required))) {
      try {
        return await this.settle(jail, failed, signal)
      } catch (thrown) {
        signal.throwIfAborted()
        if (!isRefusal(jail, thrown)) throw thrown
        last = thrown
        failed.push({ jail, why: thrown.why })
      }
    }
    throw this.required === undefined ? last : tooWeak(this.required, failed)
  }

  /** From here on all are started in this jail. */
  private async settle(jail: Jail, failed: FoundJail['failed'], signal: AbortSignal): Promise<RemoteBackend> {
    const { found: before } = this
    const found: FoundJail = { jail, failed }
    if (before !== undefined && isSame(jail, before.jail)) {
      this.remember(found)
      return await startAgain(async () => await this.start(found, signal), signal)
    }
    const backend = await startAgain(async () => await this.launch(jail, signal), signal)
    this.remember(found)
    return backend
  }

  private remember(found: FoundJail): void {
    const { found: before } = this
    this.found = found
    this.lookedAt = performance.now()
    if (before === undefined || !isSame(before.jail, found.jail)) this.onFound?.(found)
  }

  private async start({ jail }: FoundJail, signal: AbortSignal): Promise<RemoteBackend> {
    const { engines, options } = this
    if (engines?.isUsedUp === false) return await engines.open(signal, options.memoryBytes)
    return await this.launch(jail, signal)
  }

  private async launch(jail: Jail, signal: AbortSignal): Promise<RemoteBackend> {
    const process = new JailedProcess(launch(jail, this.options))
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
}

/** Milliseconds after which a stricter jail is tried again. */
const LOOK_AGAIN_MS = 60_000
/** What the kernel lets this machine's users have of namespaces. */
const BOUNDS = '/proc/sys/user'

function isSame(jail: Jail, other: Jail | undefined): boolean {
  return other !== undefined && jail.namespaces === other.namespaces && jail.ownUser === other.ownUser
}

/** True where a jail cannot work here; where the kernel allows no namespaces, it says that it has no space for them. */
function isRefusal(jail: Jail, thrown: unknown): thrown is StartFailure {
  if (!(thrown instanceof StartFailure)) return false
  return thrown.fault !== 'passing' || (jail.namespaces && /no space left/i.test(thrown.why) && allowsNone())
}

function allowsNone(): boolean {
  try {
    const names = readdirSync(BOUNDS).filter((name) => name.endsWith('_namespaces'))
    return names.some((name) => Number(readFileSync(join(BOUNDS, name), 'utf8')) === 0)
  } catch {
    return false
  }
}

function tooWeak(required: Wall, failed: FoundJail['failed']): OptimizerError {
  const reasons = failed.map(({ jail, why }) => `${wallOf(jail)}${jail.ownUser ? ' as nobody' : ''}: ${why}`)
  const found = reasons.length === 0 ? absence(required) : reasons.join('; ')
  return new OptimizerError(
    'CONFIG_INVALID',
    `programs are refused: sandbox.require is ${required}, not to be had here: ${found}`,
    {
      details: { required },
      suggestion:
        required === 'user'
          ? 'start the gateway as root so that programs run as nobody, install bubblewrap (bwrap), or require less'
          : 'install bubblewrap (bwrap) and allow it user namespaces, choose the backend docker, or require less; "mcp-optimizer doctor" shows what stands',
    },
  )
}

function absence(required: Wall): string {
  if (required === 'user') return 'only root can change the user'
  if (platform() !== 'linux') return 'namespaces are there on Linux only'
  return bubblewrap() === undefined ? 'bubblewrap (bwrap) is not installed' : 'namespaces are switched off'
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
