import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { LOG_LEVELS, type LogLevel } from '../../src/internal/logger.ts'
import { createScrub } from '../../src/internal/scrub.ts'
import { createLog, type Log, type LogOptions } from '../../src/metrics/log.ts'
import { createOperationLog } from '../../src/metrics/operation-log.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { anOperation, anUpstreamCall, observerContract } from '../contracts/observer.ts'
import { temporaryFolder } from '../support/servers.ts'

/** What a log writes into a file of its own. */
async function written(options: Omit<LogOptions, 'fd'>, work: (log: Log) => unknown): Promise<string> {
  const path = join(temporaryFolder(), 'log')
  const fd = openSync(path, 'a')
  const log = createLog({ ...options, fd })
  await work(log)
  await log[Symbol.asyncDispose]()
  return readFileSync(path, 'utf8')
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

observerContract('the operation log', async () => createOperationLog({ enabled: () => true, log: () => undefined }))

describe('the log', () => {
  it('writes one JSON object a line, with time and level, what came before its writer was loaded too', async () => {
    const text = await written({ level: 'info' }, (log) => {
      log.log('info', 'one', { a: 1 })
      log.log('debug', 'not kept')
      log.log('error', 'two\nlines')
    })
    const [first, second, ...more] = linesOf(text)
    expect(first).toMatchObject({ level: 'info', msg: 'one', a: 1 })
    expect(Math.abs(Date.parse(String(first?.['time'])) - Date.now())).toBeLessThan(60_000)
    expect(second).toMatchObject({ level: 'error', msg: 'two\nlines' })
    expect(more).toEqual([])
  })

  it.each(LOG_LEVELS)('keeps level %s and what is graver', async (level: LogLevel) => {
    const kinds = ['error', 'warn', 'info', 'debug'] as const
    const text = await written({ level }, (log) => kinds.forEach((kind) => log.log(kind, kind)))
    expect(linesOf(text).map(({ msg }) => msg)).toEqual(kinds.slice(0, LOG_LEVELS.indexOf(level)))
  })

  it('is readable on a terminal', async () => {
    const text = await written({ level: 'info', pretty: true }, (log) =>
      log.log('warn', 'careful', { server: 'github' }),
    )
    expect(stripVTControlCharacters(text)).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: careful\n    server: github\n$/)
    expect(text).not.toBe(stripVTControlCharacters(text))
  })

  it('keeps the lines of a stack on a terminal, and takes secrets out there too', async () => {
    const text = await written({ level: 'info', pretty: true, secrets: ['tok-12345678'] }, (log) =>
      log.log('error', 'failed', { stack: 'Error: refused tok-12345678\n    at x', details: { count: 2 } }),
    )
    expect(stripVTControlCharacters(text).split('\n').slice(1)).toEqual([
      '    stack: Error: refused [redacted]',
      '          at x',
      '    details: {',
      '        "count": 2',
      '      }',
      '',
    ])
  })

  it('never holds a secret, whatever it is part of', async () => {
    const secrets = ['tok-12345678', 'Bearer abcdefgh.ijkl', 'p"quo\\te-secret', 'a b/c+secret']
    const text = await written({ level: 'info', secrets }, (log) => {
      log.log('info', 'calling with tok-12345678', { url: 'https://ann:hunter22@host/x?key=tok-12345678' })
      log.log('info', 'header abcdefgh.ijkl', { deep: [{ value: 'p"quo\\te-secret' }], token: 'never-listed' })
      log.log('info', 'encoded', {
        url: `https://host/?q=${new URLSearchParams({ '': 'a b/c+secret' }).toString().slice(1)}`,
      })
      log.log('info', 'unlisted Bearer zzzzzzzzzzzz', { headers: { 'x-key': 'in-headers' }, env: { KEY: 'in-env' } })
      log.log('error', 'failed', { stack: new Error('refused tok-12345678').stack })
    })
    expect(text).not.toMatch(/tok-12345678|abcdefgh|quo|c%2Bsecret|hunter22|never-listed|zzzzzz|in-headers|in-env/)
    expect(linesOf(text)).toHaveLength(5)
  })

  it('leaves ordinary words alone', () => {
    const scrub = createScrub(['', 'on', '1', 'token-value'])
    expect(scrub('{"only":1,"on":true}')).toBe('{"only":1,"on":true}')
    expect(scrub('a token-value b')).toBe('a [redacted] b')
  })
})

describe('what a gateway logs', () => {
  it('has the id that the answer has, and no argument and no answer', async () => {
    let id = ''
    const text = await written({ level: 'debug' }, async (logger) => {
      const upstream = createMemoryUpstream('demo', [
        { name: 'echo', run: ({ text: said }) => `answer:${String(said)}` },
      ])
      await using gateway = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), {
        upstreams: [upstream],
        logger,
      })
      id = (await gateway.executeIntent({ intent: 'demo.echo', params: { text: 'private' } })).metadata.id
      await gateway.executeIntent({ intent: 'no_such', params: { text: 'private' } })
    })
    const lines = linesOf(text)
    expect(lines[0]).toMatchObject({ level: 'debug', msg: 'tool call', operation: id, tool: 'demo.echo' })
    expect(lines[1]).toMatchObject({ level: 'debug', msg: 'operation', id, kind: 'intent', calls: 1 })
    expect(lines[2]).toMatchObject({ level: 'info', msg: 'operation failed', code: 'UNKNOWN_INTENT' })
    expect(text).not.toContain('private')
  })

  it('shows a defect with its stack and an upstream that fails, and no tool that says no', () => {
    const lines: unknown[][] = []
    const observer = createOperationLog({ enabled: () => true, log: (...line) => void lines.push(line) })
    observer.ended?.(anOperation({ status: 'error', errorCode: 'INTERNAL', thrown: new TypeError('a defect') }))
    observer.reached?.(anUpstreamCall({ errorType: 'UPSTREAM_TIMEOUT' }))
    observer.reached?.(anUpstreamCall({ errorType: 'tool_error' }))
    expect(lines).toEqual([
      ['error', 'operation failed', expect.objectContaining({ stack: expect.stringContaining('a defect') })],
      ['warn', 'upstream failed', expect.objectContaining({ upstream: 'demo', type: 'UPSTREAM_TIMEOUT' })],
    ])
  })
})
