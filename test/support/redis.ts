import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from './servers.ts'

const haveRedis = spawnSync('redis-server', ['--version']).status === 0

/** Use as `describe.skipIf(noRedis('…'))`: prints why when there is no redis-server. */
export function noRedis(what: string): boolean {
  if (!haveRedis) console.log(`skipped: ${what}: redis-server is not installed`)
  return !haveRedis
}

/** A redis-server of our own on a free port. */
export interface TestRedis extends AsyncDisposable {
  readonly port: number
  readonly url: string
  kill(): Promise<void>
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>
  /** Stops answering without closing connections. */
  hang(): void
  goOn(): void
  /** What redis-cli says. */
  cli(...args: readonly string[]): string
}

export async function startRedis(more: readonly string[] = [], fixedPort?: number): Promise<TestRedis> {
  const port = fixedPort ?? (await freePort())
  const folder = temporaryFolder()
  let child = await start(port, folder, more)
  const redis: TestRedis = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    async restart() {
      child = await start(port, folder, more)
    },
    hang: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    cli: (...args) => execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }),
    async [Symbol.asyncDispose]() {
      await redis.kill()
    },
  }
  return redis
}

/** Three nodes that share the slots. */
export async function startCluster(): Promise<AsyncDisposable & { readonly nodes: readonly TestRedis[] }> {
  const nodes: TestRedis[] = []
  const cluster = {
    nodes,
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map(async (node) => await node[Symbol.asyncDispose]()))
    },
  }
  try {
    for (let count = 0; count < 3; count++) {
      // The nodes talk to each other on the port 10,000 above: both lie below those that systems give to connections.
      const port = await freePort(10_000, 20_000)
      nodes.push(await startRedis(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'], port))
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
    execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'ignore' })
    for (const node of nodes) {
      while (!node.cli('cluster', 'info').includes('cluster_state:ok'))
        await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return cluster
  } catch (thrown) {
    await cluster[Symbol.asyncDispose]()
    throw thrown
  }
}

/** Stands before a Redis and delays, or replaces, what it says. */
export interface TestProxy extends AsyncDisposable {
  readonly url: string
  delayMs: number
  /** Said in place of each answer. */
  junk: string | undefined
}

export async function startProxy(port: number): Promise<TestProxy> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.on('data', (data) => {
      const said = proxy.junk ?? data
      setTimeout(() => near.writable && near.write(said), proxy.delayMs)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: TestProxy = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delayMs: 0,
    junk: undefined,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

async function start(port: number, folder: string, more: readonly string[]): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  const child = spawn('redis-server', [...args, ...more], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('Ready to accept connections')) resolve()
    })
    child.once('exit', () => reject(new Error(`redis-server did not start in ${join(folder)}: ${said.slice(-300)}`)))
  })
  return child
}

async function freePort(least = 0, most = 65_535): Promise<number> {
  for (;;) {
    const asked = least === 0 ? 0 : least + Math.floor(Math.random() * (most - least))
    const server = createServer().listen(asked, '127.0.0.1')
    const bound = await new Promise<boolean>((resolve) => {
      server.once('listening', () => resolve(true))
      server.once('error', () => resolve(false))
    })
    if (!bound) continue
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    return port
  }
}
