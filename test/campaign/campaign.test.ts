import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const PARTS = [
  'servers',
  'clients',
  'kill-servers',
  'kill-sandboxes',
  'kill-gateway',
  'end-gateway',
  'files',
  'full-disk',
  'secrets',
]
const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

async function campaign(...options: readonly string[]): Promise<{ code: number; output: string }> {
  const command = ['build/campaign/campaign/command.js', ...options]
  const running = run(process.execPath, command, { cwd: root, maxBuffer: 1e8 })
  return await running.then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({ ...error, output: error.stdout + error.stderr }),
  )
}

describe('the campaign, in its short form', () => {
  it.concurrent.each(PARTS)('holds: %s', { timeout: 300_000 }, async (part) => {
    const { code, output } = await campaign('--short', '--quiet', '--only', part)
    expect(code, output).toBe(0)
  })

  it('says what it cannot do', async () => {
    const { code, output } = await campaign('--only', 'peace')
    expect(code).toBe(2)
    expect(output).toContain('there is no part peace')
  })
})
