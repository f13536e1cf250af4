import { stat } from 'node:fs/promises'
import type { Clock } from '../internal/clock.ts'
import { type TokenEntry, hashOf, readTokens } from './token-file.ts'

/** The tokens as they are now: what is created or revoked holds within a second, on every instance that reads the file. */
export interface LiveTokens extends Disposable {
  /** Who holds this token; undefined: nobody, any more. */
  find(token: string): TokenEntry | undefined
  readonly count: number
  /** False: there is no file of tokens, so none was ever made here. */
  readonly isThere: boolean
  /** Why no token is valid: the file is damaged. */
  readonly problem: string | undefined
}

export interface LiveTokensOptions {
  readonly path: string
  readonly clock: Clock
  /** @default 400 */
  readonly pollMs?: number
  /** Told of a file that cannot be read, and when it can again (undefined). */
  readonly onProblem?: (problem: string | undefined) => void
}

/** Reads the file, and again whenever it has changed. */
export async function openTokens({ path, clock, pollMs = 400, onProblem }: LiveTokensOptions): Promise<LiveTokens> {
  let byHash: ReadonlyMap<string, TokenEntry> = new Map()
  let problem: string | undefined
  let seen = ''
  let isReading = false
  const look = async (): Promise<void> => {
    if (isReading) return
    isReading = true
    try {
      const stamp = await stampOf(path)
      if (stamp === seen) return
      const before = problem
      try {
        byHash = new Map((await readTokens(path)).map((entry) => [entry.hash, entry]))
        problem = undefined
      } catch (thrown) {
        // Whoever lost his token may be in what cannot be read: until it is mended nobody is let in by it.
        byHash = new Map()
        problem = (thrown as Error).message
      }
      seen = stamp
      if (problem !== before) onProblem?.(problem)
    } finally {
      isReading = false
    }
  }
  await look()
  const timer = setInterval(() => void look(), pollMs).unref()
  return {
    find(token) {
      const entry = byHash.get(hashOf(token))
      const { expires } = entry?.grant ?? {}
      return expires !== undefined && Date.parse(expires) <= clock.wall() ? undefined : entry
    },
    get count() {
      return byHash.size
    },
    get isThere() {
      return !seen.startsWith(NONE)
    },
    get problem() {
      return problem
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

const NONE = 'none'

/** Each write puts another file in its place: its number tells two of the same size and time apart. */
async function stampOf(path: string): Promise<string> {
  return await stat(path, { bigint: true }).then(
    ({ ino, mtimeNs, size }) => `${ino} ${mtimeNs} ${size}`,
    (thrown: NodeJS.ErrnoException) => (thrown.code === 'ENOENT' ? NONE : `unread: ${thrown.code ?? ''}`),
  )
}
