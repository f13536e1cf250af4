import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { rssOf } from '../../hardening/runner/memory.ts'
import { CLI, SERVER, temporaryFolder } from './places.ts'
import { endAll, leftOvers, MARK } from './processes.ts'

export interface GatewayOptions {
  /** The configuration file, as an object. */
  readonly config: object
  readonly token?: string
  /** Kept between gateways; a folder of its own without it. */
  readonly home?: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Standard streams instead of HTTP. */
  readonly stdio?: boolean
}

/** How a gateway ended. */
export interface End {
  readonly ms: number
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Command lines of what it left behind. */
  readonly leftOvers: readonly string[]
}

const START_MS = 30_000
/** A gateway that takes so long to end is killed; it should take 5 s. */
const END_MS = 20_000
/** Reapers outlive their gateway for a moment. */
const LEFT_OVER_MS = 6_000
const SAMPLE_MS = 50

/** A gateway as users start it, from the package as it is built, in a home of its own. */
export class Gateway implements AsyncDisposable {
  readonly child: ChildProcess
  readonly home: string
  readonly token: string | undefined
  readonly mark: string = randomUUID()
  #log = ''
  #peakBytes = 0
  readonly #sampler: NodeJS.Timeout
  readonly #ownsHome: boolean
  #url = ''

  private constructor({ config, token, home, env = {}, args = [], stdio = false }: GatewayOptions) {
    this.home = home ?? temporaryFolder()
    this.#ownsHome = home === undefined
    this.token = token
    const file = join(this.home, 'mcp-optimizer.json')
    writeFileSync(file, JSON.stringify(config))
    const front = stdio ? [] : ['--http', '0', ...(token === undefined ? [] : ['--token', token])]
    this.child = spawn(process.execPath, [CLI, 'serve', ...front, '--config', file, '--log-level', 'debug', ...args], {
      cwd: this.home,
      env: environment(this.home, this.mark, env),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.#log += chunk))
    this.child.stdin?.on('error', () => undefined)
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  /** Resolves when it listens; over stdio at once. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options)
    if (options.stdio === true) return gateway
    const deadline = performance.now() + START_MS
    while (gateway.#url === '') {
      gateway.#url = /"mcp":"(http:[^"]+)\/mcp"/.exec(gateway.#log)?.[1] ?? ''
      if (!gateway.isAlive || performance.now() > deadline) {
        await gateway[Symbol.asyncDispose]()
        throw new Error(`the gateway does not start: ${gateway.#log.slice(-2_000)}`)
      }
      await pause(10)
    }
    return gateway
  }

  get url(): string {
    return this.#url
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** All it said on its error stream. */
  get log(): string {
    return this.#log
  }

  /** The most megabytes it held so far, by samples. */
  get peakMb(): number {
    this.#sample()
    return this.#peakBytes / 1_048_576
  }

  /** Sends a signal and waits; a gateway that does not end is killed, and its time says so. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<End> {
    const startedAt = performance.now()
    if (this.isAlive) {
      const gone = once(this.child, 'exit')
      const late = setTimeout(() => this.child.kill('SIGKILL'), END_MS)
      this.child.kill(signal)
      await gone
      clearTimeout(late)
    }
    const ms = performance.now() - startedAt
    const { exitCode, signalCode } = this.child
    return { ms, code: exitCode, signal: signalCode, leftOvers: await leftOvers(this.mark, LEFT_OVER_MS) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sampler)
    if (this.isAlive) await this.end('SIGKILL')
    endAll(this.mark)
    if (this.#ownsHome) rmSync(this.home, { recursive: true, force: true })
  }

  #sample(): void {
    this.#peakBytes = Math.max(this.#peakBytes, rssOf(this.pid))
  }
}

/** The environment of a user with this home, and nothing of whoever runs the campaign. */
export function environment(
  home: string,
  mark: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    [MARK]: mark,
    ...more,
  }
}

/** An entry for one of our own servers over stdio. */
export function serverEntry(mode: string, more: readonly string[] = []): { command: string; args: string[] } {
  return { command: process.execPath, args: [SERVER, '--mode', mode, ...more] }
}
