import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the repository; this file is compiled into `build/campaign/campaign/runner`. */
export const ROOT: URL = new URL('../../../../', import.meta.url)
export const CLI: string = fileURLToPath(new URL('dist/cli.js', ROOT))
export const SERVER: string = fileURLToPath(new URL('../server/main.js', import.meta.url))

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'campaign-'))
}
