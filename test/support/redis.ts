import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { temporaryFolder } from './servers.ts'

export const haveRedis: boolean = spawnSync('redis-server', ['--version']).status === 0

/** Use as `describe.skipIf(noRedis('…'))`: prints why when Redis is absent. */
export function noRedis(what: string): boolean {
  if (!haveRedis) console.log(`skipped: ${what}: redis-server is not installed (Debian: redis-server)`)
  return !haveRedis
}

/** A real Redis on a free port of this machine. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

export async function startRedis(port?: number): Promise<RedisServer> {
  const chosen = port ?? (await freePort())
  const options = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', [...options, '--dir', temporaryFolder()], { stdio: ['ignore', 'pipe', 'ignore'] })
  await saysReady(child)
  return {
    url: `redis://127.0.0.1:${chosen}`,
    port: chosen,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function saysReady(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let text = ''
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server ended: ${text}`)))
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('Ready to accept connections')) resolve()
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
