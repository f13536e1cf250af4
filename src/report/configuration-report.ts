import type { Catalog } from '../catalog/catalog.ts'
import type { Optimizer } from '../optimizer.ts'
import { BREAK_EVEN_TOKENS } from '../surface/open-surface.ts'
import { createSurface, type Surface } from '../surface/surface.ts'
import type { TokenCounter, TokenFigures } from '../tokens/figure.ts'
import type { Prices } from '../tokens/prices.ts'
import { estimateInfrastructure } from './infrastructure.ts'
import { type LatencyProfile, measureLatency } from './latency.ts'
import { formatNumber, type Report, type Section } from './report.ts'

export interface ConfigurationReportOptions {
  readonly optimizer: Optimizer
  readonly count: TokenCounter
  readonly prices: Prices
  /** Machine, versions, date, load: what the caller knows. */
  readonly facts: Report['facts']
  /** @default 10000 */
  readonly operationsPerDay?: number
  /** @default 50 */
  readonly usdPerInstanceMonth?: number
}

/** What the configured servers cost in every mode, in tokens and dollars, and what the gateway adds in time. */
export async function reportConfiguration(options: ConfigurationReportOptions): Promise<Report> {
  const { optimizer, facts } = options
  await optimizer.ready(120_000)
  const catalog = optimizer.catalog()
  const servers = countServers(catalog, options.count)
  const modes = countModes(catalog, options.count, optimizer)
  const latency = await measureLatency(optimizer)
  const [all, ours] = [modes[0]?.tokens.cl100k_base.tokens ?? 0, modes.at(-1)?.tokens.cl100k_base.tokens ?? 0]
  const costs = priceRequests(modes, options.prices)
  return {
    title: 'What your MCP servers cost, and what mcp-optimizer saves',
    summary: summaryOf(servers.length, catalog.tools.size, all, ours),
    facts: [...facts, ['catalog', catalog.version], ['prices', options.prices.source]],
    sections: [
      serversSection(servers, optimizer),
      modesSection(modes),
      costSection(costs),
      infrastructureSection(costs, latency, options),
      latencySection(latency),
    ],
    raw: { servers, modes, costs, latency, breakEvenTokens: BREAK_EVEN_TOKENS },
  }
}

interface Counted {
  readonly name: string
  readonly tools: number
  readonly tokens: TokenFigures
}

interface Cost {
  readonly model: string
  readonly today: number
  readonly ours: number
  readonly todayCached: number
  readonly oursCached: number
}

const REQUESTS = 1_000

function summaryOf(servers: number, tools: number, all: number, ours: number): string {
  if (tools === 0)
    return `${servers} servers are configured, and none of them gave a list of tools: see the table for why.`
  const share = `${formatNumber((1 - ours / all) * 100, 1)} % fewer`
  const verdict =
    all < BREAK_EVEN_TOKENS
      ? 'So few tokens are cheaper without a gateway; executionMode "auto" passes them through.'
      : `With mcp-optimizer's surface it carries ${formatNumber(ours)}: ${share}. Searches, calls and answers come on top on both sides.`
  return `${formatNumber(tools)} tools of ${servers} servers are ${formatNumber(all)} tokens of definitions in every request of an agent that is handed all of them. ${verdict}`
}

function countServers(catalog: Catalog, count: TokenCounter): Counted[] {
  const tools = [...catalog.tools.values()]
  return [...catalog.servers.values()]
    .map(({ name }) => {
      const mine = tools.filter(({ server }) => server === name).map(({ definition }) => definition)
      return { name, tools: mine.length, tokens: count(mine.length === 0 ? '' : definitionsJson(mine), name) }
    })
    .toSorted((a, b) => b.tokens.cl100k_base.tokens - a.tokens.cl100k_base.tokens)
}

