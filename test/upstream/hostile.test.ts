import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createUpstream } from '../../src/upstream/create.ts'
import { hostile, hostileHttp, isAlive, temporaryFolder } from '../support/servers.ts'

const signal = (): AbortSignal => new AbortController().signal

/** `ok`, or the code of the error. */
async function outcome(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'ok',
    (thrown: unknown) => (OptimizerError.is(thrown) ? thrown.code : `foreign: ${String(thrown)}`),
  )
}

const STDIO: readonly [mode: string, list: string, call: string][] = [
  ['ends-at-once', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['silent-start', 'UPSTREAM_TIMEOUT', 'UPSTREAM_UNAVAILABLE'],
  ['slow-start', 'ok', 'ok'],
  ['refuses-start', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['ancient-version', 'UPSTREAM_PROTOCOL', 'UPSTREAM_UNAVAILABLE'],
  ['bare-handshake', 'ok', 'ok'],
  ['banner', 'ok', 'ok'],
  ['noise-between', 'ok', 'ok'],
  ['broken-json', 'ok', 'UPSTREAM_PROTOCOL'],
  ['crlf', 'ok', 'ok'],
  ['byte-order-mark', 'ok', 'ok'],
  ['nul-bytes', 'ok', 'ok'],
  ['two-on-a-line', 'ok', 'ok'],
  ['byte-by-byte', 'ok', 'ok'],
  ['bytes-that-are-no-text', 'ok', 'ok'],
  ['endless-line', 'ok', 'OUTCOME_UNKNOWN'],
  ['deep-answer', 'ok', 'UPSTREAM_PROTOCOL'],
  ['foreign-id', 'ok', 'UPSTREAM_TIMEOUT'],
  ['answers-twice', 'ok', 'ok'],
  ['answers-differently', 'ok', 'ok'],
  ['text-id', 'ok', 'ok'],
  ['prototype-id', 'ok', 'UPSTREAM_TIMEOUT'],
  ['result-beside-error', 'ok', 'UPSTREAM_PROTOCOL'],
  ['no-version', 'ok', 'ok'],
  ['in-a-list', 'ok', 'ok'],
  ['answers-ahead', 'ok', 'ok'],
  ['asks-much', 'ok', 'ok'],
  ['progress-of-strangers', 'ok', 'ok'],
  ['progress-for-ever', 'ok', 'UPSTREAM_TIMEOUT'],
  ['cancels-the-living', 'ok', 'ok'],
  ['never-answers', 'ok', 'UPSTREAM_TIMEOUT'],
  ['answers-late', 'ok', 'ok'],
  ['dies-in-a-call', 'ok', 'OUTCOME_UNKNOWN'],
  ['dies-in-its-answer', 'ok', 'OUTCOME_UNKNOWN'],
  ['huge-text', 'ok', 'OUTCOME_UNKNOWN'],
  ['many-blocks', 'ok', 'ok'],
  ['result-is-text', 'ok', 'UPSTREAM_PROTOCOL'],
  ['result-is-null', 'ok', 'UPSTREAM_PROTOCOL'],
  ['prototype-keys', 'ok', 'ok'],
  ['asks-for-ever', 'ok', 'UPSTREAM_PROTOCOL'],
  ['many-tools', 'ok', 'ok'],
  ['same-cursor', 'ok', 'ok'],
  ['new-cursors', 'ok', 'ok'],
  ['empty-pages', 'ok', 'ok'],
  ['odd-schemas', 'ok', 'ok'],
  ['odd-names', 'ok', 'ok'],
  ['tools-are-an-object', 'UPSTREAM_PROTOCOL', 'ok'],
  ['changes-for-ever', 'ok', 'ok'],
  ['floods-with-notices', 'ok', 'ok'],
  ['shouts', 'ok', 'ok'],
]

describe('a misbehaving server over stdio', () => {
  it.concurrent.each(STDIO)('%s: list %s, call %s', async (mode, list, call) => {
    // Only where a deadline is what ends it is the deadline short.
    const startTimeoutMs = list === 'UPSTREAM_TIMEOUT' ? 1_000 : 15_000
    const maxTotalMs = call === 'UPSTREAM_TIMEOUT' ? 1_500 : 15_000
    await using upstream = createUpstream('h', { ...hostile(mode), startTimeoutMs })
    expect(await outcome(upstream.listTools(signal()))).toBe(list)
    expect(await outcome(upstream.callTool('echo', { text: 'x' }, { signal: signal(), maxTotalMs }))).toBe(call)
  })

  it('fails a call at once when the connection breaks, and the next call works', async () => {
    await using upstream = createUpstream('h', hostile('dies-each-second-call'))
    const outcomes: string[] = []
    for (let index = 0; index < 3; index++)
      outcomes.push(await outcome(upstream.callTool('echo', { text: 'x' }, { signal: signal() })))
    expect(outcomes).toEqual(['ok', 'OUTCOME_UNKNOWN', 'ok'])
  })

  it('never repeats a call that may have acted', async () => {
    const journal = join(temporaryFolder(), 'journal')
    await using upstream = createUpstream('h', hostile('acts-and-dies', '--journal', journal))
    expect(await outcome(upstream.callTool('counter', { key: 'k' }, { signal: signal() }))).toBe('OUTCOME_UNKNOWN')
    expect(readFileSync(journal, 'utf8').trim().split('\n')).toHaveLength(1)
  })

  it('ends a server that ignores its end, and what it left behind', async () => {
    const pids: number[] = []
    for (const mode of ['deaf-to-signals', 'leaves-a-child']) {
      const upstream = createUpstream('h', hostile(mode))
      await upstream.listTools(signal())
      pids.push(upstream.status().pid ?? 0)
      await upstream[Symbol.asyncDispose]()
    }
    for (const pid of pids) expect(isAlive(pid)).toBe(false)
  })

  it('leaves no server behind when the gateway is killed', async () => {
    const folder = temporaryFolder()
    const pidfile = join(folder, 'pid')
    const script = `import { createUpstream } from ${JSON.stringify(new URL('../../dist/upstream/create.js', import.meta.url).href)}
import { writeFileSync } from 'node:fs'
const upstream = createUpstream('h', ${JSON.stringify(hostile('deaf-to-signals'))})
await upstream.listTools(new AbortController().signal)
writeFileSync(${JSON.stringify(pidfile)}, String(upstream.status().pid))
setInterval(() => {}, 1000)`
    const gateway = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'ignore',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    })
    await vi.waitFor(() => expect(existsSync(pidfile)).toBe(true), { timeout: 5_000 })
    const pid = Number(readFileSync(pidfile, 'utf8'))
    expect(isAlive(pid)).toBe(true)
    gateway.kill('SIGKILL')
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 })
  })
})

