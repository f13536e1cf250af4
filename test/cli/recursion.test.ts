import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

function home(config: object): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = temporaryFolder()
  mkdirSync(join(folder, '.config/mcp-optimizer'), { recursive: true })
  writeFileSync(join(folder, '.config/mcp-optimizer/mcp-optimizer.json'), JSON.stringify(config))
  return { folder, env: { PATH: process.env['PATH'], HOME: folder } }
}

async function run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  await new Promise<void>((resolve) => child.on('close', () => resolve()))
  return stdout
}

it('a gateway that a script starts behind a gateway is ended at its handshake, and no chain of them grows', async () => {
  const scripts = temporaryFolder()
  const script = join(scripts, 'start')
  const starts = join(scripts, 'starts')
  // In this mode a gateway lists its servers before it answers: each would start the next.
  const features = { executionMode: 'traditional', enableCaching: false }
  const { folder, env } = home({ servers: { hidden: { command: script } }, features })
  writeFileSync(script, `#!/bin/sh\necho $$ >> ${starts}\nexec ${process.execPath} ${cli} serve\n`)
  chmodSync(script, 0o755)
  const findings = JSON.parse(await run(['doctor', '--json'], folder, env)) as { what: string }[]
  expect(findings.find(({ what }) => what === 'server hidden')).toMatchObject({
    ok: false,
    detail: expect.stringContaining('hidden is an mcp-optimizer itself'),
    fix: expect.stringContaining('take it out of the configuration'),
  })
  const pids = readFileSync(starts, 'utf8').trim().split('\n').map(Number)
  expect(pids.length).toBeLessThanOrEqual(3)
  await expect.poll(() => pids.filter(isRunning), { timeout: 10_000 }).toEqual([])
})

it('a gateway does not start below several others', async () => {
  const { folder, env } = home({})
  const child = spawn(process.execPath, [cli, 'serve'], { cwd: folder, env: { ...env, MCP_OPTIMIZER_DEPTH: '3' } })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect([code, stderr]).toEqual([3, expect.stringContaining('3 gateways stand above this one')])
})

it('another gateway over HTTP is ended at its handshake', async () => {
  const { folder, env } = home({})
  const served = spawn(process.execPath, [cli, 'serve', '--http', '127.0.0.1:0', '--log-level', 'info'], {
    cwd: folder,
    env,
  })
  try {
    const url = await new Promise<string>((resolve) => {
      let text = ''
      served.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        const [found] = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(text) ?? []
        if (found !== undefined) resolve(found)
      })
    })
    const other = home({ servers: { team: { url } } })
    const findings = JSON.parse(await run(['doctor', '--json'], other.folder, other.env)) as { what: string }[]
    expect(findings.find(({ what }) => what === 'server team')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('team is an mcp-optimizer itself'),
    })
  } finally {
    served.kill()
  }
})

function isRunning(pid: number): boolean {
  try {
    // A zombie is over.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
