import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

it('SIGTERM ends a gateway over stdio whose client reads nothing', async () => {
  const home = temporaryFolder()
  writeFileSync(join(home, 'own.json'), '{"servers":{}}')
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home }
  const gateway = spawn(process.execPath, [cli, 'serve', '--config', join(home, 'own.json')], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const list = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })}\n`
  gateway.stdin.on('error', () => undefined)
  gateway.stdin.write(list.repeat(2_000))
  // Its first answers are there, and nobody takes them.
  await once(gateway.stdout, 'readable')
  const started = performance.now()
  gateway.kill('SIGTERM')
  const [code] = (await once(gateway, 'exit')) as [number | null]
  expect(code).toBe(0)
  expect(performance.now() - started).toBeLessThan(10_000)
}, 30_000)
