import Table from 'cli-table3'
import type { Catalog } from '../catalog/catalog.ts'
import type { OutputReport } from '../catalog/output-types.ts'
import { openSurface } from '../surface/open-surface.ts'
import { loadTokenizer } from '../tokens/exact.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { UpstreamStatus } from '../upstream/upstream.ts'
import { type CommandContext, EXIT } from './command.ts'
import { openGateway } from './gateway.ts'
import { withProgress } from './output.ts'

/** Runs the command `audit`. */
export async function runAudit(context: CommandContext): Promise<number> {
  const { optimizer } = await openGateway(context)
  try {
    if (context.values['forget-types'] === true) await optimizer.forgetOutputTypes()
    await withProgress(context, 'reading tool lists', 1, async (step) => {
      await optimizer.ready(120_000)
      step()
    })
    const tokenizer = await loadTokenizer('cl100k_base')
    const surface = await openSurface(optimizer)
    const shown = (await surface.shown?.list()) ?? []
    const ours = tokenizer.count(definitions([...surface.tools, ...shown]) + surface.instructions)
    const costs = reportOf(optimizer.catalog(), optimizer.servers(), tokenizer, ours)
    const report = { ...costs, outputs: await optimizer.outputTypes() }
    if (context.values['json'] === true) context.stdout.write(`${JSON.stringify(report)}\n`)
    else print(context, report)
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
  readonly provenance: 'measured'
  /** What was learned of the results of tools. */
  readonly outputs: readonly OutputReport[]
}

function reportOf(
  catalog: Catalog,
  states: ReadonlyMap<string, UpstreamStatus>,
  tokenizer: Tokenizer,
  ours: number,
): Omit<Report, 'outputs'> {
  const servers = [...catalog.servers.values()].map(({ name }) => {
    const tools = [...catalog.tools.values()]
      .filter(({ server }) => server === name)
      .map(({ definition }) => definition)
    const problem = tools.length === 0 ? states.get(name)?.problems[0] : undefined
    return {
      name,
      tools: tools.length,
      tokens: tools.length === 0 ? 0 : tokenizer.count(definitions(tools)),
      ...(problem === undefined ? {} : { problem }),
    }
  })
  const today = servers.reduce((sum, { tokens }) => sum + tokens, 0)
  const saved = today === 0 ? 0 : (1 - ours / today) * 100
  return {
    servers: servers.toSorted((a, b) => b.tokens - a.tokens),
    tools: servers.reduce((sum, { tools }) => sum + tools, 0),
    today,
    withUs: ours,
    savedPercent: Math.round(saved * 100) / 100,
    tokenizer: tokenizer.name,
    provenance: 'measured',
  }
}

/** What a client hands its model of each tool. */
function definitions(
  tools: readonly { readonly name: string; readonly description?: string; readonly inputSchema: unknown }[],
): string {
  return JSON.stringify(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })))
}

function print({ stdout }: CommandContext, report: Report): void {
  const table = new Table({
    head: ['server', 'tools', 'tokens', 'share', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    wordWrap: true,
    colWidths: [null, null, null, null, 50],
  })
  for (const { name, tools, tokens, problem } of report.servers) {
    const share = report.today === 0 ? '' : `${((tokens / report.today) * 100).toFixed(1)} %`
    table.push([name, String(tools), tokens.toLocaleString('en'), share, problem ?? ''])
  }
  table.push([
    'all definitions',
    String(report.tools),
    report.today.toLocaleString('en'),
    '100 %',
    'in every request, unless the client hides them',
  ])
  table.push(['with mcp-optimizer', '', report.withUs.toLocaleString('en'), '', 'surface and instructions'])
  const verdict =
    report.savedPercent > 0
      ? `${report.savedPercent} % fewer tokens of definitions.`
      : 'No saving: so few tools are cheaper without a gateway.'
  stdout.write(
    `${table.toString()}\n${verdict} Measured with ${report.tokenizer}; searches, calls and answers come on top on both sides.\n`,
  )
  printOutputs(stdout, report.outputs)
}

const MAX_SHOWN = 40

function printOutputs(stdout: CommandContext['stdout'], outputs: readonly OutputReport[]): void {
  if (outputs.length === 0) return
  stdout.write(`\nReturn types learned from results (structure alone; --forget-types forgets them):\n`)
  for (const { tool, samples, type, problem } of outputs.slice(0, MAX_SHOWN)) {
    stdout.write(`  ${tool}: ${type} (${samples} results)\n`)
    if (problem !== undefined) stdout.write(`    WRONG: a result broke its output schema at ${problem}\n`)
  }
  if (outputs.length > MAX_SHOWN) stdout.write(`  … ${outputs.length - MAX_SHOWN} more, see --json\n`)
}
