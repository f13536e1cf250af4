import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type SetupHome, setupHome } from '../support/setup-home.ts'

const preload = new URL('../support/kill-at.mjs', import.meta.url).href
const script = fileURLToPath(new URL('../support/setup-once.mjs', import.meta.url))

const OWN = { command: '/usr/bin/node', args: ['/opt/cli.js', 'serve'] }
const TEXTS = {
  codex:
    '# mine\n[mcp_servers.docs]\ncommand = "x" # first\n\n[mcp_servers.issues]\ncommand = "y"\n\n[tui]\nbell = true\n',
} as const

/** A process that works on a home, killed at the nth change of a file; true when it lived. */
async function lives(home: SetupHome, what: 'setup' | 'undo', killAt: number): Promise<boolean> {
  const env = { PATH: process.env['PATH'], HOME: home.places.home, KILL_AT: String(killAt) }
  const child = spawn(process.execPath, ['--import', preload, script, what, 'codex'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...ended) => resolve(ended)),
  )
  if (signal === null && code !== 0) throw new Error(stderr)
  return signal === null
}

/** Files that somebody reads: without dated ones, and without what a killed process had begun. */
function readFiles(home: SetupHome): Record<string, string> {
  const files = Object.entries(home.files()).filter(([path]) => !/\.tmp$|\.before-mcp-optimizer(\.\d+)?$/.test(path))
  return Object.fromEntries(files.map(([path, text]) => [basename(path), text]))
}

/** What each file holds before and after; the record holds texts of its own. */
async function expectWholeFiles(
  home: SetupHome,
  before: Record<string, string>,
  after: Record<string, string>,
): Promise<void> {
  for (const [name, text] of Object.entries(readFiles(home))) {
    if (name === 'mcp-optimizer.moved.json') JSON.parse(text)
    else expect([before[name], after[name]]).toContain(text)
  }
}

describe('killed at any change of any file, setup leaves each file as before or as after, and its next run finishes', () => {
  it.each(['setup', 'undo'] as const)('%s', { timeout: 60_000 }, async (what) => {
    const fresh = async (): Promise<SetupHome> => {
      const home = setupHome(TEXTS)
      if (what === 'undo') await home.run('codex', OWN)
      return home
    }
    const example = await fresh()
    const before = readFiles(example)
    expect(await lives(example, what, Number.POSITIVE_INFINITY)).toBe(true)
    const after = readFiles(example)
    expect(after['config.toml']).not.toBe(before['config.toml'])

    let kills = 0
    for (let change = 1; ; change++) {
      const home = await fresh()
      if (await lives(home, what, change)) break
      kills++
      await expectWholeFiles(home, before, after)
      await (what === 'setup' ? home.run('codex', OWN) : home.runUndo('codex'))
      const { 'mcp-optimizer.moved.json': _record, ...ended } = readFiles(home)
      const { 'mcp-optimizer.moved.json': _other, ...wanted } = after
      expect(ended).toEqual(wanted)
      if (what === 'setup') {
        await home.runUndo('codex')
        expect(readFileSync(home.fileOf('codex'), 'utf8')).toBe(TEXTS.codex)
      }
    }
    console.log(`${what}: killed by SIGKILL at each of its ${kills} changes of files, every file whole`)
    expect(kills).toBeGreaterThan(10)
  })
})
