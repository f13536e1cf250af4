import { counted } from '../../internal/plural.ts'
import type { CacheStats } from '../../cache/cache.ts'
import type { ReceiptCost } from '../../context/receipt-cost.ts'
import type { Receipt } from '../../context/receipts.ts'
import { html, type Html } from '../../internal/html.ts'
import type { MetricsCollector } from '../../metrics/collector.ts'
import type { Chart } from '../../report/chart/chart.ts'
import { drawChart } from '../../report/chart/draw.ts'
import { formatNumber } from '../../report/report.ts'
import type { GatewayStatus } from '../status.ts'
import { type ActivityStep, mostOf, STEP_MS, timesOf } from './activity.ts'
import { connectCard } from './connect.ts'
import { card, facts, type Figure, figures, milliseconds, percent, table, timeZone, usd } from './elements.ts'
import { moneyView } from './money.ts'
import { recentTable, runningTable } from './operations.ts'
import type { Page, Parts, Visit } from './page.ts'

/** Operations shown of the latest ones. */
const SHOWN = 20

/** What was saved, and what was done lately; how to connect a client where nothing was. */
export async function overviewPage(visit: Visit, parts: Parts): Promise<Page> {
  const { principal } = visit
  const { optimizer, activity, status, price } = parts
  const now = status()
  const receipt = now.total
  const model = parts.modelOf(visit)
  const cost = receipt === undefined ? undefined : (await price(receipt)).find((one) => one.model === model)
  const steps = activity.steps()
  const running = activity.running(principal).slice(0, SHOWN)
  const recent = activity.recent(principal).slice(0, SHOWN)
  const isUsed = receipt !== undefined && receipt.operations > 0
  return {
    title: 'Overview',
    isLive: true,
    body: html`${receipt !== undefined && !isUsed && connectCard(visit)}
      ${figures(isUsed ? [...savings(receipt, cost), ...topFigures(now, optimizer.metrics, optimizer.cacheStats())] : topFigures(now))}
      <div class="columns">
        <div>
          ${isUsed && card('Tokens in agents’ context, since the start', drawChart('Tokens', tokensChart(receipt)), tokensTable(receipt))}
        </div>
        <div>
          ${isUsed && cost !== undefined && card('Money saved, since the start', moneyView(cost))}
          ${steps.some(({ ended }) => ended > 0) && card(`Operations, last 15 minutes, ${timeZone()}`, drawChart(`Operations in each ${STEP_MS / 1_000} seconds`, operationsChart(steps)), stepsLine(steps))}
        </div>
      </div>
      ${running.length > 0 && card('Operations of yours that run now', runningTable(running))}
      ${card('Latest operations of yours', recentTable(recent))}`,
  }
}

/** Both as a client with a prompt cache pays them, which most are: the smaller figures. */
function savings({ withPromptCaching: cached, saved }: Receipt, cost: ReceiptCost | undefined): Figure[] {
  const tokens = {
    name: 'Tokens saved, prompts cached',
    value: formatNumber(cached.saved),
    more: `${percent(cached.saved, cached.allDefinitions)}; not cached ${formatNumber(saved)}`,
  }
  if (cost === undefined) return [tokens]
  const money = {
    name: 'Money saved, prompts cached',
    value: usd(cost.cached.savedUsd),
    more: `${cost.title}; not cached ${usd(cost.uncached.savedUsd)}`,
  }
  return [tokens, money]
}

function topFigures(
  { operations, total, catalog, servers }: GatewayStatus,
  metrics?: MetricsCollector,
  layers: readonly CacheStats[] = [],
): Figure[] {
  const results = layers.filter(({ layer }) => RESULT_LAYERS.has(layer))
  const [hits, misses] = [sum(results, 'hits'), sum(results.slice(-1), 'misses')]
  const failed = servers.filter(({ state }) => state === 'failed' || state === 'unauthorized').length
  const list: (Figure | undefined)[] = [
    total && {
      name: 'Operations of agents',
      value: formatNumber(total.operations),
      more: `${formatNumber(total.failed)} failed (${percent(total.failed, total.operations)}), ${formatNumber(operations.inFlight)} running now`,
    },
    metrics && {
      name: 'Latency P95',
      value: milliseconds(metrics.percentile('operation_ms', 95)),
      unit: 'ms',
      more: `P50 ${milliseconds(metrics.percentile('operation_ms', 50))} ms`,
    },
    hits + misses > 0
      ? { name: 'Answered from cache', value: percent(hits, hits + misses), more: counted(hits, 'result') }
      : undefined,
    {
      name: 'Servers in order',
      value: `${formatNumber(servers.length - failed)} / ${formatNumber(servers.length)}`,
      more: counted(catalog.tools, 'tool'),
    },
  ]
  return list.filter((figure) => figure !== undefined)
}

/** Layers that hold results of tools; the others hold what is made from the catalog. */
const RESULT_LAYERS: ReadonlySet<string> = new Set(['memory', 'disk', 'redis'])

function sum(layers: readonly CacheStats[], what: 'hits' | 'misses'): number {
  return layers.reduce((all, layer) => all + layer[what], 0)
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

function stepsLine(steps: readonly ActivityStep[]): Html {
  const sumOf = (what: 'ended' | 'failed'): number => steps.reduce((all, step) => all + step[what], 0)
  return facts([
    `${formatNumber(sumOf('ended') - sumOf('failed'))} ended well`,
    `${formatNumber(sumOf('failed'))} failed`,
    `most in ${STEP_MS / 1_000} s: ${formatNumber(mostOf(steps, 'ended'))}`,
  ])
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
      { title: 'with us', kind: 'number' },
      { title: 'all definitions', kind: 'number' },
      { title: 'saved', kind: 'number' },
    ],
    rows.map(([name, us, them]) => [name, formatNumber(us), formatNumber(them), formatNumber(them - us)]),
  )
}
