import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'

const script = fileURLToPath(new URL('../support/write-all.mjs', import.meta.url))

it('all that a gateway keeps is for its owner alone, whatever the mask', () => {
  const folder = temporaryFolder()
  execFileSync(process.execPath, [script, folder], { stdio: ['ignore', 'ignore', 'inherit'], env: { HOME: folder } })
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const open = paths.filter((path) => (statSync(join(folder, path)).mode & 0o077) !== 0)
  expect(open).toEqual([])
  for (const part of ['audit', 'exports', 'kept', 'saved-intents', 'results', 'types'])
    expect(paths.some((path) => path.endsWith(part))).toBe(true)
}, 30_000)