function countModes(catalog: Catalog, count: TokenCounter, { config }: Optimizer): Counted[] {
  const name = `${catalog.servers.size} configured servers`
  const all = [...catalog.tools.values()].map(({ definition }) => definition)
  const surface = (mode: 'lazy_loading' | 'server_side' | 'code_execution'): Surface =>
    createSurface({
      servers: Object.keys(config.servers),
      compact: config.compact,
      programs: config.features.enableSandbox,
      version: '0',
      mode,
    })
  const counted = (['lazy_loading', 'server_side', 'code_execution'] as const).map((mode) => {
    const { tools, instructions } = surface(mode)
    return { name: mode, tools: tools.length, tokens: count(definitionsJson(tools) + instructions, name) }
  })
  return [{ name: 'traditional', tools: all.length, tokens: count(definitionsJson(all), name) }, ...counted]
}

/** What a client hands its model of each tool. */
function definitionsJson(
  tools: readonly { readonly name: string; readonly description?: string; readonly inputSchema: unknown }[],
): string {
  return JSON.stringify(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })))
}

/** Dollars of the definitions in a thousand requests; cached: the provider has them from the request before. */
function priceRequests(modes: readonly Counted[], prices: Prices): Cost[] {
  const [all, ours] = [modes[0], modes.at(-1)]
  return prices.models.map(({ id, title, tokenizer }) => {
    const cost = (counted: Counted | undefined, cached: boolean): number => {
      const inputTokens = counted?.tokens[tokenizer].tokens ?? 0
      return REQUESTS * prices.cost(id, { inputTokens, ...(cached ? { cacheReadTokens: inputTokens } : {}) })
    }
    return {
      model: title,
      today: cost(all, false),
      ours: cost(ours, false),
      todayCached: cost(all, true),
      oursCached: cost(ours, true),
    }
  })
}

function serversSection(servers: readonly Counted[], optimizer: Optimizer): Section {
  const states = optimizer.servers()
  const heavy = servers.filter(({ tokens }) => tokens.cl100k_base.tokens > 0).slice(0, 25)
  return {
    id: 'servers',
    title: 'Definitions by server',
    note: 'Tokens of name, description and input schema of every tool. Claude publishes no tokenizer: its column is an estimate and may be up to 60 % too low.',
    chart: {
      kind: 'bar',
      unit: 'tokens',
      categories: heavy.map(({ name }) => name),
      series: [{ name: 'cl100k_base', values: heavy.map(({ tokens }) => tokens.cl100k_base.tokens) }],
    },
    table: {
      provenance: 'measured',
      columns: ['server', 'tools', 'cl100k_base', 'o200k_base', 'Claude (estimated)', ''].map((title) => ({ title })),
      rows: servers.map(({ name, tools, tokens }) => [
        name,
        tools,
        tokens.cl100k_base.tokens,
        tokens.o200k_base.tokens,
        tokens.claude.tokens,
        tools === 0 ? (states.get(name)?.problems[0] ?? 'no tools') : '',
      ]),
    },
  }
}

function modesSection(modes: readonly Counted[]): Section {
  return {
    id: 'modes',
    title: 'What an agent carries in each execution mode',
    note: `Definitions and instructions in every request. Below ${BREAK_EVEN_TOKENS} tokens of definitions whole tasks are cheaper in traditional mode (measured over the benchmark's tasks); "auto" chooses by that.`,
    chart: {
      kind: 'bar',
      unit: 'tokens',
      logarithmic: true,
      categories: modes.map(({ name }) => name),
      series: [{ name: 'cl100k_base', values: modes.map(({ tokens }) => Math.max(1, tokens.cl100k_base.tokens)) }],
    },
    table: {
      provenance: 'measured',
      columns: ['mode', 'tools shown', 'cl100k_base', 'o200k_base', 'Claude (estimated)'].map((title) => ({ title })),
      rows: modes.map(({ name, tools, tokens }) => [
        name,
        tools,
        tokens.cl100k_base.tokens,
        tokens.o200k_base.tokens,
        tokens.claude.tokens,
      ]),
    },
  }
}

