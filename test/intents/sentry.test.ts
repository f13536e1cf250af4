import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CodeExecutor } from '../../src/code-executor.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { type FakeSentry, sentryServerArguments, startFakeSentry } from '../../demo/fake-sentry.mjs'
import { serverFile, temporaryFolder } from '../support/servers.ts'

let sentry: FakeSentry
let executor: CodeExecutor
beforeAll(async () => {
  sentry = await startFakeSentry({ issues: 500 })
  const server = {
    type: 'stdio',
    command: process.execPath,
    args: [serverFile('@sentry/mcp-server'), ...sentryServerArguments(sentry.port)],
  } as const
  executor = new CodeExecutor({
    cacheDir: temporaryFolder(),
    servers: { 'sentry-prod': server },
    packs: { sentry: 'sentry-prod' },
  })
})
afterAll(async () => {
  await executor[Symbol.asyncDispose]()
  await sentry.close()
})

const issueOf = (type: string): string => sentry.issues.find(({ metadata }) => metadata.type === type)?.shortId ?? ''
const data = (answer: Answer): Record<string, unknown> => {
  if (answer.status === 'error') throw new TypeError(JSON.stringify(answer.error))
  return answer.data as Record<string, unknown>
}

describe('the sentry pack, on the real Sentry MCP server', () => {
  it('is offered because a server is configured for it', async () => {
    expect((await executor.discover()).capabilities.code_execution.intents).toEqual(
      expect.arrayContaining(['list_errors', 'get_error', 'analyze_error', 'fix_error']),
    )
  })

  it('lists the most frequent errors of a project, small', async () => {
    const answer = await executor.executeIntent('list_errors', { project: 'web', limit: 5 })
    const expected = sentry.issues
      .filter(({ project, status }) => project.slug === 'web' && status === 'unresolved')
      .toSorted((a, b) => Number(b.count) - Number(a.count))
    expect((data(answer) as unknown as { id: string }[]).map(({ id }) => id)).toEqual(
      expected.slice(0, 5).map(({ shortId }) => shortId),
    )
    expect(answer.metadata.tokens_used).toBeLessThan(450)
  })

  it('shows one error with stack trace and source', async () => {
    expect(data(await executor.executeIntent('get_error', { id: issueOf('TypeError') }))).toMatchObject({
      type: 'TypeError',
      message: "Cannot read properties of undefined (reading 'total')",
      frame: { file: 'src/cart/summary.js', line: 42, function: 'renderSummary' },
      stack: ['node_modules/router/dispatch.js:120:9 (dispatch)', 'src/cart/summary.js:42:24 (renderSummary)'],
      tags: { environment: 'production' },
      source: expect.arrayContaining([{ line: 42, code: '  const amount = order.invoice.total', here: true }]),
    })
  })

  it.each([
    ['TypeError', 'missing_value', 'high'],
    ['SyntaxError', 'not_json', 'high'],
    ['KeyError', 'missing_key', 'high'],
    ['ZeroDivisionError', 'division_by_zero', 'high'],
    ['TimeoutError', 'timeout', 'medium'],
  ])('analyzes a %s as %s, with evidence and what is similar', async (type, kind, confidence) => {
    const analysis = data(await executor.executeIntent('analyze_error', { id: issueOf(type) }))
    expect(analysis).toMatchObject({
      likely_cause: { kind, confidence, evidence: expect.any(Array) },
      similar: { shown: expect.any(Number), same_culprit: expect.any(Number) },
    })
  })

  it.each([
    ['TypeError', '+  const amount = order.invoice?.total'],
    ['SyntaxError', '+  const body = await response.json()'],
    ['KeyError', '+        raise ValueError("event without customer_id")'],
    ['ZeroDivisionError', '+    return total / len(values) if len(values) else 0.0'],
  ])('suggests a patch for a %s', async (type, line) => {
    const fix = data(await executor.executeIntent('fix_error', { id: issueOf(type) }))
    expect(fix).toMatchObject({
      status: 'suggested',
      patch: expect.stringContaining(line),
      note: expect.stringContaining('test it'),
    })
  })

  it('says so when it cannot suggest one', async () => {
    expect(data(await executor.executeIntent('fix_error', { id: issueOf('TimeoutError') }))).toMatchObject({
      status: 'no_source',
    })
    expect(data(await executor.executeIntent('fix_error', { id: issueOf('Error') }))).toMatchObject({
      status: 'no_rule',
    })
  })

  it('passes on that an error does not exist', async () => {
    expect(await executor.executeIntent('get_error', { id: 'NOPE-1' })).toMatchObject({
      status: 'error',
      error: { code: 'TOOL_ERROR', message: expect.stringContaining('404') },
    })
    expect(await executor.executeIntent('get_error', { id: '' })).toMatchObject({
      status: 'error',
      error: { code: 'INVALID_REQUEST' },
    })
    expect(data(await executor.executeIntent('list_errors', { project: 'nope' }))).toEqual([])
  })
})
