import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import type { Connect, ConnectionEvents } from '../../src/upstream/connection.ts'
import { SupervisedUpstream } from '../../src/upstream/supervise.ts'
import { temporaryFolder } from '../support/servers.ts'

const signal = new AbortController().signal

describe('a server that breaks under load', () => {
  /** A server that its tests break, on a clock that they turn. */
  function breaking(): {
    upstream: SupervisedUpstream
    turn: (ms: number) => void
    lose: () => void
    starts: () => number
  } {
    let time = 0
    let events: ConnectionEvents | undefined
    let starts = 0
    const connect: Connect = async (given) => {
      events = given
      starts++
      return {
        protocolVersion: '2025-06-18',
        problems: () => [],
        close: async () => undefined,
        request: async (_method, { arguments: input }) =>
          (input as { hold?: boolean }).hold === true
            ? await new Promise(() => undefined)
            : { content: [{ type: 'text', text: 'done' }] },
      }
    }
    const upstream = new SupervisedUpstream('busy', connect, {
      timeoutMs: 1_000,
      startTimeoutMs: 1_000,
      idleMs: { called: 0, listed: 0 },
      listCache: undefined,
      clock: { now: () => time, wall: () => time },
    })
    return { upstream, turn: (ms) => (time += ms), lose: () => events?.lost('it crashed'), starts: () => starts }
  }
  const call = async (upstream: SupervisedUpstream, input = {}): Promise<unknown> =>
    await upstream.callTool('act', input, { signal })

  it('is back at once each time while it serves well between', async () => {
    const { upstream, turn, lose, starts } = breaking()
    for (let crash = 0; crash < 10; crash++) {
      await call(upstream)
      // Another call is under way at every moment.
      void call(upstream, { hold: true })
      turn(2_000)
      await call(upstream)
      lose()
    }
    expect(await call(upstream)).toMatchObject({ content: [{ text: 'done' }] })
    expect(starts()).toBe(11)
  })

  it('rests longer each time when it breaks soon after each start', async () => {
    const { upstream, turn, lose } = breaking()
    const rests: number[] = []
    for (let crash = 0; crash < 5; crash++) {
      void call(upstream, { hold: true }).catch(() => undefined)
      await call(upstream)
      lose()
      const refused: unknown = await call(upstream, {}).catch((error: unknown) => error)
      const retryAfterMs = Number((refused as { details?: { retryAfterMs?: number } }).details?.retryAfterMs ?? 0)
      rests.push(retryAfterMs)
      if (retryAfterMs === 0) lose()
      turn(retryAfterMs === 0 ? 60_000 : retryAfterMs + 1)
    }
    expect(Math.max(...rests)).toBeGreaterThan(1_000)
  })
})

describe('a server over HTTP that hangs at start', () => {
  const open: AsyncDisposable[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
  })
  const hanging = {
    'says nothing': () => undefined,
    'begins an answer and goes no further': (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc":')
    },
    'opens a stream without an event': (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n')
    },
  }
  const cases = [
    ['http', 'says nothing'],
    ['sse', 'says nothing'],
    ['http', 'begins an answer and goes no further'],
    ['http', 'opens a stream without an event'],
    ['sse', 'opens a stream without an event'],
  ] as const

  it.each(cases)('keeps to its start time, and holds up no end (%s, %s)', async (type, how) => {
    const url = await listening(hanging[how], open)
    const optimizer = createOptimizer(
      defineConfig({
        cacheDir: temporaryFolder(),
        servers: {
          brief: { type, url, startTimeoutMs: 400 },
          long: { type, url, startTimeoutMs: 60_000 },
        },
      }),
    )
    const started = performance.now()
    expect(await optimizer.executeIntent({ intent: 'brief.act' })).toMatchObject({ status: 'error' })
    expect(optimizer.servers().get('brief')?.problems.join()).toContain('did not start within 400 ms')
    expect(performance.now() - started).toBeLessThan(9_000)
    const ending = performance.now()
    await optimizer[Symbol.asyncDispose]()
    expect(performance.now() - ending).toBeLessThan(5_000)
  })
})

async function listening(answer: RequestListener, open: AsyncDisposable[]): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
}
