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
import { LINES } from '../../src/sandbox/remote/engine-lines.ts'
import { DEFAULT_LIMITS, type HostCall, type Outcome, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { engineContract, gate } from '../contracts/engine.ts'
import { answer, body, IMAGE, leakContract, sandboxContract } from '../contracts/sandbox.ts'

sandboxContract('process (quickjs)', () => createProcessBackend({ poolSize: 2 }))
sandboxContract('process (v8)', () => createProcessBackend({ engine: 'v8', poolSize: 8 }))
engineContract('the process backend', () => createProcessBackend({ poolSize: 1 }))
leakContract('process (quickjs)', () => createProcessBackend({ poolSize: 2 }))
leakContract('process (v8)', () => createProcessBackend({ engine: 'v8', poolSize: 3 }))

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

/** What V8 with packages can try: it has all of Node.js in its hands. */
const withNode = (options: ProcessBackendOptions = {}): SandboxBackend =>
  createProcessBackend({ engine: 'v8', poolSize: 1, packages: ['fastest-levenshtein'], ...options })

describe('the jail of the process backend', () => {
  it.each([
    ['', true],
    [', also without bubblewrap', false],
  ])(
    'has no environment, files, processes, threads or addons, even for a program with Node.js in its hands%s',
    async (_where, namespaces) => {
      await using backend = withNode({ namespaces })
      const folder = mkdtempSync(join(tmpdir(), 'jail-'))
      const file = join(folder, 'secret.txt')
      writeFileSync(file, 'secret')
      const source = `const tries = {
  env: () => Object.keys(process.env).length,
  read: () => process.getBuiltinModule('fs').readFileSync(${JSON.stringify(file)}, 'utf8'),
  list: () => process.getBuiltinModule('fs').readdirSync('/').length,
  write: () => process.getBuiltinModule('fs').writeFileSync(${JSON.stringify(`${file}.new`)}, 'x'),
  thread: () => new (process.getBuiltinModule('worker_threads').Worker)('1', { eval: true, execArgv: [] }) && 'started',
  spawn: () => process.getBuiltinModule('child_process').execSync('id').toString(),
  addon: () => process.dlopen({ exports: {} }, '/usr/lib/x.node'),
}
return Object.fromEntries(Object.entries(tries).map(([name, attempt]) => {
  try { return [name, attempt()] } catch (error) { return [name, error.code] }
}))`
      const outcome = await run(backend, source)
      expect(JSON.parse(outcome.value ?? '')).toEqual({
        env: 0,
        read: 'ERR_ACCESS_DENIED',
        list: 'ERR_ACCESS_DENIED',
        write: 'ERR_ACCESS_DENIED',
        thread: 'ERR_ACCESS_DENIED',
        spawn: 'ERR_ACCESS_DENIED',
        addon: expect.stringMatching(/^ERR_/),
      })
    },
  )

  it.skipIf(!hasNamespaces)('has no network and sees no process of this machine', async () => {
    let hits = 0
    const server = createServer((_request, response) => {
      hits++
      response.end('reached')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using backend = withNode()
    const source = `const said = await fetch('http://127.0.0.1:${port}/').then((r) => r.text(), (e) => String(e.cause?.code ?? e))
let killed
try { killed = process.kill(${process.pid}, 0) } catch (error) { killed = error.code }
return { said, killed, pid: process.pid < 100 }`
    const outcome = await run(backend, source)
    expect(JSON.parse(outcome.value ?? '')).toMatchObject({ said: expect.not.stringContaining('reached'), pid: true })
    expect(JSON.parse(outcome.value ?? '')).toMatchObject({ killed: expect.stringMatching(/ESRCH|EPERM/) })
    expect(hits).toBe(0)
    server.close()
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
    [{ engine: 'quickjs', namespaces: true }, 'loop'],
    [{ engine: 'quickjs', namespaces: true }, 'native loop'],
    [{ engine: 'quickjs', namespaces: false }, 'loop'],
    [{ engine: 'quickjs', namespaces: false }, 'native loop'],
    [{ engine: 'v8', namespaces: true }, 'loop'],
    [{ engine: 'v8', namespaces: false }, 'loop'],
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

describe('the engine v8', () => {
  it('loads the packages that are listed, and no others', async () => {
    await using backend = withNode()
    expect(await run(backend, `return require('fastest-levenshtein').distance('kitten', 'sitting')`)).toMatchObject({
      status: 'ok',
      value: '3',
    })
    expect(await run(backend, `return require('node:fs').readFileSync('/etc/passwd', 'utf8')`)).toMatchObject({
      status: 'error',
      error: { message: expect.stringContaining('not allowed') },
    })
  })

  it('is compiled: a tight loop takes a small part of the time that QuickJS needs', async () => {
    const source = 'let n = 0; for (let i = 0; i < 3e6; i++) n = (n + i * 3) | 0; return n'
    await using v8 = createProcessBackend({ engine: 'v8', poolSize: 1 })
    await using quickjs = createProcessBackend({ poolSize: 1 })
    const [fast, slow] = [await run(v8, source), await run(quickjs, source)]
    expect(fast.value).toBe(slow.value)
    expect(fast.durationMs * 3).toBeLessThan(slow.durationMs)
  })

  it('cannot give its run away by what it does to its own thread, nor forge frames that count', async () => {
    await using backend = withNode()
    const sources = [
      'process.exit(0)',
      'process.abort()',
      'process.kill(process.pid, "SIGKILL")',
      `process.getBuiltinModule('fs').writeSync(1, Buffer.alloc(1e5, 255)); for (;;);`,
      `process.getBuiltinModule('worker_threads').parentPort.postMessage({ kind: 'result', text: '{' }); for (;;);`,
    ]
    for (const source of sources) {
      const outcome = await run(backend, source, answer, { timeoutMs: 1_000 })
      expect(['error', 'lost', 'memory', 'timeout', 'limit']).toContain(outcome.status)
      expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok', value: '1' })
    }
  })

  it('refuses packages with the engine that cannot load them', () => {
    expect(() => createProcessBackend({ packages: ['lodash'] })).toThrow('v8')
  })
})

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
    const before = engines(process.pid)
    for (let ended = 0; ended < LINES; ended = backend.stats().discarded.lost) {
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => stuck(backend)))
      for (const { status } of outcomes) expect(status).toBe('timeout')
      expect(await run(backend, 'return 2')).toMatchObject({ status: 'ok' })
    }
    await vi.waitFor(
      () => {
        const now = engines(process.pid)
        expect(now).toHaveLength(1)
        expect(now).not.toEqual(before)
      },
      { timeout: 10_000 },
    )
  })

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
