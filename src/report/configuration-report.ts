import { counted } from '../internal/plural.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { SessionReceipt } from '../context/receipts.ts'
import type { Optimizer } from '../optimizer.ts'
import { BREAK_EVEN_TOKENS } from '../surface/open-surface.ts'
import { surfaceOptions } from '../surface/plain-surface.ts'
import { createSurface, type Surface } from '../surface/surface.ts'
import type { TokenCounter } from '../tokens/figure.ts'
import type { Prices } from '../tokens/prices.ts'
import { costSection } from './cost-sections.ts'
import { type Cost, type Counted, REQUESTS } from './counts.ts'
import { comparedTexts, definitionsJson } from './definitions.ts'
import { type LatencyProfile, measureLatency } from './latency.ts'
import { formatNumber, type Report, type Section } from './report.ts'
import { countTools, serversSection, toollessSection, toolsSection } from './server-sections.ts'
import { sessionsSection } from './sessions-section.ts'

export interface ConfigurationReportOptions {
  readonly optimizer: Optimizer
  readonly count: TokenCounter
  readonly prices: Prices
  /** Machine, versions, date, load: what the caller knows. */
  readonly facts: Report['facts']
  /** Models whose prices are shown, by id. @default all of the list */
  readonly models?: readonly string[]
  /** What sessions cost and saved so far. @default none */
  readonly sessions?: readonly SessionReceipt[]
}

/** What the configured servers cost in every mode, in tokens and dollars, and what the gateway adds in time. */
export async function reportConfiguration(options: ConfigurationReportOptions): Promise<Report> {
  const { optimizer, facts } = options
  await optimizer.ready(120_000)
  const catalog = optimizer.catalog()
  const servers = countServers(catalog, options.count)
  const modes = countModes(catalog, options.count, optimizer)
  const latency = await measureLatency(optimizer)
  const texts = await comparedTexts(optimizer)
  const tokens = (text: string): number => options.count(text, 'all').cl100k_base.tokens
  const [all, ours] = [tokens(texts.today), tokens(texts.withUs)]
  const costs = priceRequests(modes, options)
  const tools = countTools(catalog, options.count)
  const { sessions = [] } = options
  return {
    title: 'What your MCP servers cost, and what mcp-optimizer saves',
    summary: summaryOf(servers.length, catalog.tools.size, all, ours),
    facts: [...facts, ['catalog', catalog.version], ['prices', options.prices.source]],
    sections: [
      ...toollessSection(servers, optimizer),
      modesSection(modes),
      serversSection(servers),
      ...toolsSection(tools),
      ...sessionsSection(sessions, options),
      costSection(costs),
      latencySection(latency),
    ],
    raw: { servers, tools, modes, sessions, costs, latency, breakEvenTokens: BREAK_EVEN_TOKENS },
  }
}

function summaryOf(servers: number, tools: number, all: number, ours: number): string {
  if (tools === 0) return `${counted(servers, 'server')} configured, and no list of tools: the table says why.`
  const share = `${formatNumber((1 - ours / all) * 100, 1)} % fewer`
  const verdict =
    all < BREAK_EVEN_TOKENS
      ? 'So few tokens are cheaper without a gateway; executionMode "auto" passes them through.'
      : `With mcp-optimizer's surface it carries ${formatNumber(ours)}: ${share}. Searches, calls and answers come on top on both sides.`
  return `${counted(tools, 'tool')} of ${counted(servers, 'server')} ${tools === 1 ? 'is' : 'are'} ${formatNumber(all)} tokens of definitions in every request of an agent that is handed all of them. ${verdict}`
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
    createSurface({ ...surfaceOptions(config), mode })
  const counted = (['lazy_loading', 'server_side', 'code_execution'] as const).map((mode) => {
    const { tools, instructions } = surface(mode)
    return { name: mode, tools: tools.length, tokens: count(definitionsJson(tools) + instructions, name) }
  })
  return [{ name: 'traditional', tools: all.length, tokens: count(definitionsJson(all), name) }, ...counted]
}

/** Dollars of the definitions in a thousand requests; cached: the provider has them from the request before. */
function priceRequests(
  modes: readonly Counted[],
  { prices, models }: Pick<ConfigurationReportOptions, 'prices' | 'models'>,
): Cost[] {
  const [all, ours] = [modes[0], modes.at(-1)]
  return prices.models
    .filter(({ id }) => models === undefined || models.includes(id))
    .map(({ id, title, tokenizer }) => {
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

function modesSection(modes: readonly Counted[]): Section {
  return {
    id: 'modes',
    title: 'What an agent carries in each execution mode',
    note: `Tokens of definitions and instructions in every request. Claude publishes no tokenizer: its count is near cl100k_base, and may be up to 60 % higher. Below ${BREAK_EVEN_TOKENS} tokens of definitions whole tasks are cheaper in traditional mode (measured over the benchmark's tasks); "auto" chooses by that.`,
    chart: {
      kind: 'bar',
      unit: 'tokens',
      logarithmic: true,
      categories: modes.map(({ name }) => name),
      series: [{ name: 'cl100k_base', values: modes.map(({ tokens }) => Math.max(1, tokens.cl100k_base.tokens)) }],
    },
    table: {
      provenance: 'measured',
      columns: ['mode', 'tools shown', 'cl100k_base', 'o200k_base'].map((title) => ({ title })),
      rows: modes.map(({ name, tools, tokens }) => [name, tools, tokens.cl100k_base.tokens, tokens.o200k_base.tokens]),
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
