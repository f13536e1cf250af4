import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createUpstream } from '../../src/upstream/create.ts'
import { noData } from '../support/shared-data.ts'
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
  ['exit-at-once', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['never-initialize', 'UPSTREAM_TIMEOUT', 'UPSTREAM_UNAVAILABLE'],
  ['slow-initialize', 'ok', 'ok'],
  ['init-error', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['init-wrong-version', 'UPSTREAM_PROTOCOL', 'UPSTREAM_UNAVAILABLE'],
  ['init-no-capabilities', 'ok', 'ok'],
  ['banner-on-stdout', 'ok', 'ok'],
  ['garbage-stdout', 'ok', 'ok'],
  ['invalid-json', 'ok', 'UPSTREAM_PROTOCOL'],
  ['crlf', 'ok', 'ok'],
  ['bom', 'ok', 'ok'],
  ['nul-bytes', 'ok', 'ok'],
  ['concatenated', 'ok', 'ok'],
  ['split-writes', 'ok', 'ok'],
  ['invalid-utf8', 'ok', 'ok'],
  ['huge-line', 'ok', 'OUTCOME_UNKNOWN'],
  ['deep-json', 'ok', 'UPSTREAM_PROTOCOL'],
  ['wrong-id', 'ok', 'UPSTREAM_TIMEOUT'],
  ['duplicate-id', 'ok', 'ok'],
  ['conflicting-duplicate', 'ok', 'ok'],
  ['string-id', 'ok', 'ok'],
  ['proto-id', 'ok', 'UPSTREAM_TIMEOUT'],
  ['result-and-error', 'ok', 'UPSTREAM_PROTOCOL'],
  ['no-jsonrpc', 'ok', 'ok'],
  ['batch-answer', 'ok', 'ok'],
  ['answer-before-request', 'ok', 'ok'],
  ['server-request-flood', 'ok', 'ok'],
  ['progress-flood', 'ok', 'ok'],
  ['progress-keepalive', 'ok', 'UPSTREAM_TIMEOUT'],
  ['cancel-storm', 'ok', 'ok'],
  ['never-answer', 'ok', 'UPSTREAM_TIMEOUT'],
  ['late-answer', 'ok', 'ok'],
  ['crash-mid-call', 'ok', 'OUTCOME_UNKNOWN'],
  ['partial-answer-crash', 'ok', 'OUTCOME_UNKNOWN'],
  ['huge-result', 'ok', 'OUTCOME_UNKNOWN'],
  ['many-blocks', 'ok', 'ok'],
  ['result-not-object', 'ok', 'UPSTREAM_PROTOCOL'],
  ['result-null', 'ok', 'UPSTREAM_PROTOCOL'],
  ['proto-result', 'ok', 'ok'],
  ['input-required-loop', 'ok', 'UPSTREAM_PROTOCOL'],
  ['list-huge', 'ok', 'ok'],
  ['list-cursor-loop', 'ok', 'ok'],
  ['list-cursor-endless', 'ok', 'ok'],
  ['list-cursor-empty', 'ok', 'ok'],
  ['list-bad-schemas', 'ok', 'ok'],
  ['list-bad-names', 'ok', 'ok'],
  ['list-not-array', 'UPSTREAM_PROTOCOL', 'ok'],
  ['list-changed-storm', 'ok', 'ok'],
  ['flood-stdout', 'ok', 'ok'],
  ['flood-stderr', 'ok', 'ok'],
]

describe.skipIf(noData('misbehaving servers over stdio'))('a misbehaving server over stdio', () => {
  it.concurrent.each(STDIO)('%s: list %s, call %s', async (mode, list, call) => {
    // Only where a deadline is what ends it is the deadline short.
    const startTimeoutMs = list === 'UPSTREAM_TIMEOUT' ? 1_000 : 15_000
    const maxTotalMs = call === 'UPSTREAM_TIMEOUT' ? 1_500 : 15_000
    await using upstream = createUpstream('h', { ...hostile(mode), startTimeoutMs })
    expect(await outcome(upstream.listTools(signal()))).toBe(list)
    expect(await outcome(upstream.callTool('echo', { text: 'x' }, { signal: signal(), maxTotalMs }))).toBe(call)
  })

  it('fails a call at once when the connection breaks, and the next call works', async () => {
    await using upstream = createUpstream('h', hostile('crash-every-nth', '--n', '2'))
    const outcomes: string[] = []
    for (let index = 0; index < 3; index++)
      outcomes.push(await outcome(upstream.callTool('echo', { text: 'x' }, { signal: signal() })))
    expect(outcomes).toEqual(['ok', 'OUTCOME_UNKNOWN', 'ok'])
  })

  it('never repeats a call that may have acted', async () => {
    const journal = join(temporaryFolder(), 'journal')
    await using upstream = createUpstream('h', hostile('side-effect-then-crash', '--state', journal))
    expect(await outcome(upstream.callTool('counter', { key: 'k' }, { signal: signal() }))).toBe('OUTCOME_UNKNOWN')
    expect(readFileSync(journal, 'utf8').trim().split('\n')).toHaveLength(1)
  })

  it('ends a server that ignores its end, and what it left behind', async () => {
    const pids: number[] = []
    for (const mode of ['ignore-sigterm', 'fork-orphan']) {
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
const upstream = createUpstream('h', ${JSON.stringify(hostile('ignore-sigterm'))})
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
  ['http-401', 'UNAUTHORIZED', 'UNAUTHORIZED'],
  ['http-403', 'UNAUTHORIZED', 'UNAUTHORIZED'],
  ['http-500', 'ok', 'OUTCOME_UNKNOWN'],
]

describe.skipIf(noData('misbehaving servers over HTTP'))('a misbehaving server over HTTP', () => {
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
    'http-404',
    'http-429',
    'http-503-flap',
    'http-redirect-internal',
    'http-redirect-loop',
    'http-gzip-bomb',
    'http-wrong-type',
    'http-reset',
    'http-half-close',
    'sse-never-ends',
    'sse-drop',
    'sse-huge-event',
    'sse-other-requests',
    'http-slow-headers',
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
