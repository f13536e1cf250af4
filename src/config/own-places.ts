import { join, resolve } from 'node:path'
import type { Level } from './clients/client.ts'
import { foldersUp, isHome, realPath } from './trust/folders.ts'

/** A place where a file of our own may be. */
export interface OwnPlace {
  readonly path: string
  /** `asked`: named by the user, who thereby approves of it. */
  readonly level: Level | 'asked'
}

const FILE_NAMES = ['mcp-optimizer.json', 'mcp-optimizer.jsonc']

interface Where {
  /** The file that the user names. */
  readonly asked: string | undefined
  readonly cwd: string
  readonly home: string
  readonly userFolder: string
}

/** Where our own file is looked for: as asked, else here and above up to the home folder, then in the user's folder. */
export function ownPlaces({ asked, cwd, home, userFolder }: Where): readonly OwnPlace[] {
  if (asked !== undefined) return [{ path: resolve(cwd, asked), level: 'asked' }]
  const placed = [...foldersUp(cwd, home), userFolder].flatMap((folder) =>
    FILE_NAMES.map((name): OwnPlace => ({
      path: join(folder, name),
      level: folder === userFolder || isHome(folder, home) ? 'user' : 'project',
    })),
  )
  // A project's link to the user's file is the user's file, and read where the user has it: paths in it count from there.
  const ofUser = new Set(placed.flatMap(({ path, level }) => (level === 'user' ? [realPath(path)] : [])))
  return placed.filter(({ path, level }) => level === 'user' || !ofUser.has(realPath(path)))
}
