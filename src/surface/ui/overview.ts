import type { CacheStats } from '../../cache/cache.ts'
import type { ReceiptCost } from '../../context/receipt-cost.ts'
import type { Receipt } from '../../context/receipts.ts'
import { html, type Html } from '../../internal/html.ts'
import type { MetricsCollector } from '../../metrics/collector.ts'
import type { StartedOperation } from '../../metrics/observer.ts'
import { STAGES } from '../../metrics/metrics.ts'
import type { Chart } from '../../report/chart/chart.ts'
import { drawChart } from '../../report/chart/draw.ts'
import { formatNumber } from '../../report/report.ts'
import type { GatewayStatus } from '../status.ts'
import { type ActivityStep, type RecentOperation, STEP_MS } from './activity.ts'
import {
  address,
  card,
  duration,
  type Figure,
  figures,
  milliseconds,
  percent,
  table,
  tag,
  timeOfDay,
  usd,
} from './elements.ts'
import type { Page, Parts, Visit } from './page.ts'

/** Operations shown of the latest ones. */
const SHOWN = 20

/** What the gateway does now, what it took and what it saved. */
export async function overviewPage({ principal }: Visit, { optimizer, activity, status, price }: Parts): Promise<Page> {
  const now = status()
  const { metrics } = optimizer
  const receipt = now.total
  const costs = receipt === undefined ? [] : await price(receipt)
  const layers = optimizer.cacheStats()
  const steps = activity.steps()
  return {
    title: 'Overview',
    isLive: true,
    body: html`${figures(topFigures(now, metrics, layers, costs))}
      <div class="columns">
        <div>
          ${card('Operations, last 15 minutes', drawChart(`Operations in each ${STEP_MS / 1_000} seconds`, operationsChart(steps)), stepsLine(steps))}
          ${metrics !== undefined && card('Latency by stage, since the start', drawChart('Latency by stage', latencyChart(metrics)), latencyTable(metrics))}
          ${card('Cache, since the start', drawChart('Cache', cacheChart(layers)), cacheTable(layers))}
        </div>
        <div>
          ${card('At once, last 15 minutes', drawChart('Operations and sandboxes at once', loadChart(steps)), sandboxLine(now, steps))}
          ${receipt !== undefined && card('Tokens in agents’ context, since the start', drawChart('Tokens', tokensChart(receipt)), tokensTable(receipt))}
          ${receipt !== undefined && card('Money saved, since the start', moneyTable(costs))}
        </div>
      </div>
      ${card('Operations of yours that run now', runningTable(activity.running(principal).slice(0, SHOWN)))}
      ${card('Latest operations of yours', recentTable(activity.recent(principal).slice(0, SHOWN)))}`,
  }
}

