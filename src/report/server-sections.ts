import { toJson } from '../internal/json.ts'
import { counted } from '../internal/plural.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Optimizer } from '../optimizer.ts'
import type { TokenCounter } from '../tokens/figure.ts'
import type { Counted } from './counts.ts'
import { formatNumber, type Section } from './report.ts'

/** Rows and bars of the longest lists. */
const MAX_ROWS = 25
const MAX_BARS = 12

/** Every tool with what its definition costs, the heaviest first. */
export function countTools(catalog: Catalog, count: TokenCounter): Counted[] {
  return [...catalog.tools.values()]
    .map(({ id, definition: { name, description, inputSchema } }) => ({
      name: id,
      tools: 1,
      tokens: count(toJson({ name, description, inputSchema }), id),
    }))
    .toSorted((a, b) => b.tokens.cl100k_base.tokens - a.tokens.cl100k_base.tokens)
}

/** Servers whose tools are missing in every figure, and why; nothing where there is none. */
export function toollessSection(servers: readonly Counted[], optimizer: Optimizer): Section[] {
  const states = optimizer.servers()
  const missing = servers.filter(({ tools }) => tools === 0)
  if (missing.length === 0) return []
  return [
    {
      id: 'missing',
      title: `${formatNumber(missing.length)} of ${counted(servers.length, 'server')} gave no tools`,
      note: 'What they would cost is in no figure below. mcp-optimizer doctor tells more.',
      table: {
        provenance: 'measured',
        columns: ['server', 'state', 'why'].map((title) => ({ title })),
        rows: missing.map(({ name }) => {
          const { state = 'unknown', problems = [] } = states.get(name) ?? {}
          return [name, state, problems[0] ?? 'its list is empty']
        }),
      },
    },
  ]
}

export function serversSection(servers: readonly Counted[]): Section {
  const heavy = servers.filter(({ tools }) => tools > 0)
  return {
    id: 'servers',
    title: 'Definitions by server',
    note: 'Tokens of name, description and input schema of every tool, as a client hands them to its model.',
    chart: chartOf(heavy),
    table: {
      provenance: 'measured',
      columns: ['server', 'tools', 'cl100k_base', 'o200k_base'].map((title) => ({ title })),
      rows: servers.map(({ name, tools, tokens }) => [
        name,
        tools,
        tokens.cl100k_base.tokens,
        tokens.o200k_base.tokens,
      ]),
    },
  }
}

/** The heaviest definitions: what to leave out first where a client has no gateway. */
export function toolsSection(tools: readonly Counted[]): Section[] {
  if (tools.length === 0) return []
  const all = tools.reduce((sum, { tokens }) => sum + tokens.cl100k_base.tokens, 0)
  const shown = tools.slice(0, MAX_ROWS)
  const rest = tools.length - shown.length
  return [
    {
      id: 'tools',
      title: 'The heaviest tools',
      note: `${formatNumber(shown.length)} of ${counted(tools.length, 'tool')}${rest === 0 ? '' : '; the others are lighter'}. Their share is that of all definitions.`,
      chart: chartOf(tools),
      table: {
        provenance: 'measured',
        columns: [
          { title: 'tool' },
          { title: 'cl100k_base' },
          { title: 'o200k_base' },
          { title: 'share, %', digits: 1 },
        ],
        rows: shown.map(({ name, tokens }) => [
          name,
          tokens.cl100k_base.tokens,
          tokens.o200k_base.tokens,
          (tokens.cl100k_base.tokens / Math.max(1, all)) * 100,
        ]),
      },
    },
  ]
}

function chartOf(counted: readonly Counted[]): NonNullable<Section['chart']> {
  const shown = counted.slice(0, MAX_BARS)
  return {
    kind: 'bar',
    unit: 'tokens',
    categories: shown.map(({ name }) => name),
    series: [{ name: 'cl100k_base', values: shown.map(({ tokens }) => tokens.cl100k_base.tokens) }],
  }
}
