import { signature, summary } from '../catalog/signature.ts'
import { type CommandContext, EXIT } from './command.ts'
import { openGateway } from './gateway.ts'
import { lookOf, textWidth } from './look.ts'
import { saysNoServers } from './no-servers.ts'
import { widthOf, wrap } from './wrap.ts'

/** Runs the command `intents`. */
export async function runIntents(context: CommandContext): Promise<number> {
  const { optimizer, loaded } = await openGateway(context)
  try {
    await optimizer.ready()
    saysNoServers(context, loaded)
    const catalog = optimizer.catalog()
    const rows = [
      ...optimizer.intents().map((intent) => ({
        name: intent.name,
        signature: signature({ kind: 'intent', intent }),
        description: intent.description,
        origin: intent.origin,
      })),
      ...(context.values['tools'] === true
        ? [...catalog.tools.values()].map((tool) => ({
            name: tool.id,
            signature: signature({ kind: 'tool', tool }),
            description: tool.description,
            origin: tool.server,
          }))
        : []),
    ]
    if (context.values['json'] === true) context.stdout.write(`${JSON.stringify(rows)}\n`)
    else for (const row of rows) context.stdout.write(rowText(row, context))
    for (const { where, what } of optimizer.problems()) context.stderr.write(`mcp-optimizer: ${where}: ${what}\n`)
    return EXIT.ok
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}

/** One line on a pipe, for grep; on a terminal what does not fit goes below, indented. */
function rowText(
  row: { readonly name: string; readonly signature: string; readonly description: string },
  context: CommandContext,
): string {
  const width = textWidth(context)
  const { name } = lookOf(context).palette
  const text = summary(row.description)
  const whole = `${row.signature}  ${text}`
  const lines =
    widthOf(whole) <= width
      ? whole
      : [...wrap(row.signature, width), ...wrap(text, width - 4).map((line) => `    ${line}`)].join('\n')
  return `${lines.startsWith(row.name) ? name(row.name) + lines.slice(row.name.length) : lines}\n`
}
