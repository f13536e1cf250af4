import type { Launch } from './launch.ts'
import { commandsOf } from './process-list.ts'
import { RUNNERS } from './runners.ts'

/** Shells and others that stand between a runner and the server, by the first word of their command line. */
const BETWEEN = new Set([
  ...RUNNERS.flatMap(({ programs }) => programs),
  'sh',
  'bash',
  'dash',
  'zsh',
  'ksh',
  'fish',
  'cmd',
  'env',
  'sudo',
  'nice',
  'timeout',
  'xvfb-run',
  'mise',
  'volta',
])
const OF_NPM = /\b(?:npx|npm)-cli\.js\b|^npm exec\b|[\\/](?:npx|npm)\b/
/** npm runs scripts of packages while it installs; a server it starts by the link that it made. */
const BY_LINK = /node_modules[\\/]\.bin[\\/]/

/** How far a runner has come: while it installs, no server is there that could answer. */
export class LaunchWatch {
  readonly #launch: Launch
  readonly #group: number | undefined
  #hasStarted = false

  constructor(launch: Launch, group: number | undefined) {
    this.#launch = launch
    this.#group = group
  }

  /** The server wrote something. */
  heard(): void {
    this.#hasStarted = true
  }

  /** True while the runner has started nothing yet, as far as this machine tells. */
  async isInstalling(): Promise<boolean> {
    if (this.#hasStarted || this.#group === undefined) return false
    // An engine starts the server in no process of ours.
    if (this.#launch.kind === 'container') return true
    const commands = await commandsOf(this.#group)
    if (commands?.some((command) => this.#isServer(command)) === true) this.#hasStarted = true
    return !this.#hasStarted
  }

  #isServer(command: string): boolean {
    if (this.#launch.kind === 'npm') return BY_LINK.test(command)
    const name = command.split(' ')[0]?.split('/').at(-1) ?? ''
    return command !== '' && !BETWEEN.has(name) && !OF_NPM.test(command)
  }
}
