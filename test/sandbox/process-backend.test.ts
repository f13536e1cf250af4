import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { createProcessBackend, type ProcessBackendOptions } from '../../src/sandbox/process/backend.ts'
import { launch } from '../../src/sandbox/process/launch.ts'
import { LINES } from '../../src/sandbox/remote/engine-lines.ts'
import { packageRoot, runnerFiles } from '../../src/sandbox/remote/runner-files.ts'
import { DEFAULT_LIMITS, type HostCall, type Outcome, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { engineContract, gate } from '../contracts/engine.ts'
import { answer, body, IMAGE, leakContract, sandboxContract } from '../contracts/sandbox.ts'

sandboxContract('process', () => createProcessBackend({ poolSize: 2 }))
engineContract('the process backend', () => createProcessBackend({ poolSize: 1 }))
leakContract('process', () => createProcessBackend({ poolSize: 2 }))

const isLinux = platform() === 'linux'
const hasNamespaces = (await layersOf({})).find(({ name }) => name === 'namespaces')?.active === true
if (!hasNamespaces) console.log('skipped: tests of namespaces need bubblewrap (bwrap), which does not work here')

async function layersOf(options: ProcessBackendOptions): ReturnType<ReturnType<typeof createProcessBackend>['layers']> {
  await using backend = createProcessBackend(options)
  return await backend.layers()
}

async function run(
  backend: SandboxBackend,
  source: string,
  call: HostCall = answer,
  limits: Partial<typeof DEFAULT_LIMITS> = {},
): Promise<Outcome> {
  await using sandbox = await backend.create(IMAGE)
  return await sandbox.run(body(source), call, { ...DEFAULT_LIMITS, timeoutMs: 10_000, ...limits })
}

/** What code with all of Node.js in its hands gets done in the jail that stands here. */
async function probe(namespaces: boolean): Promise<Record<string, unknown>> {
  await using backend = createProcessBackend({ poolSize: 1, namespaces })
  const ownUser = (await backend.layers()).find(({ name }) => name === 'own user')?.active === true
  const file = join(mkdtempSync(join(tmpdir(), 'jail-')), 'secret.txt')
  writeFileSync(file, 'secret')
  const server = createServer((_request, response) => response.end('reached'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const entry = 'test/support/jail-probe.mjs'
  const child = launch(
    { namespaces, ownUser },
    {
      argument: JSON.stringify({ file, port, process: process.pid }),
      hasEngines: false,
      entry,
      files: [...runnerFiles(), { from: join(packageRoot(), entry), to: entry, isFolder: false }],
    },
  )
  const [said] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  child.kill('SIGKILL')
  server.close()
  return JSON.parse(said.toString()) as Record<string, unknown>
}

describe('the jail of the process backend', () => {
  const jails = [...(hasNamespaces ? [true] : []), false]
  it.each(jails)(
    'has no environment, files, processes, threads or addons, and makes no code: %o',
    async (namespaces) => {
      expect(await probe(namespaces)).toMatchObject({
        env: 0,
        read: 'ERR_ACCESS_DENIED',
        list: 'ERR_ACCESS_DENIED',
        write: 'ERR_ACCESS_DENIED',
        thread: 'ERR_ACCESS_DENIED',
        spawn: 'ERR_ACCESS_DENIED',
        addon: expect.stringMatching(/^ERR_/),
        code: 'EvalError',
      })
    },
  )

  it.skipIf(!hasNamespaces)('has no network and sees no process of this machine', async () => {
    expect(await probe(true)).toMatchObject({
      reached: expect.not.stringContaining('reached'),
      kill: expect.stringMatching(/ESRCH|EPERM/),
      isPidSmall: true,
    })
  })

  it('works without bubblewrap, and says so', async () => {
    await using backend = createProcessBackend({ poolSize: 1, namespaces: false })
    expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
    const layers = await backend.layers()
    expect(layers.find(({ name }) => name === 'namespaces')).toMatchObject({ active: false })
    expect(layers.find(({ name }) => name === 'permission model')).toMatchObject({ active: true })
  })

  it.skipIf(!isLinux || process.getuid?.() !== 0)('runs as nobody when started by root', async () => {
    await using backend = createProcessBackend({ poolSize: 1, namespaces: false })
    const layers = await backend.layers()
    await run(backend, 'return 1')
    const uids = descendants(process.pid).map((pid) =>
      /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')),
    )
    const isNobody = layers.find(({ name }) => name === 'own user')?.active === true
    expect(uids.some((match) => match?.[1] === '65534')).toBe(isNobody)
  })
})

const LOOPS = { loop: 'for (;;);', 'native loop': '[].copyWithin.call({ length: 1e12 }, 1, 0)' }

describe.skipIf(!isLinux)('a subprocess with a spinning program', () => {
  const cases: [ProcessBackendOptions, keyof typeof LOOPS][] = [
    [{ namespaces: true }, 'loop'],
    [{ namespaces: true }, 'native loop'],
    [{ namespaces: false }, 'loop'],
    [{ namespaces: false }, 'native loop'],
  ]
  it.each(cases)('ends when its gateway is killed: %o, %s', async (options, loop) => {
    const gateway = startGateway(options, LOOPS[loop])
    const [line] = (await once(gateway.stdout ?? gateway, 'data')) as [Buffer]
    expect(line.toString()).toContain('spinning')
    const pids = descendants(gateway.pid ?? 0)
    expect(pids.length).toBeGreaterThan(0)
    gateway.kill('SIGKILL')
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 10_000, interval: 50 })
  })
})

function distUrl(path: string): string {
  return JSON.stringify(new URL(`../../dist/sandbox/${path}`, import.meta.url).href)
}

/** A process of its own that starts a program which calls the host once and never ends. */
function startGateway(options: ProcessBackendOptions, loop: string): ChildProcess {
  const script = `
    const { createProcessBackend } = await import(${distUrl('process/backend.js')})
    const { DEFAULT_LIMITS } = await import(${distUrl('sandbox.js')})
    const backend = createProcessBackend(${JSON.stringify({ poolSize: 1, ...options })})
    const sandbox = await backend.create({ version: '1', functions: [{ path: ['tools', 'a'], name: 'a' }], modules: [] })
    const call = async () => { setTimeout(() => console.log('spinning'), 100); return '1' }
    await sandbox.run({ kind: 'body', source: ${JSON.stringify(`await tools.a({}); ${loop}`)}, input: '' }, call, { ...DEFAULT_LIMITS, timeoutMs: 600_000 })`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

function descendants(pid: number): number[] {
  const tasks = `/proc/${pid}/task/${pid}/children`
  const children = existsSync(tasks) ? readFileSync(tasks, 'utf8').trim().split(' ').filter(Boolean).map(Number) : []
  return children.flatMap((child) => [child, ...descendants(child)])
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe.skipIf(!isLinux)('the process of engines', () => {
  const stuck = (backend: SandboxBackend): Promise<Outcome> =>
    run(backend, 'return [].copyWithin.call({ length: 1e10 }, 1, 0)', answer, { timeoutMs: 30 })

  it('stays when one of them has to be ended', async () => {
    await using backend = createProcessBackend({ poolSize: 2, namespaces: false })
    await run(backend, 'return 1')
    const before = engines(process.pid)
    expect(await stuck(backend)).toMatchObject({ status: 'timeout' })
    expect(await run(backend, 'return 2')).toMatchObject({ status: 'ok' })
    expect(engines(process.pid)).toEqual(before)
  })

  it('is replaced when it has started as many as it may', async () => {
    await using backend = createProcessBackend({ poolSize: 4, namespaces: false })
    await run(backend, 'return 1')
    const [first] = engines(process.pid)
    // Engines of the next process may be among those lost: at the latest then the first one has had all of its own.
    for (let lost = 0; engines(process.pid).includes(first ?? 0) && lost < 4 * LINES;) {
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => stuck(backend)))
      for (const { status } of outcomes) expect(status).toBe('timeout')
      expect(await run(backend, 'return 2')).toMatchObject({ status: 'ok' })
      lost = backend.stats().discarded.lost
    }
    await vi.waitFor(() => {
      expect(engines(process.pid)).not.toContain(first)
      expect(engines(process.pid).length).toBeGreaterThan(0)
    })
    expect(backend.stats().discarded.lost).toBeGreaterThanOrEqual(LINES)
  }, 60_000)

  const SCRIPT = `
    const { createProcessBackend } = await import(${distUrl('process/backend.js')})
    const { DEFAULT_LIMITS } = await import(${distUrl('sandbox.js')})
    const sandbox = await createProcessBackend({ poolSize: 2 }).create({ version: '1', functions: [], modules: [] })
    console.log((await sandbox.run({ kind: 'body', source: 'return 1', input: '' }, async () => '', DEFAULT_LIMITS)).value)`
  const output = async (node: string): Promise<string> =>
    (await promisify(execFile)(node, ['--input-type=module', '-e', SCRIPT], { timeout: 20_000 })).stdout

  it('keeps no gateway alive while it is idle', async () => {
    expect(await output(process.execPath)).toBe('1\n')
  })

  it.skipIf(process.getuid?.() !== 0)('has its gateway wait while it looks for a jail that works', async () => {
    // Where `nobody` may not go, the strictest jails cannot start Node.js.
    const node = join(mkdtempSync(join(tmpdir(), 'closed-')), 'node')
    copyFileSync(process.execPath, node)
    expect(await output(node)).toBe('1\n')
  })
})

describe('a lost subprocess', () => {
  it.skipIf(!isLinux)('is replaced; its programs start again with the answers of their calls', async () => {
    await using backend = createProcessBackend({ poolSize: 1, namespaces: false })
    await run(backend, 'return 1')
    const { call: waits, reached, open } = gate()
    let calls = 0
    const acted = run(
      backend,
      'return [await tools.test.echo(1), await tools.test.echo(2)]',
      async (name, argument) => {
        calls++
        return argument === '2' ? await waits(name, argument, new AbortController().signal) : argument
      },
    )
    await reached
    const computing = run(backend, 'const until = Date.now() + 300; while (Date.now() < until); return 7')
    const before = performance.now()
    for (const pid of engines(process.pid)) process.kill(pid, 'SIGKILL')
    expect(await computing).toMatchObject({ status: 'ok', value: '7' })
    open()
    expect(await acted).toMatchObject({ status: 'ok', value: '[1,2]', hostCalls: 2 })
    expect(calls).toBe(2)
    expect(performance.now() - before).toBeLessThan(10_000)
    expect(backend.stats().discarded.lost).toBeGreaterThan(0)
  })

  it.skipIf(!isLinux)('was ended by nobody: a program that has seen two of them go starts no third time', async () => {
    await using backend = createProcessBackend({ poolSize: 1, namespaces: false })
    const [first, second] = [gate(), gate()]
    const gates = [first, second]
    const acted = run(backend, 'await tools.test.echo(1); await tools.test.echo(2)', async (name, argument) => {
      return (await gates.shift()?.call(name, argument, new AbortController().signal)) ?? ''
    })
    await first.reached
    for (const pid of engines(process.pid)) process.kill(pid, 'SIGKILL')
    first.open()
    // Only its second start comes as far.
    await second.reached
    for (const pid of engines(process.pid)) process.kill(pid, 'SIGKILL')
    expect(await acted).toMatchObject({ status: 'lost', hostCalls: 2, error: { code: 'SANDBOX_LOST' } })
    expect(gates).toEqual([])
  })
})

/** The processes of engines below another one. */
function engines(pid: number): number[] {
  return descendants(pid).filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('remote/keeper.js'))
}