function topFigures(
  { operations, uptimeSeconds, sandbox, loopDelay, total, catalog, servers }: GatewayStatus,
  metrics: MetricsCollector | undefined,
  layers: readonly CacheStats[],
  costs: readonly ReceiptCost[],
): Figure[] {
  const results = layers.filter(({ layer }) => RESULT_LAYERS.has(layer))
  const [hits, misses] = [sum(results, 'hits'), sum(results.slice(-1), 'misses')]
  const savings = costs.map(({ cached }) => cached.savedUsd)
  const ready = servers.filter(({ state }) => state === 'ready' || state === 'idle').length
  const list: (Figure | undefined | false)[] = [
    { name: 'Running now', value: formatNumber(operations.inFlight), unit: 'operations' },
    total && {
      name: 'Operations of agents',
      value: formatNumber(total.operations),
      more: `${formatNumber(total.failed)} failed (${percent(total.failed, total.operations)})`,
    },
    metrics && {
      name: 'Latency P95',
      value: milliseconds(metrics.percentile('operation_ms', 95)),
      unit: 'ms',
      more: `P50 ${milliseconds(metrics.percentile('operation_ms', 50))} ms`,
    },
    total && {
      name: 'Tokens saved',
      value: formatNumber(total.saved),
      more: `${percent(total.saved, total.allDefinitions.total)} of all definitions`,
    },
    savings.length > 0 && {
      name: 'Money saved',
      value: `${usd(Math.min(...savings))} to ${usd(Math.max(...savings))}`,
      more: 'by model, prompts cached',
    },
    { name: 'Answered from cache', value: percent(hits, hits + misses), more: `${formatNumber(hits)} results` },
    sandbox && {
      name: 'Sandboxes busy',
      value: `${formatNumber(sandbox.busy)} / ${formatNumber(sandbox.size)}`,
      more: `${formatNumber(sandbox.waiting)} programs wait`,
    },
    {
      name: 'Servers in order',
      value: `${formatNumber(ready)} / ${formatNumber(servers.length)}`,
      more: `${formatNumber(catalog.tools)} tools`,
    },
    loopDelay && {
      name: 'Event loop late, P99',
      value: milliseconds(loopDelay.p99Ms),
      unit: 'ms',
      more: `most ${milliseconds(loopDelay.maxMs)} ms`,
    },
    { name: 'Up', value: duration(uptimeSeconds) },
  ]
  return list.filter((figure) => figure !== undefined && figure !== false)
}

/** Layers that hold results of tools; the others hold what is made from the catalog. */
const RESULT_LAYERS: ReadonlySet<string> = new Set(['memory', 'disk', 'redis'])

function sum(layers: readonly CacheStats[], what: 'hits' | 'misses'): number {
  return layers.reduce((all, layer) => all + layer[what], 0)
}

function timesOf(steps: readonly ActivityStep[]): string[] {
  return steps.map(({ at }) => new Date(at).toISOString().slice(11, 16))
}

