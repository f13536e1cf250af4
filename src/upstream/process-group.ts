import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { platform } from 'node:os'
import { env as ownEnvironment, kill } from 'node:process'
import type crossSpawn from 'cross-spawn'
import { within } from '../internal/within.ts'
import { MARK, markOf, Strays } from './strays.ts'

export interface GroupOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
}

const isWindows = platform() === 'win32'
/** How long a server may take to end once its input is closed, and then once it was asked by SIGTERM. */
const USUAL_MS = { close: 1_500, term: 1_000 }
/** The same when the gateway ends: calls had their grace before, and all of it takes 5 s at most. */
const SOON_MS = { close: 600, term: 500 }
const KILLED_MS = 500
/** How long a runner may take to leave its cache whole. */
const INSTALL_MS = 4_500

/**
 * A process group of its own: whatever the server starts ends with it, on Linux also what has left the group. On POSIX a reaper (one small shell for all groups)
 * ends the groups when this process is gone, however it went.
 */
export class ProcessGroup {
  readonly child: ChildProcess
  readonly #reaper: Reaper
  /** No process has it by chance. */
  readonly #id = randomUUID()

  constructor(options: GroupOptions, reaper: Reaper) {
    const { command, args, env, cwd } = options
    // Before there is anything to end: this process may be killed at any moment from then on.
    reaper.expect(this.#id)
    const spawnAnywhere = createRequire(import.meta.url)('cross-spawn') as typeof crossSpawn
    this.child = spawnAnywhere(command, [...args], {
      env: { ...env, [MARK]: markOf(this.#id, ownEnvironment[MARK]) },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: !isWindows,
      windowsHide: true,
      ...(cwd === undefined ? {} : { cwd }),
    })
    this.#reaper = reaper
    if (this.child.pid !== undefined) reaper.watch(this.child.pid)
    this.child.once('exit', () => void this.#sweep())
  }

  get alive(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null
  }

  /** Closes its input, then asks, then kills; resolves when it is gone. */
  async end(soon = false): Promise<void> {
    const { close, term } = soon ? SOON_MS : USUAL_MS
    if (this.alive) {
      const gone = once(this.child, 'exit')
      this.child.stdin?.end()
      if (!(await within(close, gone))) {
        this.#signal('SIGTERM')
        if (!(await within(term, gone))) {
          this.#signal('SIGKILL')
          await within(KILLED_MS, gone)
        }
      }
    }
    await this.#sweep()
  }

  /** Asks first: npm takes back what it has half installed, which takes it a moment. */
  async endInstall(): Promise<void> {
    if (this.alive) {
      const gone = once(this.child, 'exit')
      this.#signal('SIGTERM')
      await within(INSTALL_MS, gone)
    }
    await this.#sweep()
  }

  /** At once, without asking. */
  kill(): void {
    this.#signal('SIGKILL')
  }

  /** Children the server left behind. */
  async #sweep(): Promise<void> {
    const { pid } = this.child
    if (pid === undefined) return
    this.#signal('SIGKILL')
    await this.#reaper.strays.end(this.#id)
    this.#reaper.forget(pid, this.#id)
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.child
    if (pid === undefined) return
    if (isWindows) {
      spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on(
        'error',
        () => undefined,
      )
      return
    }
    try {
      // The negative id addresses the whole group.
      kill(-pid, signal)
    } catch {
      // Already gone.
    }
  }
}

/**
 * Reads `=mark`, `+group` and `-group mark` lines; at the end of its input asks the groups left to end, then kills them, and whoever has
 * the mark of one of them.
 */
const REAPER_SCRIPT = `groups=" "
marks=" "
while read -r line; do
  case $line in
    =*) marks="$marks\${line#=} " ;;
    +*) groups="$groups\${line#+} " ;;
    -*) line=\${line#-}
      groups=$(printf '%s' "$groups" | sed "s/ \${line% *} / /")
      marks=$(printf '%s' "$marks" | sed "s/ \${line#* } / /") ;;
  esac
done
for group in $groups; do kill -TERM -"$group" 2>/dev/null; done
for turn in 1 2 3 4 5 6; do
  left=
  for group in $groups; do kill -0 -"$group" 2>/dev/null && left=1; done
  [ -n "$left" ] || break
  sleep 0.5
done
for group in $groups; do kill -KILL -"$group" 2>/dev/null; done
for turn in 1 2 3 4 5 6; do
  left=
  for mark in $marks; do
    for file in $(grep -lsF "$mark" /proc/[0-9]*/environ); do
      left=1
      file=\${file#/proc/}
      kill -KILL "\${file%/environ}" 2>/dev/null
    done
  done
  [ -n "$left" ] || break
done`

/** Outlives this process just long enough to end the groups it is told of. */
export class Reaper {
  /** For all groups too. */
  readonly strays: Strays = new Strays()
  #shell: ChildProcess | undefined

  /** Before a group is started whose processes will have this mark. */
  expect(mark: string): void {
    if (isWindows) return
    this.#shell ??= this.#start()
    this.#shell.stdin?.write(`=${mark}\n`)
  }

  watch(group: number): void {
    this.#shell?.stdin?.write(`+${group}\n`)
  }

  forget(group: number, mark: string): void {
    this.#shell?.stdin?.write(`-${group} ${mark}\n`)
  }

  #start(): ChildProcess {
    // In a session of its own: a signal to our group must not reach it.
    const shell = spawn('/bin/sh', ['-c', REAPER_SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    shell.on('error', () => undefined)
    shell.stdin.on('error', () => undefined)
    shell.unref()
    ;(shell.stdin as unknown as { unref?(): void }).unref?.()
    return shell
  }
}
