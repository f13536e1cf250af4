import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'
import { signedWorld } from '../support/signed-world.ts'

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line in a home of its own; what it says is passed on, and an answer is typed in. */
async function run(home: string, words: readonly string[], answer?: (line: string) => Promise<string>): Promise<Ended> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [CLI, ...words], {
    cwd: home,
    env: { PATH, HOME: home, BROWSER: 'true' },
    stdio: 'pipe',
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    void answer?.(line).then((typed) => typed !== '' && child.stdin.end(`${typed}\n`))
  })
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { code: Number(code), stdout, stderr: lines.join('\n') }
}

it('logs in with a browser elsewhere, tells of it without a token, calls, and logs out', async () => {
  await using world = await signedWorld()
  const home = temporaryFolder()
  mkdirSync(join(home, '.config', 'mcp-optimizer'), { recursive: true })
  writeFileSync(
    join(home, '.config', 'mcp-optimizer', 'mcp-optimizer.json'),
    JSON.stringify({ servers: { signed: { url: world.url } } }),
  )
  const before = await run(home, ['call', 'signed.whoami'])
  expect(before).toMatchObject({ code: 1, stderr: expect.stringContaining('mcp-optimizer login signed') })
  const doctor = await run(home, ['doctor'])
  expect(doctor.stdout).toContain('mcp-optimizer login signed')

  let ended = ''
  const login = await run(home, ['login', 'signed', '--no-browser'], async (line) => {
    if (!line.startsWith('http')) return ''
    const stop = (url: URL): void => {
      if (!url.searchParams.has('code')) return
      ended = url.href
      throw new Error('this browser reaches no loopback address of another machine')
    }
    await world.browse(line, 'ann', stop).catch(() => undefined)
    return ended
  })
  expect(login).toMatchObject({ code: 0, stdout: expect.stringContaining('logged in to signed') })

  const logins = await run(home, ['logins', '--json'])
  expect(JSON.parse(logins.stdout)).toMatchObject([{ server: 'signed', issuer: world.issuer, renewable: true }])
  expect(logins.stdout).not.toMatch(/token|secret/)
  expect((await run(home, ['logins'])).stdout).toContain(world.issuer)
  expect((await run(home, ['call', 'signed.whoami'])).stdout).toBe('ann\n')
  expect((await run(home, ['logout', 'signed'])).stdout).toContain('revoked it')
  expect((await run(home, ['logins'])).stdout).toContain('no logins')
}, 90_000)

it('says which server is meant, and which needs no login', async () => {
  const home = temporaryFolder()
  const servers = { here: { command: 'true' }, linear: { url: 'https://linear.example/mcp' } }
  writeFileSync(join(home, 'mcp-optimizer.json'), JSON.stringify({ servers }))
  expect(await run(home, ['login'])).toMatchObject({ code: 2, stderr: expect.stringContaining('linear') })
  expect(await run(home, ['login', 'linaer'])).toMatchObject({ code: 1, stderr: expect.stringContaining('linear') })
  expect(await run(home, ['login', 'here'])).toMatchObject({ code: 3, stderr: expect.stringContaining('env') })
})
