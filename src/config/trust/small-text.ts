import { readFileSync, statSync } from 'node:fs'

/** More than any file of variables holds. */
const MAX_BYTES = 1024 * 1024

/** The text of a file that a project names; undefined for pipes, devices and what is too large: reading these may never end. */
export function readSmallText(path: string): string | undefined {
  try {
    const stats = statSync(path)
    return stats.isFile() && stats.size <= MAX_BYTES ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}