const HTTP: readonly [mode: string, list: string, call: string][] = [
  ['unauthorized-everywhere', 'UNAUTHORIZED', 'UNAUTHORIZED'],
  ['forbidden', 'UNAUTHORIZED', 'UNAUTHORIZED'],
  ['page-of-failure', 'ok', 'OUTCOME_UNKNOWN'],
]

describe('a misbehaving server over HTTP', () => {
  it.each(HTTP)('%s: list %s, call %s', async (mode, list, call) => {
    const { url, process: server } = await hostileHttp(mode)
    try {
      await using upstream = createUpstream('h', { type: 'http', url, timeoutMs: 1_000, startTimeoutMs: 2_000 })
      expect(await outcome(upstream.listTools(signal()))).toBe(list)
      expect(await outcome(upstream.callTool('echo', { text: 'x' }, { signal: signal() }))).toBe(call)
    } finally {
      server.kill('SIGKILL')
    }
  })

  it.each([
    'not-found-in-calls',
    'too-many',
    'each-second-fails',
    'redirect-inside',
    'redirect-to-itself',
    'grows-when-unpacked',
    'type-of-pages',
    'resets-in-its-body',
    'ends-in-its-body',
    'stream-of-comments',
    'stream-ends-early',
    'stream-of-one-event',
    'stream-of-strangers',
    'slow-headers',
  ])('%s ends in time, with an answer or one error of ours, and without its text', async (mode) => {
    const { url, process: server } = await hostileHttp(mode)
    try {
      await using upstream = createUpstream('h', { type: 'http', url, timeoutMs: 1_000, startTimeoutMs: 1_500 })
      const started = performance.now()
      const results = [
        await outcome(upstream.listTools(signal())),
        await outcome(upstream.callTool('echo', { text: 'x' }, { signal: signal(), maxTotalMs: 1_500 })),
      ]
      expect(performance.now() - started).toBeLessThan(8_000)
      for (const result of results) expect(result).toMatch(/^(ok|[A-Z_]+)$/)
      expect(upstream.status().problems.join()).not.toMatch(/<html|password/i)
    } finally {
      server.kill('SIGKILL')
    }
  })
})
