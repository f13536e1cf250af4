import { counted } from '../../internal/plural.ts'
import type { CatalogTool } from '../../catalog/catalog.ts'
import type { ServerConfig } from '../../config/config.ts'
import { html, type Html, type HtmlValue } from '../../internal/html.ts'
import { cleanText } from '../../internal/text.ts'
import { drawChart } from '../../report/chart/draw.ts'
import { formatNumber } from '../../report/report.ts'
import type { ServerStatus } from '../status.ts'
import type { UpstreamState } from '../../upstream/upstream.ts'
import { address, card, milliseconds, pairs, percent, problem, table, tag } from './elements.ts'
import type { Page, Parts, Visit } from './page.ts'

/** Servers in the chart. */
const CHARTED = 12

/** The servers behind the gateway, how they are and what they cost; one of them with its tools. */
export function serversPage({ query }: Visit, parts: Parts): Page {
  const name = query.get('name')
  return name === null ? allServers(parts) : oneServer(name, parts)
}

function allServers(parts: Parts): Page {
  const { optimizer, activity, status } = parts
  const { catalog, servers } = status()
  const costs = new Map(servers.map(({ name }) => [name, costOf(name, parts)]))
  const rows = servers.map((server): HtmlValue[] => {
    const { name, state, tools, problems } = server
    const { calls, errors, p95Ms } = activity.upstream(name)
    const { definitions = 0, used = 0 } = costs.get(name) ?? {}
    return [
      html`<a href="${address('/ui/servers', { name })}">${name}</a>`,
      stateTag(state),
      formatNumber(tools),
      formatNumber(definitions),
      formatNumber(calls),
      errors === 0 ? '0' : html`${formatNumber(errors)} (${percent(errors, calls)})`,
      formatNumber(used),
      milliseconds(p95Ms),
      problems.length === 0 ? '' : problems.map((text) => html`<div>${cleanText(text)}</div>`),
    ]
  })
  return {
    title: 'Servers',
    isLive: true,
    body: html`${card(
      counted(rows.length, 'server'),
      rows.length === 0
        ? html`<p>None is configured. <code>mcp-optimizer doctor</code> tells where they are looked for.</p>`
        : table(
            'Calls and their tokens since the start; those that a cache answered are in the tokens alone',
            COLUMNS,
            rows,
          ),
      html`<p class="note">Catalog ${catalog.version}. Tokens are estimated.</p>`,
    )}
    ${heaviest(costs)} ${problemsCard(optimizer.problems())}`,
  }
}

const COLUMNS = [
  { title: 'server' },
  { title: 'state', kind: 'nowrap' },
  { title: 'tools', kind: 'number' },
  { title: 'tokens of definitions', kind: 'number' },
  { title: 'calls', kind: 'number' },
  { title: 'errors', kind: 'number' },
  { title: 'tokens of calls', kind: 'number' },
  { title: 'P95, ms', kind: 'number' },
  { title: 'problems', kind: 'wide' },
] as const

interface Cost {
  readonly definitions: number
  /** Tokens of calls since the start. */
  readonly used: number
}

function costOf(server: string, { optimizer, activity, definitionTokens }: Parts): Cost {
  const tools = toolsOf(server, optimizer)
  return {
    definitions: sumOf(tools, definitionTokens),
    used: sumOf(tools, ({ id }) => activity.tool(id).tokens),
  }
}

function toolsOf(server: string, optimizer: Parts['optimizer']): CatalogTool[] {
  return [...optimizer.catalog().tools.values()].filter((tool) => tool.server === server)
}

function sumOf<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((sum, item) => sum + of(item), 0)
}

function heaviest(costs: ReadonlyMap<string, Cost>): Html | undefined {
  const shown = [...costs].toSorted(([, a], [, b]) => b.definitions - a.definitions).slice(0, CHARTED)
  if (shown.length < 2) return undefined
  return card(
    'Tokens of definitions by server',
    drawChart('Tokens of definitions by server', {
      kind: 'bar',
      unit: 'tokens',
      categories: shown.map(([name]) => name),
      series: [{ name: 'definitions', values: shown.map(([, { definitions }]) => definitions) }],
    }),
    html`<p class="note">
      What an agent carries in each request that is handed these definitions; ours alone with mcp-optimizer.
    </p>`,
  )
}

