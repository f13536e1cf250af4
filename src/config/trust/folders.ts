import { realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

/** A path as the file system itself spells it: links resolved, letters in their case; what is not there keeps its spelling. */
export function realPath(path: string): string {
  const whole = resolve(path)
  try {
    return realpathSync.native(whole)
  } catch {
    const above = dirname(whole)
    return above === whole ? whole : join(realPath(above), whole.slice(above.length).replaceAll(sep, '/'))
  }
}

/** The working folder and those above it, up to the home folder or the root. */
export function foldersUp(cwd: string, home: string): string[] {
  const folders: string[] = []
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    folders.push(folder)
    if (isHome(folder, home) || folder === dirname(folder)) return folders
  }
}

/** True for the home folder however it is spelled. A home that is no whole path is none: anything would be in it. */
export function isHome(folder: string, home: string): boolean {
  return isAbsolute(home) && realPath(folder) === realPath(home)
}

/**
 * The folder of the project that a file found from the working folder belongs to: the working folder, or the one above it
 * that holds the file.
 */
export function projectFolder(path: string, cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const way = relative(folder, resolve(path))
    if ((!way.startsWith('..') && !isAbsolute(way)) || folder === dirname(folder)) return folder
  }
}
