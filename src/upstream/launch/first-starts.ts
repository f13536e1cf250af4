import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { writeAtomically } from '../../internal/atomic-file.ts'
import { longHash } from '../../internal/hash.ts'
import type { Launch } from './launch.ts'
import { exists, homeOf, isWhole, npxEntry, removeDeadLock, type Variables } from './npx-cache.ts'
import { createTurns } from './turns.ts'

export interface FirstStartsOptions {
  /** Where other gateways of this user look too, and what was started here before is remembered. */
  readonly folder?: string
  /** How many packages are installed at once. @default 2 */
  readonly atOnce?: number
  /** Milliseconds that a start may take where something is fetched first. @default 180000 */
  readonly timeoutMs?: number
}

/** What a start has to know of its environment. */
export interface StartPlace {
  readonly env: Variables
  readonly cwd: string | undefined
  readonly isWindows: boolean
}

/** One for all servers of a gateway: has what is not on this machine yet installed in turns. */
export interface FirstStarts {
  readonly timeoutMs: number
  /** Waits for a turn, unless everything is there. `onWait` is told what for. Rejects when the signal aborts. */
  admit(launch: Launch, place: StartPlace, signal: AbortSignal, onWait: (what: string) => void): Promise<Admission>
}

export interface Admission {
  readonly isFirst: boolean
  /** The folder of npx for these packages. */
  readonly npxEntry: string | undefined
  /** Whatever had to be installed is: the next one's turn. Harmless twice. */
  installed(): void
  /** The server answered: the next start is no first one. */
  started(): Promise<void>
}

export const FIRST_TIMEOUT_MS = 180_000

export function createFirstStarts({
  folder,
  atOnce = 2,
  timeoutMs = FIRST_TIMEOUT_MS,
}: FirstStartsOptions = {}): FirstStarts {
  const turns = createTurns({ atOnce, ...(folder === undefined ? {} : { folder }) })
  const startedHere = new Set<string>()

  return {
    timeoutMs,
    async admit(launch, place, signal, onWait) {
      const { runner, packages } = launch
      const entry = launch.kind === 'npm' ? await npxEntry(launch, place.env, place.isWindows) : undefined
      const key = longHash(JSON.stringify(entry ?? placeOf(launch, place)))
      const record = folder === undefined ? undefined : join(folder, `${key}.started`)
      const isThere = async (): Promise<boolean> => {
        if (entry !== undefined && (await isWhole(entry))) return true
        if (launch.kind === 'container') return await hasImage(launch, place.env)
        const wasStarted = startedHere.has(key) || (record !== undefined && (await exists(record)))
        // npx may find the package elsewhere: in a project or among the global ones. Then nothing is in its folder.
        if (entry !== undefined) return wasStarted && !(await exists(entry))
        return wasStarted && (await hasCache(launch, place))
      }
      const admission = { isFirst: false, npxEntry: entry, installed: () => undefined, started: async () => undefined }
      if (await isThere()) return admission
      onWait(`${packageNames(launch)} is to be installed after others`)
      const turn = await turns.take(key, signal)
      try {
        // Whoever was before it may have installed the same.
        const isDone = await isThere()
        if (isDone) turn[Symbol.dispose]()
        if (isDone) return admission
        if (entry !== undefined) await removeDeadLock(entry, signal)
      } catch (thrown) {
        turn[Symbol.dispose]()
        throw thrown
      }
      return {
        isFirst: true,
        npxEntry: entry,
        installed: () => turn[Symbol.dispose](),
        async started() {
          turn[Symbol.dispose]()
          startedHere.add(key)
          if (record !== undefined)
            await writeAtomically(record, `${JSON.stringify({ runner, packages })}\n`).catch(() => undefined)
        },
      }
    },
  }
}

export function packageNames({ packages }: Pick<Launch, 'packages'>): string {
  return packages.join(', ')
}

/** What is installed into the same place has the same one. */
function placeOf({ kind, runner, packages, program, options }: Launch, { env, cwd }: StartPlace): unknown {
  if (kind === 'container') return [program, packages]
  const more = ['directory', 'project', 'with', 'python'].map((name) => options.get(name))
  return [runner, packages, homeOf(env), more, runner.endsWith(' run') ? cwd : undefined]
}

async function hasImage({ program, packages, options }: Launch, env: Variables): Promise<boolean> {
  if (options.get('pull') === 'always') return false
  return await new Promise<boolean>((resolve) => {
    execFile(
      program,
      ['image', 'inspect', '--format', '{{.Id}}', ...packages],
      { env, timeout: 10_000, windowsHide: true },
      (error) => resolve(error === null),
    )
  })
}

/** False where a runner's cache was removed since. */
async function hasCache({ runner }: Launch, { env, isWindows }: StartPlace): Promise<boolean> {
  if (!runner.startsWith('uv')) return true
  const home = homeOf(env)
  const usual = isWindows
    ? join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'uv', 'cache')
    : join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'uv')
  return await exists(env['UV_CACHE_DIR'] ?? usual)
}