function problemsCard(problems: ReturnType<Parts['optimizer']['problems']>): Html | undefined {
  if (problems.length === 0) return undefined
  return card(
    'Problems of definitions, intents and caches',
    table(
      'What was repaired or left out',
      [{ title: 'where' }, { title: 'what', kind: 'wide' }],
      problems.slice(0, 200).map(({ where, what }) => [html`<code>${where}</code>`, cleanText(what)]),
    ),
  )
}

function oneServer(name: string, parts: Parts): Page {
  const server = parts.status().servers.find((one) => one.name === name)
  if (server === undefined)
    return {
      title: 'Not found',
      status: 404,
      body: html`<p>No server is called so. <a href="/ui/servers">Servers</a></p>`,
    }
  return {
    title: name,
    isLive: true,
    body: html`${server.problems.length > 0 && problem(...server.problems.map(cleanText))}
    ${card('Server', aboutServer(server, parts))} ${instructionsOf(name, parts)}
    ${card(counted(server.tools, 'tool'), toolTable(toolsOf(name, parts.optimizer), parts))}`,
  }
}

function aboutServer({ name, state, restarts }: ServerStatus, parts: Parts): Html {
  const { optimizer, activity, scrub } = parts
  const known = optimizer.servers().get(name)
  const config = optimizer.config.servers[name]
  const { calls, errors, p50Ms, p95Ms } = activity.upstream(name)
  const { definitions, used } = costOf(name, parts)
  return pairs([
    ['state', stateTag(state)],
    ...(config === undefined
      ? []
      : [['reached by', html`<code>${cleanText(scrub(reachedBy(config)))}</code>`] as const]),
    ['protocol', known?.protocolVersion ?? '–'],
    ...(known?.listSource === undefined ? [] : [['tool list from', known.listSource] as const]),
    ...(known?.pid === undefined ? [] : [['process', String(known.pid)] as const]),
    ['restarts', formatNumber(restarts)],
    ['calls', `${formatNumber(calls)}, ${formatNumber(errors)} failed`],
    ['time of a call', `P50 ${milliseconds(p50Ms)} ms, P95 ${milliseconds(p95Ms)} ms`],
    ['tokens', `${formatNumber(definitions)} of definitions, ${formatNumber(used)} of calls`],
  ])
}

function reachedBy(server: ServerConfig): string {
  return server.type === 'stdio' ? [server.command, ...(server.args ?? [])].join(' ') : server.url
}

function instructionsOf(name: string, { optimizer }: Parts): Html | undefined {
  const text = optimizer.servers().get(name)?.instructions
  return text === undefined ? undefined : card('What it says about itself', html`<pre>${cleanText(text)}</pre>`)
}

function toolTable(tools: readonly CatalogTool[], { activity, definitionTokens }: Parts): Html {
  if (tools.length === 0) return html`<p class="note">None is known.</p>`
  const rows = tools
    .toSorted((a, b) => definitionTokens(b) - definitionTokens(a))
    .map((tool) => {
      const { calls, errors, tokens } = activity.tool(tool.id)
      return [
        html`<a href="${address('/ui/tools', { name: tool.id })}"><code>${tool.tool}</code></a>`,
        formatNumber(definitionTokens(tool)),
        formatNumber(calls),
        formatNumber(errors),
        formatNumber(tokens),
      ]
    })
  return table('The heaviest definition first; calls and their estimated tokens since the start', TOOL_COLUMNS, rows)
}

const TOOL_COLUMNS = [
  { title: 'tool', kind: 'wide' },
  { title: 'tokens of the definition', kind: 'number' },
  { title: 'calls', kind: 'number' },
  { title: 'errors', kind: 'number' },
  { title: 'tokens of calls', kind: 'number' },
] as const

/** An idle server is in order: most people would take its word for a fault. */
function stateTag(state: UpstreamState): Html {
  return tag(state === 'idle' ? 'idle: starts when called' : state, TONES[state])
}

const TONES: Readonly<Record<UpstreamState, 'good' | 'bad' | 'warn' | ''>> = {
  ready: 'good',
  idle: '',
  starting: 'warn',
  failed: 'bad',
  unauthorized: 'bad',
  disabled: '',
}
