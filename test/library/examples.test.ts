import { describe, expect, expectTypeOf, it } from 'vitest'
import { createSandboxBackend } from '../../src/sandbox/create.ts'
import * as library from '../../src/index.ts'
import {
  CodeExecutor,
  createMemoryUpstream,
  createOptimizer,
  defineConfig,
  FeatureFlags,
  MetricsCollector,
  SecureSandbox,
} from '../../src/index.ts'
import { temporaryFolder } from '../support/servers.ts'

const demo = createMemoryUpstream('demo', [{ name: 'twice', run: ({ n }) => ({ result: Number(n) * 2 }) }])

describe('the library, as the README shows it', () => {
  it('CodeExecutor with FeatureFlags', async () => {
    const features = new FeatureFlags({ maxTokensPerRequest: 2_000 })
    await using executor = new CodeExecutor({ cacheDir: temporaryFolder(), features, upstreams: [demo] })
    expect(await executor.executeIntent('demo.twice', { n: 21 })).toMatchObject({ status: 'ok', data: { result: 42 } })
    expect(await executor.executeBatch([{ intent: 'demo.twice', params: { n: 1 } }])).toMatchObject({
      data: [{ status: 'ok', data: { result: 2 } }],
    })
    expect(
      await executor.execute('return (await tools.demo.twice({ n: params.n })).result', { params: { n: 5 } }),
    ).toMatchObject({ data: 10 })
  })

  it('CodeExecutor with the parts of createOptimizer', async () => {
    const lines: string[] = []
    await using inner = createSandboxBackend({ poolSize: 1 })
    const logger: library.Logger = { enabled: () => true, log: (_level, line) => void lines.push(line) }
    const parts = { upstreams: [demo], sandbox: inner, logger }
    await using executor = new CodeExecutor({ cacheDir: temporaryFolder() }, parts)
    expect(await executor.execute<number>('return 1 + 1')).toMatchObject({ status: 'ok', data: 2 })
    // Its rate of arrivals falls from one look to the next.
    expect({ ...executor.optimizer.sandboxStats(), arrivalsPerSecond: 0 }).toEqual({
      ...inner.stats?.(),
      arrivalsPerSecond: 0,
    })
  })

  it('createOptimizer', async () => {
    await using optimizer = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), { upstreams: [demo] })
    const answer = await optimizer.executeIntent({ intent: 'demo.twice', params: { n: 2 } })
    expect(answer.metadata.execution_time_ms).toBeGreaterThan(0)
    expect(optimizer.metrics?.count('operation_ms')).toBe(1)
  })

  it('SecureSandbox', async () => {
    await using sandbox = new SecureSandbox({ backend: 'wasm', poolSize: 1 })
    const { status, value } = await sandbox.execute('return params.a + (await tools.twice(2))', {
      input: { a: 1 },
      tools: { twice: (n) => Number(n) * 2 },
      timeoutMs: 5_000,
      memoryMb: 32,
    })
    expect([status, value]).toEqual(['ok', 5])
  })

  it('MetricsCollector', () => {
    const metrics = new MetricsCollector()
    metrics.observe('latency_ms', 12.5)
    expect([metrics.mean('latency_ms'), metrics.sum('latency_ms')]).toEqual([12.5, 12.5])
  })

  it('FeatureFlags have the defaults of the documentation and are frozen', () => {
    expect({ ...new FeatureFlags() }).toEqual({
      executionMode: 'code_execution',
      enableSandbox: true,
      enableCaching: true,
      cacheTtlSeconds: 300,
      compactAnswers: true,
      learnOutputTypes: true,
      enableMetrics: true,
      enableTelemetry: false,
      exactTokens: false,
      maxTokensPerRequest: 4_000,
    })
    expect(Object.isFrozen(new FeatureFlags())).toBe(true)
    expectTypeOf<FeatureFlags['executionMode']>().toEqualTypeOf<library.ExecutionMode>()
  })

  it('exports these names, no others', () => {
    expect(Object.keys(library).toSorted()).toEqual([
      'CodeExecutor',
      'DEFAULT_LIMITS',
      'ERROR_CODES',
      'FeatureFlags',
      'MetricsCollector',
      'OptimizerError',
      'SecureSandbox',
      'createMemoryUpstream',
      'createOptimizer',
      'createSurface',
      'defineConfig',
      'defineTool',
      'isPreview',
      'loadConfig',
      'openDashboard',
      'openMonitor',
      'openSurface',
      'serveHttp',
      'serveStdio',
    ])
  })
})
