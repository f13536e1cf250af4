import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const server = fileURLToPath(new URL('../support/exact-server.mjs', import.meta.url))
const folder = temporaryFolder()
const config = join(folder, 'own.json')
writeFileSync(
  config,
  JSON.stringify({ servers: { exact: { command: process.execPath, args: [server] } }, cacheDir: './cache' }),
)

async function run(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder }
  return await promisify(execFile)(process.execPath, [cli, ...args], { cwd: folder, env })
}

async function report(...args: readonly string[]): Promise<string> {
  return (await run(['report', '--config', config, ...args])).stdout
}

describe('mcp-optimizer report', () => {
  it('writes a page with its charts, without any package that is not installed with ours', async () => {
    expect(await report()).toContain(`written: ${join(folder, 'report.html')}`)
    const page = readFileSync(join(folder, 'report.html'), 'utf8')
    expect(page.match(/<figure class="chart" role="img" aria-label="[^"]+"/g)?.length).toBeGreaterThan(3)
    expect(page).not.toContain('<script')
  })

  it('says what to do where no server is configured, and which models have prices', async () => {
    const none = join(folder, 'none.json')
    writeFileSync(none, JSON.stringify({ servers: {}, cacheDir: './cache' }))
    await expect(run(['report', '--config', none])).resolves.toMatchObject({
      stderr: expect.stringContaining('no server is configured'),
    })
    await expect(report('--model', 'gpt-0')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--model: found "gpt-0", wanted all or some of .*gpt-6-sol/),
    })
  })
})
