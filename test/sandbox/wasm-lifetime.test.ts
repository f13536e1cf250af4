import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import process, { platform } from 'node:process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { type Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { type HostCall } from '../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { engineContract, gate, run, runLate } from '../contracts/engine.ts'
import { poolContract } from '../contracts/pool.ts'

engineContract('the wasm backend', () => createWasmBackend({ poolSize: 1 }))
poolContract('the wasm backend', (options) => createWasmBackend({ poolSize: 1, slotsPerWorker: 1, ...options }))

const modulesUrl = (path: string): string => JSON.stringify(new URL(`../../dist/sandbox/${path}`, import.meta.url).href)
const IMPORTS = `
const { createWasmBackend } = await import(${modulesUrl('wasm/backend.js')})
const { DEFAULT_LIMITS } = await import(${modulesUrl('sandbox.js')})
Symbol.asyncDispose ??= Symbol('asyncDispose')
const image = { version: '1', functions: [], modules: [] }
const run = async (backend, source, timeoutMs = 20_000, signal) => {
  const sandbox = await backend.create(image)
  const outcome = await sandbox.run({ kind: 'body', source, input: '' }, async () => '', { ...DEFAULT_LIMITS, timeoutMs }, signal)
  await sandbox[Symbol.asyncDispose]()
  return outcome.status
}`

describe('a thread of the wasm backend that dies', () => {
  it('costs its programs one of two starts; one that came back before it had begun has not started', async () => {
    const workers: Worker[] = []
    const note = (worker: Worker): unknown => workers.push(worker)
    process.on('worker', note)
    await using backend = createWasmBackend({ poolSize: 1 })
    expect(await run(backend, 'return 0')).toMatchObject({ status: 'ok' })
    const { call, reached, open } = gate()
    const outcome = runLate(backend, 'return await tools.test.echo({})', { call })
    await reached
    await Promise.all(workers.map(async (worker) => await worker.terminate()))
    open()
    expect(await outcome).toMatchObject({ status: 'ok', value: '{}', hostCalls: 1 })
    process.off('worker', note)
  })
})

describe('threads of the wasm backend', () => {
  it('loses nothing that waits when a thread is ended', async () => {
    await using backend = createWasmBackend({ poolSize: 1, slotsPerWorker: 2 })
    const stuck = run(backend, 'return [].copyWithin.call({ length: 1e10 }, 1, 0)', { limits: { timeoutMs: 300 } })
    const waiting = Array.from({ length: 40 }, (_, i) => run(backend, `return ${i}`))
    expect(await stuck).toMatchObject({ status: 'timeout' })
    const values = (await Promise.all(waiting)).map(({ value }) => Number(value))
    expect(values).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(backend.stats?.()).toMatchObject({ busy: 0, waiting: 0, discarded: { lost: 1 } })
  })
})

describe('the state of a program', () => {
  it('is kept after an end of its own, and thrown away after all others', async () => {
    await using backend = createWasmBackend({ poolSize: 1, slotsPerWorker: 1 })
    await run(backend, 'return 1')
    await run(backend, 'return 2')
    await run(backend, 'throw new Error("x")')
    expect(backend.stats?.()).toMatchObject({ reused: 2, created: 1, discarded: {} })
    const cancelled = new AbortController()
    const cancelling: HostCall = async (_name, argument) => {
      cancelled.abort()
      return argument
    }
    await run(backend, 'for (;;);', { limits: { timeoutMs: 50 } })
    await run(backend, 'const a = []; for (;;) a.push(new Uint8Array(1e6))', { limits: { memoryBytes: 16e6 } })
    await run(backend, 'return "x".repeat(2000)', { limits: { resultBytes: 1_000 } })
    await run(backend, 'await tools.test.echo({}); for (;;);', { call: cancelling, signal: cancelled.signal })
    await run(backend, 'globalThis.a = new Uint8Array(2e7).fill(1); return 1')
    expect(await run(backend, 'return typeof a')).toMatchObject({ value: '"undefined"' })
    const stats = backend.stats?.()
    expect(stats?.discarded).toMatchObject({ timeout: 1, memory: 1, limit: 1, cancelled: 1, growth: 1 })
  })
})

describe('the process of the wasm backend', () => {
  it.runIf(platform === 'linux')(
    'runs programs behind its event loop (only Linux has priorities of threads)',
    async () => {
      const before = new Set(threadsOfThisProcess())
      await using backend = createWasmBackend({ poolSize: 1 })
      await run(backend, 'return 1')
      const niceness = threadsOfThisProcess()
        .filter((thread) => !before.has(thread))
        .map(nicenessOf)
      expect(niceness).toContain(3)
      expect(nicenessOf(String(process.pid))).toBe(0)
    },
  )

  it('keeps no timer, port, thread or listener after disposal', { timeout: 60_000 }, async () => {
    const script = `${IMPORTS}
const { getEventListeners } = await import('node:events')
const { readdirSync } = await import('node:fs')
// Only Linux tells how many threads there are; elsewhere the other half of the test holds.
const threads = () => process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0
const use = async (signal) => {
  const backend = createWasmBackend({ poolSize: 2 })
  await Promise.all(Array.from({ length: 40 }, (_, n) => run(backend, 'return ' + n, 20_000, signal)))
  await Promise.all([run(backend, 'for (;;);', 30), run(backend, 'return [].copyWithin.call({ length: 1e10 }, 1, 0)', 30)])
  await backend[Symbol.asyncDispose]()
}
const { signal } = new AbortController()
await use(signal)
const before = threads()
for (let i = 0; i < 2; i++) await use(signal)
// It comes when nothing keeps the process alive any more.
process.once('beforeExit', () =>
  console.log(JSON.stringify([getEventListeners(signal, 'abort').length, threads() <= before])))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 55_000,
    })
    expect(stdout).toBe('[0,true]\n')
  })

  it.each([
    ['exits', 'process.exit(3)'],
    ['throws', 'setTimeout(() => { throw new Error("x") })'],
    ['is killed', 'process.kill(process.pid, "SIGKILL")'],
  ])('ends with its threads when it %s while programs spin', async (_name, ending) => {
    const script = `${IMPORTS}
const backend = createWasmBackend({ poolSize: 2 })
void run(backend, 'for (;;);', 60_000)
void run(backend, 'return [].copyWithin.call({ length: 1e12 }, 1, 0)', 60_000)
while (await run(backend, 'return 1') !== 'ok');
console.log('spinning')
process.stdin.once('data', () => { ${ending} })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'ignore'] })
    await once(createInterface({ input: child.stdout }), 'line')
    const gone = once(child, 'exit')
    child.stdin.write('end\n')
    await gone
    expect(() => process.kill(child.pid ?? 0, 0)).toThrow()
  })
})

function threadsOfThisProcess(): string[] {
  return readdirSync('/proc/self/task')
}

function nicenessOf(thread: string): number {
  const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ').at(-1) ?? ''
  return Number(fields.split(' ')[16])
}
