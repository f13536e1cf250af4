import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import { limitTraces } from '../../src/engine/identity.ts'
import type { JsonObject } from '../../src/internal/json.ts'
import { formatTraceparent, parseTraceparent } from '../../src/internal/trace-context.ts'
import { PACKAGES, startTelemetry } from '../../src/metrics/telemetry.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { silentLogger } from '../../src/internal/logger.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { observerContract } from '../contracts/observer.ts'
import { temporaryFolder } from '../support/servers.ts'

interface Span {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: JsonObject }[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code?: number }
}

interface Metric {
  readonly name: string
  readonly unit: string
  readonly histogram?: {
    readonly dataPoints: readonly { readonly count: number | string; readonly explicitBounds: number[] }[]
  }
}

interface OtlpBody {
  readonly resourceSpans?: readonly {
    readonly resource: Pick<Span, 'attributes'>
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  }[]
  readonly resourceMetrics?: readonly { readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[] }[]
}

/** A collector that takes OTLP/HTTP as JSON, which is what the exporters send. */
async function collector() {
  const spans: Span[] = []
  const metrics: Metric[] = []
  const services = new Set<unknown>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as OtlpBody
      for (const { resource, scopeSpans } of body.resourceSpans ?? []) {
        for (const { key, value } of resource.attributes) if (key === 'service.name') services.add(value['stringValue'])
        for (const scope of scopeSpans) spans.push(...scope.spans)
      }
      for (const { scopeMetrics } of body.resourceMetrics ?? [])
        for (const scope of scopeMetrics) metrics.push(...scope.metrics)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    services,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A traced gateway whose tool tells which `_meta` it got. */
function traced(endpoint: string, told: (JsonObject | undefined)[] = [], config: PartialConfig = {}) {
  const echo = createMemoryUpstream('demo', [
    { name: 'ping', run: (_input, { meta }) => (told.push(meta), 'pong') },
    { name: 'fail', run: () => Promise.reject(new Error('no')) },
  ])
  return createOptimizer(
    defineConfig({
      cacheDir: temporaryFolder(),
      features: { enableTelemetry: true },
      telemetry: { endpoint, maxTracesPerSecond: 1_000 },
      ...config,
    }),
    { upstreams: [echo] },
  )
}

const attribute = (span: Span | undefined, key: string): unknown =>
  Object.values(span?.attributes.find((found) => found.key === key)?.value ?? {})[0]

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`

observerContract('telemetry', async () =>
  startTelemetry({ endpoint: 'http://127.0.0.1:1', version: '0', logger: silentLogger }),
)

describe('telemetry', () => {
  it('sends a span for each operation, stage, call and upstream call, in one tree, with the conventions of MCP', async () => {
    await using sink = await collector()
    const gateway = traced(sink.endpoint)
    const answer = await gateway.execute({
      code: 'await tools.demo.ping({}); try { await tools.demo.fail({}) } catch {} return 1',
    })
    await gateway[Symbol.asyncDispose]()
    expect([...sink.services]).toEqual(['mcp-optimizer'])
    const named = (name: string): Span[] => sink.spans.filter((span) => span.name === name)
    const [operation] = named('tools/call execute_code')
    expect(operation).toMatchObject({ kind: 2, spanId: answer.metadata.id })
    expect(operation?.parentSpanId ?? '').toBe('')
    expect(attribute(operation, 'mcp.method.name')).toBe('tools/call')
    expect(attribute(operation, 'gen_ai.tool.name')).toBe('execute_code')
    expect(attribute(operation, 'gen_ai.operation.name')).toBe('execute_tool')
    const stages = sink.spans.filter(({ name }) => name.startsWith('stage '))
    expect(stages.map(({ name }) => name)).toEqual(
      ['validate', 'route', 'generate', 'acquire', 'execute', 'format', 'measure'].map((stage) => `stage ${stage}`),
    )
    const [ping] = named('execute_tool demo.ping')
    const [sent] = named('tools/call ping')
    expect([ping?.kind, sent?.kind]).toEqual([1, 3])
    expect(ping?.parentSpanId).toBe(operation?.spanId)
    expect(sent?.parentSpanId).toBe(ping?.spanId)
    for (const stage of stages) expect(stage.parentSpanId).toBe(operation?.spanId)
    expect(attribute(named('execute_tool demo.fail')[0], 'error.type')).toBe('TOOL_ERROR')
    expect(attribute(named('tools/call fail')[0], 'error.type')).toBe('tool_error')
    expect(named('tools/call fail')[0]?.status.code).toBe(2)
    expect(new Set(sink.spans.map(({ traceId }) => traceId)).size).toBe(1)
    for (const span of sink.spans)
      expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), span.name).toBe(true)
    expect(new Set(sink.spans.map(({ spanId }) => spanId)).size).toBe(sink.spans.length)
  })

  it('sends the durations of the conventions, in seconds, fine enough for a gateway', async () => {
    await using sink = await collector()
    const gateway = traced(sink.endpoint)
    await gateway.executeIntent({ intent: 'demo.ping' })
    await gateway[Symbol.asyncDispose]()
    for (const name of ['mcp.server.operation.duration', 'mcp.client.operation.duration']) {
      const metric = sink.metrics.find((found) => found.name === name)
      expect(metric?.unit).toBe('s')
      expect(Number(metric?.histogram?.dataPoints[0]?.count)).toBe(1)
      expect(metric?.histogram?.dataPoints[0]?.explicitBounds[0]).toBe(0.001)
    }
  })

  it('continues the trace of the message, links the HTTP request, and tells upstreams the span of their own call', async () => {
    await using sink = await collector()
    const told: (JsonObject | undefined)[] = []
    const gateway = traced(sink.endpoint, told, { telemetry: { endpoint: sink.endpoint, maxTracesPerSecond: 0 } })
    const surface = createSurface({ servers: [], compact: false, programs: true, version: '0' })
    const service = await serveHttp(gateway, surface, { port: 0 })
    const http = '00-11111111111111111111111111111111-2222222222222222-01'
    const post = async (path: string, body: object): Promise<void> => {
      const response = await fetch(`${service.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          traceparent: http,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }),
      })
      await response.text()
    }
    const call = { name: 'execute_intent', arguments: { intent: 'demo.ping' } }
    await post('/mcp', { method: 'tools/call', params: { ...call, _meta: { traceparent: PARENT, tracestate: 'a=b' } } })
    await post('/mcp', { method: 'tools/call', params: call })
    await post('/rpc', { method: 'execute_intent', params: { intent: 'demo.ping' } })
    await service[Symbol.asyncDispose]()
    await gateway[Symbol.asyncDispose]()
    const operations = sink.spans.filter(({ name }) => name === 'tools/call execute_intent')
    expect(operations.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([
      [TRACE, 'b7ad6b7169203331'],
      ['1'.repeat(32), '2'.repeat(16)],
      ['1'.repeat(32), '2'.repeat(16)],
    ])
    expect(operations[0]?.links).toMatchObject([{ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }])
    const sent = sink.spans.filter(({ name }) => name === 'tools/call ping')
    expect(told.map((meta) => parseTraceparent(meta?.['traceparent']))).toEqual(
      sent.map(({ traceId, spanId }) => ({ traceId, spanId, sampled: true })),
    )
    expect(told[0]?.['tracestate']).toBe('a=b')
  })

  it('keeps the decision of whoever asked not to record', async () => {
    await using sink = await collector()
    const told: (JsonObject | undefined)[] = []
    const gateway = traced(sink.endpoint, told)
    await gateway.executeIntent({ intent: 'demo.ping' }, { meta: { traceparent: PARENT.replace(/01$/, '00') } })
    await gateway[Symbol.asyncDispose]()
    expect(sink.spans).toEqual([])
    expect(told[0]?.['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-00$`))
  })

  it('records all traces while there are few, and no more than so many a second', () => {
    let now = 0
    const sampler = limitTraces(10, { now: () => now, wall: () => now })
    const recorded = (count: number): number => Array.from({ length: count }, sampler).filter(Boolean).length
    expect(recorded(5)).toBe(5)
    expect(recorded(1_000)).toBe(5)
    now += 500
    expect(recorded(1_000)).toBe(5)
    now += 60_000
    expect(recorded(1_000)).toBe(10)
    expect(Array.from({ length: 100 }, limitTraces(0, { now: () => now, wall: () => now }))).not.toContain(true)
  })

  it('is off by default: nothing is loaded, and a trace passes through as it came', async () => {
    const told: (JsonObject | undefined)[] = []
    const gateway = traced('http://127.0.0.1:1', told, { features: {} })
    await gateway.executeIntent({ intent: 'demo.ping' }, { meta: { traceparent: PARENT } })
    await gateway[Symbol.asyncDispose]()
    expect(told).toEqual([{ traceparent: PARENT }])
  })

  it('says in the log that the collector cannot be reached, once', async () => {
    const lines: unknown[][] = []
    const logger = { enabled: () => true, log: (...line: unknown[]) => void lines.push(line) }
    const gateway = createOptimizer(
      defineConfig({
        cacheDir: temporaryFolder(),
        features: { enableTelemetry: true },
        telemetry: { endpoint: 'http://127.0.0.1:1', maxTracesPerSecond: 1_000 },
      }),
      { upstreams: [createMemoryUpstream('demo', [{ name: 'ping', run: () => 'pong' }])], logger },
    )
    await gateway.executeIntent({ intent: 'demo.ping' })
    await gateway[Symbol.asyncDispose]()
    expect(lines.filter(([, message]) => String(message).includes('collector'))).toHaveLength(1)
  }, 60_000)

  it('names the packages that are tested', () => {
    const { devDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      devDependencies: Record<string, string>
    }
    const tested = Object.entries(devDependencies).filter(([name]) => name.startsWith('@opentelemetry/'))
    expect(PACKAGES.toSorted()).toEqual(tested.map(([name, version]) => `${name}@${version}`).toSorted())
  })
})

describe('traceparent', () => {
  it.each([
    [PARENT, { traceId: TRACE, spanId: 'b7ad6b7169203331', sampled: true }],
    [PARENT.replace(/01$/, '00'), { traceId: TRACE, spanId: 'b7ad6b7169203331', sampled: false }],
    [`01${PARENT.slice(2)}-more`, { traceId: TRACE, spanId: 'b7ad6b7169203331', sampled: true }],
    [`${PARENT}-more`, undefined],
    [`ff${PARENT.slice(2)}`, undefined],
    [PARENT.toUpperCase(), undefined],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, undefined],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    ['', undefined],
    [7, undefined],
    [`01-${TRACE}-b7ad6b7169203331-01-${'x'.repeat(10_000)}`, undefined],
  ])('%s', (text, context) => {
    expect(parseTraceparent(text)).toEqual(context)
    if (context !== undefined && String(text).length === 55) expect(formatTraceparent(context)).toBe(text)
  })
})
