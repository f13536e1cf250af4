import { counted } from '../../internal/plural.ts'
import type { CacheStats } from '../../cache/cache.ts'
import { html, type Html } from '../../internal/html.ts'
import type { MetricsCollector } from '../../metrics/collector.ts'
import { STAGES } from '../../metrics/metrics.ts'
import type { Chart } from '../../report/chart/chart.ts'
import { drawChart } from '../../report/chart/draw.ts'
import { formatNumber } from '../../report/report.ts'
import type { GatewayStatus } from '../status.ts'
import { type ActivityStep, mostOf, timesOf } from './activity.ts'
import { card, duration, facts, type Figure, figures, milliseconds, percent, table, timeZone } from './elements.ts'
import type { Page, Parts, Visit } from './page.ts'

/** How the gateway itself does: for whoever runs it. */
export function gatewayPage(_visit: Visit, { optimizer, activity, status }: Parts): Page {
  const now = status()
  const { metrics } = optimizer
  const layers = optimizer.cacheStats()
  const steps = activity.steps()
  return {
    title: 'Gateway',
    isLive: true,
    body: html`${figures(topFigures(now))}
      <div class="columns">
        <div>
          ${card(`At once, last 15 minutes, ${timeZone()}`, drawChart('Operations and sandboxes at once', loadChart(steps)), sandboxLine(now, steps))}
          ${card('Cache, since the start', drawChart('Cache', cacheChart(layers)), cacheTable(layers))}
        </div>
        <div>
          ${metrics !== undefined && card('Latency by stage, since the start', drawChart('Latency by stage', latencyChart(metrics)), latencyTable(metrics))}
        </div>
      </div>`,
  }
}

function topFigures({ operations, uptimeSeconds, sandbox, loopDelay, catalog }: GatewayStatus): Figure[] {
  const list: (Figure | undefined)[] = [
    { name: 'Running now', value: formatNumber(operations.inFlight), unit: 'operations' },
    sandbox && {
      name: 'Sandboxes busy',
      value: `${formatNumber(sandbox.busy)} / ${formatNumber(sandbox.size)}`,
      more: `${counted(sandbox.waiting, 'program')} waiting`,
    },
    loopDelay && {
      name: 'Event loop late, P99',
      value: milliseconds(loopDelay.p99Ms),
      unit: 'ms',
      more: `most ${milliseconds(loopDelay.maxMs)} ms`,
    },
    { name: 'Up', value: duration(uptimeSeconds) },
    { name: 'Catalog', value: catalog.version, more: counted(catalog.tools, 'tool') },
  ]
  return list.filter((figure) => figure !== undefined)
}

function loadChart(steps: readonly ActivityStep[]): Chart {
  return {
    kind: 'line',
    unit: 'most at once',
    categories: timesOf(steps),
    series: [
      { name: 'operations', values: steps.map(({ running }) => running) },
      { name: 'sandboxes', values: steps.map(({ busy }) => busy) },
    ],
  }
}

function sandboxLine({ sandbox }: GatewayStatus, steps: readonly ActivityStep[]): Html {
  const discarded = Object.values(sandbox?.discarded ?? {}).reduce((all, count) => all + count, 0)
  return facts([
    `most operations: ${formatNumber(mostOf(steps, 'running'))}`,
    `most sandboxes: ${formatNumber(mostOf(steps, 'busy'))}`,
    ...(sandbox === undefined
      ? []
      : [
          `since the start ${counted(sandbox.reused, 'program')} in a warm sandbox`,
          `${formatNumber(sandbox.created)} in a new one`,
          `${formatNumber(discarded)} discarded`,
          ...(sandbox.wall === undefined ? [] : [`wall: ${sandbox.wall}`]),
        ]),
  ])
}

function latencyChart(metrics: MetricsCollector): Chart {
  const of = (percentile: number): number[] =>
    reachedStages(metrics).map((stage) => metrics.percentile(`stage_ms.${stage}`, percentile))
  return {
    kind: 'bar',
    unit: 'ms',
    logarithmic: true,
    categories: reachedStages(metrics),
    series: [
      { name: 'P50', values: of(50) },
      { name: 'P95', values: of(95) },
    ],
  }
}

function latencyTable(metrics: MetricsCollector): Html {
  const row = (title: string, name: string): readonly string[] => [
    title,
    formatNumber(metrics.count(name)),
    ...[50, 95, 99].map((percentile) => milliseconds(metrics.percentile(name, percentile))),
  ]
  return table(
    'Milliseconds',
    [
      { title: 'stage' },
      { title: 'times', kind: 'number' },
      { title: 'P50, ms', kind: 'number' },
      { title: 'P95, ms', kind: 'number' },
      { title: 'P99, ms', kind: 'number' },
    ],
    [...reachedStages(metrics).map((stage) => row(stage, `stage_ms.${stage}`)), row('whole operation', 'operation_ms')],
  )
}

function reachedStages(metrics: MetricsCollector): string[] {
  return STAGES.filter((stage) => metrics.count(`stage_ms.${stage}`) > 0)
}

function cacheChart(layers: readonly CacheStats[]): Chart {
  return {
    kind: 'bar',
    unit: 'questions',
    stacked: true,
    categories: layers.map(({ layer }) => layer),
    series: [
      { name: 'hits', values: layers.map(({ hits }) => hits) },
      { name: 'misses', values: layers.map(({ misses }) => misses) },
    ],
  }
}

function cacheTable(layers: readonly CacheStats[]): Html {
  return table(
    'memory, disk and redis hold results of tools; the others what is made from the catalog',
    [
      { title: 'layer' },
      { title: 'hits', kind: 'number' },
      { title: 'misses', kind: 'number' },
      { title: 'hit rate', kind: 'number' },
      { title: 'errors', kind: 'number' },
      { title: '' },
    ],
    layers.map(({ layer, hits, misses, errors, problem }) => [
      layer,
      formatNumber(hits),
      formatNumber(misses),
      percent(hits, hits + misses),
      formatNumber(errors),
      problem,
    ]),
  )
}