function operationsChart(steps: readonly ActivityStep[]): Chart {
  return {
    kind: 'line',
    unit: 'operations',
    categories: timesOf(steps),
    series: [
      { name: 'ended well', values: steps.map(({ ended, failed }) => ended - failed) },
      { name: 'failed', values: steps.map(({ failed }) => failed) },
    ],
  }
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

function stepsLine(steps: readonly ActivityStep[]): Html {
  const sumOf = (what: 'ended' | 'failed'): number => steps.reduce((all, step) => all + step[what], 0)
  return facts([
    `${formatNumber(sumOf('ended') - sumOf('failed'))} ended well`,
    `${formatNumber(sumOf('failed'))} failed`,
    `most in ${STEP_MS / 1_000} s: ${formatNumber(mostOf(steps, 'ended'))}`,
  ])
}

function sandboxLine({ sandbox }: GatewayStatus, steps: readonly ActivityStep[]): Html {
  const discarded = Object.values(sandbox?.discarded ?? {}).reduce((all, count) => all + count, 0)
  return facts([
    `most operations: ${formatNumber(mostOf(steps, 'running'))}`,
    `most sandboxes: ${formatNumber(mostOf(steps, 'busy'))}`,
    ...(sandbox === undefined
      ? []
      : [
          `since the start ${formatNumber(sandbox.reused)} programs in a warm sandbox`,
          `${formatNumber(sandbox.created)} in a new one`,
          `${formatNumber(discarded)} discarded`,
        ]),
  ])
}

function mostOf(steps: readonly ActivityStep[], what: 'ended' | 'running' | 'busy'): number {
  return Math.max(0, ...steps.map((step) => step[what]))
}

function facts(texts: readonly string[]): Html {
  return html`<ul class="facts">
    ${texts.map((text) => html`<li>${text}</li>`)}
  </ul>`
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

function tokensChart({ ours, allDefinitions }: Receipt): Chart {
  return {
    kind: 'bar',
    unit: 'tokens',
    categories: ['with mcp-optimizer', 'all definitions'],
    stacked: true,
    series: [
      { name: 'definitions', values: [ours.surface, allDefinitions.definitions] },
      {
        name: 'requests and answers',
        values: [ours.requests + ours.answers, allDefinitions.requests + allDefinitions.answers],
      },
      { name: 'searches', values: [ours.search, 0] },
    ],
  }
}

function tokensTable({ ours, allDefinitions, withPromptCaching: cached }: Receipt): Html {
  const rows: [string, number, number][] = [
    ['definitions in each request', ours.surface, allDefinitions.definitions],
    ['requests', ours.requests, allDefinitions.requests],
    ['answers', ours.answers, allDefinitions.answers],
    ['searches', ours.search, 0],
    ['all', ours.total, allDefinitions.total],
    ['all, prompts cached', cached.ours, cached.allDefinitions],
  ]
  return table(
    'Estimated tokens',
    [
      { title: '' },
      { title: 'with mcp-optimizer', kind: 'number' },
      { title: 'all definitions', kind: 'number' },
      { title: 'saved', kind: 'number' },
    ],
    rows.map(([name, us, them]) => [name, formatNumber(us), formatNumber(them), formatNumber(them - us)]),
  )
}

function moneyTable(costs: readonly ReceiptCost[]): Html {
  const most = Math.max(...costs.flatMap(({ uncached }) => [uncached.oursUsd, uncached.allDefinitionsUsd]), 0)
  const digits = most < 100 ? 4 : 2
  return table(
    'US dollars of the tokens above, at list prices',
    [
      { title: 'model', kind: 'nowrap' },
      { title: 'cost', kind: 'number' },
      { title: 'saved', kind: 'number' },
      { title: 'cost, prompts cached', kind: 'number' },
      { title: 'saved, prompts cached', kind: 'number' },
    ],
    costs.map(({ title, cached, uncached }) => [
      title,
      usd(uncached.oursUsd, digits),
      usd(uncached.savedUsd, digits),
      usd(cached.oursUsd, digits),
      usd(cached.savedUsd, digits),
    ]),
  )
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

function runningTable(operations: readonly StartedOperation[]): Html {
  if (operations.length === 0) return html`<p class="note">None.</p>`
  return table(
    'Longest first, start in UTC',
    [
      { title: 'start', kind: 'nowrap' },
      { title: 'kind' },
      { title: 'intent or tool', kind: 'wide' },
      { title: 'stage' },
      { title: 'id', kind: 'nowrap' },
    ],
    operations.map(({ id, startedAt, kind, intent, stage }) => [
      timeOfDay(startedAt),
      kind,
      intent === undefined ? '' : html`<code>${intent}</code>`,
      stage,
      html`<code>${id}</code>`,
    ]),
  )
}

function recentTable(operations: readonly RecentOperation[]): Html {
  if (operations.length === 0) return html`<p class="note">None yet.</p>`
  return table(
    'Latest first, time in UTC',
    [
      { title: 'time', kind: 'nowrap' },
      { title: 'kind' },
      { title: 'intent or tool', kind: 'wide' },
      { title: 'outcome', kind: 'nowrap' },
      { title: 'ms', kind: 'number' },
      { title: 'calls', kind: 'number' },
      { title: 'from cache', kind: 'number' },
      { title: 'tokens', kind: 'number' },
      { title: 'id', kind: 'nowrap' },
    ],
    operations.map(({ id, startedAt, kind, intent, errorCode, durationMs, hostCalls, cacheHits, tokens }) => [
      timeOfDay(startedAt),
      kind,
      intent === undefined ? '' : html`<code>${intent}</code>`,
      errorCode === undefined ? tag('ok', 'good') : tag(errorCode, 'bad'),
      milliseconds(durationMs),
      formatNumber(hostCalls),
      formatNumber(cacheHits),
      formatNumber(tokens),
      html`<a href="${address('/ui/audit', { operation: id })}"><code>${id}</code></a>`,
    ]),
  )
}
