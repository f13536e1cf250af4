import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { watchLoopDelay } from '../../src/metrics/loop-delay.ts'
import { openMonitor } from '../../src/surface/http/monitor.ts'
import { serveHttp, type HttpServerOptions } from '../../src/surface/http/server.ts'
import type { GatewayStatus } from '../../src/surface/status.ts'
import { createSurface } from '../../src/surface/surface.ts'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

const surface = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0' })

async function front(config: PartialConfig = {}, options: HttpServerOptions = {}) {
  const gateway = demoGateway(config)
  await gateway.ready()
  const monitor = await openMonitor(gateway)
  const service = await serveHttp(gateway, surface, { ...gateway.config.http, monitor, ...options })
  return {
    gateway,
    monitor,
    service,
    get: async (path: string, headers: Record<string, string> = {}) =>
      await fetch(`${service.url}${path}`, { headers }),
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      monitor[Symbol.dispose]()
      await gateway[Symbol.asyncDispose]()
    },
  }
}

const token = 'a-token-of-some-length'

describe('what operators ask over HTTP', () => {
  it('/metrics answers in the text format of Prometheus', async () => {
    await using open = await front({ http: { port: 0 } })
    await open.gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } })
    const response = await open.get('/metrics')
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    const text = await response.text()
    expect(text).toContain('mcp_optimizer_operations_total{kind="intent",intent="(tool)",status="ok",code=""} 1')
    expect(text).toContain('process_resident_memory_bytes')
  })

  it('/status tells servers, sessions, the sandbox and what runs', async () => {
    await using open = await front({ http: { port: 0 }, audit: { enabled: true, folder: temporaryFolder() } })
    const stop = new AbortController()
    const waiting = open.gateway.executeIntent({ intent: 'demo.wait' }, { signal: stop.signal })
    await open.gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } }, { session: 's1' })
    const status = (await (await open.get('/status')).json()) as GatewayStatus
    expect(status).toMatchObject({
      operations: { inFlight: 1 },
      servers: [{ name: 'demo', state: 'ready', tools: 8, restarts: 0, problems: [] }],
      receipts: [{ session: 's1', operations: 1 }],
      total: { operations: 1 },
      audit: { entries: 3, failures: 0 },
      loopDelay: { p99Ms: expect.any(Number) },
    })
    stop.abort()
    await waiting
  })

  it('are behind the token, health is not; /metrics may be opened', async () => {
    await using closed = await front({ http: { port: 0, token } })
    expect((await closed.get('/metrics')).status).toBe(401)
    expect((await closed.get('/status')).status).toBe(401)
    expect((await closed.get('/metrics', { authorization: `Bearer ${token}` })).status).toBe(200)
    expect((await closed.get('/healthz')).status).toBe(200)
    expect((await closed.get('/readyz')).status).toBe(200)
    await using open = await front({ http: { port: 0, token, openMetrics: true } })
    expect((await open.get('/metrics')).status).toBe(200)
    expect((await open.get('/status')).status).toBe(401)
    expect((await fetch(`${open.service.url}/metrics`, { method: 'POST' })).status).toBe(404)
  })

  it('are not there where nobody watches, and /metrics not where metrics are off', async () => {
    await using off = await front({ http: { port: 0 }, features: { enableMetrics: false } })
    expect((await off.get('/metrics')).status).toBe(404)
    expect((await off.get('/status')).status).toBe(200)
    const gateway = demoGateway()
    await using service = await serveHttp(gateway, surface, { port: 0 })
    expect(await (await fetch(`${service.url}/status`)).text()).toContain('/mcp, /rpc, /healthz, /readyz')
    await gateway[Symbol.asyncDispose]()
  })

  it('/readyz says no while the event loop lags, /healthz still yes', async () => {
    const late = { p50Ms: 1, p99Ms: 800, maxMs: 900 }
    await using open = await front(
      { http: { port: 0 } },
      { monitor: { status: () => ({}), loopDelay: () => late, maxLoopDelayMs: 500 } },
    )
    const response = await open.get('/readyz')
    expect([response.status, await response.json()]).toEqual([503, { status: 'lagging' }])
    expect((await open.get('/healthz')).status).toBe(200)
  })

  it('/readyz says no while the gateway drains', async () => {
    const open = await front({ http: { port: 0 } }, { graceMs: 5_000 })
    const { hostname, port } = new URL(open.service.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    // A request that has begun is served to its end, one that runs keeps the front open for its grace.
    const stop = new AbortController()
    const waiting = fetch(`${open.service.url}/rpc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'execute_intent', params: { intent: 'demo.wait' } }),
      signal: stop.signal,
    }).catch(() => undefined)
    socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n')
    while (open.gateway.observation.inFlight() === 0) await new Promise((resolve) => setImmediate(resolve))
    const closing = open.service[Symbol.asyncDispose]()
    socket.write('\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 503 [^]*"draining"/)
    socket.destroy()
    stop.abort()
    await Promise.all([waiting, closing])
    await open[Symbol.asyncDispose]()
  })
})

describe('the delay of the event loop', () => {
  it('shows a loop that was held up', async () => {
    using delay = watchLoopDelay()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const until = performance.now() + 400
    while (performance.now() < until) Math.sqrt(until)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(delay.read().maxMs).toBeGreaterThan(300)
  })
})
