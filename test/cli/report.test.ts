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

async function report(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder }
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'report', '--config', config, ...args], {
    cwd: folder,
    env,
  })
  return stdout
}

describe('mcp-optimizer report', () => {
  it('writes a page with its charts, without any package that is not installed with ours', async () => {
    expect(await report()).toContain(`written: ${join(folder, 'report.html')}`)
    const page = readFileSync(join(folder, 'report.html'), 'utf8')
    expect(page.match(/<figure class="chart" role="img" aria-label="[^"]+"/g)?.length).toBeGreaterThan(3)
    expect(page).not.toContain('<script')
  })
})
