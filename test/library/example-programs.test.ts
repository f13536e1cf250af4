import { execFile } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'examples')
const programs = readdirSync(folder).filter((name) => name.endsWith('.mjs'))

/** Nothing of the user's: an example finds no configuration and keeps nothing. */
function apart(): NodeJS.ProcessEnv {
  const home = temporaryFolder()
  return { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home }
}

describe('the examples', { timeout: 90_000 }, () => {
  it.each(programs)('%s runs, and finds its answers right', async (name) => {
    const isTest = name.endsWith('.test.mjs')
    const args = [...(isTest ? ['--test', '--test-reporter=tap'] : []), join(folder, name)]
    const { stdout } = await run(process.execPath, args, { cwd: root, env: apart() })
    expect(stdout).toMatch(isTest ? /^# fail 0$/m : /\S/)
  })

  it('the route of Next.js compiles', async () => {
    const place = temporaryFolder()
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      noPropertyAccessFromIndexSignature: true,
    }
    const files = [join(folder, 'next/app/api/gateway/[transport]/route.ts')]
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    expect((await run(process.execPath, [tsc, '-p', place], { cwd: root })).stdout).toBe('')
  })
})
