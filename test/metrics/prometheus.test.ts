import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { createPrometheus, type Prometheus, type PrometheusProbes } from '../../src/metrics/prometheus.ts'
import { aCall, anOperation, anUpstreamCall, observerContract } from '../contracts/observer.ts'
import { demoGateway } from '../support/gateway.ts'
import { hasProgram } from '../support/programs.ts'

const probes: PrometheusProbes = {
  version: '1.2.3',
  upstreams: () => [{ name: 'demo', state: 'ready', restarts: 2 }],
  catalog: () => ({ tools: 3, intents: 1, definitionTokens: 500 }),
  sandbox: () => ({
    size: 2,
    busy: 1,
    waiting: 0,
    reused: 7,
    created: 2,
    discarded: { timeout: 1 },
    wall: 'namespaces',
  }),
  loopDelay: () => ({ p50Ms: 1, p99Ms: 20, maxMs: 30 }),
  inFlight: () => 3,
  sessions: () => ({ active: 1, seen: 4 }),
  tokens: () => ({
    ours: { surface: 100, requests: 20, answers: 30, search: 5 },
    allDefinitions: { total: 900 },
    saved: -745,
  }),
  savings: () => [{ model: 'gpt-4o', caching: 'none', usd: 0.5 }],
  caches: () => [{ layer: 'memory', hits: 7, misses: 2 }],
  audit: () => ({ entries: 5, failures: 2, bytes: 1_000 }),
}

/** The value of a series, as a scraper reads it. */
async function valueOf(prometheus: Prometheus, series: string): Promise<number | undefined> {
  const { text } = await prometheus.scrape()
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

observerContract('Prometheus', async () => createPrometheus(probes))

describe('the series of /metrics', () => {
  it('count operations, stages, calls and caches in base units', async () => {
    const prometheus = createPrometheus(probes)
    prometheus.called?.(aCall({ cached: true }))
    prometheus.reached?.(anUpstreamCall({ durationMs: 1_500, errorType: 'UPSTREAM_TIMEOUT' }))
    prometheus.ended?.(anOperation({ intent: 'list_errors', target: 'intent', durationMs: 2_000 }))
    const figures: Record<string, number> = {
      'mcp_optimizer_operations_total{kind="intent",intent="list_errors",status="ok",code=""}': 1,
      mcp_optimizer_operations_in_flight: 3,
      'mcp_optimizer_operation_duration_seconds_sum{kind="intent",status="ok"}': 2,
      'mcp_optimizer_stage_duration_seconds_sum{stage="execute"}': 0.003,
      mcp_optimizer_queue_wait_seconds_sum: 0.001,
      'mcp_optimizer_cache_requests_total{layer="memory",result="hit"}': 7,
      'mcp_optimizer_cache_requests_total{layer="memory",result="miss"}': 2,
      mcp_optimizer_audit_failures_total: 2,
      'mcp_optimizer_tool_calls_total{source="cache",status="ok"}': 1,
      'mcp_optimizer_upstream_calls_total{upstream="demo"}': 1,
      'mcp_optimizer_upstream_errors_total{upstream="demo",type="UPSTREAM_TIMEOUT"}': 1,
      'mcp_optimizer_upstream_call_duration_seconds_sum{upstream="demo"}': 1.5,
      'mcp_optimizer_upstream_restarts_total{upstream="demo"}': 2,
      'mcp_optimizer_upstream_state{upstream="demo",state="ready"}': 1,
      'mcp_optimizer_sandbox_pool{state="busy"}': 1,
      'mcp_optimizer_sandbox_wall{wall="namespaces"}': 1,
      'mcp_optimizer_sandbox_discarded_total{reason="timeout"}': 1,
      'mcp_optimizer_event_loop_delay_seconds{statistic="p99"}': 0.02,
      'mcp_optimizer_tokens_total{kind="response"}': 30,
      mcp_optimizer_saved_tokens: -745,
      'mcp_optimizer_cost_saved_usd{model="gpt-4o",caching="none"}': 0.5,
      mcp_optimizer_sessions_total: 4,
    }
    for (const [series, value] of Object.entries(figures))
      expect([series, await valueOf(prometheus, series)]).toEqual([series, value])
    // Totals that others keep are read, not added up, at each scrape.
    expect(await valueOf(prometheus, 'mcp_optimizer_upstream_restarts_total{upstream="demo"}')).toBe(2)
  })

  it('have the hits and misses of every layer of a live gateway', async () => {
    await using gateway = demoGateway({ cache: { cacheable: ['demo.rows'] }, search: { learn: false } })
    const prometheus = await gateway.openPrometheus(() => ({ p50Ms: 0, p99Ms: 0, maxMs: 0 }))
    if (prometheus === undefined) throw new TypeError('metrics are on')
    for (let round = 0; round < 3; round++) {
      await gateway.executeIntent({ intent: 'demo.rows', params: { count: 1 } })
      await gateway.search({ query: 'rows' })
      await gateway.execute({ code: 'return 1' })
      gateway.discover()
    }
    const count = async (layer: string, result: string): Promise<number | undefined> =>
      await valueOf(prometheus, `mcp_optimizer_cache_requests_total{layer="${layer}",result="${result}"}`)
    expect([await count('memory', 'hit'), await count('memory', 'miss')]).toEqual([2, 1])
    expect([await count('disk', 'hit'), await count('disk', 'miss')]).toEqual([0, 1])
    expect([await count('search', 'hit'), await count('search', 'miss')]).toEqual([2, 1])
    for (const layer of ['code', 'manifest']) expect(await count(layer, 'hit')).toBeGreaterThan(0)
  })

  it('never hold what an agent wrote, and stay bounded however many intents there are', async () => {
    const prometheus = createPrometheus(probes)
    prometheus.ended?.(anOperation({ target: 'tool', intent: 'demo.add' }))
    for (let index = 0; index < 1_000; index++) prometheus.ended?.(anOperation({ intent: `saved_${index}` }))
    const { text } = await prometheus.scrape()
    const series = text.split('\n').filter((line) => line.startsWith('mcp_optimizer_operations_total{'))
    expect(series).toHaveLength(202)
    expect(text).toContain('intent="(tool)"')
    expect(text).toContain('intent="(other)",status="ok",code=""} 800')
  })

  it('show nothing of unknown intents of a live gateway', async () => {
    await using gateway = demoGateway()
    const prometheus = await gateway.openPrometheus(() => ({ p50Ms: 0, p99Ms: 0, maxMs: 0 }))
    await gateway.executeIntent({ intent: 'evil"} 1\nfake_metric 7' })
    await gateway.search({ query: 'secret-words' })
    const text = (await prometheus?.scrape())?.text ?? ''
    expect(text).not.toMatch(/evil|fake_metric|secret-words/)
    expect(text).toContain('code="UNKNOWN_INTENT"')
  })

  it('are not there where metrics are off', async () => {
    await using gateway = demoGateway({ features: { enableMetrics: false } })
    expect(await gateway.openPrometheus(() => ({ p50Ms: 0, p99Ms: 0, maxMs: 0 }))).toBeUndefined()
    expect((await gateway.executeIntent({ intent: 'demo.plain_text' })).metadata.receipt).toBeUndefined()
  })

  it.skipIf(!hasProgram('promtool'))('please promtool', async () => {
    await using gateway = demoGateway()
    const prometheus = await gateway.openPrometheus(() => ({ p50Ms: 0, p99Ms: 0, maxMs: 0 }))
    await gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } })
    const { text } = (await prometheus?.scrape()) ?? { text: '' }
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect([status, stdout + stderr]).toEqual([0, ''])
  })
})
