import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createUpstream } from '../../src/upstream/create.ts'
import type { Progress } from '../../src/upstream/upstream.ts'
import { Peer } from '../../src/upstream/peer.ts'
import { readToolResult } from '../../src/upstream/tool-result.ts'
import { json, type OddAnswer, oddHttpServer } from '../support/odd-http-server.ts'

const EVENTS = { 'content-type': 'text/event-stream' }
const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
const answerTo = (id: number): object => ({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'done' }] } })

interface Called {
  readonly outcome: string
  readonly message: string
  readonly progress: readonly Progress[]
  readonly ms: number
}

/** Calls a tool of a server that answers calls in its own way; its deadline is far away. */
async function call(answer: OddAnswer): Promise<Called> {
  await using server = await oddHttpServer(async (asked, response) =>
    asked.method === 'tools/call' ? await answer(asked, response) : false,
  )
  await using upstream = createUpstream('odd', { type: 'http', url: server.url, timeoutMs: 60_000 })
  const { signal } = new AbortController()
  await upstream.listTools(signal)
  const progress: Progress[] = []
  const started = performance.now()
  const told = (outcome: string, message = ''): Called => ({
    outcome,
    message,
    progress,
    ms: performance.now() - started,
  })
  return await upstream.callTool('act', {}, { signal, onProgress: (one) => progress.push(one) }).then(
    () => told('ok'),
    (thrown: unknown) => (OptimizerError.is(thrown) ? told(thrown.code, thrown.message) : told('foreign')),
  )
}

describe('what a server may send over HTTP', () => {
  it('is bounded behind a redirect as before it, after decompression', async () => {
    let hops = 0
    const { outcome, message } = await call(({ headers }, response) => {
      if (hops++ === 0) response.writeHead(307, { location: `http://${headers.host}/other` }).end()
      else
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync(`{"a":"${'x'.repeat(40_000_000)}"}`))
      return true
    })
    expect([outcome, message]).toEqual(['UPSTREAM_PROTOCOL', expect.stringContaining('more than 33554432 bytes')])
  })

  it('is not looked for behind a second redirect', async () => {
    const { outcome, message } = await call((_asked, response) => {
      response.writeHead(307, { location: '/again' }).end()
      return true
    })
    expect([outcome, message]).toEqual(['UPSTREAM_PROTOCOL', expect.stringContaining('redirects again')])
  })

  it.each([
    ['lines', `data: ${'x'.repeat(1_000_000)}\n`],
    ['one line', 'x'.repeat(1_000_000)],
  ])('is no event of more than the cap, in %s', async (_what, piece) => {
    const { outcome, message, ms } = await call(async (_asked, response) => {
      response.writeHead(200, EVENTS).write('data: ')
      const isGone = new Promise<boolean>((resolve) => response.once('close', () => resolve(true)))
      let gone = false
      while (!gone) {
        const goes = response.write(piece)
        if (!goes)
          gone = await Promise.race([isGone, new Promise<boolean>((go) => response.once('drain', () => go(false)))])
      }
      return true
    })
    expect([outcome, message]).toEqual(['UPSTREAM_PROTOCOL', expect.stringContaining('more than 33554432 characters')])
    expect(ms).toBeLessThan(20_000)
  })

  it('is taken when it is whole, though its length promised more', async () => {
    const { outcome, ms } = await call(({ id }, response) => {
      const text = JSON.stringify(answerTo(id))
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length + 100 }).write(text)
      return true
    })
    expect(outcome).toBe('ok')
    expect(ms).toBeLessThan(10_000)
  })

  it('fails its request at once where a stream ends before the answer', async () => {
    const { outcome } = await call((_asked, response) => {
      response.writeHead(200, EVENTS).end(': soon\n\n')
      return true
    })
    expect(outcome).toBe('OUTCOME_UNKNOWN')
  })
})

describe('a flood of messages over HTTP', () => {
  it('of notifications and forged answers is dropped, and the answer behind it is taken', async () => {
    const { outcome } = await call(({ id }, response) => {
      response.writeHead(200, EVENTS)
      for (let index = 0; index < 20_000; index++) {
        response.write(event({ jsonrpc: '2.0', method: 'notifications/x', params: { index } }))
        response.write(event({ jsonrpc: '2.0', id: 10_000 + index, result: {} }))
      }
      response.end(event(answerTo(id)))
      return true
    })
    expect(outcome).toBe('ok')
  })

  it('that does not end is ended, with a coded error', async () => {
    const { outcome, message } = await call((_asked, response) => {
      response.writeHead(200, EVENTS)
      const notice = event({ jsonrpc: '2.0', method: 'notifications/x', params: {} }).repeat(1_000)
      for (let index = 0; index < 250; index++) response.write(notice)
      return true
    })
    expect([outcome, message]).toEqual(['UPSTREAM_PROTOCOL', expect.stringContaining('messages unasked')])
  })

  it('of progress is thinned out, and ends with the last of it', async () => {
    const { outcome, progress } = await call(({ id, params }, response) => {
      const { progressToken } = params['_meta'] as { progressToken: number }
      response.writeHead(200, EVENTS)
      for (let index = 1; index <= 20_000; index++)
        response.write(
          event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: index } }),
        )
      response.end(event(answerTo(id)))
      return true
    })
    expect(outcome).toBe('ok')
    expect(progress.length).toBeLessThan(4_000)
    expect(progress.at(-1)?.progress).toBe(20_000)
  })
})

describe('a flood of progress over stdio', () => {
  it('is thinned out, and ends with the last of it', async () => {
    let sent = ''
    const options = { name: 's', scrub: (text: string) => text, onToolsChanged: () => undefined }
    const peer = new Peer({ ...options, write: (line) => (sent = line) })
    const progress: number[] = []
    const answer = peer.request(
      'tools/call',
      {},
      {
        signal: new AbortController().signal,
        timeoutMs: 60_000,
        maxTotalMs: 60_000,
        onProgress: (one) => progress.push(one.progress),
      },
    )
    const { id } = JSON.parse(sent) as { id: number }
    for (let index = 1; index <= 5_000; index++)
      peer.receive(
        JSON.stringify({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken: id, progress: index },
        }),
      )
    peer.receive(JSON.stringify({ jsonrpc: '2.0', id, result: {} }))
    expect(await answer).toEqual({})
    expect(progress.length).toBeLessThan(1_000)
    expect(progress.at(-1)).toBe(5_000)
  })
})

it('an ordinary answer as JSON comes as before', async () => {
  const { outcome } = await call(({ id }, response) => {
    json(response, answerTo(id))
    return true
  })
  expect(outcome).toBe('ok')
})

it('a code of an error that is no number is passed on, whatever it is', async () => {
  const { outcome } = await call(({ id }, response) => {
    json(response, { jsonrpc: '2.0', id, error: { code: { toString: 1 }, message: 'no' } })
    return true
  })
  expect(outcome).toBe('TOOL_ERROR')
})

it('a result type that is no text is a coded error', () => {
  expect(() => readToolResult({ resultType: { toString: 1 }, content: [] }, 's')).toThrow(
    expect.objectContaining({ code: 'UPSTREAM_PROTOCOL', message: expect.stringContaining('{"toString":1}') }),
  )
})
