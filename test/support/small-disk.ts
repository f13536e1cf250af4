import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './servers.ts'

/** A file system of its own with little room. */
export interface SmallDisk extends Disposable {
  readonly folder: string
  /** Takes all room that is left. */
  fill(): void
  /** Gives it back. */
  empty(): void
}

/** Undefined, with its reason on the console, where this user cannot mount one. */
export function mountSmallDisk(what: string, kilobytes: number): SmallDisk | undefined {
  const folder = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (thrown) {
    const reason = thrown instanceof Error ? (thrown.message.split('\n')[1] ?? thrown.message) : String(thrown)
    console.log(`skipped: ${what} (${reason})`)
    return undefined
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      const { bavail, bsize } = statfsSync(folder)
      writeFileSync(filler, Buffer.alloc(bavail * bsize))
    },
    empty: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', folder]),
  }
}