function costSection(costs: readonly Cost[]): Section {
  return {
    id: 'cost',
    title: `Definitions in dollars, ${formatNumber(REQUESTS)} requests`,
    note: 'Definitions stand at the start of every request, so providers that cache prompts charge a fraction for them: with caching the saving is many times smaller, and both are shown. Calls and answers are not in it.',
    chart: {
      kind: 'bar',
      unit: 'USD',
      categories: costs.map(({ model }) => model),
      series: [
        { name: 'all definitions', values: costs.map(({ today }) => round(today)) },
        { name: 'all definitions, cached', values: costs.map(({ todayCached }) => round(todayCached)) },
        { name: 'our surface', values: costs.map(({ ours }) => round(ours)) },
        { name: 'our surface, cached', values: costs.map(({ oursCached }) => round(oursCached)) },
      ],
    },
    table: {
      provenance: 'computed',
      columns: [
        { title: 'model' },
        { title: 'all definitions', digits: 2 },
        { title: 'our surface', digits: 3 },
        { title: 'saved', digits: 2 },
        { title: 'all, cached', digits: 2 },
        { title: 'ours, cached', digits: 3 },
        { title: 'saved, cached', digits: 2 },
      ],
      rows: costs.map(({ model, today, ours, todayCached, oursCached }) => [
        model,
        today,
        ours,
        today - ours,
        todayCached,
        oursCached,
        todayCached - oursCached,
      ]),
    },
  }
}

function infrastructureSection(
  costs: readonly Cost[],
  latency: LatencyProfile,
  { operationsPerDay = 10_000, usdPerInstanceMonth = 50 }: ConfigurationReportOptions,
): Section {
  const row = (model: string, saved: number, how: string): (string | number)[] => {
    const { instances, costUsdMonth, savedUsdMonth, breakEvenOperationsPerDay } = estimateInfrastructure({
      operationsPerDay,
      operationsPerSecond: latency.operationsPerSecond,
      usdPerInstanceMonth,
      savedUsdPerOperation: Math.max(0, saved) / REQUESTS,
    })
    return [model, how, instances, costUsdMonth, savedUsdMonth, breakEvenOperationsPerDay]
  }
  return {
    id: 'infrastructure',
    title: 'Does running it pay?',
    note: `For ${formatNumber(operationsPerDay)} operations a day, one request to a model each, a tenth of them in the busiest hour, instances at ${formatNumber(usdPerInstanceMonth)} USD a month that are planned to be half busy; one does ${formatNumber(latency.operationsPerSecond)} operations a second here (measured below). Change the numbers with --operations-per-day and --usd-per-instance-month. A gateway on your own computer costs nothing more.`,
    table: {
      provenance: 'estimated',
      columns: [
        { title: 'model' },
        { title: 'prompt caching' },
        { title: 'instances' },
        { title: 'cost, USD a month', digits: 2 },
        { title: 'saved, USD a month', digits: 2 },
        { title: 'pays from operations a day' },
      ],
      rows: costs.flatMap(({ model, today, ours, todayCached, oursCached }) => [
        row(model, today - ours, 'no'),
        row(model, todayCached - oursCached, 'yes'),
      ]),
    },
  }
}

function latencySection(latency: LatencyProfile): Section {
  const stages = Object.entries(latency.stagesP50Ms)
  return {
    id: 'latency',
    title: 'What the gateway adds in time',
    note: `${latency.operations} small programs without a call to a server, one after the other, in a warm sandbox of this machine: P50 ${latency.p50Ms} ms, P99 ${latency.p99Ms} ms. The same work in bare Node takes ${latency.floorP50Ms} ms: that is the floor.`,
    chart: {
      kind: 'bar',
      unit: 'ms',
      categories: stages.map(([name]) => name),
      series: [{ name: 'P50', values: stages.map(([, ms]) => ms) }],
    },
    table: {
      provenance: 'measured',
      columns: [{ title: 'stage' }, { title: 'P50, ms', digits: 3 }],
      rows: [...stages, ['whole operation', latency.p50Ms], ['floor: bare Node', latency.floorP50Ms]],
    },
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
