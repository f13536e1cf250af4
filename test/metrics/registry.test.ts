import { describe, expect, it } from 'vitest'
import { addProcessSeries } from '../../src/metrics/process-series.ts'
import { addCounter, addHistogram } from '../../src/metrics/prometheus-series.ts'
import { Registry } from '../../src/metrics/registry.ts'

describe('the text of a scrape', () => {
  it('has name, type and lines of each series, in the order in which they were added', () => {
    const registry = new Registry()
    const calls = addCounter(registry, { name: 'calls_total', help: 'Calls', labelNames: ['tool', 'status'] })
    calls.of('a', 'ok').add(2)
    calls.of('b', '').add()
    registry.add({ name: 'size', help: 'Size', type: 'gauge', read: () => [{ value: -0.5 }] })
    expect(registry.text()).toBe(`# HELP calls_total Calls
# TYPE calls_total counter
calls_total{tool="a",status="ok"} 2
calls_total{tool="b",status=""} 1

# HELP size Size
# TYPE size gauge
size -0.5
`)
  })

  it('adds up the buckets of a histogram', () => {
    const registry = new Registry()
    const spent = addHistogram(registry, { name: 't_seconds', help: 'T', labelNames: ['kind'], bounds: [0.1, 1] })
    for (const value of [0.05, 0.5, 0.75, 10]) spent.of('x').observe(value)
    expect(registry.text().split('\n').slice(2, -1)).toEqual([
      't_seconds_bucket{le="0.1",kind="x"} 1',
      't_seconds_bucket{le="1",kind="x"} 3',
      't_seconds_bucket{le="+Inf",kind="x"} 4',
      't_seconds_sum{kind="x"} 11.3',
      't_seconds_count{kind="x"} 4',
    ])
  })

  it('starts a series without labels at zero, and leaves one without figures empty', () => {
    const registry = new Registry()
    addCounter(registry, { name: 'all_total', help: 'All' })
    addCounter(registry, { name: 'each_total', help: 'Each', labelNames: ['name'] })
    expect(
      registry
        .text()
        .split('\n')
        .filter((line) => /^\w/.test(line)),
    ).toEqual(['all_total 0'])
  })

  it.each([
    ['a"b', 'a\\"b'],
    ['a\\b', 'a\\\\b'],
    ['a\nfake_total 1', 'a\\nfake_total 1'],
    ['日本', '日本'],
  ])('lets no label %j become anything else', (name, written) => {
    const registry = new Registry()
    addCounter(registry, { name: 'x_total', help: 'one\nline \\ only', labelNames: ['name'] })
      .of(name)
      .add()
    expect(registry.text()).toBe(
      `# HELP x_total one\\nline \\\\ only\n# TYPE x_total counter\nx_total{name="${written}"} 1\n`,
    )
  })

  it.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [1e21, '1e+21'],
  ])('writes %d as Prometheus reads it', (value, written) => {
    const registry = new Registry()
    registry.add({ name: 'x', help: 'X', type: 'gauge', read: () => [{ value }] })
    expect(registry.text()).toContain(`\nx ${written}\n`)
  })

  it('refuses a name twice, which a scrape refuses as well', () => {
    const registry = new Registry()
    addCounter(registry, { name: 'x_total', help: 'X' })
    expect(() => addCounter(registry, { name: 'x_total', help: 'X' })).toThrow('x_total')
  })
})

describe('the series of the process', () => {
  it('have the names that dashboards of Node.js know, each with a figure', async () => {
    const registry = new Registry()
    addProcessSeries(registry)
    await new Promise((resolve) => setImmediate(resolve))
    const lines = registry.text().split('\n')
    const value = (series: string): number => {
      const line = lines.find((one) => one.startsWith(`${series} `) || one.startsWith(`${series}{`))
      return Number(line?.slice(line.lastIndexOf(' ') + 1))
    }
    const above = [
      'process_cpu_seconds_total',
      'process_cpu_user_seconds_total',
      'process_start_time_seconds',
      'process_resident_memory_bytes',
      'nodejs_heap_size_total_bytes',
      'nodejs_heap_size_used_bytes',
      'nodejs_external_memory_bytes',
      'nodejs_heap_space_size_used_bytes{space="old"}',
      'nodejs_active_resources',
      'nodejs_version_info',
    ]
    for (const name of above) expect([name, value(name)]).toEqual([name, expect.toSatisfy((n: number) => n > 0)])
    for (const part of ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'])
      expect([part, value(`nodejs_eventloop_lag${part}_seconds`)]).toEqual([
        part,
        expect.toSatisfy((n: number) => n >= 0 && n < 3_600),
      ])
    expect(value('nodejs_heap_size_used_bytes')).toBeLessThanOrEqual(value('nodejs_heap_size_total_bytes'))
  })

  it.runIf(process.platform === 'linux')('have what Linux alone tells', () => {
    const registry = new Registry()
    addProcessSeries(registry)
    for (const name of ['process_virtual_memory_bytes', 'process_heap_bytes', 'process_open_fds', 'process_max_fds'])
      expect(registry.text()).toMatch(new RegExp(`^${name} [1-9]`, 'm'))
  })
})
