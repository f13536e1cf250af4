import type { Catalog } from '../catalog/catalog.ts'
import type { OutputReport } from '../catalog/output-types.ts'
import { counted } from '../internal/plural.ts'
import { comparedTexts, definitionsJson } from '../report/definitions.ts'
import { INSTALL_TOKENIZER, loadBestTokenizer } from '../tokens/exact.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { UpstreamStatus } from '../upstream/upstream.ts'
import { type CommandContext, EXIT } from './command.ts'
import { openGateway } from './gateway.ts'
import { lookOf, textWidth } from './look.ts'
import { saysNoServers } from './no-servers.ts'
import { withProgress } from './output.ts'
import { listsOf, MAX_READY_MS } from './starting.ts'
import { type Cell, tableText } from './table.ts'
import { hang, wrap } from './wrap.ts'

/** Runs the command `audit`. */
export async function runAudit(context: CommandContext): Promise<number> {
  const { optimizer, loaded } = await openGateway(context)
  try {
    if (context.values['forget-types'] === true) await optimizer.forgetOutputTypes()
    await withProgress(context, listsOf(optimizer), async () => await optimizer.ready(MAX_READY_MS))
    const tokenizer = await loadBestTokenizer('cl100k_base')
    const { today, withUs } = await comparedTexts(optimizer)
    const catalog = optimizer.catalog()
    const totals = { today: tokenizer.count(today), withUs: tokenizer.count(withUs) }
    const costs = reportOf(catalog, optimizer.servers(), tokenizer, totals)
    // Types that other projects learned lie in the same folder.
    const outputs = (await optimizer.outputTypes()).filter(({ tool }) => catalog.tools.has(tool))
    const report = { ...costs, outputs }
    const isEmpty = saysNoServers(context, loaded)
    if (context.values['json'] === true) context.stdout.write(`${JSON.stringify(report)}\n`)
    else if (!isEmpty) print(context, report)
    return EXIT.ok
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}

interface Report {
  readonly servers: readonly {
    readonly name: string
    readonly tools: number
    readonly tokens: number
    readonly problem?: string
  }[]
  readonly tools: number
  /** Tokens of all definitions, in each request of a client that hands them over. */
  readonly today: number
  /** Tokens of our surface instead. */
  readonly withUs: number
  readonly savedPercent: number
  readonly tokenizer: string
  readonly provenance: 'measured' | 'estimated'
  /** What was learned of the results of tools. */
  readonly outputs: readonly OutputReport[]
}

function reportOf(
  catalog: Catalog,
  states: ReadonlyMap<string, UpstreamStatus>,
  tokenizer: Tokenizer,
  { today, withUs }: { readonly today: number; readonly withUs: number },
): Omit<Report, 'outputs'> {
  const servers = [...catalog.servers.values()].map(({ name }) => {
    const tools = [...catalog.tools.values()]
      .filter(({ server }) => server === name)
      .map(({ definition }) => definition)
    const problem = tools.length === 0 ? states.get(name)?.problems[0] : undefined
    return {
      name,
      tools: tools.length,
      tokens: tools.length === 0 ? 0 : tokenizer.count(definitionsJson(tools)),
      ...(problem === undefined ? {} : { problem }),
    }
  })
  const saved = today === 0 ? 0 : (1 - withUs / today) * 100
  return {
    servers: servers.toSorted((a, b) => b.tokens - a.tokens),
    tools: servers.reduce((sum, { tools }) => sum + tools, 0),
    today,
    withUs,
    savedPercent: Math.round(saved * 100) / 100,
    tokenizer: tokenizer.name,
    provenance: tokenizer.exact ? 'measured' : 'estimated',
  }
}

function print(context: CommandContext, report: Report): void {
  const look = lookOf(context)
  const { name: paintName, figure, wrong } = look.palette
  const figures = (tokens: number): string => tokens.toLocaleString('en')
  const rows: Cell[][] = report.servers.map(({ name, tools, tokens, problem = '' }) => {
    const share = report.today === 0 ? '' : `${((tokens / report.today) * 100).toFixed(1)} %`
    return [{ text: name, paint: paintName }, String(tools), figures(tokens), share, { text: problem, paint: wrong }]
  })
  const all = report.today === 0 ? '' : '100 %'
  const total = { text: figures(report.today), paint: figure }
  rows.push(
    ['all definitions', String(report.tools), total, all, 'in every request, unless the client hides them'],
    ['with mcp-optimizer', '', { text: figures(report.withUs), paint: figure }, '', 'surface and instructions'],
  )
  const columns = [
    { head: 'server' },
    { head: 'tools', isFigure: true },
    { head: 'tokens', isFigure: true },
    { head: 'share', isFigure: true },
    { head: '' },
  ]
  const width = textWidth(context)
  const lines = wrap(
    `${verdict(report)} ${countedBy(report)} Searches, calls and answers come on top on both sides.`,
    width,
  )
  context.stdout.write(`${tableText(columns, rows, look)}\n${lines.join('\n')}\n`)
  printOutputs(context, report.outputs)
}

function countedBy({ tokenizer, provenance }: Report): string {
  return provenance === 'measured'
    ? `Counted with ${tokenizer}.`
    : `Estimated, within 12 % of cl100k_base. To count exactly: ${INSTALL_TOKENIZER} audit.`
}

function verdict({ tools, servers, savedPercent }: Report): string {
  if (tools === 0) return `${counted(servers.length, 'server')}, and no list of tools: mcp-optimizer doctor tells why.`
  return savedPercent > 0
    ? `${savedPercent} % fewer tokens of definitions.`
    : 'No saving: so few tools are cheaper without a gateway.'
}

const MAX_SHOWN = 40

function printOutputs(context: CommandContext, outputs: readonly OutputReport[]): void {
  if (outputs.length === 0) return
  const { stdout } = context
  const { palette } = lookOf(context)
  const width = textWidth(context)
  stdout.write(
    `\n${palette.heading('Return types learned from results')} (structure alone; --forget-types forgets them):\n`,
  )
  for (const { tool, samples, type, problem } of outputs.slice(0, MAX_SHOWN)) {
    stdout.write(`${hang('  ', `${tool}: ${type} (${counted(samples, 'result')})`, width)}\n`)
    if (problem !== undefined)
      stdout.write(`    ${palette.wrong('WRONG:')} a result broke its output schema at ${problem}\n`)
  }
  if (outputs.length > MAX_SHOWN) stdout.write(`  … ${outputs.length - MAX_SHOWN} more, see --json\n`)
}
