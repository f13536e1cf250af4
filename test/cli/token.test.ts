import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

let home: string

beforeEach(() => {
  home = temporaryFolder()
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(...args: readonly string[]): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
  }
  const child = spawn(process.execPath, [cli, ...args], { cwd: home, env, stdio: 'pipe' })
  child.stdin.end()
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

describe('mcp-optimizer token', () => {
  it('makes a token, lists it without what could be used, and revokes it', async () => {
    const made = await run(
      'token',
      'create',
      'ci',
      '--servers',
      'github, jira',
      '--effects',
      'read',
      '--rate',
      '60/min',
      '--expires',
      '30d',
    )
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mcpo_[\w-]{43}\n$/) })
    expect(made.stderr).toMatch(/servers github, jira; reading alone; 60 requests in 60 s/)
    const listed = await run('token', 'list')
    expect(listed.stdout).toMatch(/ci .*servers github/)
    const stored = readFileSync(join(home, '.config', 'mcp-optimizer', 'tokens.json'), 'utf8')
    for (const text of [listed.stdout, stored]) expect(text).not.toContain(made.stdout.trim().slice(5))
    expect(await run('token', 'revoke', 'ci')).toMatchObject({ code: 0, stdout: expect.stringContaining('Revoked') })
    expect(await run('token', 'revoke', 'ci')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no token of the name'),
    })
    expect((await run('token')).stdout).toContain('There are no tokens')
  })

  it.each([
    [['create'], /create needs the NAME/],
    [['create', 'x', '--effects', 'all'], /found "all", wanted one of read, write, destructive/],
    [['create', 'x', '--rate', 'often'], /cannot read a rate: found "often", wanted 60\/min/],
    [['create', 'x', '--expires', 'soon'], /cannot read when a token ends: found "soon"/],
    [['create', 'x', '--servers', ' , '], /--servers: found " , ", wanted names/],
    [['create', 'x', '--profile', 'none'], /--profile: found "none".*it has none/],
    [['destroy', 'x'], /found "destroy", wanted create NAME, list or revoke NAME/],
    [['revoke'], /revoke needs the NAME/],
    [['list', 'x'], /"x" too many/],
  ])('refuses %j with what it wants', async (args, reason) => {
    expect(await run('token', ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(reason) })
  })
})

describe('--profile', () => {
  beforeEach(() => {
    const server = fileURLToPath(new URL('../../demo/fake-sentry.mjs', import.meta.url))
    const entry = { command: process.execPath, args: [server] }
    writeFileSync(
      join(home, 'own.json'),
      JSON.stringify({
        servers: { github: entry, vault: entry },
        profiles: { work: { servers: ['github'], effects: 'read' } },
      }),
    )
  })

  it('narrows a command to a part of the catalog, whose other servers it does not even start', async () => {
    const all = await run('search', 'issues', '--config', 'own.json')
    const part = await run('search', 'issues', '--config', 'own.json', '--profile', 'work')
    expect(all.stdout).toMatch(/vault/)
    expect([part.code, part.stdout, part.stderr].join('\n')).not.toMatch(/vault/)
  })

  it('names the profiles that there are', async () => {
    const answer = await run('search', 'issues', '--config', 'own.json', '--profile', 'play')
    expect(answer).toMatchObject({ code: 3, stderr: expect.stringMatching(/profile "play"[\s\S]*work/) })
  })
})
